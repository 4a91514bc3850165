/**
 * Why a neighbour is not found: the question of a stack to everybody on the link, and the answer of the one who has the
 * address, carried frame by frame as the walker carries them, with every place noted where one stops.
 */
import { type Family } from '../../net/address.ts';
import { linkLocalOf } from '../../net/mac.ts';
import { interfaceOf, stackOf, type InterfaceModel, type Model, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type Because } from '../walk.ts';
import { arpSender } from '../walker/arp.ts';
import { beginCourse, type Course } from '../walker/course.ts';
import { BROADCAST, emptyCarriage, passingOf, type Arrival, type Carriage, type Payload } from '../walker/frames.ts';
import { runHook, runPlainHook, type IpHook } from '../walker/hook.ts';
import { enterBy, handUp, leaveByLink } from '../walker/link.ts';
import { sendPacket } from '../walker/send.ts';
import { ICMPV6 } from '../walker/words.ts';
import { type Leg } from './terrain.ts';

export interface LinkFindings {
  readonly stops: Carriage['stops'];
  /** Bridge ports that the frames came in by, as `stack/interface`. */
  readonly ports: readonly string[];
  /** Filters of the two stacks themselves that take the question or the answer away. */
  readonly filters: readonly Because[];
  /** Whether the question comes to the interface that has the address. */
  readonly isAsked: boolean;
}

const ARP = 0x0806;
const IPV6 = 0x86dd;

const plain: Packet = {
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

/** Question and answer, for an address on the link (RFC 826, RFC 4861). */
const payloadOf = (family: Family, isAnswer: boolean, source: bigint, target: bigint): Payload => {
  if (family === 4)
    return { ethertype: ARP, packet: plain, arp: { operation: isAnswer ? 2 : 1, sender: source, target } };
  const group = (0xff02n << 112n) | (1n << 32n) | (0xffn << 24n) | (target & 0xffffffn);
  const packet: Packet = {
    ...{ ...plain, family: 6, source, protocol: ICMPV6 },
    destination: isAnswer ? target : group,
    icmp: { type: isAnswer ? 136 : 135, code: 0 },
    lengthBytes: 72,
  };
  return { ethertype: IPV6, packet };
};

interface Carrying {
  readonly course: Course;
  readonly stops: Carriage['stops'];
  readonly ports: Set<string>;
  readonly filters: Because[];
}

const because = (result: ReturnType<typeof runPlainHook>): readonly Because[] =>
  result.kind === 'drop' ? [result.because] : [];

const ownHook = (carrying: Carrying, stack: StackModel, hook: IpHook, it: InterfaceModel, payload: Payload): void => {
  const carried = { frame: { sourceMac: it.mac, destinationMac: it.mac }, payload };
  const [from, to] = hook === 'output' || hook === 'postrouting' ? [undefined, it.name] : [it.name, undefined];
  const passing = passingOf(carried, from, to);
  const { course } = carrying;
  carrying.filters.push(
    ...because(
      payload.arp === undefined
        ? runHook(course, stack, hook, passing)
        : runPlainHook(course, stack, `arp ${hook}`, passing),
    ),
  );
};

const carry = (
  carrying: Carrying,
  from: InterfaceModel,
  payload: Payload,
  destinationMac: string,
): readonly Arrival[] => {
  const { course, stops, ports } = carrying;
  const carriage = emptyCarriage();
  ownHook(carrying, stackOf(course.model, from.stack), 'output', from, payload);
  if (payload.arp === undefined) ownHook(carrying, stackOf(course.model, from.stack), 'postrouting', from, payload);
  leaveByLink(course, from, { frame: { sourceMac: from.mac, destinationMac }, payload }, carriage);
  stops.push(...carriage.stops);
  for (const port of carriage.seen) ports.add(port);
  return carriage.arrivals;
};

const take = (carrying: Carrying, it: InterfaceModel, payload: Payload): void => {
  const stack = stackOf(carrying.course.model, it.stack);
  if (payload.arp === undefined) ownHook(carrying, stack, 'prerouting', it, payload);
  ownHook(carrying, stack, 'input', it, payload);
};

/** `target`: where the address is, or whoever should answer for it. */
export const probeLink = (
  model: Model,
  asker: string,
  dev: string,
  target: Leg,
  address: bigint,
  packetSource: bigint | undefined,
): LinkFindings => {
  const { family } = target.address;
  const from = interfaceOf(stackOf(model, asker), dev);
  const to = target.it;
  const course = beginCourse(model, { leave: leaveByLink, enter: enterBy, handUp, send: sendPacket }, [], false);
  const carrying: Carrying = { course, stops: [], ports: new Set(), filters: [] };
  const sender =
    family === 4 ? arpSender(stackOf(model, asker), dev, address, packetSource ?? 0n) : linkLocalOf(from.mac).value;
  const question = payloadOf(family, false, sender, address);
  const isAsked = carry(carrying, from, question, BROADCAST).some(
    (arrival) => arrival.stack === to.stack && arrival.interface === to.name,
  );
  if (isAsked) take(carrying, to, question);
  const answer = payloadOf(family, true, address, sender);
  carry(carrying, to, answer, from.mac);
  take(carrying, from, answer);
  return { stops: carrying.stops, ports: [...carrying.ports], filters: carrying.filters, isAsked };
};
