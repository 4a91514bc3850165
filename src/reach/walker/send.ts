/** What a stack sends of its own: route, source address, filters (ip_queue_xmit, ip6_xmit, ip_route_me_harder). */
import { isLinkLocal6 } from '../../net/address.ts';
import { interfaceOf, stackOf, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type Because, type ClientSees, type StopReason } from '../walk.ts';
import { assume, beginHop, note, type Course } from './course.ts';
import { type Fate, type Sending, type Way } from './fate.ts';
import { type Passing } from './filter-match.ts';
import { runHook } from './hook.ts';
import { keyOfPacket } from './input-route.ts';
import { deliver, ethertypeOf, hopOf, isOversized, transmit } from './ip.ts';
import { lookUpRoute, type RouteAnswer } from './route-lookup.ts';
import { selectAddress6, sourceFor } from './source-address.ts';
import { filtered, stopped, type Stopped } from './stopped.ts';
import { addressText, byInterface, byKernel, byRoute, loopback4, packetText, TCP } from './words.ts';

const localErrors: Readonly<Record<string, readonly [StopReason, ClientSees]>> = {
  unreachable: ['route_unreachable', 'host-unreachable'],
  blackhole: ['route_blackhole', 'invalid-argument'],
  prohibit: ['route_prohibit', 'prohibited'],
  broadcast: ['martian', 'prohibited'],
};

const noWayOut = (stack: StackModel, packet: Packet, answer: RouteAnswer): Stopped => {
  const at = (reason: StopReason, local: ClientSees, because: Because): Stopped =>
    stopped(stack.name, null, 'route', reason, because, { local });
  if (answer.kind === 'none')
    return at(
      'no_route',
      'net-unreachable',
      byKernel(stack.name, `no route to ${addressText(packet.family, packet.destination)}`),
    );
  if (answer.kind === 'rule') {
    const [reason, seen] = localErrors[answer.action] ?? ['no_route', 'net-unreachable'];
    // fib_rules says ENETUNREACH where a route would say EHOSTUNREACH.
    const local = answer.action === 'unreachable' ? 'net-unreachable' : seen;
    return at(reason, local, {
      object: 'policy-rule',
      stack: stack.name,
      key: String(answer.rule.priority),
      text: `rule ${answer.rule.priority}: ${answer.action}`,
    });
  }
  const [reason, seen] = localErrors[answer.route.type] ?? ['no_route', 'net-unreachable'];
  // TCP has no broadcasts (tcp_v4_connect); datagrams need a permission.
  const local = answer.route.type === 'broadcast' && packet.protocol === TCP ? 'net-unreachable' : seen;
  return at(reason, local, byRoute(stack.name, answer.route));
};

/** Loopback addresses stay inside (__mkroute_output). */
const isLoopbackLeaving = (stack: StackModel, { family, source }: Packet, dev: string): boolean =>
  family === 4 && source >> 24n === 127n && dev !== 'lo' && !interfaceOf(stack, dev).settings.routeLocalnet;

type Zone = Pick<Sending, 'dev' | 'preferredDev' | 'mayBroadcast'>;

const wayOut = (course: Course, stack: StackModel, packet: Packet, zone: Zone): Way | Stopped => {
  const { dev, preferredDev, mayBroadcast } = zone;
  const key = keyOfPacket(packet, 'lo', dev);
  const answer = lookUpRoute(
    stack,
    preferredDev === undefined ? key : { ...key, preferredOif: preferredDev, ruleOif: preferredDev },
  );
  if (answer.kind !== 'route' || answer.nexthops.length === 0) return noWayOut(stack, packet, answer);
  const { route, nexthops } = answer;
  if (route.type === 'broadcast' && mayBroadcast !== true) return noWayOut(stack, packet, answer);
  const hop =
    route.type === 'unicast' || route.type === 'broadcast'
      ? hopOf(course, stack, nexthops, packet)
      : { via: undefined, dev: stack.vrfs.get(nexthops[0]?.dev ?? '')?.name ?? 'lo', weight: 1 };
  if (isLoopbackLeaving(stack, packet, hop.dev))
    return stopped(
      stack.name,
      hop.dev,
      'route',
      'martian',
      byKernel(stack.name, `a packet from ${addressText(4, packet.source)} does not leave by ${hop.dev}`),
      { local: 'invalid-argument' },
    );
  const redirected = stack.redirects.get(String(packet.destination));
  if (redirected === undefined || route.type !== 'unicast') return { route, hop };
  assume(course, `${stack.name} was redirected to ${addressText(packet.family, redirected)}`);
  return { route, hop: { ...hop, via: redirected } };
};

const isWay = (way: Way | Stopped): way is Way => 'route' in way;

/** `dev`: the loopback device, or the VRF that is one for its members. */
const overLoopback = (course: Course, stack: StackModel, passing: Passing, dev: string): Fate => {
  const first = runHook(course, stack, 'prerouting', { ...passing, in: dev, out: undefined });
  if (first.kind === 'drop') return filtered(stack.name, dev, 'prerouting', first, passing, true);
  return deliver(course, stack, dev, first.passing);
};

/** What a translation makes be for 0.0.0.0 is for the stack itself, by way of lo (ip_route_output_key_hash_rcu). */
const nobodyIsItself = (packet: Packet): Packet =>
  packet.family === 4 && packet.destination === 0n ? { ...packet, destination: loopback4 } : packet;

type Refusal = Parameters<typeof filtered>[3];

const tooLong = (stack: StackModel, dev: string, { lengthBytes }: Packet): Stopped =>
  stopped(
    stack.name,
    dev,
    'mtu',
    'mtu',
    byInterface(stack.name, dev, `${lengthBytes} bytes are more than ${dev} takes`),
    { local: 'message-too-long' },
  );

/** Filters and the link, once route and source are known. */
const sendBy = (course: Course, stack: StackModel, way: Way, packet: Packet, sending: Sending): Fate => {
  const passing: Passing = {
    packet,
    tracking: sending.tracking,
    in: undefined,
    out: way.hop.dev,
    ethertype: ethertypeOf(packet),
    packetType: 'host',
  };
  const notPermitted = (result: Refusal, hook: string, at: Passing): Stopped => ({
    ...filtered(stack.name, way.hop.dev, hook, result, at, false),
    local: 'not-permitted',
  });
  let now = way;
  const reroute = (before: Packet, after: Packet): Stopped | undefined => {
    if (before.destination === after.destination && before.mark === after.mark) return undefined;
    // Only a bound socket and what is good on one link keep their device (ip6_route_me_harder).
    const isOfLink = after.family === 6 && isLinkLocal6(after.destination);
    const dev = sending.boundDev ?? (isOfLink ? now.hop.dev : undefined);
    // Whether it may be a broadcast was asked of the program before (ip_route_me_harder, raw_sendmsg).
    const zone: Zone = dev === undefined ? { mayBroadcast: true } : { dev, mayBroadcast: true };
    const again = wayOut(course, stack, nobodyIsItself(after), zone);
    if (isWay(again)) now = again;
    // TCP hears nothing of it (tcp_connect).
    else return packet.protocol === TCP ? { ...again, local: 'not-permitted' } : again;
    return undefined;
  };
  const output = runHook(course, stack, 'output', passing, undefined, reroute);
  if (output.kind === 'drop') return output.unroutable ?? notPermitted(output, 'output', passing);
  const changed = output.passing.packet;
  const nexthop = now.hop.via ?? changed.destination;
  const last = runHook(course, stack, 'postrouting', { ...output.passing, out: now.hop.dev }, nexthop);
  if (last.kind === 'drop') return notPermitted(last, 'postrouting', output.passing);
  // Only IPv4 looks at the length again, where the packet goes another way than it was made for (ip_fragment).
  const { packet: sent } = last.passing;
  if (packet.family === 4 && packet.dontFragment && isOversized(stack, now.hop.dev, sent))
    return tooLong(stack, now.hop.dev, sent);
  return now.hop.dev === 'lo' || stack.vrfs.get(now.hop.dev)?.name === now.hop.dev
    ? overLoopback(course, stack, last.passing, now.hop.dev)
    : transmit(course, stack, now, last.passing, null);
};

interface Sourced {
  readonly way: Way;
  readonly packet: Packet;
}

const withoutSource = (stack: StackModel, dev: string | null): Stopped =>
  stopped(
    stack.name,
    dev,
    'source',
    'no_source_address',
    byInterface(stack.name, dev ?? 'lo', `${stack.name} has no IPv6 address to send from`),
    { local: 'address-not-available' },
  );

/**
 * Route and source of a packet that has none. A connected IPv4 socket looks the route up again once it has its source
 * (ip_route_connect); IPv6 does so only where the first look found nothing (ip6_dst_lookup_tail).
 */
const findSource = (course: Course, stack: StackModel, sending: Sending): Sourced | Stopped => {
  const { packet, isConnected } = sending;
  const first = wayOut(course, stack, packet, sending);
  if (packet.family === 6 && !isWay(first)) {
    const source = sending.isCounted === true ? undefined : selectAddress6(stack, undefined, packet.destination);
    if (source === undefined) return first;
    const sent = { ...packet, source };
    const again = wayOut(course, stack, sent, sending);
    return isWay(again) ? { way: again, packet: sent } : again;
  }
  if (!isWay(first)) return first;
  const source = sourceFor(stack, packet.family, first.route, first.hop, packet.destination);
  if (source === undefined && packet.family === 6) return withoutSource(stack, first.hop.dev);
  const sent = { ...packet, source: source ?? 0n };
  if (packet.family === 6 || isConnected !== true) return { way: first, packet: sent };
  const again = wayOut(course, stack, sent, sending);
  return isWay(again) ? { way: again, packet: sent } : again;
};

const findWay = (course: Course, stack: StackModel, sending: Sending): Sourced | Stopped => {
  if (sending.kept !== undefined) return { way: sending.kept, packet: sending.packet };
  if (!sending.isBound) return findSource(course, stack, sending);
  if (sending.isForged === true) {
    const { packet } = sending;
    const found = findSource(course, stack, { ...sending, packet: { ...packet, source: 0n }, isConnected: false });
    return 'way' in found ? { way: found.way, packet } : found;
  }
  const way = wayOut(course, stack, sending.packet, sending);
  return isWay(way) ? { way, packet: sending.packet } : way;
};

/** A packet of the stack's own. */
export const sendPacket = (course: Course, sending: Sending): Fate => {
  const stack = stackOf(course.model, sending.stack);
  beginHop(course, stack.name, null);
  const found = findWay(course, stack, sending);
  if (!('way' in found)) return found;
  const { way, packet } = found;
  const { route, hop } = way;
  if (course.source === undefined && course.depth === 0) {
    course.source = packet.source;
    course.way = way;
  }
  assume(course, route.fact);
  note(course, () => ({
    stage: 'route',
    action: 'pass',
    because: byRoute(stack.name, route, hop),
    packet: packetText(packet),
  }));
  if (packet.dontFragment && isOversized(stack, hop.dev, packet)) return tooLong(stack, hop.dev, packet);
  return sendBy(course, stack, way, packet, sending);
};
