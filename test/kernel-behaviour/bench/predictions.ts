/**
 * What the walker says of frames that are no flow: who answers an ARP request, who hears a broadcast. They are carried by
 * the walker's own links and bridges.
 */
import { ip } from '../../../src/net/address.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { interfaceOf, stackOf, type Model } from '../../../src/reach/model/model.ts';
import { type Packet } from '../../../src/reach/packet.ts';
import { answersArp } from '../../../src/reach/walker/arp.ts';
import { beginCourse, type Course } from '../../../src/reach/walker/course.ts';
import { BROADCAST, emptyCarriage, passingOf, type Arrival, type Payload } from '../../../src/reach/walker/frames.ts';
import { runHook } from '../../../src/reach/walker/hook.ts';
import { leaveByLink } from '../../../src/reach/walker/link.ts';
import { ways } from '../../../src/reach/walker/ways.ts';
import { UDP } from '../../../src/reach/walker/words.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { type ArpQuestion, type BroadcastQuestion } from './questions.ts';

const begin = (model: Model): Course => beginCourse(model, ways, [], false);

const arrivalsOf = (course: Course, stack: string, name: string, payload: Payload): readonly Arrival[] => {
  const from = interfaceOf(stackOf(course.model, stack), name);
  const carriage = emptyCarriage();
  leaveByLink(course, from, { frame: { sourceMac: from.mac, destinationMac: BROADCAST }, payload }, carriage);
  return carriage.arrivals;
};

const packetOf = (more: Partial<Packet>): Packet => ({
  family: 4,
  source: 0n,
  destination: 0n,
  protocol: 0,
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  lengthBytes: 60,
  dontFragment: false,
  hopLimit: 64,
  mark: 0,
  ...more,
});

/** MACs, each once. */
export const predictArp = (state: NetworkState, { stack, interface: name, sender, target }: ArpQuestion): string[] => {
  const course = begin(buildModel(state));
  const [senderValue, targetValue] = [ip(sender).value, ip(target).value];
  const arp = { operation: 1, sender: senderValue, target: targetValue } as const;
  const macs = arrivalsOf(course, stack, name, { ethertype: 0x0806, packet: packetOf({}), arp }).flatMap((arrival) => {
    const there = stackOf(course.model, arrival.stack);
    return answersArp(there, arrival.interface, senderValue, targetValue) === undefined
      ? []
      : [interfaceOf(there, arrival.interface).mac];
  });
  return [...new Set(macs)];
};

/** Packet sockets see what arrives at an interface, UDP sockets what its filters let through. */
export const predictBroadcast = (
  state: NetworkState,
  { stack, interface: name, listeners }: BroadcastQuestion,
): { readonly packetSockets: readonly string[]; readonly udpSockets: readonly string[] } => {
  const course = begin(buildModel(state));
  const packet = packetOf({ destination: 0xffffffffn, protocol: UDP, sourcePort: 68, destinationPort: 67 });
  const arrivals = arrivalsOf(course, stack, name, { ethertype: 0x0800, packet });
  const isLetIn = ({ stack: at, interface: dev, carried }: Arrival): boolean => {
    const there = stackOf(course.model, at);
    const first = runHook(course, there, 'prerouting', passingOf(carried, dev, undefined));
    return first.kind === 'pass' && runHook(course, there, 'input', first.passing).kind === 'pass';
  };
  const heardAt = (heard: readonly Arrival[]): string[] =>
    listeners.filter((listener) => heard.some((arrival) => arrival.stack === listener));
  return { packetSockets: heardAt(arrivals), udpSockets: heardAt(arrivals.filter(isLetIn)) };
};
