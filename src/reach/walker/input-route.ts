/**
 * What a stack does with a packet that came in by an interface: martian checks, source validation, route
 * (ip_route_input_slow, __fib_validate_source, ip6_route_input). Pure decisions; the engine asks the same functions.
 */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import {
  interfaceOf,
  type InterfaceModel,
  type NextHopModel,
  type RouteModel,
  type StackModel,
} from '../model/model.ts';
import { ownAddressesOf } from '../model/own-addresses.ts';
import { type Packet } from '../packet.ts';
import { type Because, type StopReason } from '../walk.ts';
import { lookUpRoute, type RouteAnswer, type RouteKey } from './route-lookup.ts';
import { addressText, byKernel, byRoute, bySysctl } from './words.ts';

/** ICMP errors that a stack sends back, by what they tell; `route-` ones are for the sender of a forwarded packet. */
export type ErrorKind =
  | 'net-unreachable'
  | 'host-unreachable'
  | 'port-unreachable'
  | 'protocol-unreachable'
  | 'admin-prohibited'
  | 'host-prohibited'
  | 'net-prohibited'
  | 'packet-too-big'
  | 'time-exceeded'
  | 'parameter-problem'
  | 'beyond-scope'
  | 'tcp-reset';

export type InputRoute =
  | { readonly kind: 'local'; readonly route: RouteModel }
  | { readonly kind: 'broadcast'; readonly route: RouteModel }
  | { readonly kind: 'forward'; readonly route: RouteModel; readonly nexthops: readonly NextHopModel[] }
  | {
      readonly kind: 'drop';
      readonly reason: StopReason;
      readonly because: Because;
      /** Told to the sender; absent: silence. */
      readonly error?: ErrorKind;
    };

const drop = (reason: StopReason, because: Because, error?: ErrorKind): InputRoute => ({
  kind: 'drop',
  reason,
  because,
  ...(error === undefined ? {} : { error }),
});

export const isMulticast = (family: Family, value: bigint): boolean =>
  family === 4 ? value >> 28n === 0xen : value >> 120n === 0xffn;
const isLoopback4 = (value: bigint): boolean => value >> 24n === 127n;
const isZero4 = (value: bigint): boolean => value === 0n;
const limitedBroadcast = 0xffffffffn;

export const keyOfPacket = (packet: Packet, iif: string, oif?: string): RouteKey => ({
  family: packet.family,
  destination: packet.destination,
  source: packet.source,
  iif,
  ...(oif === undefined ? {} : { oif }),
  mark: packet.mark,
  protocol: packet.protocol,
  sourcePort: packet.sourcePort,
  destinationPort: packet.destinationPort,
});

/** Ports are not looked for in fragments, not even in the first (skb_flow_dissect). */
const keyOfArrived = ({ tracks }: StackModel, packet: Packet, iif: string): RouteKey => {
  const key = keyOfPacket(packet, iif);
  const isPiece = packet.fragmentBytes !== undefined && !tracks[packet.family];
  return isPiece ? { ...key, sourcePort: 0, destinationPort: 0 } : key;
};

const martian = (packet: Packet, it: InterfaceModel, what: string): InputRoute =>
  drop(
    'martian',
    byKernel(it.stack, `${what} is a martian on ${it.name} (${addressText(packet.family, packet.source)})`),
  );

export const isOwnAddress4 = (stack: StackModel, value: bigint): boolean => ownAddressesOf(stack).all[4].has(value);

const rpFilterDrop = (it: InterfaceModel, packet: Packet, text: string): InputRoute =>
  drop(
    'rp_filter',
    bySysctl(
      it.stack,
      `net/ipv4/conf/${it.name}/rp_filter`,
      `rp_filter ${it.settings.rpFilter} on ${it.name}: ${text} ${addressText(4, packet.source)}`,
    ),
  );

/**
 * Whether the way back to the source is one that `it` may have got the packet by; undefined: it may. `answersAs`: the address
 * that an answer would come from; 0: there is none, as of a broadcast.
 */
const validateSource4 = (
  stack: StackModel,
  it: InterfaceModel,
  packet: Packet,
  outDev: string | undefined,
  answersAs = packet.destination,
): InputRoute | undefined => {
  const { rpFilter, acceptLocal, sendRedirects, sourceValidMark } = it.settings;
  const isFull = rpFilter > 0 || (outDev === it.name && sendRedirects);
  if (!isFull) {
    if (acceptLocal) return undefined;
    if (!stack.settings.hasCustomLocal4 && !stack.settings.hasCustomRules4)
      return isOwnAddress4(stack, packet.source) ? martian(packet, it, 'its own address as source') : undefined;
  }
  const there = keyOfArrived(stack, packet, outDev ?? 'lo');
  const key: RouteKey = {
    ...there,
    l3mdev: it.name,
    destination: packet.source,
    source: answersAs,
    mark: sourceValidMark ? packet.mark : 0,
    sourcePort: there.destinationPort,
    destinationPort: there.sourcePort,
  };
  const lastResort = (): InputRoute | undefined =>
    rpFilter > 0 ? rpFilterDrop(it, packet, 'no way back to') : undefined;
  const back = lookUpRoute(stack, key);
  if (back.kind !== 'route' || back.nexthops.length === 0) return lastResort();
  const { route, nexthops } = back;
  if (route.type !== 'unicast' && (route.type !== 'local' || !acceptLocal))
    return martian(packet, it, `a source that is ${route.type}`);
  // What came in by a member of a VRF counts as come in by the VRF (fib_info_nh_uses_dev).
  const isBy = ({ dev }: NextHopModel): boolean => dev === it.name || stack.vrfs.get(dev) === it;
  if (nexthops.some(isBy) || route.nexthops.some(isBy)) return undefined;
  if (!it.addresses.some(({ family }) => family === 4)) return lastResort();
  return rpFilter === 1
    ? rpFilterDrop(it, packet, `${nexthops[0]?.dev ?? 'another interface'} leads back to`)
    : undefined;
};

const errorOfRoute = {
  unreachable: { reason: 'route_unreachable', 4: 'host-unreachable', 6: 'net-unreachable' },
  prohibit: { reason: 'route_prohibit', 4: 'admin-prohibited', 6: 'admin-prohibited' },
  blackhole: { reason: 'route_blackhole', 4: undefined, 6: undefined },
} as const;

const ofNoRoute = (stack: StackModel, packet: Packet, answer: RouteAnswer): InputRoute => {
  if (answer.kind === 'none')
    return drop(
      'no_route',
      byKernel(stack.name, `no route to ${addressText(packet.family, packet.destination)}`),
      'net-unreachable',
    );
  const type = answer.kind === 'rule' ? answer.action : answer.route.type;
  const because =
    answer.kind === 'route'
      ? byRoute(stack.name, answer.route)
      : ({
          object: 'policy-rule',
          stack: stack.name,
          key: String(answer.rule.priority),
          text: `rule ${answer.rule.priority}: ${answer.action}`,
        } as const);
  // A rule that says so answers like no route at all (fib4_rule_action).
  const isByRule = answer.kind === 'rule' && type === 'unreachable';
  const known = type === 'unreachable' || type === 'prohibit' || type === 'blackhole' ? errorOfRoute[type] : undefined;
  if (known === undefined) return drop('martian', because);
  return drop(known.reason, because, isByRule ? 'net-unreachable' : known[packet.family]);
};

const notForwarding = (it: InterfaceModel, key: string, text: string): InputRoute =>
  drop('not_forwarding', bySysctl(it.stack, key, text));

const martianSource4 = (packet: Packet, it: InterfaceModel): InputRoute | undefined => {
  const { source, destination } = packet;
  if (isMulticast(4, source) || source === limitedBroadcast) return martian(packet, it, 'a group as source');
  if (isZero4(source)) return martian(packet, it, 'the source 0.0.0.0');
  if (isZero4(destination)) return martian(packet, it, 'the destination 0.0.0.0');
  if ((isLoopback4(destination) || isLoopback4(source)) && !it.settings.routeLocalnet)
    return martian(packet, it, 'a loopback address');
  return undefined;
};

const inputRoute4 = (stack: StackModel, it: InterfaceModel, packet: Packet): InputRoute => {
  const strange = martianSource4(packet, it);
  if (strange !== undefined) return strange;
  const answer = lookUpRoute(stack, keyOfArrived(stack, packet, it.name));
  const { forwarding4 } = it.settings;
  const sysctl = `net/ipv4/conf/${it.name}/forwarding`;
  const off = `IPv4 forwarding is off on ${it.name}`;
  if (answer.kind !== 'route' || answer.nexthops.length === 0)
    return forwarding4 ? ofNoRoute(stack, packet, answer) : notForwarding(it, sysctl, off);
  const { route, nexthops } = answer;
  if (route.type === 'broadcast' && !it.settings.broadcastForwarding)
    return validateSource4(stack, it, packet, undefined, 0n) ?? { kind: 'broadcast', route };
  if (route.type === 'local') return validateSource4(stack, it, packet, undefined) ?? { kind: 'local', route };
  if (!forwarding4) return notForwarding(it, sysctl, off);
  if (route.type !== 'unicast' && route.type !== 'broadcast')
    return martian(packet, it, `a destination that is ${route.type}`);
  const strangeSource = validateSource4(stack, it, packet, nexthops[0]?.dev);
  return strangeSource ?? { kind: 'forward', route, nexthops };
};

const inputRoute6 = (stack: StackModel, it: InterfaceModel, packet: Packet, isRouted: boolean): InputRoute => {
  if (isMulticast(6, packet.source)) return martian(packet, it, 'a group as source');
  if (packet.source === 1n) return martian(packet, it, 'the loopback address');
  // Of what a translation makes of a destination, ::1 is looked for on the interface, too (rt6_need_strict).
  const isOfLink = isLinkLocal6(packet.destination) || packet.destination === 1n;
  const zone = isOfLink ? { oif: it.name, ruleOif: null } : { preferredOif: it.name };
  const answer = lookUpRoute(stack, { ...keyOfArrived(stack, packet, it.name), ...zone });
  if (answer.kind !== 'route' || answer.nexthops.length === 0) return ofNoRoute(stack, packet, answer);
  const { route, nexthops } = answer;
  if (route.type === 'local' || route.type === 'anycast') return { kind: 'local', route };
  const out = nexthops[0]?.dev ?? it.name;
  const by = isRouted ? interfaceOf(stack, out) : it;
  if (!stack.settings.forwarding6 && !by.settings.forceForwarding6)
    return notForwarding(it, 'net/ipv6/conf/all/forwarding', 'IPv6 forwarding is off');
  return nexthops.every((hop) => isBeyondLink(packet, by.name, hop))
    ? beyondLink(stack, packet)
    : { kind: 'forward', route, nexthops };
};

/** Whether the source is good on one link only, and another one is next. Out by where it came in, nobody asks (ip6_forward). */
export const isBeyondLink = ({ family, source }: Packet, dev: string, hop: NextHopModel): boolean =>
  family === 6 && (isLinkLocal6(source) || source === 0n) && hop.dev !== dev;

export const beyondLink = (stack: StackModel, { source }: Packet): Extract<InputRoute, { kind: 'drop' }> => ({
  kind: 'drop',
  reason: 'martian',
  because: byKernel(stack.name, `${addressText(6, source)} is not forwarded: it is good on one link only`),
  ...(source === 0n ? {} : { error: 'beyond-scope' }),
});

/** `isRouted`: IPv6 takes it to have come in by where it leaves (see `Payload`). */
export const inputRoute = (stack: StackModel, dev: string, packet: Packet, isRouted = false): InputRoute => {
  const it = interfaceOf(stack, dev);
  return packet.family === 4 ? inputRoute4(stack, it, packet) : inputRoute6(stack, it, packet, isRouted);
};
