/**
 * Who answers for names and who asks whom: the name servers of a lab, the root of the emulated internet, and what
 * DHCP servers, router advertisements and machines say of them.
 */
import { serverAddresses } from '../lab/internet.ts';
import { type Lab, type LabMachine, type LabNetwork } from '../lab/lab.ts';
import { type LabNames } from '../lab/lab-names.ts';
import { addressFrom } from '../lab/name-servers.ts';
import { outsideServers } from '../lab/name-zones.ts';
import { type Family } from '../net/address.ts';
import { type Resolver } from '../state/network-state.ts';
import {
  type NameServer,
  type NameView,
  type ResourceRecord,
  type RootServer,
  type Service,
  type ZoneTransfers,
} from '../state/service.ts';
import { interfaceOf } from './names.ts';

const families = [4, 6] as const;

/** The prefixes of those whom the name servers answer in full. */
export const nameClients = (lab: Lab, { told }: LabNames): readonly string[] =>
  Object.keys(told).flatMap((name) =>
    [lab.networks[name]?.ipv4, lab.networks[name]?.ipv6].filter((block) => block !== undefined),
  );

const viewsOf = (lab: Lab, names: LabNames): readonly NameView[] => [
  { name: 'inside', clients: nameClients(lab, names), isRecursive: true, zones: names.zones.inside },
  ...(names.outside === undefined
    ? []
    : [{ name: 'outside', clients: ['0.0.0.0/0', '::/0'], isRecursive: false, zones: names.zones.outside }]),
];

/** Those who copy zones know them by name. */
const withoutRecords = (view: NameView): NameView => ({
  ...view,
  zones: view.zones.map((zone) => ({ ...zone, records: [] })),
});

const transfersOf = ({ secondaries }: LabNames, machine: string): ZoneTransfers | undefined => {
  const own = secondaries.find((one) => one.machine === machine)?.primaries;
  if (own !== undefined)
    return {
      kind: 'secondary',
      primaries: own.map(({ address }) => address),
      sources: [...new Map(own.map(({ family, from }) => [family, from])).values()],
    };
  const copying = secondaries.flatMap(({ primaries }) =>
    primaries.flatMap((primary) => (primary.machine === machine ? [primary.from] : [])),
  );
  return copying.length === 0 ? undefined : { kind: 'primary', secondaries: copying };
};

const nameServer = (lab: Lab, names: LabNames, machine: string): NameServer => {
  const transfers = transfersOf(names, machine);
  const views = viewsOf(lab, names);
  return {
    kind: 'name-server',
    views: transfers?.kind === 'secondary' ? views.map(withoutRecords) : views,
    ...otherNames(lab, names, transfers === undefined ? families : familiesOut(lab, machine)),
    ...(transfers === undefined ? {} : { transfers }),
  };
};

/** BIND prefers no family: where IPv4 leads out it is to ask by that alone. */
const familiesOut = (lab: Lab, machine: string): readonly Family[] => {
  const nics = lab.machines[machine]?.nics ?? [];
  return nics.some(({ gateway4, dhcp }) => gateway4 !== undefined || dhcp) ? [4] : families;
};

/** Where names beyond the zones are found out; `by`: the families that roots are asked by. */
const otherNames = (lab: Lab, names: LabNames, by: readonly Family[]): Pick<NameServer, 'roots' | 'forwarders'> => ({
  ...(names.forwarders.length > 0
    ? { forwarders: names.forwarders }
    : 'internet' in lab.machines
      ? { roots: by.map((family) => serverAddresses[family]) }
      : {}),
});

/** Domains of documentation (RFC 2606) stand for the names of the internet: whatever is below them is its server. */
const exampleDomains = ['example.com', 'example.net', 'example.org'];
const rootServerName = 'a.root-servers.net';

const addressRecords = (name: string, addresses: readonly string[]): readonly ResourceRecord[] =>
  addresses.map((data) => ({ name, type: data.includes(':') ? 'AAAA' : 'A', data }));

/** The zone of the lab is where those outside can ask for it. */
const delegation = (names: LabNames): readonly ResourceRecord[] =>
  outsideServers(names).flatMap(({ name, addresses }) => [
    { name: names.zone, type: 'NS', data: `${name}.${names.zone}.` },
    ...addressRecords(`${name}.${names.zone}`, addresses),
  ]);

const rootServer = (names: LabNames): RootServer => {
  const servers = families.map((family) => serverAddresses[family]);
  const domains = exampleDomains.filter((domain) => domain !== names.zone);
  return {
    kind: 'root-server',
    records: [
      { name: '', type: 'SOA', data: `${rootServerName}. hostmaster.${rootServerName}. 1 3600 900 604800 60` },
      { name: '', type: 'NS', data: `${rootServerName}.` },
      ...addressRecords(rootServerName, servers),
      ...domains.flatMap((domain) => [...addressRecords(domain, servers), ...addressRecords(`*.${domain}`, servers)]),
      ...delegation(names),
    ],
  };
};

export const lowerNameServers = (lab: Lab, machine: LabMachine): readonly Service[] => {
  const { names } = lab;
  if (names === undefined) return [];
  if (machine.role === 'internet') return [rootServer(names)];
  const resolver = names.resolvers[machine.name];
  return [
    ...(names.servers.includes(machine.name) ? [nameServer(lab, names, machine.name)] : []),
    ...(resolver?.kind === 'advertised'
      ? [{ kind: 'advertised-resolver' as const, interface: interfaceOf(lab, machine.name, resolver.nic) }]
      : []),
  ];
};

/** What the members of a network are told, in one family; undefined where that is nothing. */
export const toldOn = (lab: Lab, network: LabNetwork, family: Family): Resolver | undefined => {
  const servers = lab.names?.told[network.name] ?? [];
  const nameservers = servers.flatMap((server) => addressFrom(lab, network.name, server, family) ?? []);
  const search = lab.names === undefined ? [] : (network.search ?? [lab.names.zone]);
  return nameservers.length === 0 ? undefined : { nameservers, search };
};

/** What is configured on the machine itself. */
export const lowerResolver = ({ names }: Lab, machine: LabMachine): Resolver | undefined => {
  const resolver = names?.resolvers[machine.name];
  return names === undefined || resolver?.kind !== 'static'
    ? undefined
    : { nameservers: resolver.nameservers, search: resolver.search ?? [names.zone] };
};

/** Whether the lease of this NIC tells the machine whom to ask. */
export const leaseSetsResolver = ({ names }: Lab, machine: LabMachine, nic: string): boolean => {
  const resolver = names?.resolvers[machine.name];
  return resolver?.kind === 'dhcp' && resolver.nic === nic;
};
