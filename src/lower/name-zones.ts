/**
 * The zones of a lab: what its members are told of all machines, forward and reverse, and what others are told. A machine
 * is known by its name; where it has several interfaces, each of them has a name below that one, and the names that
 * addresses have lead back to them.
 */
import { nicAddresses } from '../lab/known-addresses.ts';
import { isPublic } from '../lab/internet.ts';
import { type Lab, type LabMachine, type LabNetwork, type LabNic } from '../lab/lab.ts';
import { type LabNames } from '../lab/lab-names.ts';
import { prefix } from '../net/prefix.ts';
import { type ResourceRecord, type Zone } from '../state/service.ts';
import { reverseName, reverseZones } from './reverse-names.ts';

/** Seconds: refresh, retry and expire are for servers that copy zones, which none does; the last is for what is not there. */
const timers = '3600 900 604800 60';

/** FNV-1a of 32 bits: servers with the same zone have the same serial number. */
const serialOf = (records: readonly ResourceRecord[]): number => {
  let value = 0x811c9dc5;
  for (const character of records.map(({ name, type, data }) => `${name} ${type} ${data}\n`).join(''))
    value = Math.imul(value ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return value;
};

const typeOf = (address: string): 'A' | 'AAAA' => (address.includes(':') ? 'AAAA' : 'A');

const hostRecords = (name: string, addresses: readonly string[]): readonly ResourceRecord[] =>
  addresses.map((data) => ({ name, type: typeOf(data), data }));

/** With what every zone begins with (RFC 1035 section 6.1, RFC 1912 section 2.8). */
const zoneOf = (
  name: string,
  servers: readonly string[],
  records: readonly ResourceRecord[],
  isPartial = false,
): Zone => {
  const [first = name] = servers;
  const own = [...records].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const data = `${first}. hostmaster.${first}. ${serialOf(own)} ${timers}`;
  return {
    name,
    ...(isPartial ? { isPartial: true as const } : {}),
    records: [
      { name, type: 'SOA', data },
      ...servers.map((server): ResourceRecord => ({ name, type: 'NS', data: `${server}.` })),
      ...own,
    ],
  };
};

const families = [4, 6] as const;

const addressesOf = (lab: Lab, nic: LabNic): readonly string[] =>
  families.flatMap((family) => nicAddresses(lab, nic, family)).filter((address) => !address.startsWith('fe80:'));

/** The address of each family that a machine is known by: on a network whose members ask, else on any. */
const knownBy = (lab: Lab, { told }: LabNames, machine: LabMachine): readonly string[] => {
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
const namesOf = (lab: Lab, names: LabNames, machine: LabMachine): readonly (readonly [string, readonly string[]])[] => {
  const own = `${machine.name}.${names.zone}`;
  const known = knownBy(lab, names, machine);
  const nics = machine.nics.map((nic) => [`${labelOf(nic)}.${own}`, addressesOf(lab, nic)] as const);
  const hasMore = machine.nics.length > 1 || nics.some(([, all]) => all.some((address) => !known.includes(address)));
  return [[own, known], ...(hasMore ? nics : [])];
};

const namedMachines = (lab: Lab): readonly LabMachine[] =>
  Object.values(lab.machines).filter(({ role }) => role !== 'internet');

const serverNames = ({ zone, servers }: LabNames): readonly string[] => servers.map((server) => `${server}.${zone}`);

const mailRecords = ({ mail, zone }: LabNames): readonly ResourceRecord[] =>
  mail === undefined ? [] : [{ name: zone, type: 'MX', data: `10 ${mail}.${zone}.` }];

const forwardZone = (lab: Lab, names: LabNames): Zone => {
  const further = names.names.flatMap(({ name, machines, addresses }) => {
    const known = machines.flatMap((machine) => {
      const found = lab.machines[machine];
      return found === undefined ? [] : knownBy(lab, names, found);
    });
    return hostRecords(`${name}.${names.zone}`, [...known, ...addresses]);
  });
  return zoneOf(names.zone, serverNames(names), [
    ...namedMachines(lab).flatMap((machine) =>
      namesOf(lab, names, machine).flatMap(([name, addresses]) => hostRecords(name, addresses)),
    ),
    ...further,
    ...mailRecords(names),
  ]);
};

/** By address: the name that it leads back to. */
const pointers = (lab: Lab, names: LabNames): ReadonlyMap<string, string> => {
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

const reverse = (lab: Lab, names: LabNames): readonly Zone[] => {
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
    zoneOf(
      name,
      serverNames(names),
      records.filter((record) => record.name.endsWith(`.${name}`)),
      is,
    ),
  );
};

export const insideZones = (lab: Lab, names: LabNames): readonly Zone[] => [
  forwardZone(lab, names),
  ...reverse(lab, names),
];

/** The servers that those outside can ask, by name and address. */
export const outsideServers = (names: LabNames): NonNullable<LabNames['outside']> =>
  (names.outside ?? []).filter(({ name }) => names.servers.includes(name));

export const outsideZone = (names: LabNames): Zone => {
  const told = names.outside ?? [];
  const servers = outsideServers(names).map(({ name }) => `${name}.${names.zone}`);
  return zoneOf(names.zone, servers, [
    ...told.flatMap(({ name, addresses }) => hostRecords(`${name}.${names.zone}`, addresses)),
    ...(told.some(({ name }) => name === names.mail) ? mailRecords(names) : []),
  ]);
};
