/**
 * The programs that a machine runs for its networks: DHCP server and client, router advertisements, names, and on the
 * internet something that answers on every port.
 */
import { type Lab, type LabDhcp, type LabMachine, type LabNetwork } from '../lab/lab.ts';
import { ip, printIp } from '../net/address.ts';
import { netmaskOf, prefix } from '../net/prefix.ts';
import { type DhcpServer, type RouterAdvertiser, type Service, type VirtualRouter } from '../state/service.ts';
import { leaseSetsResolver, lowerNameServers, toldOn } from './lower-names.ts';
import { lowerWatch } from './lower-watch.ts';
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

const reservationsOn = (lab: Lab, network: LabNetwork): DhcpServer['reservations'] => {
  const segment = segmentOf(lab, network.name);
  return Object.values(lab.machines).flatMap((machine) => {
    const leases = machine.nics.filter((nic) => nic.lease !== undefined && segmentOf(lab, nic.network) === segment);
    return leases.flatMap(({ mac, lease, name }, index) =>
      lease === undefined
        ? []
        : [{ mac, address: lease.address, name: index === 0 ? machine.name : `${machine.name}-${name}` }],
    );
  });
};

/** Servers that share a range have parts of it, as equal as can be, so that no two give out one address. */
const partOf = ({ servers, first, last }: LabDhcp, name: string): { readonly first: string; readonly last: string } => {
  const [from, to] = [ip(first).value, ip(last).value];
  const [index, count, size] = [BigInt(servers.indexOf(name)), BigInt(servers.length), to - from + 1n];
  const print = (value: bigint): string => printIp({ family: 4, value });
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
        leaseSeconds,
        ...(dhcp.servers.length > 1 ? { isOneOfSeveral: true } : {}),
        reservations: reservationsOn(lab, network),
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
  ...advertisers(lab, machine),
  ...virtualRouters(lab, machine),
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
  ...lowerNameServers(lab, machine),
  ...lowerWatch(lab, machine),
  ...(machine.role === 'internet' ? [{ kind: 'responder', port: responderPort } as const] : []),
];
