/** A gateway that is in no subnet of the interface that it is reached by. */
import { ip, isLinkLocal6 } from '../../net/address.ts';
import { containsIp, prefix } from '../../net/prefix.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { type Route } from '../../state/network-state.ts';
import { type RawFinding } from '../finding.ts';
import { isDefaultGatewayRemark, isGatewayRemark, remarkFindings, stackOfRemark } from '../remarks.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import {
  addressesOf,
  isDefault,
  isOneSegment,
  stacksIn,
  subnetOf,
  subnetText,
  withoutRoute,
  withStack,
  type OwnAddress,
} from '../stacks.ts';
import { routeSubject } from '../subject.ts';

interface Hop {
  readonly via: string;
  readonly dev: string | undefined;
}

const hopsOf = ({ via, dev, nexthops = [] }: Route): readonly Hop[] => [
  ...(via === undefined ? [] : [{ via, dev }]),
  ...nexthops.flatMap((hop) => (hop.via === undefined ? [] : [{ via: hop.via, dev: hop.dev }])),
];

/** Whether a route says that the gateway is on the link, as providers have it. */
const isRoutedTo = ({ stack }: StackModel, { via }: Hop, route: Route): boolean =>
  stack.routes.some(
    (other) =>
      other !== route &&
      other.via === undefined &&
      !isDefault(other) &&
      other.type === 'unicast' &&
      containsIp(prefix(other.to), ip(via)),
  );

/** A neighbour on the wire whose address is in a subnet that the machine is in: the gateway that was meant. */
const meantFor = (input: LintInput, stack: StackModel, own: readonly OwnAddress[]): string | undefined => {
  for (const mine of own)
    for (const leg of input.terrain.legs.get(input.terrain.segmentOf(stack.name, mine.it.name)) ?? []) {
      if (leg.stack === stack.name || leg.address.family !== mine.address.family) continue;
      const other = { family: leg.address.family, value: leg.address.value };
      const far = input.model.stacks.get(leg.stack);
      if (far === undefined || !containsIp(subnetOf(mine), other) || !isOneSegment(input, mine.it, leg.it)) continue;
      const text = addressesOf(far).find(({ address }) => address.value === other.value)?.text;
      if (text !== undefined && leg.it.settings.forwarding4) return text;
    }
  return undefined;
};

const findingFor = (input: LintInput, stack: StackModel, route: Route, hop: Hop): readonly RawFinding[] => {
  const gateway = ip(hop.via);
  if (gateway.family === 6 && isLinkLocal6(gateway.value)) return [];
  // A tunnel finds its far end from the gateway's own address (6to4), or has one only.
  if (hop.dev !== undefined && stack.interfaces.get(hop.dev)?.it.kind === 'tunnel') return [];
  const own = addressesOf(stack, gateway.family);
  const near = own.filter(({ it }) => hop.dev === undefined || it.name === hop.dev);
  // An interface that has no address yet, or has it by DHCP from elsewhere, says nothing.
  if (near.length === 0 || isRoutedTo(stack, hop, route)) return [];
  if (near.some((it) => containsIp(subnetOf(it), gateway))) return [];
  const meant = meantFor(input, stack, near);
  const dev = hop.dev ?? near[0]?.it.name ?? '';
  return [
    {
      stack: stack.name,
      message: `\`${stack.name}\` has the gateway ${hop.via} on \`${dev}\`, whose subnet is ${near.map(subnetText).join(', ')}`,
      at: routeSubject(stack.name, route),
      repair: {
        words:
          meant === undefined
            ? `give a gateway that is in ${near.map(subnetText).join(' or ')}`
            : `write ${meant}, the router that is on this wire`,
        edits: [],
        ...(meant === undefined
          ? {}
          : {
              mend: (state) =>
                withStack(state, stack.name, (it) => ({
                  ...it,
                  routes: it.routes.map((other) => {
                    if (JSON.stringify(other) !== JSON.stringify(route)) return other;
                    const { onlink: _onlink, ...rest } = other;
                    return { ...rest, via: meant };
                  }),
                })),
            }),
      },
      ...(route.onlink === true
        ? {
            elsewhere: {
              when: 'where the kernel refuses it (an ifup that does not add `onlink`)',
              mend: (state) => withoutRoute(state, stack.name, route),
            },
          }
        : {}),
      stops: (stop, flow) =>
        stop.stack === stack.name &&
        flow.family === gateway.family &&
        (stop.reason === 'no_route' || stop.reason === 'no_neighbour'),
    },
  ];
};

/** Routes that the kernel refuses are not in the state: their readers have remarked on it. */
const refused = (input: LintInput): readonly RawFinding[] =>
  remarkFindings(input, isGatewayRemark, (remark) => {
    const stack = input.model.stacks.get(stackOfRemark(input, remark));
    const meant = stack === undefined ? undefined : meantFor(input, stack, addressesOf(stack, 4));
    if (stack === undefined || meant === undefined || !isDefaultGatewayRemark(remark))
      return { repair: { words: 'give a gateway that is in a subnet of the interface', edits: [] } };
    const route: Route = { family: 4, to: '0.0.0.0/0', type: 'unicast', via: meant, metric: 0, table: 254 };
    return {
      repair: {
        words: `write ${meant}, the router that is on this wire`,
        edits: [{ kind: 'add-route', stack: stack.name, route }],
      },
    };
  });

export const gatewayOutsideSubnet: LintRule = {
  code: 'gateway-outside-subnet',
  severity: 'error',
  title: 'a gateway in no subnet of its interface',
  explanation:
    'A gateway must be a neighbour: the kernel refuses a route by one that is in no subnet of its interfaces (“Nexthop has invalid gateway”), and then there is ' +
    'no route at all. Newer ifup and networkd with `GatewayOnLink` make the kernel take it (`onlink`): it then asks for the gateway by ARP, and whoever is on the wire ' +
    'has to answer an address that is not of its subnet. Providers that want this say so by a route to the gateway itself.',
  find: (input) => [
    ...refused(input),
    ...stacksIn(input).flatMap((stack) =>
      stack.stack.routes.flatMap((route) => hopsOf(route).flatMap((hop) => findingFor(input, stack, route, hop))),
    ),
  ],
};
