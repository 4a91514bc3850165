/**
 * The zones of a lab: what its members are told of all machines, forward and reverse, and what others are told. A machine
 * is known by its name; where it has several interfaces, each of them has a name below that one, and the names that
 * addresses have lead back to them.
 */
import { prefix } from '../net/prefix.ts';
import { type ResourceRecord, type Zone } from '../state/service.ts';
import { isPublic } from './internet.ts';
import { nicAddresses } from './known-addresses.ts';
import { type Lab, type LabMachine, type LabNetwork, type LabNic } from './lab.ts';
import { type LabNames, type LabZones } from './lab-names.ts';
import { reverseName, reverseZones } from './reverse-names.ts';
import { digestOf, keptZone, type KeptZones, zoneKey } from './zone-serials.ts';

/**
 * Seconds. Those who copy zones are told of changes; who did not hear of one asks after the first, or the second where
 * nobody answers, and gives up answering after the third. The last is for what is not there.
 */
const timers = '300 60 604800 60';

/** All that is known of names but the zones that are made of it. */
export type NamesBefore = Omit<LabNames, 'zones'>;

/** A zone whose serial number is yet to be decided. */
interface DraftZone {
  readonly name: string;
  readonly isPartial: boolean;
  /** Who answers, in full; the first of them is where it comes from. */
  readonly servers: readonly string[];
  readonly records: readonly ResourceRecord[];
}

const typeOf = (address: string): 'A' | 'AAAA' => (address.includes(':') ? 'AAAA' : 'A');

const hostRecords = (name: string, addresses: readonly string[]): readonly ResourceRecord[] =>
  addresses.map((data) => ({ name, type: typeOf(data), data }));

const draftZone = (
  name: string,
  servers: readonly string[],
  records: readonly ResourceRecord[],
  isPartial = false,
): DraftZone => ({
  name,
  isPartial,
  servers: servers.length === 0 ? [name] : servers,
  records: [
    ...servers.map((server): ResourceRecord => ({ name, type: 'NS', data: `${server}.` })),
    ...[...records].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  ],
});

/** With what every zone begins with (RFC 1035 section 6.1, RFC 1912 section 2.8). */
const numbered = ({ name, isPartial, servers: [first = name], records }: DraftZone, serial: number): Zone => ({
  name,
  ...(isPartial ? { isPartial: true as const } : {}),
  records: [{ name, type: 'SOA', data: `${first}. hostmaster.${first}. ${serial} ${timers}` }, ...records],
});

const families = [4, 6] as const;

const addressesOf = (lab: Lab, nic: LabNic): readonly string[] =>
  families.flatMap((family) => nicAddresses(lab, nic, family)).filter((address) => !address.startsWith('fe80:'));

/** The address of each family that a machine is known by: on a network whose members ask, else on any. */
const knownBy = (lab: Lab, { told }: NamesBefore, machine: LabMachine): readonly string[] => {
  const nics = [...machine.nics].sort(
    (a, b) => Number(Object.hasOwn(told, b.network)) - Number(Object.hasOwn(told, a.network)),
  );
  return families.flatMap(
    (family) =>
      nics.flatMap((nic) => addressesOf(lab, nic)).find((address) => address.includes(':') === (family === 6)) ?? [],
  );
};

const labelOf = (nic: LabNic): string =>
  nic.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/** All names of one machine, with their addresses; the first name of an address is that which it leads back to. */
const namesOf = (
  lab: Lab,
  names: NamesBefore,
  machine: LabMachine,
): readonly (readonly [string, readonly string[]])[] => {
  const own = `${machine.name}.${names.zone}`;
  const known = knownBy(lab, names, machine);
  const nics = machine.nics.map((nic) => [`${labelOf(nic)}.${own}`, addressesOf(lab, nic)] as const);
  const hasMore = machine.nics.length > 1 || nics.some(([, all]) => all.some((address) => !known.includes(address)));
  return [[own, known], ...(hasMore ? nics : [])];
};

const namedMachines = (lab: Lab): readonly LabMachine[] =>
  Object.values(lab.machines).filter(({ role }) => role !== 'internet');

const serverNames = ({ zone, servers }: NamesBefore): readonly string[] => servers.map((server) => `${server}.${zone}`);

const mailRecords = ({ mail, zone }: NamesBefore): readonly ResourceRecord[] =>
  mail === undefined ? [] : [{ name: zone, type: 'MX', data: `10 ${mail}.${zone}.` }];

const forwardZone = (lab: Lab, names: NamesBefore): DraftZone => {
  const further = names.names.flatMap(({ name, machines, addresses }) => {
    const known = machines.flatMap((machine) => {
      const found = lab.machines[machine];
      return found === undefined ? [] : knownBy(lab, names, found);
    });
    return hostRecords(`${name}.${names.zone}`, [...known, ...addresses]);
  });
  return draftZone(names.zone, serverNames(names), [
    ...namedMachines(lab).flatMap((machine) =>
      namesOf(lab, names, machine).flatMap(([name, addresses]) => hostRecords(name, addresses)),
    ),
    ...further,
    ...mailRecords(names),
  ]);
};

/** By address: the name that it leads back to. */
const pointers = (lab: Lab, names: NamesBefore): ReadonlyMap<string, string> => {
  const all = namedMachines(lab).flatMap((machine) =>
    namesOf(lab, names, machine).flatMap(([name, addresses]) => addresses.map((address) => [address, name] as const)),
  );
  const further = names.names.flatMap(({ name, addresses }) =>
    addresses.map((address) => [address, `${name}.${names.zone}`] as const),
  );
  return new Map([...all, ...further].reverse());
};

/** Others may have names in a zone that is wider than the network, or whose network was there before. */
const isPartial = ({ uplink, kind }: LabNetwork, block: string, isWider: boolean): boolean =>
  uplink !== undefined || kind !== 'made' || (isWider && isPublic(prefix(block)));

const reverse = (lab: Lab, names: NamesBefore): readonly DraftZone[] => {
  const partial = new Map<string, boolean>();
  for (const network of Object.keys(names.told).flatMap((name) => lab.networks[name] ?? []))
    for (const block of [network.ipv4, network.ipv6].filter((one) => one !== undefined))
      for (const { name, isWider } of reverseZones(prefix(block)))
        partial.set(name, (partial.get(name) ?? false) || isPartial(network, block, isWider));
  const records = [...pointers(lab, names)].map(([address, name]): ResourceRecord => ({
    name: reverseName(address),
    type: 'PTR',
    data: `${name}.`,
  }));
  return [...partial].map(([name, is]) =>
    draftZone(
      name,
      serverNames(names),
      records.filter((record) => record.name.endsWith(`.${name}`)),
      is,
    ),
  );
};

/** The servers that those outside can ask, by name and address. */
export const outsideServers = (names: NamesBefore): NonNullable<LabNames['outside']> =>
  (names.outside ?? []).filter(({ name }) => names.servers.includes(name));

const outsideZone = (names: NamesBefore): DraftZone => {
  const told = names.outside ?? [];
  const servers = outsideServers(names).map(({ name }) => `${name}.${names.zone}`);
  return draftZone(names.zone, servers, [
    ...told.flatMap(({ name, addresses }) => hostRecords(`${name}.${names.zone}`, addresses)),
    ...(told.some(({ name }) => name === names.mail) ? mailRecords(names) : []),
  ]);
};

/** `kept`: the serial numbers that were decided before. */
export const zonesOfNames = (lab: Lab, names: NamesBefore, kept: KeptZones): LabZones => {
  const decided = new Map<string, KeptZones[string]>();
  const decide = (view: string, draft: DraftZone): Zone => {
    const key = zoneKey(view, draft.name);
    const zone = keptZone(kept[key], digestOf(numbered(draft, 0).records));
    decided.set(key, zone);
    return numbered(draft, zone.serial);
  };
  return {
    inside: [forwardZone(lab, names), ...reverse(lab, names)].map((draft) => decide('inside', draft)),
    outside: names.outside === undefined ? [] : [decide('outside', outsideZone(names))],
    serials: Object.fromEntries(decided),
  };
};
