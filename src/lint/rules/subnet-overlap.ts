/** Two wires of one machine with subnets that overlap: a network for guests inside of the one that the host is in. */
import { containsPrefix, overlaps, prefix, printPrefix, type Prefix } from '../../net/prefix.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { type Route } from '../../state/network-state.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import {
  addressesOf,
  isCard,
  isDefault,
  isOneSegment,
  othersOn,
  stacksIn,
  subnetOf,
  type OwnAddress,
} from '../stacks.ts';
import { addressSubject, routeSubject } from '../subject.ts';

const isNarrow = ({ address, prefixLength }: OwnAddress): boolean => prefixLength >= (address.family === 4 ? 31 : 127);

/** Many numbers on one such interface are all behind its far end, and longer prefixes are taken out of them. */
const pointToPoint: ReadonlySet<string> = new Set(['tunnel', 'wireguard', 'loopback', 'dummy']);

/** A private /24 that nobody here is in or has a route to, in the manner of libvirt's. */
const freeIn = (input: LintInput): string => {
  const taken: Prefix[] = [...input.model.stacks.values()].flatMap((stack) => [
    ...addressesOf(stack, 4).map(subnetOf),
    ...stack.stack.routes.flatMap((route) => (route.family === 4 && !isDefault(route) ? [prefix(route.to)] : [])),
  ]);
  for (let third = 123; third < 255; third += 1) {
    const block = prefix(`192.168.${third}.0/24`);
    if (!taken.some((other) => overlaps(other, block))) return printPrefix(block);
  }
  return 'a prefix that is free';
};

const between = (input: LintInput, stack: StackModel): readonly RawFinding[] => {
  const own = addressesOf(stack).filter((one) => !isNarrow(one) && !pointToPoint.has(one.it.it.kind));
  return own.flatMap((one, index) =>
    own.slice(0, index).flatMap((other): readonly RawFinding[] => {
      const isApart =
        other.it.name !== one.it.name &&
        other.address.family === one.address.family &&
        overlaps(subnetOf(other), subnetOf(one)) &&
        !isOneSegment(input, other.it, one.it);
      const areCards = [one, other].every(
        ({ it }) => isCard(stack, it) && it.it.vlan === undefined && othersOn(input, it).length === 0,
      );
      if (!isApart || areCards) return [];
      const [inner, outer] = isCard(stack, one.it) ? [other, one] : [one, other];
      return [
        {
          stack: stack.name,
          message: `\`${inner.it.name}\` of \`${stack.name}\` has ${printPrefix(subnetOf(inner))}, which overlaps ${printPrefix(subnetOf(outer))} of \`${outer.it.name}\`, another wire`,
          at: addressSubject(stack.name, inner.it.name, inner.text),
          notes: [
            { message: 'the other subnet comes from here', at: addressSubject(stack.name, outer.it.name, outer.text) },
          ],
          repair: {
            words: `give the network of \`${inner.it.name}\` another prefix: ${freeIn(input)} is free here`,
            edits: [],
          },
        },
      ];
    }),
  );
};

/** A route by a gateway for addresses that are on a link, or the other way round. */
const hidden = (stack: StackModel, route: Route): readonly RawFinding[] => {
  if (route.via === undefined || isDefault(route) || route.table !== 254) return [];
  const block = prefix(route.to);
  const own = addressesOf(stack, route.family).find(
    (it) =>
      !isNarrow(it) &&
      containsPrefix(subnetOf(it), block) &&
      subnetOf(it).length === block.length &&
      it.it.name !== route.dev,
  );
  if (own === undefined) return [];
  return [
    {
      stack: stack.name,
      message: `\`${stack.name}\` has a route to ${route.to} by ${route.via}, and is in that subnet with \`${own.it.name}\``,
      at: routeSubject(stack.name, route),
      notes: [{ message: 'the subnet comes from here', at: addressSubject(stack.name, own.it.name, own.text) }],
      repair: { words: 'give one of the two networks another prefix', edits: [] },
    },
  ];
};

export const subnetOverlap: LintRule = {
  code: 'subnet-overlap',
  severity: 'error',
  title: 'two wires of one machine with overlapping subnets',
  explanation:
    'Of two routes to one subnet one counts, so that whoever is on the other wire is not reached, although the interface is up and has its address. It comes about where libvirt’s default ' +
    'network 192.168.122.0/24, or Docker’s pool in 172.16.0.0/12, meets an uplink, a VPN or an outer virtual machine that uses the same numbers; libvirt refuses to start the network then ' +
    '(“Network is already in use by interface”).',
  find: (input) =>
    stacksIn(input).flatMap((stack) => [
      ...between(input, stack),
      ...stack.stack.routes.flatMap((route) => hidden(stack, route)),
    ]),
};
