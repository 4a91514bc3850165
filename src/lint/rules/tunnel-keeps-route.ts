/** A tunnel of 6to4 or 6rd with ends on a link and others behind a gateway, of which Linux keeps one route. */
import { ip, printIp, type Ip } from '../../net/address.ts';
import { containsIp, lastOf, prefix, printPrefix, type Prefix } from '../../net/prefix.ts';
import { type InterfaceModel, type NextHopModel, type StackModel } from '../../reach/model/model.ts';
import { lookUpRoute } from '../../reach/walker/route-lookup.ts';
import { type NetworkState } from '../../state/network-state.ts';
import { isAutomaticTunnel, tunnelRouting } from '../../state/tunnel-routing.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, interfacesOf, isDefault, stacksIn, subnetOf } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

const ipv6InIpv4 = 41;
/** Prefixes of 6to4 are made of public addresses (RFC 3056 section 2). */
const privates = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'].map(prefix);

const hopTo = (stack: StackModel, { it }: InterfaceModel, end: bigint): NextHopModel | undefined => {
  const answer = lookUpRoute(stack, {
    ...{ family: 4, destination: end, iif: 'lo', mark: 0, protocol: ipv6InIpv4, sourcePort: 0, destinationPort: 0 },
    source: it.tunnel?.local === undefined ? 0n : ip(it.tunnel.local).value,
  });
  return answer.kind === 'route' && answer.route.type === 'unicast' ? answer.nexthops[0] : undefined;
};

const mayHoldEnds = ({ it }: InterfaceModel, subnet: Prefix): boolean => {
  const sixRd = it.tunnel?.sixRd;
  const block: Ip = { family: 4, value: subnet.value };
  if (subnet.length > 30) return false;
  if (sixRd === undefined) return !privates.some((own) => containsIp(own, block));
  return containsIp(prefix(sixRd.relayPrefix ?? '0.0.0.0/0'), block);
};

/** Somebody far away who may have the tunnel, too. */
const farEnd = ({ it }: InterfaceModel): bigint =>
  it.tunnel?.sixRd?.relayPrefix === undefined
    ? prefix('192.88.99.1/32').value
    : lastOf(prefix(it.tunnel.sixRd.relayPrefix)).value - 1n;

interface Split {
  readonly subnet: Prefix;
  readonly via: string;
}

/** A subnet whose stations are sent to directly, where others are sent to by a gateway. */
const splitOf = (stack: StackModel, tunnel: InterfaceModel): Split | undefined => {
  const far = hopTo(stack, tunnel, farEnd(tunnel));
  if (far?.via === undefined) return undefined;
  for (const own of addressesOf(stack, 4)) {
    const subnet = subnetOf(own);
    const neighbour = subnet.value + (own.address.value === subnet.value + 1n ? 2n : 1n);
    const near = mayHoldEnds(tunnel, subnet) ? hopTo(stack, tunnel, neighbour) : undefined;
    if (near !== undefined && near.via === undefined) return { subnet, via: printIp({ family: 4, value: far.via }) };
  }
  return undefined;
};

const mend =
  (name: string) =>
  (state: NetworkState): NetworkState => {
    const stack = state.stacks[name];
    if (stack === undefined) return state;
    const { routes, rules, sysctls } = tunnelRouting(stack.interfaces, stack.routes);
    const mended = {
      ...stack,
      routes: [...stack.routes, ...routes],
      rules: [...stack.rules, ...rules],
      sysctls: { ...stack.sysctls, ...sysctls },
    };
    return { ...state, stacks: { ...state.stacks, [name]: mended } };
  };

export const tunnelKeepsRoute: LintRule = {
  code: 'tunnel-keeps-route',
  severity: 'warning',
  title: 'a tunnel of 6to4 or 6rd with ends on a link and others behind a gateway',
  explanation:
    'Linux keeps one IPv4 route for a `sit` tunnel without a far end, whatever the packet’s end is (`dst_cache` in ipip6_tunnel_xmit of net/ipv6/sit.c): that of the end it sends to first once routes have changed. After an end on the link, those behind the gateway are asked for by ARP on the link and lost; after an address of its own or a broadcast address, all are. ' +
    'A rule leads what the tunnel sends (IP protocol 41) to a table with the default route alone, so that all ends have one first hop; redirects would make it differ again. Tunnels of GRE and IPv4 look each packet up.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap((tunnel): readonly RawFinding[] => {
        const split = isAutomaticTunnel(tunnel.it) ? splitOf(stack, tunnel) : undefined;
        if (split === undefined) return [];
        const { name } = tunnel;
        const hasDefault = stack.stack.routes.some((route) => route.family === 4 && isDefault(route));
        const from = tunnel.it.tunnel?.local === undefined ? '' : `from ${tunnel.it.tunnel.local} `;
        return [
          {
            stack: stack.name,
            message: `\`${name}\` of \`${stack.name}\` has ends in ${printPrefix(split.subnet)} and behind ${split.via}, and sends to all of them by the route of the first`,
            at: interfaceSubject(stack.name, name),
            stops: (stop) => stop.stack === stack.name && stop.interface === name && stop.reason === 'tunnel_outer',
            repair: {
              words: `lead all that it sends by the gateway: \`ip route add default via ${split.via} table 41\`, \`ip rule add ${from}ipproto 41 lookup 41 priority 41\`, and take no redirects`,
              edits: [],
              ...(hasDefault ? { mend: mend(stack.name) } : {}),
            },
          },
        ];
      }),
    ),
};
