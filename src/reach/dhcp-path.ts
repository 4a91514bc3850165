/**
 * Whether a DHCP client and a server hear each other. The first message is for everybody (IPv4) or for all servers (IPv6)
 * on the link: it has to pass the bridges between and the server's input filter; the answer passes the server's output
 * filter and the bridges back. Clients of IPv4 hear by a packet socket, before any filter of their own (packet(7)); those
 * of IPv6 have a link-local address, and hear what their input filter lets through.
 */
import { parseIp } from '../net/address.ts';
import { interfaceOf, stackOf, type InterfaceModel, type Model } from './model/model.ts';
import { type Packet } from './packet.ts';
import { beginCourse, type Course } from './walker/course.ts';
import { BROADCAST, emptyCarriage, passingOf, type Arrival } from './walker/frames.ts';
import { runHook } from './walker/hook.ts';
import { leaveByLink } from './walker/link.ts';
import { ways } from './walker/ways.ts';
import { UDP } from './walker/words.ts';

/** One of the two messages, and the station that it is for. */
export interface Message {
  readonly from: InterfaceModel;
  readonly to: InterfaceModel;
  readonly destinationMac: string;
  readonly packet: Packet;
}

/** How one family asks and answers. */
interface Exchange {
  readonly ethertype: number;
  readonly question: (client: InterfaceModel, server: InterfaceModel) => Message;
  readonly answer: (client: InterfaceModel, server: InterfaceModel) => Message;
  /** Whether the client's input filter is asked. */
  readonly isFiltered: boolean;
}

const plain = { protocol: UDP, tcpFlags: 0, dontFragment: false, hopLimit: 64, mark: 0 };

/** RFC 2131 section 2. */
const datagram4 = (source: bigint, sourcePort: number, destinationPort: number): Packet => ({
  ...{ ...plain, family: 4, source, destination: 0xffffffffn, sourcePort, destinationPort, lengthBytes: 328 },
});

const byBroadcast: Exchange = {
  ethertype: 0x0800,
  question: (from, to) => ({ from, to, destinationMac: BROADCAST, packet: datagram4(0n, 68, 67) }),
  answer: (to, from) => {
    const source = from.addresses.find(({ family }) => family === 4)?.value ?? 0n;
    return { from, to, destinationMac: BROADCAST, packet: datagram4(source, 67, 68) };
  },
  isFiltered: false,
};

/** All_DHCP_Relay_Agents_and_Servers (RFC 8415 section 7.1), and its MAC (RFC 2464 section 7). */
const allServers = parseIp('ff02::1:2')?.value ?? 0n;
const allServersMac = '33:33:00:01:00:02';

const linkLocalOf = ({ addresses }: InterfaceModel): bigint =>
  addresses.find(({ family, scope }) => family === 6 && scope === 'link')?.value ?? 0n;

const datagram6 = (source: bigint, destination: bigint, sourcePort: number, destinationPort: number): Packet => ({
  ...{ ...plain, family: 6, source, destination, sourcePort, destinationPort, lengthBytes: 120 },
});

const byMulticast: Exchange = {
  ethertype: 0x86dd,
  question: (from, to) => ({
    ...{ from, to, destinationMac: allServersMac },
    packet: { ...datagram6(linkLocalOf(from), allServers, 546, 547), hopLimit: 1 },
  }),
  answer: (to, from) => ({
    ...{ from, to, destinationMac: to.mac },
    packet: datagram6(linkLocalOf(from), linkLocalOf(to), 547, 546),
  }),
  isFiltered: true,
};

export const arrivalsOf = (
  course: Course,
  ethertype: number,
  { from, to, destinationMac, packet }: Message,
): Arrival[] => {
  const carriage = emptyCarriage((stack) => stack === to.stack);
  const frame = { sourceMac: from.mac, destinationMac };
  leaveByLink(course, from, { frame, payload: { ethertype, packet } }, carriage);
  return carriage.arrivals.filter(({ stack, interface: name }) => stack === to.stack && name === to.name);
};

export const passesInput = (course: Course, { stack: name, interface: dev, carried }: Arrival): boolean => {
  const stack = stackOf(course.model, name);
  const passing = passingOf(carried, dev, undefined);
  const first =
    carried.payload.hasPassedPrerouting === true
      ? ({ kind: 'pass', passing } as const)
      : runHook(course, stack, 'prerouting', passing);
  return first.kind === 'pass' && runHook(course, stack, 'input', first.passing).kind === 'pass';
};

/** What a sender's filter leaves of its message. */
export const afterOutput = (course: Course, ethertype: number, message: Message): Message | undefined => {
  const { from, destinationMac, packet } = message;
  const stack = stackOf(course.model, from.stack);
  const frame = { sourceMac: from.mac, destinationMac };
  const output = runHook(
    course,
    stack,
    'output',
    passingOf({ frame, payload: { ethertype, packet } }, undefined, from.name),
  );
  if (output.kind === 'drop') return undefined;
  const last = runHook(course, stack, 'postrouting', output.passing);
  return last.kind === 'drop' ? undefined : { ...message, packet: last.passing.packet };
};

/** A client of IPv6 sends by a socket of its own kernel; one of IPv4 past its filters. */
const asked = (course: Course, { ethertype, isFiltered }: Exchange, message: Message): Message | undefined =>
  isFiltered ? afterOutput(course, ethertype, message) : message;

const isAnswered = (course: Course, exchange: Exchange, client: InterfaceModel, server: InterfaceModel): boolean => {
  const { ethertype } = exchange;
  const question = asked(course, exchange, exchange.question(client, server));
  if (question === undefined) return false;
  if (!arrivalsOf(course, ethertype, question).some((arrival) => passesInput(course, arrival))) return false;
  const answer = afterOutput(course, ethertype, exchange.answer(client, server));
  if (answer === undefined) return false;
  const arrivals = arrivalsOf(course, ethertype, answer);
  return arrivals.some((arrival) => !exchange.isFiltered || passesInput(course, arrival));
};

type Place = readonly [stack: string, name: string];

const between = (model: Model, exchange: Exchange, client: Place, server: Place): boolean => {
  const course = beginCourse(model, ways, [], false);
  const at = ([stack, name]: Place): InterfaceModel => interfaceOf(stackOf(model, stack), name);
  return isAnswered(course, exchange, at(client), at(server));
};

/** Both are interfaces by `[stack, name]`. */
export const hearEachOther = (model: Model, client: Place, server: Place): boolean =>
  between(model, byBroadcast, client, server);

/** The same for DHCPv6. */
export const hearEachOther6 = (model: Model, client: Place, server: Place): boolean =>
  between(model, byMulticast, client, server);
