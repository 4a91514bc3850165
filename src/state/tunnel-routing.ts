/**
 * What a stack needs beside a tunnel of 6to4 or 6rd. Linux keeps one IPv4 route for all far ends of such a tunnel, that of
 * the end it sent to first since routes last changed (ipip6_tunnel_xmit of net/ipv6/sit.c): after an end on the link, those
 * behind a gateway are looked for on the link too. So all of its packets are given one first hop, that of the default
 * route, and none to what has a route of another kind: addresses of its own, broadcast, multicast, loopback.
 */
import { ip, type Ip } from '../net/address.ts';
import { lastOf, networkOf, prefix, prefixOf, printPrefix, type Prefix } from '../net/prefix.ts';
import { type Interface, type PolicyRule, type Route, type Stack, type TunnelSettings } from './network-state.ts';

/** IPv6 inside of IPv4 (RFC 4213). */
const ipv6InIpv4 = 41;
/** The table and the rule that leads to it have the number of the protocol. */
export const tunnelTable = ipv6InIpv4;
const mainTable = 254;
const sixToFour = '2002::/16';
const loopback = prefix('127.0.0.0/8');
const multicastAndBeyond = prefix('224.0.0.0/3');

/** Far ends are found from inner addresses: 6to4 and 6rd. */
export const isAutomaticTunnel = ({ tunnel }: Interface): boolean =>
  tunnel?.mode === 'sit' && tunnel.remote === undefined;

/** The IPv6 prefix of those whose far end is in `far`; undefined: of nobody. */
export const prefixBehind = ({ sixRd }: TunnelSettings, far: Prefix): Prefix | undefined => {
  const block = prefix(sixRd?.prefix ?? sixToFour);
  const relay = prefix(sixRd?.relayPrefix ?? '0.0.0.0/0');
  if (far.length < relay.length || prefixOf(far, relay.length).value !== relay.value) return undefined;
  const bits = BigInt(32 - relay.length);
  const embedded = (far.value & ((1n << bits) - 1n)) << BigInt(128 - block.length - (32 - relay.length));
  return { family: 6, value: block.value | embedded, length: block.length + far.length - relay.length };
};

const addresses4 = (interfaces: Stack['interfaces']): readonly { address: Ip; length: number }[] =>
  Object.values(interfaces).flatMap(({ addresses }) =>
    addresses.flatMap(({ family, address, prefixLength }) =>
      family === 4 ? [{ address: ip(address), length: prefixLength }] : [],
    ),
  );

/** Whoever sent there would have that route kept for all ends. RFC 3964 section 5.3 has such packets discarded. */
const noFarEnds = (interfaces: Stack['interfaces']): readonly Prefix[] => [
  loopback,
  multicastAndBeyond,
  ...addresses4(interfaces).flatMap(({ address, length }) => [
    prefixOf(address, 32),
    ...(length > 30 ? [] : [prefixOf(lastOf(prefixOf(address, length)), 32)]),
  ]),
];

const refusals = (interfaces: Stack['interfaces'], routes: readonly Route[]): readonly Route[] => {
  const given = new Set(routes.map(({ to }) => to));
  const refused = Object.values(interfaces)
    .filter(isAutomaticTunnel)
    .flatMap(({ tunnel }) => {
      if (tunnel === undefined) return [];
      // An address that is given by others stands here only.
      const local = tunnel.local === undefined ? [] : [networkOf(tunnel.local, 32)];
      return [...noFarEnds(interfaces), ...local].flatMap((far) => prefixBehind(tunnel, far) ?? []);
    });
  return [...new Set(refused.map(printPrefix))]
    .filter((to) => !given.has(to))
    .map((to) => ({ family: 6, to, type: 'unreachable', metric: 1024, table: mainTable }));
};

const isDefault = ({ family, to, type, via, nexthops, table }: Route): boolean =>
  family === 4 &&
  to === '0.0.0.0/0' &&
  type === 'unicast' &&
  table === mainTable &&
  (via !== undefined || nexthops !== undefined);

export type TunnelRouting = Pick<Stack, 'routes' | 'rules' | 'sysctls'>;

const devicesOf = ({ dev, nexthops }: Route): readonly string[] =>
  nexthops?.map((hop) => hop.dev) ?? (dev === undefined ? [] : [dev]);

/** `routes`: those that the stack has without its tunnels. Without a gateway all ends are on the link. */
export const tunnelRouting = (interfaces: Stack['interfaces'], routes: readonly Route[]): TunnelRouting => {
  const tunnels = Object.values(interfaces).filter(isAutomaticTunnel);
  const defaults = routes.filter(isDefault);
  if (tunnels.length === 0) return { routes: [], rules: [], sysctls: {} };
  if (defaults.length === 0) return { routes: refusals(interfaces, routes), rules: [], sysctls: {} };
  const sources = [...new Set(tunnels.map(({ tunnel }) => tunnel?.local))];
  return {
    routes: [...defaults.map((route) => ({ ...route, table: tunnelTable })), ...refusals(interfaces, routes)],
    rules: sources.map((local, index): PolicyRule => ({
      family: 4,
      priority: tunnelTable + index,
      ...(local === undefined ? {} : { from: printPrefix(networkOf(local, 32)) }),
      protocol: ipv6InIpv4,
      table: tunnelTable,
    })),
    // A redirect would make the first hop of one end differ from that of the others. It is taken when either the interface
    // or `all` takes it, by who forwards when both do (IN_DEV_RX_REDIRECTS of the kernel's linux/inetdevice.h).
    sysctls: Object.fromEntries(
      ['all', ...defaults.flatMap(devicesOf)].map((dev) => [`net/ipv4/conf/${dev}/accept_redirects`, '0']),
    ),
  };
};
