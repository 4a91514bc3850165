/** What a stack sends of its own: route, source address, filters (ip_queue_xmit, ip6_xmit, ip_route_me_harder). */
import { type RejectWith } from '../../state/packet-filter.ts';
import { stackOf, type NextHopModel, type RouteModel, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type Because, type ClientSees, type StopReason } from '../walk.ts';
import { assume, beginHop, note, type Course } from './course.ts';
import { type Fate, type Sending } from './fate.ts';
import { type Passing } from './filter-match.ts';
import { runHook } from './hook.ts';
import { keyOfPacket } from './input-route.ts';
import { deliver, ethertypeOf, filtered, isOversized, pickHop, stopped, transmit, type Stopped } from './ip.ts';
import { lookUpRoute, type RouteAnswer } from './route-lookup.ts';
import { sourceFor } from './source-address.ts';
import { addressText, byInterface, byKernel, byRoute, packetText } from './words.ts';

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
    const [reason, local] = localErrors[answer.action] ?? ['no_route', 'net-unreachable'];
    return at(reason, local, {
      object: 'policy-rule',
      stack: stack.name,
      key: String(answer.rule.priority),
      text: `rule ${answer.rule.priority}: ${answer.action}`,
    });
  }
  const [reason, local] = localErrors[answer.route.type] ?? ['no_route', 'net-unreachable'];
  return at(reason, local, byRoute(stack.name, answer.route));
};

interface Way {
  readonly route: RouteModel;
  readonly hop: NextHopModel;
}

const wayOut = (course: Course, stack: StackModel, packet: Packet, dev: string | undefined): Way | Stopped => {
  const answer = lookUpRoute(stack, keyOfPacket(packet, 'lo', dev));
  if (answer.kind !== 'route' || answer.nexthops.length === 0 || answer.route.type === 'broadcast')
    return noWayOut(stack, packet, answer);
  const { route, nexthops } = answer;
  const hop =
    route.type === 'unicast' ? pickHop(course, stack, nexthops, packet) : { via: undefined, dev: 'lo', weight: 1 };
  const redirected = stack.redirects.get(String(packet.destination));
  if (redirected === undefined || route.type !== 'unicast') return { route, hop };
  assume(course, `${stack.name} was redirected to ${addressText(packet.family, redirected)}`);
  return { route, hop: { ...hop, via: redirected } };
};

const isWay = (way: Way | Stopped): way is Way => 'route' in way;

const overLoopback = (course: Course, stack: StackModel, passing: Passing): Fate => {
  const first = runHook(course, stack, 'prerouting', { ...passing, in: 'lo', out: undefined });
  if (first.kind === 'drop') return filtered(stack.name, 'lo', 'prerouting', first, passing, true);
  return deliver(course, stack, 'lo', first.passing);
};

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
  const notPermitted = (result: { because: Because; reject?: RejectWith }, hook: string, at: Passing): Stopped => ({
    ...filtered(stack.name, way.hop.dev, hook, result, at, false),
    local: 'not-permitted',
  });
  const output = runHook(course, stack, 'output', passing);
  if (output.kind === 'drop') return notPermitted(output, 'output', passing);
  const changed = output.passing.packet;
  let now = way;
  const hasRouteChain = (stack.hooks.get(`${packet.family} output`) ?? []).some(({ chain }) => chain.type === 'route');
  if (changed.destination !== packet.destination || (hasRouteChain && changed.mark !== packet.mark)) {
    const again = wayOut(course, stack, changed, sending.dev);
    if (!isWay(again)) return { ...again, local: 'not-permitted' };
    now = again;
  }
  const nexthop = now.hop.via ?? changed.destination;
  const last = runHook(course, stack, 'postrouting', { ...output.passing, out: now.hop.dev }, nexthop);
  if (last.kind === 'drop') return notPermitted(last, 'postrouting', output.passing);
  return now.hop.dev === 'lo'
    ? overLoopback(course, stack, last.passing)
    : transmit(course, stack, now.hop, last.passing);
};

/** A packet of the stack's own. */
export const sendPacket = (course: Course, sending: Sending): Fate => {
  const stack = stackOf(course.model, sending.stack);
  const { packet, isBound, isConnected } = sending;
  beginHop(course, stack.name, null);
  let way = wayOut(course, stack, packet, sending.dev);
  if (!isWay(way)) return way;
  let sent = packet;
  if (!isBound) {
    const source = sourceFor(stack, packet.family, way.route, way.hop, packet.destination);
    if (source === undefined && packet.family === 6)
      return stopped(
        stack.name,
        way.hop.dev,
        'source',
        'no_source_address',
        byInterface(stack.name, way.hop.dev, `${stack.name} has no IPv6 address to send from`),
        { local: 'net-unreachable' },
      );
    sent = { ...packet, source: source ?? 0n };
    if (isConnected === true) {
      const again = wayOut(course, stack, sent, sending.dev);
      if (!isWay(again)) return again;
      way = again;
    }
  }
  const { route, hop } = way;
  if (course.source === undefined && course.depth === 0) course.source = sent.source;
  assume(course, route.fact);
  note(course, () => ({
    stage: 'route',
    action: 'pass',
    because: byRoute(stack.name, route, hop),
    packet: packetText(sent),
  }));
  if (sent.source === 0n)
    return stopped(
      stack.name,
      hop.dev,
      'source',
      'no_source_address',
      byInterface(stack.name, hop.dev, `${stack.name} has no IPv4 address to send from`),
      { local: 'timeout' },
    );
  if (sent.dontFragment && isOversized(stack, hop.dev, sent))
    return stopped(
      stack.name,
      hop.dev,
      'mtu',
      'mtu',
      byInterface(stack.name, hop.dev, `${sent.lengthBytes} bytes are more than ${hop.dev} takes`),
      { local: 'message-too-long' },
    );
  return sendBy(course, stack, way, sent, sending);
};
