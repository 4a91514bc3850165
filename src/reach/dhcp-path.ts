/**
 * Whether a DHCP client and a server hear each other: the DISCOVER is broadcast to everybody on the link and has to pass
 * the bridges between and the server's input filter; the OFFER passes the server's output filter and the bridges back.
 * Clients hear by a packet socket, before any filter of their own (packet(7)).
 */
import { interfaceOf, stackOf, type InterfaceModel, type Model } from './model/model.ts';
import { type Packet } from './packet.ts';
import { beginCourse, type Course } from './walker/course.ts';
import { BROADCAST, emptyCarriage, passingOf, type Arrival } from './walker/frames.ts';
import { runHook } from './walker/hook.ts';
import { leaveByLink } from './walker/link.ts';
import { ways } from './walker/ways.ts';
import { UDP } from './walker/words.ts';

const IPV4 = 0x0800;
const everybody = 0xffffffffn;
const serverPort = 67;
const clientPort = 68;
/** A DHCP message as clients send it (RFC 2131 section 2). */
const messageBytes = 328;

const datagram = (source: bigint, sourcePort: number, destinationPort: number): Packet => ({
  family: 4,
  source,
  destination: everybody,
  protocol: UDP,
  sourcePort,
  destinationPort,
  tcpFlags: 0,
  lengthBytes: messageBytes,
  dontFragment: false,
  hopLimit: 64,
  mark: 0,
});

const broadcast = (course: Course, from: InterfaceModel, packet: Packet, to: string): readonly Arrival[] => {
  const carriage = emptyCarriage((stack) => stack === to);
  const frame = { sourceMac: from.mac, destinationMac: BROADCAST };
  leaveByLink(course, from, { frame, payload: { ethertype: IPV4, packet } }, carriage);
  return carriage.arrivals.filter(({ stack }) => stack === to);
};

const isHeardByServer = (course: Course, client: InterfaceModel, server: InterfaceModel): boolean =>
  broadcast(course, client, datagram(0n, clientPort, serverPort), server.stack).some((arrival) => {
    if (arrival.interface !== server.name) return false;
    const stack = stackOf(course.model, server.stack);
    const passing = passingOf(arrival.carried, server.name, undefined);
    const first =
      arrival.carried.payload.hasPassedPrerouting === true
        ? ({ kind: 'pass', passing } as const)
        : runHook(course, stack, 'prerouting', passing);
    return first.kind === 'pass' && runHook(course, stack, 'input', first.passing).kind === 'pass';
  });

const isHeardByClient = (course: Course, server: InterfaceModel, client: InterfaceModel): boolean => {
  const stack = stackOf(course.model, server.stack);
  const source = server.addresses.find(({ family }) => family === 4)?.value ?? 0n;
  const packet = datagram(source, serverPort, clientPort);
  const frame = { sourceMac: server.mac, destinationMac: BROADCAST };
  const passing = passingOf({ frame, payload: { ethertype: IPV4, packet } }, undefined, server.name);
  const output = runHook(course, stack, 'output', passing);
  if (output.kind === 'drop') return false;
  const last = runHook(course, stack, 'postrouting', output.passing);
  if (last.kind === 'drop') return false;
  return broadcast(course, server, last.passing.packet, client.stack).some(
    (arrival) => arrival.interface === client.name,
  );
};

/** Both are interfaces by `[stack, name]`. */
export const hearEachOther = (
  model: Model,
  client: readonly [stack: string, name: string],
  server: readonly [stack: string, name: string],
): boolean => {
  const course = beginCourse(model, ways, [], false);
  const from = interfaceOf(stackOf(model, client[0]), client[1]);
  const to = interfaceOf(stackOf(model, server[0]), server[1]);
  return isHeardByServer(course, from, to) && isHeardByClient(course, to, from);
};
