/** The `dns` of the file to the names of the lab: the zone, who answers for it and to whom, and names beyond the machines' own. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { ip } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type Path, type SpecData } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { readEndpoints } from './endpoints.ts';
import { type Lab } from './lab.ts';
import { type LabName, type LabNames } from './lab-names.ts';
import { addressFrom, outsideAddresses } from './name-servers.ts';
import { type NamesBefore, zonesOfNames } from './name-zones.ts';
import { omitAbsent } from './omit-absent.ts';
import { readSecondaries } from './read-secondaries.ts';
import { planResolvers } from './resolvers.ts';
import { type Placed } from './placed.ts';
import { mainAddress } from './main-address.ts';
import { helpForUnknown } from './unknown-name.ts';

type SpecDns = NonNullable<SpecData['dns']>;

interface Named {
  readonly machines: readonly string[];
  readonly addresses: readonly string[];
}

/** The machines, and where they may stand the addresses, that a text stands for; groups are all of their members. */
const named = (context: Context, written: string | readonly string[], path: Path, mayBeAddress: boolean): Named => {
  const endpoints = readEndpoints(context, written, path);
  const wrong = endpoints.find(({ kind }) => kind !== 'machine' && !(mayBeAddress && kind === 'address'));
  if (wrong !== undefined) {
    const text = [written].flat().join(', ');
    context.findings.error(
      'not-a-machine',
      `\`${text}\` stands where ${mayBeAddress ? 'a machine or an address' : 'a machine'} is needed`,
      context.spec.source.spanOf(path),
      { help: helpForUnknown(text, [...context.draft.machines.keys()], 'machines') },
    );
  }
  return {
    machines: endpoints.flatMap((end) => (end.kind === 'machine' ? [end.name] : [])),
    addresses: endpoints.flatMap((end) => (end.kind === 'address' && mayBeAddress ? [end.address] : [])),
  };
};

const hasAddress = (lab: Lab, machine: string): boolean =>
  families.some((family) => addressFrom(lab, '', machine, family) !== undefined);

const readServers = (
  context: Context,
  lab: Lab,
  key: 'servers' | 'secondaries',
  { [key]: servers }: SpecDns,
): readonly string[] => {
  const path: Path = ['dns', key];
  const { machines } = servers === undefined ? { machines: [] } : named(context, servers, path, false);
  for (const machine of machines.filter((name) => !hasAddress(lab, name)))
    context.findings.error(
      'name-server-without-address',
      `\`${machine}\` answers for names, and has no address that is known before it runs`,
      context.spec.source.spanOf(path),
      { help: `give \`${machine}\` a planned or written address` },
    );
  return machines;
};

const isInLab = (lab: Lab, address: string): boolean =>
  Object.values(lab.networks).some(({ ipv4, ipv6 }) =>
    [ipv4, ipv6].some((block) => block !== undefined && containsIp(prefix(block), ip(address))),
  );

const readNames = (context: Context, lab: Lab, { names = {} }: SpecDns): readonly LabName[] =>
  Object.entries(names).map(([name, written]) => {
    const path = ['dns', 'names', name];
    const at = context.spec.source.spanOf(path);
    const target = named(context, written, path, true);
    const other = context.draft.machines.get(name);
    if (other !== undefined)
      context.findings.error('name-used-twice', `\`${name}\` is the name of a machine already`, at, {
        notes: [{ message: `\`${name}\` is a machine here`, at: other.at }],
        help: 'choose another name, or rename the machine',
      });
    for (const address of target.addresses.filter((one) => !isInLab(lab, one)))
      context.findings.error('address-outside-lab', `${address} is in no network of this lab`, at, {
        help: 'name a machine, or an address in one of its networks',
      });
    return { name, ...target };
  });

/** The list is short for a map in which each machine has its own name. */
const readOutside = (context: Context, lab: Lab, { outside }: SpecDns): LabNames['outside'] => {
  if (outside === undefined) return undefined;
  const items: readonly (readonly [string | undefined, string, Path])[] = Array.isArray(outside)
    ? outside.map((text, index) => [undefined, text, ['dns', 'outside', index]])
    : Object.entries(outside).map(([name, text]) => [name, text, ['dns', 'outside', name]]);
  return items.flatMap(([name, text, path]) =>
    named(context, text, path, false).machines.flatMap((machine) => {
      const found = lab.machines[machine];
      const addresses = found === undefined ? [] : families.flatMap((family) => outsideAddresses(lab, found, family));
      if (addresses.length === 0)
        context.findings.error(
          'no-outside-address',
          `\`${machine}\` has no address that is reached from outside`,
          context.spec.source.spanOf(path),
          { help: `\`publish\` something of \`${machine}\`, or give it an address on an outside network` },
        );
      return addresses.length === 0 ? [] : [{ name: name ?? machine, addresses }];
    }),
  );
};

const readForwarders = (context: Context, lab: Lab, { forward }: SpecDns): readonly string[] => {
  if (forward === undefined) return [];
  const { machines, addresses } = named(context, forward, ['dns', 'forward'], true);
  const ofMachines = machines.flatMap((name) =>
    families.flatMap((family) => mainAddress(lab, name, family) ?? []).slice(0, 1),
  );
  return [...addresses, ...ofMachines];
};

/** The servers that the members of each network are told. */
const readTold = (context: Context, servers: readonly string[]): LabNames['told'] =>
  Object.fromEntries(
    [...context.draft.networks.values()].flatMap((network) => {
      const { dns } = network.spec;
      const path = [...network.path, 'dns'];
      const wanted = dns ?? network.kind === 'made';
      if (wanted === false) return [];
      if (wanted === true) return [[network.name, servers]];
      const { machines } = named(context, wanted, path, false);
      for (const machine of machines.filter((name) => !servers.includes(name)))
        context.findings.error(
          'not-a-name-server',
          `\`${network.name}\` sends its members to \`${machine}\`, which answers for no names`,
          context.spec.source.spanOf(path),
          { help: helpForUnknown(machine, servers, 'name servers') },
        );
      return [[network.name, machines.filter((name) => servers.includes(name))]];
    }),
  );

/** What speaks of name servers where there are none. */
const tellMissing = (context: Context): void => {
  const tell = (what: string, at: Span): void =>
    context.findings.error('dns-without-servers', `${what}, and the lab has no name server`, at, {
      help: 'name one: `dns: { servers: MACHINE }`',
    });
  for (const { name, path, spec } of context.draft.networks.values())
    if (spec.dns !== undefined && spec.dns !== false)
      tell(`\`${name}\` tells its members whom to ask for names`, context.spec.source.spanOf([...path, 'dns']));
};

/** `lab`: all but its names. */
export const planNames = (context: Context, placed: Placed, lab: Lab): LabNames | undefined => {
  const dns = context.spec.data.dns;
  if (dns === undefined) {
    tellMissing(context);
    planResolvers(context, placed, lab, {});
    return undefined;
  }
  const primaries = readServers(context, lab, 'servers', dns);
  const copying = readServers(context, lab, 'secondaries', dns);
  const servers = [...new Set([...primaries, ...copying])];
  const told = readTold(context, servers);
  const names: NamesBefore = omitAbsent({
    zone: dns.zone ?? `${lab.name}.internal`,
    servers,
    secondaries: readSecondaries(context, lab, primaries, copying),
    told,
    names: readNames(context, lab, dns),
    mail: dns.mail === undefined ? undefined : named(context, dns.mail, ['dns', 'mail'], false).machines[0],
    outside: readOutside(context, lab, dns),
    forwarders: readForwarders(context, lab, dns),
    resolvers: planResolvers(context, placed, lab, told),
    at: context.spec.source.keySpanOf(['dns']),
  });
  return { ...names, zones: zonesOfNames(lab, names, context.lock?.zones ?? {}) };
};
