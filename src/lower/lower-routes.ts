/**
 * The routes of a machine: a default route for each static gateway, and those the file gives. Each names the interface
 * it leaves by, as the kernel would hold it. What DHCP or router advertisements give is not configuration.
 */
import { ip, printIp, type Family } from '../net/address.ts';
import { embeddedIpv4 } from '../net/embedded-ipv4.ts';
import { containsIp, networkOf as prefixHolding, prefix, type Prefix } from '../net/prefix.ts';
import { type Lab, type LabMachine, type LabNic, type LabRoute } from '../lab/lab.ts';
import { hearsRouters } from '../lab/leases.ts';
import { type Route } from '../state/network-state.ts';
import { interfaceOf, networkOf } from './names.ts';

const mainTable = 254;
const defaultMetric = (family: Family): number => (family === 4 ? 0 : 1024);
const isLinkLocal = (address: string): boolean => containsIp(prefix('fe80::/10'), ip(address));

/** Whether another protocol gives this NIC its default route. */
const isGatewayLearned = (nic: LabNic, family: Family): boolean =>
  family === 4 ? nic.dhcp : hearsRouters(nic) && !nic.addresses.some((address) => address.family === 6);

/**
 * Routers behind 6to4 and 6rd are written as `::192.0.2.1` (RFC 4291 section 2.5.5.1): the far end is not found from the
 * address of a gateway, but from the destination, or from IPv4 alone.
 */
const behindTunnel = (lab: Lab, { network, tunnel }: LabNic, via: string): string => {
  const { ipv6 } = networkOf(lab, network);
  const address = ip(via);
  if (tunnel === undefined || tunnel.remote !== undefined || ipv6 === undefined) return via;
  if (!containsIp(prefix(ipv6), address)) return via;
  return printIp({ family: 6, value: embeddedIpv4(prefix(ipv6), address).value });
};

const gatewayRoutes = (lab: Lab, machine: LabMachine): readonly Route[] =>
  machine.nics.flatMap((nic) =>
    ([4, 6] as const).flatMap((family): readonly Route[] => {
      const via = family === 4 ? nic.gateway4 : nic.gateway6;
      if (via === undefined || isGatewayLearned(nic, family)) return [];
      const to = family === 4 ? '0.0.0.0/0' : '::/0';
      const dev = interfaceOf(lab, machine.name, nic.name);
      const metric = defaultMetric(family) + nic.metric;
      return [{ family, to, type: 'unicast', via: behindTunnel(lab, nic, via), dev, metric, table: mainTable }];
    }),
  );

/** The prefixes that a machine has on its links, each with the interface: by its addresses, its networks, its routes. */
const onLink = (lab: Lab, machine: LabMachine): readonly { block: Prefix; dev: string }[] => [
  ...machine.nics.flatMap((nic) => {
    const dev = interfaceOf(lab, machine.name, nic.name);
    const { ipv4, ipv6 } = networkOf(lab, nic.network);
    const blocks = [
      ...nic.addresses.map((address) => prefixHolding(address.address, address.prefixLength)),
      ...(nic.dhcp && ipv4 !== undefined ? [prefix(ipv4)] : []),
      ...(hearsRouters(nic) && ipv6 !== undefined ? [prefix(ipv6)] : []),
    ];
    return blocks.map((block) => ({ block, dev }));
  }),
  ...machine.routes.flatMap((route) =>
    route.dev !== undefined && route.via === undefined && route.type === 'unicast'
      ? [{ block: prefix(route.to), dev: interfaceOf(lab, machine.name, route.dev) }]
      : [],
  ),
];

/** The interface that a router is reached by: that of the longest prefix around it. */
const devTowards = (lab: Lab, machine: LabMachine, via: string): string | undefined => {
  if (isLinkLocal(via)) {
    const [only, ...more] = machine.nics;
    return only !== undefined && more.length === 0 ? interfaceOf(lab, machine.name, only.name) : undefined;
  }
  const around = onLink(lab, machine).filter(({ block }) => containsIp(block, ip(via)));
  return around.toSorted((a, b) => b.block.length - a.block.length)[0]?.dev;
};

const givenRoute = (lab: Lab, machine: LabMachine, route: LabRoute): Route => {
  const given = route.dev === undefined ? undefined : interfaceOf(lab, machine.name, route.dev);
  const dev = given ?? (route.via === undefined ? undefined : devTowards(lab, machine, route.via));
  const nic = machine.nics.find(({ name }) => interfaceOf(lab, machine.name, name) === dev);
  return {
    family: route.family,
    to: route.to,
    type: route.type,
    ...(route.via === undefined ? {} : { via: nic === undefined ? route.via : behindTunnel(lab, nic, route.via) }),
    ...(dev === undefined ? {} : { dev }),
    metric: route.metric ?? defaultMetric(route.family),
    table: mainTable,
  };
};

export const lowerRoutes = (lab: Lab, machine: LabMachine): readonly Route[] => [
  ...gatewayRoutes(lab, machine),
  ...machine.routes.map((route) => givenRoute(lab, machine, route)),
];
