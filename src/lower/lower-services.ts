/**
 * The programs that a machine runs for its networks: DHCP server and client, router advertisements, names, and on the
 * internet something that answers on every port.
 */
import { type Lab, type LabMachine, type LabNetwork } from '../lab/lab.ts';
import { type RouterAdvertiser, type Service, type VirtualRouter } from '../state/service.ts';
import { lowerDhcp, toldMtu } from './lower-dhcp.ts';
import { leaseSetsResolver, lowerNameServers, toldOn } from './lower-names.ts';
import { lowerRoles } from './lower-roles.ts';
import { lowerWatch } from './lower-watch.ts';
import { routingDaemon } from './lower-routing.ts';
import { interfaceOf, interfaceOn } from './names.ts';

/** All of the internet's TCP and UDP is led to this port (echo, RFC 862). */
export const responderPort = 7;

/** Hosts prefer the first of several that advertise (RFC 4191 section 2.1). */
const preferences = ['high', undefined, 'low'] as const;

/** Who advertises a network, and who leads elsewhere from it. */
const advertiser = (lab: Lab, machine: LabMachine, network: LabNetwork): readonly RouterAdvertiser[] => {
  const dev = interfaceOn(lab, machine, network);
  if (network.advertiser === undefined || network.ipv6 === undefined || dev === undefined) return [];
  const all = [network.advertiser, ...(network.furtherAdvertisers ?? [])];
  const place = all.indexOf(machine.name);
  const routes = (network.routes ?? []).flatMap(({ family, to, machine: router }) =>
    family === 6 && router === machine.name ? [to] : [],
  );
  if (place < 0 && routes.length === 0) return [];
  const preference = all.length > 1 ? preferences[place] : undefined;
  const resolver = toldOn(lab, network, 6);
  return [
    {
      kind: 'router-advertiser',
      interface: dev,
      prefixes: place < 0 ? [] : [network.ipv6],
      isDefaultRouter: place >= 0 && machine.isRouter,
      ...(preference === undefined ? {} : { preference }),
      ...(routes.length === 0 ? {} : { routes }),
      ...(network.dhcp6 === undefined ? {} : { isManaged: true }),
      ...(network.isOnLinkOnly === true && place >= 0 ? { isOnLinkOnly: true } : {}),
      ...(resolver === undefined ? {} : { resolver }),
      ...toldMtu(network),
    },
  ];
};

/** One program advertises on an interface: a network that shares the wire of another one has its routers from there. */
const advertisers = (lab: Lab, machine: LabMachine): readonly RouterAdvertiser[] => [
  ...new Map(
    Object.values(lab.networks)
      .flatMap((network) => advertiser(lab, machine, network))
      .toReversed()
      .map((service) => [service.interface, service]),
  ).values(),
];

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
  ...lowerDhcp(lab, machine),
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
