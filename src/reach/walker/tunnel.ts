/** Packets inside packets, and VXLAN (RFC 7348); IP in IP is in `ip-tunnel.ts`. */
import { ip } from '../../net/address.ts';
import { stackOf, type InterfaceModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type Course } from './course.ts';
import { frameBytesOf, isGroup, stopAt, type Carriage, type Carried } from './frames.ts';
import { keyOfPacket } from './input-route.ts';
import { lookUpRoute } from './route-lookup.ts';
import { UDP } from './words.ts';

const deepest = 4;
/** Of IP, UDP, VXLAN and the inner Ethernet. */
const headerBytes = { 4: 20 + 8 + 8 + 14, 6: 40 + 8 + 8 + 14 } as const;
const leastMtuBytes = { 4: 576, 6: 1280 } as const;

export const outerPacket = (
  inner: Packet,
  family: 4 | 6,
  source: bigint,
  destination: bigint,
  rest: Partial<Packet>,
): Packet => ({
  family,
  source,
  destination,
  protocol: 0,
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  lengthBytes: inner.lengthBytes + (family === 4 ? 20 : 40),
  dontFragment: false,
  hopLimit: 64,
  mark: 0,
  ...rest,
});

/** Nothing comes of what is nested too deep: it leads into itself. */
export const deeper = <T>(course: Course, work: () => T): T | undefined => {
  if (course.depth >= deepest) return undefined;
  course.depth += 1;
  try {
    return work();
  } finally {
    course.depth -= 1;
  }
};

/**
 * Who sends by a bridge that VXLAN is a port of hears from it that a packet is too long to go in one datagram, where it may not
 * be cut (skb_tunnel_check_pmtu). What others send goes in pieces of datagrams.
 */
const isToldOfLength = (
  course: Course,
  { stack: name, it }: InterfaceModel,
  outer: Packet,
  { payload: { packet, arp } }: Carried,
): boolean => {
  const stack = stackOf(course.model, name);
  const master = it.master === undefined ? undefined : stack.interfaces.get(it.master);
  if (master?.it.kind !== 'bridge' || arp !== undefined) return false;
  const way = lookUpRoute(stack, keyOfPacket(outer, 'lo'));
  const link = way.kind === 'route' ? stack.interfaces.get(way.nexthops[0]?.dev ?? '') : undefined;
  if (link === undefined || outer.lengthBytes <= link.it.mtuBytes) return false;
  const most = link.it.mtuBytes - headerBytes[outer.family];
  return most >= leastMtuBytes[packet.family] && (packet.family === 6 || packet.dontFragment);
};

export const sendThroughVxlan = (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage): void => {
  const settings = it.it.vxlan;
  if (settings === undefined) return;
  const stationKey = `${it.stack} ${it.name} vxlan ${carried.frame.destinationMac}`;
  const known = isGroup(carried.frame.destinationMac) ? undefined : course.stations.get(stationKey);
  const remotes = known === undefined ? settings.remotes : [known];
  for (const remote of remotes) {
    const to = ip(remote);
    const source = settings.local === undefined ? 0n : ip(settings.local).value;
    const outer = outerPacket(carried.payload.packet, to.family, source, to.value, {
      lengthBytes: frameBytesOf(carried) + headerBytes[to.family],
      protocol: UDP,
      sourcePort: 50000,
      destinationPort: settings.port,
      // IPv6 does not cut what a tunnel makes too long (ip6_fragment, without `ignore_df`).
      dontFragment: to.family === 6,
    });
    if (isToldOfLength(course, it, outer, carried)) {
      stopAt(carriage, it, 'vxlan', 'mtu', `${frameBytesOf(carried)} bytes are more than the way to ${remote} takes`, {
        stack: it.stack,
        kind: 'packet-too-big',
        interface: it.name,
        packet: carried.payload.packet,
        isForMe: false,
        comesBackBy: { device: it.name, frame: carried.frame },
      });
      continue;
    }
    const fate = deeper(course, () =>
      course.ways.send(course, { stack: it.stack, packet: outer, isBound: source !== 0n }),
    );
    if (fate?.kind !== 'delivered') {
      stopAt(carriage, it, 'vxlan', 'tunnel_outer', `the outer packet to ${remote} does not arrive`);
      continue;
    }
    const far = [...stackOf(course.model, fate.stack).interfaces.values()].find(
      (other) => other.it.vxlan?.id === settings.id && other.it.vxlan.port === settings.port,
    );
    if (far === undefined) {
      stopAt(carriage, it, 'vxlan', 'tunnel_outer', `${fate.stack} has no VXLAN ${settings.id}`);
      continue;
    }
    const { source: seen, family } = fate.packet;
    const back = far.it.vxlan?.remotes.find((text) => ip(text).value === seen && ip(text).family === family);
    if (back !== undefined) course.stations.set(`${far.stack} ${far.name} vxlan ${carried.frame.sourceMac}`, back);
    course.ways.enter(course, far, carried, carriage);
  }
};
