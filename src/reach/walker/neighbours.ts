/**
 * Finding the station behind a next hop: static entries, what was learned on the way, else a question to everybody on
 * the link (ARP; neighbour solicitation for IPv6), with the frames carried as the bridges between carry them.
 */
import { isLinkLocal6 } from '../../net/address.ts';
import { interfaceOf, stackOf, type InterfaceModel, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type Because } from '../walk.ts';
import { answersArp, arpSender, hearsOfSender } from './arp.ts';
import { contestants, learnedStation } from './contest.ts';
import { choose, note, pickHop, quietly, type Course } from './course.ts';
import { type Passing } from './filter-match.ts';
import { runHook, runPlainHook } from './hook.ts';
import { BROADCAST, emptyCarriage, passingOf, type Arrival, type Carried, type Payload } from './frames.ts';
import { leaveByLink } from './link.ts';
import { hearLate, overhear } from './overheard.ts';
import { isMulticast, keyOfPacket } from './input-route.ts';
import { lookUpRoute } from './route-lookup.ts';
import { selectAddress6 } from './source-address.ts';
import { addressText, ICMPV6 } from './words.ts';

const ARP = 0x0806;
const IPV6 = 0x86dd;

/** How neighbours are called in a course. */
export const neighbourKey = (stack: string, dev: string, address: bigint): string => `${stack} ${dev} ${address}`;

const noPacket: Packet = {
  family: 4,
  source: 0n,
  destination: 0n,
  protocol: 0,
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  lengthBytes: 28,
  dontFragment: true,
  hopLimit: 255,
  mark: 0,
};

type Matters = (stack: string) => boolean;

const send = (
  course: Course,
  from: InterfaceModel,
  payload: Payload,
  destinationMac: string,
  matters?: Matters,
): readonly Arrival[] => {
  const carriage = emptyCarriage(matters);
  const carried: Carried = { frame: { sourceMac: from.mac, destinationMac }, payload };
  leaveByLink(course, from, carried, carriage);
  return carriage.arrivals;
};

const passesArp = (
  course: Course,
  stack: StackModel,
  hook: 'input' | 'output',
  dev: string,
  carried: Carried,
): boolean => {
  if (!stack.hooks.has(`arp ${hook}`)) return true;
  const passing = hook === 'input' ? passingOf(carried, dev, undefined) : passingOf(carried, undefined, dev);
  return runPlainHook(course, stack, `arp ${hook}`, { ...passing, isArpTable: true }).kind === 'pass';
};

const arpPayload = (operation: 1 | 2, sender: bigint, target: bigint): Payload => ({
  ethertype: ARP,
  packet: noPacket,
  arp: { operation, sender, target },
});

const arpFrame = (from: InterfaceModel, payload: Payload, destinationMac: string): Carried => ({
  frame: { sourceMac: from.mac, destinationMac },
  payload,
});

interface Answer {
  readonly mac: string;
  readonly stack: string;
  readonly interface: string;
  readonly how: string;
}

/**
 * Where stations have the same MAC, or that of the asker, it matters who answers last: bridges take it to be there. In
 * which order they are asked is that in which ports were added.
 */
const inSomeOrder = (course: Course, from: InterfaceModel, arrivals: readonly Arrival[]): readonly Arrival[] => {
  const macOf = ({ stack, interface: name }: Arrival): string => interfaceOf(stackOf(course.model, stack), name).mac;
  if (arrivals.length < 2 || new Set([from.mac, ...arrivals.map(macOf)]).size > arrivals.length) return arrivals;
  return choose(course, `first to answer ${from.stack} ${from.name}`, 2) === 0 ? arrivals : arrivals.toReversed();
};

const arpAnswers = (
  course: Course,
  asker: StackModel,
  from: InterfaceModel,
  target: bigint,
  source: bigint,
): Answer[] => {
  const sender = arpSender(asker, from.name, target, source);
  const question = arpPayload(1, sender, target);
  if (!passesArp(course, asker, 'output', from.name, arpFrame(from, question, BROADCAST))) return [];
  const matters: Matters = (name) => stackOf(course.model, name).mayAnswer(4, target);
  const heard = inSomeOrder(course, from, send(course, from, question, BROADCAST, matters));
  return heard.flatMap((arrival): Answer[] => {
    const stack = stackOf(course.model, arrival.stack);
    const it = interfaceOf(stack, arrival.interface);
    const how = answersArp(stack, it.name, sender, target, (hops, from4, to) =>
      pickHop(course, stack, hops, from4, to),
    );
    const known = neighbourKey(stack.name, it.name, sender);
    if (how === undefined) {
      // Who looks for the asker hears of it, be it the asker itself that a bridge sends its question back to (arp_process).
      const isLookingForIt = course.asking.has(known);
      if (!isLookingForIt && arrival.carried.payload.isLate !== true) return [];
      if (!hearsOfSender(stack, it.name, sender, target)) return [];
      if (!isLookingForIt) {
        overhear(course, known, arrival.carried);
        return [];
      }
    }
    if (!passesArp(course, stack, 'input', it.name, arrival.carried)) return [];
    // Whoever answers has learned the asker (neigh_event_ns).
    if (sender !== 0n) course.neighbours.set(known, from.mac);
    if (how === undefined) return [];
    const reply = arpPayload(2, target, sender);
    if (!passesArp(course, stack, 'output', it.name, arpFrame(it, reply, from.mac))) return [];
    const isHeard = send(course, it, reply, from.mac).some(
      (back) =>
        back.stack === asker.name &&
        back.interface === from.name &&
        passesArp(course, asker, 'input', from.name, back.carried),
    );
    return isHeard ? [{ mac: it.mac, stack: stack.name, interface: it.name, how }] : [];
  });
};

const solicitation = (type: 135 | 136, source: bigint, destination: bigint): Packet => ({
  ...noPacket,
  family: 6,
  source,
  destination,
  protocol: ICMPV6,
  icmp: { type, code: 0 },
  lengthBytes: 72,
});

export const linkLocalOf = (it: InterfaceModel): bigint | undefined =>
  it.addresses.find(({ family, scope, isUnusable }) => family === 6 && scope === 'link' && !isUnusable)?.value;

/**
 * Where a neighbour discovery packet leaves: an advertisement that a chain of type route has marked is routed anew like any
 * packet (ip6_route_me_harder), one for a link-local address on its link only; solicitations are for a group, which the
 * local table knows. Undefined: there is no way.
 */
const leavesBy = (
  stack: StackModel,
  from: InterfaceModel,
  before: Packet,
  after: Packet,
): { readonly out: InterfaceModel; readonly via?: bigint | undefined } | undefined => {
  if (before.mark === after.mark || isMulticast(6, after.destination)) return { out: from };
  if (!(stack.hooks.get('6 output') ?? []).some(({ chain }) => chain.type === 'route')) return { out: from };
  const isOfLink = isLinkLocal6(after.destination);
  const answer = lookUpRoute(stack, keyOfPacket(after, 'lo', isOfLink ? from.name : undefined));
  const hop = answer.kind === 'route' && answer.route.type === 'unicast' ? answer.nexthops[0] : undefined;
  if (hop === undefined) return undefined;
  return { out: interfaceOf(stack, hop.dev), via: hop.via === after.destination ? undefined : hop.via };
};

/** A neighbour discovery packet leaves through the filters, and comes in through them. */
const exchange = (
  course: Course,
  stack: StackModel,
  from: InterfaceModel,
  packet: Packet,
  destinationMac: string,
  matters?: Matters,
): readonly Arrival[] => {
  const payload: Payload = { ethertype: IPV6, packet };
  // It has no Ethernet header yet.
  const passing: Passing = {
    packet,
    tracking: undefined,
    in: undefined,
    out: from.name,
    ethertype: IPV6,
    packetType: 'host',
  };
  const output = runHook(course, stack, 'output', passing);
  if (output.kind === 'drop') return [];
  const way = leavesBy(stack, from, packet, output.passing.packet);
  if (way === undefined) return [];
  const last = runHook(course, stack, 'postrouting', output.passing);
  if (last.kind === 'drop') return [];
  // A router that it goes by must be the asker: it would lose the hop limit of 255 that proves it comes from the link. On
  // another link than the question came by, the asker is not known yet.
  const { out, via } = way;
  const isKnown = via === undefined && out === from;
  const nexthop = via ?? packet.destination;
  const mac = isKnown ? destinationMac : findStation(course, stack.name, out.name, 6, nexthop, packet.source)?.mac;
  if (mac === undefined) return [];
  return send(course, out, { ...payload, packet: last.passing.packet }, mac, matters).filter((arrival) => {
    const there = stackOf(course.model, arrival.stack);
    const at = passingOf(arrival.carried, arrival.interface, undefined);
    const first =
      arrival.carried.payload.hasPassedPrerouting === true
        ? ({ kind: 'pass', passing: at } as const)
        : runHook(course, there, 'prerouting', at);
    return first.kind === 'pass' && runHook(course, there, 'input', first.passing).kind === 'pass';
  });
};

/** Whether an interface answers for an IPv6 address (ndisc_recv_ns): its own, or one it stands in for. */
const answersNd = (stack: StackModel, it: InterfaceModel, target: bigint): string | undefined => {
  const { ipv6, forwarding6, proxyNdp } = it.settings;
  if (!ipv6) return undefined;
  if (it.addresses.some(({ family, value, isUnusable }) => family === 6 && value === target && !isUnusable))
    return 'own';
  const isAnycast =
    forwarding6 &&
    it.addresses.some(
      ({ family, value, prefixLength }) =>
        family === 6 &&
        prefixLength < 127 &&
        (value >> BigInt(128 - prefixLength)) << BigInt(128 - prefixLength) === target,
    );
  if (isAnycast) return 'anycast';
  return forwarding6 && proxyNdp && stack.proxies.has(`${it.name} ${target}`) ? 'proxy-entry' : undefined;
};

/** What looks like an advertisement of its own for an address that it stands in for, a proxy leaves alone (ndisc_recv_na). */
const isOwnProxy = (
  { proxies, settings }: StackModel,
  { name, mac }: InterfaceModel,
  target: bigint,
  from: string,
): boolean => mac === from && settings.forwarding6 && settings.proxyNdp && proxies.has(`${name} ${target}`);

const groupMac = (target: bigint): string =>
  `33:33:ff:${(target & 0xffffffn)
    .toString(16)
    .padStart(6, '0')
    .replaceAll(/(..)(?=.)/g, '$1:')}`;

const ndAnswers = (
  course: Course,
  asker: StackModel,
  from: InterfaceModel,
  target: bigint,
  source: bigint,
): Answer[] => {
  const isOwn = from.addresses.some(({ family, value, isUnusable }) => family === 6 && value === source && !isUnusable);
  const sender = isOwn ? source : linkLocalOf(from);
  if (sender === undefined) return [];
  const group = (0xff02n << 112n) | (1n << 32n) | (0xffn << 24n) | (target & 0xffffffn);
  const matters: Matters = (name) => stackOf(course.model, name).mayAnswer(6, target);
  const question = solicitation(135, sender, group);
  const heard = inSomeOrder(course, from, exchange(course, asker, from, question, groupMac(target), matters));
  return heard.flatMap((arrival): Answer[] => {
    const stack = stackOf(course.model, arrival.stack);
    const it = interfaceOf(stack, arrival.interface);
    const how = answersNd(stack, it, target);
    if (how === undefined) return [];
    course.neighbours.set(neighbourKey(stack.name, it.name, sender), from.mac);
    // The advertisement goes by the neighbour table, where a static entry stays.
    const to = stack.neighbours.get(`${it.name} ${sender}`) ?? from.mac;
    if (isOwnProxy(asker, from, target, it.mac)) return [];
    // Who stands in for another speaks with an address of its own (ndisc_send_na).
    const speaker = how === 'own' ? target : selectAddress6(stack, it.name, sender);
    if (speaker === undefined) return [];
    const isHeard = exchange(course, stack, it, solicitation(136, speaker, sender), to).some(
      (back) => back.stack === asker.name && back.interface === from.name,
    );
    return isHeard ? [{ mac: it.mac, stack: stack.name, interface: it.name, how }] : [];
  });
};

export interface Station {
  readonly mac: string;
  readonly because: Because;
  /** Others have answered just now as well: whoever was heard last gets what is sent next. */
  readonly isOneOfSeveral?: boolean;
}

const howText: Readonly<Record<string, string>> = {
  own: 'has it',
  anycast: 'has it as anycast address',
  'proxy-arp': 'answers for it (proxy_arp)',
  'proxy-pvlan': 'answers for it (proxy_arp_pvlan)',
  'proxy-entry': 'answers for it (neighbour proxy)',
};

/** The station that frames to a next hop go to; undefined: nobody answers. */
export const findStation = (
  course: Course,
  stackName: string,
  dev: string,
  family: 4 | 6,
  nexthop: bigint,
  source: bigint,
): Station | undefined => {
  const stack = stackOf(course.model, stackName);
  const it = interfaceOf(stack, dev);
  const key = neighbourKey(stackName, dev, nexthop);
  const by = (text: string): Because => ({ object: 'neighbour', stack: stackName, key: `${dev} ${nexthop}`, text });
  const target = addressText(family, nexthop);
  const fixed = stack.neighbours.get(`${dev} ${nexthop}`);
  if (fixed !== undefined) return { mac: fixed, because: by(`${target} is ${fixed}, a static neighbour`) };
  if (course.failing === key || course.asking.has(key)) return undefined;
  const learned = learnedStation(course, key);
  if (learned !== undefined) return { mac: learned, because: by(`${target} is ${learned}, learned before`) };
  course.asking.add(key);
  const answers = quietly(course, () =>
    family === 4 ? arpAnswers(course, stack, it, nexthop, source) : ndAnswers(course, stack, it, nexthop, source),
  );
  course.asking.delete(key);
  const macs = [...new Set(answers.map(({ mac }) => mac))];
  const mac = macs[choose(course, `station ${key}`, macs.length)];
  if (mac === undefined) {
    // Who asked back before it answered is known by its question (ndisc_recv_ns, neigh_event_ns).
    const asker = course.neighbours.get(key);
    if (asker !== undefined) return { mac: asker, because: by(`${target} is ${asker}, which asked back`) };
    const late = hearLate(course, key, (carried) => passesArp(course, stack, 'input', dev, carried));
    if (late === undefined) return undefined;
    course.neighbours.set(key, late);
    return { mac: late, because: by(`${target} is ${late}, which ${dev} has heard asking for others`) };
  }
  course.neighbours.set(key, mac);
  const later = contestants(family, mac, answers);
  if (later.length > 1) course.contested.set(key, later);
  const answer = answers.find((other) => other.mac === mac);
  const several = macs.length > 1 ? `; ${macs.length} stations answer` : '';
  const because = by(
    `${target}: ${answer?.stack ?? ''} ${answer?.interface ?? ''} ${howText[answer?.how ?? ''] ?? ''}${several}`,
  );
  note(course, () => ({ stage: family === 4 ? 'arp' : 'nd', action: 'pass', because, packet: '' }));
  return { mac, because, isOneOfSeveral: macs.length > 1 };
};
