/** The roles among the `services` of the file to the roles of the lab: ports, and addresses in place of names. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Path, type SpecService } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { families, type DraftMachine } from './draft.ts';
import { readEndpoints } from './endpoints.ts';
import { type Lab } from './lab.ts';
import { type LabRole, type LabRoles } from './lab-roles.ts';
import { addressFrom } from './name-servers.ts';
import { omitAbsent } from './omit-absent.ts';
import { helpForUnknown } from './unknown-name.ts';

const webPort = 80;

/** Those whom a machine asks or hands on to: the addresses of machines, in both families, and addresses as they are. */
const othersOf = (
  context: Context,
  lab: Lab,
  machine: string,
  written: string | readonly string[],
  path: Path,
): readonly string[] => {
  const at = context.spec.source.spanOf(path);
  return readEndpoints(context, written, path).flatMap((end) => {
    if (end.kind === 'address') return [end.address];
    if (end.kind !== 'machine') {
      const text = [written].flat().join(', ');
      context.findings.error('not-a-machine', `\`${text}\` stands where a machine or an address is needed`, at, {
        help: helpForUnknown(text, [...context.draft.machines.keys()], 'machines'),
      });
      return [];
    }
    const found = families.flatMap((family) => addressFrom(lab, '', end.name, family) ?? []);
    if (end.name !== machine && found.length > 0) return found;
    const why = end.name === machine ? 'is the machine itself' : 'has no address that is known before it runs';
    context.findings.error('role-without-address', `\`${machine}\` depends on \`${end.name}\`, which ${why}`, at, {
      help: 'name another machine, or an address',
    });
    return [];
  });
};

/** A role as a map: its word alone is one without keys. */
type RoleMap = Exclude<SpecService, string>;

const mapOf = (service: SpecService): RoleMap | undefined => {
  switch (service) {
    case 'web':
      return { web: {} };
    case 'time':
      return { time: {} };
    case 'mail':
      return { mail: {} };
    case 'files':
      return { files: {} };
    case 'router':
      return undefined;
    default:
      return service;
  }
};

const roleOf = (context: Context, lab: Lab, machine: string, map: RoleMap, path: Path): LabRole | undefined => {
  const at = context.spec.source.spanOf(path);
  if ('web' in map) {
    const { port, folder } = map.web;
    return omitAbsent({ kind: 'web' as const, ports: [port ?? webPort].flat(), folder, at });
  }
  if ('time' in map) {
    const { from } = map.time;
    const sources = from === undefined ? [] : othersOf(context, lab, machine, from, [...path, 'time', 'from']);
    return { kind: 'time', sources, at };
  }
  if ('mail' in map) {
    const { domain = lab.names?.zone ?? `${lab.name}.internal`, relay } = map.mail;
    const [to] = relay === undefined ? [] : othersOf(context, lab, machine, relay, [...path, 'mail', 'relay']);
    return omitAbsent({ kind: 'mail' as const, domain, relay: to, at });
  }
  if ('files' in map) {
    const { share = 'files', folder = '/srv/files', write } = map.files;
    return { kind: 'files', share, folder, ...(write === false ? { isReadOnly: true } : {}), at };
  }
  return undefined;
};

interface Claim {
  readonly by: string;
  readonly port: string;
  readonly at: Span;
}

const usualPorts = { time: 'UDP port 123', mail: 'TCP port 25', files: 'TCP port 445' } as const;

const claimsOf = (role: LabRole): readonly Claim[] =>
  role.kind === 'web'
    ? role.ports.map((port) => ({ by: 'web', port: `TCP port ${port}`, at: role.at }))
    : [{ by: role.kind, port: usualPorts[role.kind], at: role.at }];

/** What a machine serves by other parts of the file. */
const otherClaims = ({ spec }: Context, { names, watch }: Lab, machine: string): readonly Claim[] => [
  ...(names?.servers.includes(machine) === true
    ? [{ by: 'dns', port: 'TCP port 53', at: spec.source.spanOf(['dns', 'servers']) }]
    : []),
  ...(watch?.by === machine ? [{ by: 'watch', port: `TCP port ${watch.port}`, at: watch.at }] : []),
];

const checkPorts = ({ findings }: Context, machine: string, claims: readonly Claim[]): void => {
  const taken = new Map<string, Claim>();
  for (const claim of claims) {
    const other = taken.get(claim.port);
    if (other === undefined) taken.set(claim.port, claim);
    else
      findings.error('port-taken', `\`${machine}\` serves twice on ${claim.port}`, claim.at, {
        notes: [{ message: `\`${other.by}\` has it already`, at: other.at }],
        help: other.by === claim.by ? 'once is enough' : 'give one of them another port',
      });
  }
};

/** Their programs change to users of their own, whom neither a namespace nor a guest in memory has. */
const needsDebian = { web: false, time: false, mail: true, files: true } as const;

const checkSystem = ({ findings }: Context, lab: Lab, machine: string, { kind, at }: LabRole): void => {
  const image = lab.machines[machine]?.machine?.image.kind ?? 'none';
  if (!needsDebian[kind] || image === 'debian' || image === 'file') return;
  const what = image === 'probe' ? 'a virtual machine that lives in memory' : 'a network namespace';
  findings.error('role-needs-debian', `\`${machine}\` is ${what}, and \`${kind}\` needs a whole system`, at, {
    help: 'write `kind: vm` and `image: debian`',
  });
};

const rolesOf = (context: Context, lab: Lab, { name, spec, path }: DraftMachine): readonly LabRole[] =>
  (spec.services ?? []).flatMap((service, index) => {
    const map = mapOf(service);
    const role = map === undefined ? undefined : roleOf(context, lab, name, map, [...path, 'services', index]);
    return role === undefined ? [] : [role];
  });

/** `lab`: its machines, networks, names and watch. Undefined where no machine has a role. */
export const planRoles = (context: Context, lab: Lab): LabRoles | undefined => {
  const found = [...context.draft.machines.values()].flatMap((machine) => {
    const roles = rolesOf(context, lab, machine);
    return roles.length === 0 ? [] : [{ machine, roles }];
  });
  for (const { machine, roles } of found) {
    // What is wrong with one clone is wrong with all: say it once.
    if (machine.clonesOf !== undefined && machine.name !== `${machine.clonesOf}-1`) continue;
    for (const role of roles) checkSystem(context, lab, machine.name, role);
    checkPorts(context, machine.name, [...otherClaims(context, lab, machine.name), ...roles.flatMap(claimsOf)]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found.map(({ machine, roles }) => [machine.name, roles]));
};
