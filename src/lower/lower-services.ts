/**
 * The programs that a machine runs for its networks: DHCP server and client, router advertisements, names, and on the
 * internet something that answers on every port.
 */
import { usualMtuBytes } from '../lab/draft-tunnels.ts';
import { type Lab, type LabDhcp, type LabMachine, type LabNetwork } from '../lab/lab.ts';
import { ip, printIp, type Family } from '../net/address.ts';
import { netmaskOf, prefix } from '../net/prefix.ts';
import {
  type Dhcp6Server,
  type DhcpServer,
  type RouterAdvertiser,
  type Service,
  type VirtualRouter,
} from '../state/service.ts';
import { leaseSetsResolver, lowerNameServers, toldOn } from './lower-names.ts';
import { lowerRoles } from './lower-roles.ts';
import { lowerWatch } from './lower-watch.ts';
import { routingDaemon } from './lower-routing.ts';
import { interfaceOf, segmentOf } from './names.ts';

/** All of the internet's TCP and UDP is led to this port (echo, RFC 862). */
export const responderPort = 7;

const leaseSeconds = 3600;

/** The machine's interface on a network, or on one whose frames it shares. */
const interfaceOn = (lab: Lab, machine: LabMachine, network: LabNetwork): string | undefined => {
  const segment = segmentOf(lab, network.name);
  const nic =
    machine.nics.find((it) => it.network === network.name) ??
    machine.nics.find((it) => segmentOf(lab, it.network) === segment);
  return nic === undefined ? undefined : interfaceOf(lab, machine.name, nic.name);
};

const reservationsOn = (lab: Lab, network: LabNetwork, family: Family): DhcpServer['reservations'] => {
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

/** Servers that share a range have parts of it, as equal as can be, so that no two give out one address. */
const partOf = ({ servers, first, last }: LabDhcp, name: string): { readonly first: string; readonly last: string } => {
  const { family } = ip(first);
  const [from, to] = [ip(first).value, ip(last).value];
  const [index, count, size] = [BigInt(servers.indexOf(name)), BigInt(servers.length), to - from + 1n];
  const print = (value: bigint): string => printIp({ family, value });
  return { first: print(from + (size * index) / count), last: print(from + (size * (index + 1n)) / count - 1n) };
};

const dhcpServers = (lab: Lab, machine: LabMachine): readonly DhcpServer[] =>
  Object.values(lab.networks).flatMap((network) => {
    const dev = interfaceOn(lab, machine, network);
    const { dhcp } = network;
    if (dhcp?.servers.includes(machine.name) !== true || network.ipv4 === undefined || dev === undefined) return [];
    const resolver = toldOn(lab, network, 4);
    return [
      {
        kind: 'dhcp-server',
        interface: dev,
        ...partOf(dhcp, machine.name),
        netmask: netmaskOf(prefix(network.ipv4).length),
        ...(network.gateway4 === undefined ? {} : { router: network.gateway4 }),
        ...(resolver === undefined ? {} : { resolver }),
        ...(network.mtuBytes === usualMtuBytes(network.tunnel) ? {} : { mtuBytes: network.mtuBytes }),
        leaseSeconds,
        ...(dhcp.servers.length > 1 ? { isOneOfSeveral: true } : {}),
        reservations: reservationsOn(lab, network, 4),
      },
    ];
  });

const dhcp6Servers = (lab: Lab, machine: LabMachine): readonly Dhcp6Server[] =>
  Object.values(lab.networks).flatMap((network) => {
    const dev = interfaceOn(lab, machine, network);
    const { dhcp6 } = network;
    if (dhcp6?.servers.includes(machine.name) !== true || network.ipv6 === undefined || dev === undefined) return [];
    const resolver = toldOn(lab, network, 6);
    return [
      {
        kind: 'dhcp6-server',
        interface: dev,
        ...partOf(dhcp6, machine.name),
        prefixLength: prefix(network.ipv6).length,
        ...(resolver === undefined ? {} : { resolver }),
        leaseSeconds,
        ...(dhcp6.servers.length > 1 ? { isOneOfSeveral: true } : {}),
        reservations: reservationsOn(lab, network, 6),
      },
    ];
  });

const advertisers = (lab: Lab, machine: LabMachine): readonly RouterAdvertiser[] =>
  Object.values(lab.networks).flatMap((network) => {
    const dev = interfaceOn(lab, machine, network);
    if (network.advertiser !== machine.name || network.ipv6 === undefined || dev === undefined) return [];
    const resolver = toldOn(lab, network, 6);
    return [
      {
        kind: 'router-advertiser',
        interface: dev,
        prefixes: [network.ipv6],
        isDefaultRouter: machine.isRouter,
        ...(network.dhcp6 === undefined ? {} : { isManaged: true }),
        ...(network.isOnLinkOnly === true ? { isOnLinkOnly: true } : {}),
        ...(resolver === undefined ? {} : { resolver }),
      },
    ];
  });

/** The first member, and how much less each further one has: there is room for many. */
const firstPriority = 250;
const priorityStep = 5;

const sharingInterfaces = (lab: Lab, machine: LabMachine): readonly string[] =>
  Object.values(lab.networks).flatMap(({ shared }) =>
    shared.flatMap(({ members }) =>
      members.flatMap((one) => (one.machine === machine.name ? [interfaceOf(lab, machine.name, one.nic)] : [])),
    ),
  );

const virtualRouters = (lab: Lab, machine: LabMachine): readonly VirtualRouter[] =>
  Object.values(lab.networks).flatMap(({ shared }) =>
    shared.flatMap(({ id, members, addresses }) =>
      members.flatMap(({ machine: name, nic }, index) =>
        name !== machine.name
          ? []
          : addresses.map(({ family, address, prefixLength }): VirtualRouter => ({
              kind: 'virtual-router',
              interface: interfaceOf(lab, machine.name, nic),
              family,
              id,
              priority: Math.max(1, firstPriority - index * priorityStep),
              addresses: [{ address, prefixLength }],
              tracks: sharingInterfaces(lab, machine).filter((other) => other !== interfaceOf(lab, machine.name, nic)),
            })),
      ),
    ),
  );

export const lowerServices = (lab: Lab, machine: LabMachine): readonly Service[] => [
  ...dhcpServers(lab, machine),
  ...dhcp6Servers(lab, machine),
  ...advertisers(lab, machine),
  ...virtualRouters(lab, machine),
  ...routingDaemon(lab, machine),
  ...machine.nics
    .filter((nic) => nic.dhcp)
    .map((nic): Service => ({
      kind: 'dhcp-client',
      interface: interfaceOf(lab, machine.name, nic.name),
      hostname: machine.name,
      metric: nic.metric,
      ...(nic.ignoresRouters?.includes(4) === true ? { ignoresRouter: true } : {}),
      ...(leaseSetsResolver(lab, machine, nic.name) ? { setsResolver: true } : {}),
    })),
  ...machine.nics
    .filter((nic) => nic.dhcp6)
    .map((nic): Service => ({
      kind: 'dhcp6-client',
      interface: interfaceOf(lab, machine.name, nic.name),
      hostname: machine.name,
    })),
  ...lowerNameServers(lab, machine),
  ...lowerWatch(lab, machine),
  ...lowerRoles(lab, machine),
  ...(machine.role === 'internet' ? [{ kind: 'responder', port: responderPort } as const] : []),
];
