/**
 * The machines of the file to draft machines: clones are made, NICs are listed with what they wish for, the host gets
 * its own interface on every network it makes, and `internet` appears as soon as anything is on it.
 */
import { ip } from '../net/address.ts';
import { type Path, type Spec, type SpecMachine } from '../spec/spec.ts';
import { type DraftMachine, type DraftNetwork, type DraftNic, type Role } from './draft.ts';
import { checkMembers, draftBond } from './draft-bonds.ts';
import { type Hosts } from './draft-networks.ts';
import { draftTunnelEnd, isAutomatic } from './draft-tunnels.ts';
import { draftWireguard } from './draft-wireguard.ts';
import { tagOf } from './draft-vlans.ts';
import { Findings } from './findings.ts';
import { internetHost, internetName, serverAddresses } from './internet.ts';
import { nicEntries, type NicEntry } from './nic-entries.ts';
import { omitAbsent } from './omit-absent.ts';
import { helpForUnknown } from './unknown-name.ts';
import { hostWishes, noWishes, readAliases, readWishes } from './wishes.ts';

type Networks = ReadonlyMap<string, DraftNetwork>;

/** Machines of one section, in its order, as (name, machine) pairs: names may still be used twice. */
export const draftMachines = (
  spec: Spec,
  role: Role,
  section: ReadonlyMap<string, { readonly spec: SpecMachine; readonly path: Path }>,
  networks: Networks,
  findings: Findings,
): DraftMachine[] =>
  [...section].flatMap(([name, { spec: body, path }]) => {
    if (body.count === undefined) return [draftMachine(spec, role, name, undefined, 0, body, path, networks, findings)];
    return Array.from({ length: body.count }, (_, index) =>
      // What is wrong with one clone is wrong with all: say it once.
      draftMachine(
        spec,
        role,
        `${name}-${index + 1}`,
        name,
        index,
        body,
        path,
        networks,
        index === 0 ? findings : undefined,
      ),
    );
  });

const draftMachine = (
  spec: Spec,
  role: Role,
  name: string,
  clonesOf: string | undefined,
  cloneIndex: number,
  body: SpecMachine,
  path: Path,
  networks: Networks,
  told: Findings | undefined,
): DraftMachine => {
  const findings = told ?? new Findings();
  const at = path.length === 0 ? spec.source.spanOf([]) : spec.source.keySpanOf(path);
  const entries = nicEntries(body, path);
  checkMembers(spec, name, entries, findings);
  const written = entries.flatMap((entry, index) => {
    if (!isKnownNetwork(spec, entry, name, networks, findings)) return [];
    const vlan = tagOf(spec, entry, entries, networks, findings);
    return [{ ...draftNic(spec, name, entry, index, cloneIndex, networks, findings), ...omitAbsent({ vlan }) }];
  });
  const own = role === 'host' ? hostNics(spec, name, written, networks, findings) : [];
  return omitAbsent({
    name,
    role,
    clonesOf,
    number:
      body.number === undefined
        ? undefined
        : { value: body.number + cloneIndex, at: spec.source.spanOf([...path, 'number']) },
    nics: [...written, ...own],
    spec: body,
    path,
    accept: [...(spec.data.accept ?? []), ...(body.accept ?? [])],
    at,
  });
};

const isKnownNetwork = (
  spec: Spec,
  entry: NicEntry,
  machine: string,
  networks: Networks,
  findings: Findings,
): boolean => {
  const { network } = entry.body;
  if (network === internetName || networks.has(network)) return true;
  // A network that could not be drafted has its own error.
  if (Object.hasOwn(spec.data.networks ?? {}, network)) return false;
  findings.error(
    'unknown-network',
    `\`${machine}\` has an interface on \`${network}\`, and there is no such network`,
    spec.source.spanOf(entry.networkPath),
    { help: helpForUnknown(network, [...networks.keys(), internetName], 'networks') },
  );
  return false;
};

const draftNic = (
  spec: Spec,
  machine: string,
  entry: NicEntry,
  index: number,
  cloneIndex: number,
  networks: Networks,
  findings: Findings,
): DraftNic => {
  const { body, path } = entry;
  const placed = (key: 'gateway' | 'gateway6'): DraftNic['gateway'] | undefined =>
    body[key] === undefined ? undefined : { value: body[key], at: spec.source.spanOf([...path, key]) };
  const tunnel = draftTunnelEnd(spec, entry, networks, findings);
  const wishes = isAutomatic(tunnel?.mode) ? noWishes : readWishes(spec, body, path, cloneIndex, findings);
  return omitAbsent({
    machine,
    name: entry.name,
    index,
    network: body.network,
    attachment: 'cable' as const,
    wishes: { 4: [...wishes[4], ...readAliases(spec, entry.name, body.aliases, path, findings)], 6: wishes[6] },
    mac: body.mac === undefined ? undefined : { text: body.mac, at: spec.source.spanOf([...path, 'mac']) },
    gateway: placed('gateway'),
    gateway6: placed('gateway6'),
    mtuBytes: body.mtu,
    cost: body.cost,
    bond: draftBond(spec, entry, networks, findings),
    tunnel,
    wireguard: draftWireguard(spec, entry, networks, findings),
    at: spec.source.spanOf(path),
  });
};

/** The host's own interfaces on the networks that it makes; it has no address on a private one. */
const hostNics = (
  spec: Spec,
  host: string,
  written: readonly DraftNic[],
  networks: Networks,
  findings: Findings,
): DraftNic[] => {
  const made = [...networks.values()].filter((network) => network.host === host && network.uplink === undefined);
  for (const nic of written)
    if (made.some((network) => network.name === nic.network))
      findings.error('host-on-own-network', `\`${host}\` makes \`${nic.network}\`, and is on it already`, nic.at, {
        help: `remove this interface; \`address:\` of \`${nic.network}\` says what the host has there`,
      });
  return made.map((network, position) => ({
    machine: host,
    name: network.bridge,
    index: written.length + position,
    network: network.name,
    attachment: 'bridge',
    wishes: bridgeWishes(spec, network, findings),
    at: network.at,
  }));
};

const bridgeWishes = (spec: Spec, network: DraftNetwork, findings: Findings): DraftNic['wishes'] => {
  if (network.mode === 'private') return noWishes;
  const written = 'address' in network.spec ? network.spec.address : undefined;
  if (written === undefined) return hostWishes(network.at);
  const wishes = readWishes(spec, { address: written }, network.path, 0, findings);
  const byDefault = hostWishes(network.at);
  const unlessAuto = (family: 4 | 6): DraftNic['wishes'][4] =>
    wishes[family].map((wish) => (wish.kind === 'auto' ? (byDefault[family][0] ?? wish) : wish));
  return { 4: unlessAuto(4), 6: unlessAuto(6) };
};

/** The hosts as written; where there is none and networks are to be made, one that Lanwright adds. */
export const hostsOf = (spec: Spec): Hosts => {
  const written = Object.entries(spec.data.hosts ?? {});
  if (written.length > 0) return new Map(written.map(([name, body]) => [name, { spec: body, path: ['hosts', name] }]));
  const modes = Object.values(spec.data.networks ?? {}).map((network) => network.mode);
  if (modes.length === 0) return new Map();
  const names = [spec.data.machines, spec.data.outside?.machines, spec.data.networks, spec.data.outside?.networks];
  const isFree = (name: string): boolean => names.every((record) => !Object.hasOwn(record ?? {}, name));
  let name = 'host';
  for (let suffix = 0; !isFree(name); suffix += 1) name = `host-${suffix}`;
  const hasOutside = Object.keys(spec.data.outside?.networks ?? {}).length > 0;
  const leadsOut = !hasOutside && modes.some((mode) => mode === 'nat' || mode === 'routed');
  return new Map([[name, { spec: leadsOut ? { nics: { wan: internetName } } : {}, path: [] }]]);
};

/** The machine that stands for the rest of the world: on its wire it is the router, beyond it the servers. */
export const internetMachine = (at: DraftMachine['at']): DraftMachine => ({
  name: internetName,
  role: 'internet',
  nics: [
    {
      machine: internetName,
      name: 'wan',
      index: 0,
      network: internetName,
      attachment: 'cable',
      wishes: {
        4: [
          { kind: 'offset', offset: internetHost, at },
          { kind: 'explicit', address: ip(serverAddresses[4]), length: 32, at },
        ],
        6: [
          { kind: 'offset', offset: internetHost, at },
          { kind: 'explicit', address: ip(serverAddresses[6]), length: 128, at },
        ],
      },
      at,
    },
  ],
  spec: {},
  path: [],
  accept: [],
  at,
});
