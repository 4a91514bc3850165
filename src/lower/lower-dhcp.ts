/** Who gives out addresses: servers on their own networks and for those behind relays, and the relays. */
import { dhcpOf, endOn, serverEnd } from '../lab/dhcp-ends.ts';
import { usualMtuBytes } from '../lab/draft-tunnels.ts';
import { type Lab, type LabDhcp, type LabMachine, type LabNetwork } from '../lab/lab.ts';
import { addressFrom } from '../lab/name-servers.ts';
import { segmentOf } from '../lab/segments.ts';
import { ip, parseIp, printIp, type Family } from '../net/address.ts';
import { netmaskOf, prefix } from '../net/prefix.ts';
import {
  type Dhcp6Pool,
  type DhcpPool,
  type DhcpRelay,
  type DhcpServing,
  type HotStandby,
  type Service,
} from '../state/service.ts';
import { toldOn } from './lower-names.ts';
import { interfaceOf } from './names.ts';

const families = [4, 6] as const;

const leaseSeconds = 3600;

/** Two servers tell each other their leases by this TCP port. */
export const standbyPort = 8000;

const reservationsOn = (lab: Lab, network: LabNetwork, family: Family): DhcpPool['reservations'] => {
  const segment = segmentOf(lab, network.name);
  return Object.values(lab.machines).flatMap((machine) => {
    const nics = machine.nics.filter((nic) => segmentOf(lab, nic.network) === segment);
    const leases = nics.flatMap((nic) => {
      const lease = family === 4 ? nic.lease : nic.lease6;
      return lease === undefined ? [] : [{ nic, lease }];
    });
    return leases.map(({ nic, lease }, index) => ({
      mac: nic.mac,
      address: lease.address,
      name: index === 0 ? machine.name : `${machine.name}-${nic.name}`,
    }));
  });
};

interface Range {
  readonly first: string;
  readonly last: string;
}

/**
 * Servers that share a range have parts of it, as equal as can be, so that no two give out one address; those that know
 * each other's leases have all of it.
 */
const partOf = ({ servers, first, last, isHotStandby }: LabDhcp, name: string): Range => {
  if (isHotStandby === true) return { first, last };
  const { family } = ip(first);
  const [from, to] = [ip(first).value, ip(last).value];
  const [index, count, size] = [BigInt(servers.indexOf(name)), BigInt(servers.length), to - from + 1n];
  const print = (value: bigint): string => printIp({ family, value });
  return { first: print(from + (size * index) / count), last: print(from + (size * (index + 1n)) / count - 1n) };
};

const timeServersOf = (lab: Lab, network: LabNetwork, family: Family): readonly string[] =>
  (network.timeServers ?? []).flatMap((text) => {
    const address = parseIp(text);
    if (address !== undefined) return address.family === family ? [text] : [];
    return addressFrom(lab, network.name, text, family) ?? [];
  });

/** A network that a machine serves in one family, and where its questions come in. */
interface Duty {
  readonly network: LabNetwork;
  readonly dhcp: LabDhcp;
  readonly interface: string;
  readonly address: string;
  /** The addresses of relays, where its members are elsewhere. */
  readonly relays?: readonly string[];
}

const dutiesOf = (lab: Lab, machine: LabMachine, family: Family): readonly Duty[] =>
  Object.values(lab.networks).flatMap((network) => {
    const dhcp = dhcpOf(network, family);
    if (dhcp?.servers.includes(machine.name) !== true) return [];
    const end = serverEnd(lab, network, machine.name, family);
    if (end === undefined) return [];
    const relays = dhcp.relays?.flatMap((relay) => endOn(lab, network, relay, family)?.address ?? []);
    return [
      {
        ...{ network, dhcp, interface: interfaceOf(lab, machine.name, end.nic), address: end.address },
        ...(relays === undefined ? {} : { relays }),
      },
    ];
  });

/** What those who get an address are told in either family, and who has one kept. */
const shared = (
  lab: Lab,
  { network, dhcp }: Duty,
  server: string,
  family: Family,
): Range & Pick<DhcpPool, 'resolver' | 'timeServers' | 'reservations'> => {
  const resolver = toldOn(lab, network, family);
  const timeServers = timeServersOf(lab, network, family);
  return {
    ...partOf(dhcp, server),
    ...(resolver === undefined ? {} : { resolver }),
    ...(timeServers.length === 0 ? {} : { timeServers }),
    reservations: reservationsOn(lab, network, family),
  };
};

/** Members are told the MTU of a network that has another one than its kind. */
export const toldMtu = ({ mtuBytes, tunnel }: LabNetwork): { readonly mtuBytes?: number } =>
  mtuBytes === usualMtuBytes(tunnel) ? {} : { mtuBytes };

const routes4 = ({ routes = [] }: LabNetwork): Pick<DhcpPool, 'routes'> => {
  const own = routes.flatMap(({ family, to, via }) => (family === 4 ? [{ to, via }] : []));
  return own.length === 0 ? {} : { routes: own };
};

const pool4 = (lab: Lab, duty: Duty, server: string): DhcpPool => {
  const { network } = duty;
  return {
    ...shared(lab, duty, server, 4),
    netmask: netmaskOf(prefix(network.ipv4 ?? '').length),
    ...(network.gateway4 === undefined ? {} : { router: network.gateway4 }),
    ...routes4(network),
    ...toldMtu(network),
  };
};

const pool6 = (lab: Lab, duty: Duty, server: string): Dhcp6Pool => ({
  ...shared(lab, duty, server, 6),
  prefixLength: prefix(duty.network.ipv6 ?? '').length,
});

const standbyOf = (
  lab: Lab,
  { network, dhcp, address }: Duty,
  name: string,
  family: Family,
): HotStandby | undefined => {
  const partner = dhcp.servers.find((server) => server !== name);
  if (dhcp.isHotStandby !== true || partner === undefined) return undefined;
  const end = serverEnd(lab, network, partner, family);
  if (end === undefined) return undefined;
  return {
    role: dhcp.servers[0] === name ? 'primary' : 'standby',
    self: { name, address },
    partner: { name: partner, address: end.address },
    port: standbyPort,
  };
};

/** What is said of a server as a whole: its networks agree on it. */
const serving = (
  lab: Lab,
  first: Duty,
  all: readonly Duty[],
  name: string,
  family: Family,
): Omit<DhcpServing, 'kind' | 'relayed' | 'first'> => {
  const standby = standbyOf(lab, first, name, family);
  return {
    interface: first.interface,
    leaseSeconds,
    ...(standby === undefined && all.some(({ dhcp }) => dhcp.servers.length > 1) ? { isOneOfSeveral: true } : {}),
    ...(first.dhcp.program === undefined ? {} : { program: first.dhcp.program }),
    ...(standby === undefined ? {} : { standby }),
  };
};

const relayedOf = <P>(
  all: readonly Duty[],
  poolOf: (duty: Duty) => P,
): readonly (P & { relays: readonly string[] })[] =>
  all.flatMap((duty) => (duty.relays === undefined ? [] : [{ ...poolOf(duty), relays: duty.relays }]));

const server4 = (lab: Lab, all: readonly Duty[], first: Duty, name: string): Service => {
  const own = all.find(({ relays }) => relays === undefined);
  const relayed = relayedOf(all, (duty) => pool4(lab, duty, name));
  const said = serving(lab, first, all, name, 4);
  if (own === undefined) return { kind: 'relayed-dhcp-server', ...said, relayed };
  return { kind: 'dhcp-server', ...pool4(lab, own, name), ...said, ...(relayed.length === 0 ? {} : { relayed }) };
};

const server6 = (lab: Lab, all: readonly Duty[], first: Duty, name: string): Service => {
  const own = all.find(({ relays }) => relays === undefined);
  const relayed = relayedOf(all, (duty) => pool6(lab, duty, name));
  const { address } = first;
  const said = serving(lab, first, all, name, 6);
  if (own === undefined) return { kind: 'relayed-dhcp6-server', ...said, relayed, address };
  return {
    ...{ kind: 'dhcp6-server', ...pool6(lab, own, name), ...said },
    ...(relayed.length === 0 ? {} : { relayed, address }),
  };
};

/** One program serves all networks whose questions come in by one interface: two could not have one port. */
const serversOf = (lab: Lab, { name }: LabMachine, duties: readonly Duty[], family: Family): readonly Service[] =>
  [...new Set(duties.map((duty) => duty.interface))].flatMap((dev) => {
    const all = duties.filter((duty) => duty.interface === dev);
    const [first, ...further] = all.filter(({ relays }) => relays === undefined);
    const relayed = all.filter(({ relays }) => relays !== undefined);
    const serverOf = family === 4 ? server4 : server6;
    return [[...(first === undefined ? [] : [first]), ...relayed], ...further.map((one) => [one])].flatMap((some) =>
      some[0] === undefined ? [] : [serverOf(lab, some, some[0], name)],
    );
  });

const linksOf = (lab: Lab, machine: LabMachine, family: Family): DhcpRelay['links'] =>
  Object.values(lab.networks).flatMap((network) => {
    const dhcp = dhcpOf(network, family);
    const end = endOn(lab, network, machine.name, family);
    if (dhcp?.relays?.includes(machine.name) !== true || end === undefined) return [];
    const servers = dhcp.servers.flatMap((server) => serverEnd(lab, network, server, family)?.address ?? []);
    return [{ interface: interfaceOf(lab, machine.name, end.nic), address: end.address, servers }];
  });

const relaysOf = (lab: Lab, machine: LabMachine, family: Family): readonly DhcpRelay[] => {
  const links = linksOf(lab, machine, family);
  return links.length === 0 ? [] : [{ kind: 'dhcp-relay', family, links }];
};

export const lowerDhcp = (lab: Lab, machine: LabMachine): readonly Service[] =>
  families.flatMap((family) => [
    ...serversOf(lab, machine, dutiesOf(lab, machine, family), family),
    ...relaysOf(lab, machine, family),
  ]);
