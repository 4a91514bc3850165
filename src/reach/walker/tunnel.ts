/** Packets inside packets: VXLAN (RFC 7348) and 6in4 (RFC 4213). */
import { ip } from '../../net/address.ts';
import { stackOf, type InterfaceModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { type Course } from './course.ts';
import { type Fate } from './fate.ts';
import { isGroup, stopAt, type Carriage, type Carried } from './frames.ts';
import { UDP } from './words.ts';

const deepest = 4;
const ethernetHeaderBytes = 14;
const vxlanHeaderBytes = 8;
const udpHeaderBytes = 8;

const outerPacket = (
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

const deeper = <T>(course: Course, work: () => T): T | undefined => {
  if (course.depth >= deepest) return undefined;
  course.depth += 1;
  try {
    return work();
  } finally {
    course.depth -= 1;
  }
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
    const header = ethernetHeaderBytes + vxlanHeaderBytes + udpHeaderBytes;
    const outer = outerPacket(carried.payload.packet, to.family, source, to.value, {
      protocol: UDP,
      sourcePort: 50000,
      destinationPort: settings.port,
    });
    const whole = { ...outer, lengthBytes: outer.lengthBytes + header };
    const fate = deeper(course, () =>
      course.ways.send(course, { stack: it.stack, packet: whole, isBound: source !== 0n }),
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

/** Sends an IPv6 packet through a 6in4 tunnel; what became of the outer packet, and the tunnel's far end. */
export const sendThroughSit = (
  course: Course,
  it: InterfaceModel,
  packet: Packet,
): { readonly outer: Fate | undefined; readonly far: InterfaceModel | undefined } => {
  const settings = it.it.tunnel;
  if (settings?.remote === undefined) return { outer: undefined, far: undefined };
  const source = settings.local === undefined ? 0n : ip(settings.local).value;
  const outerHeader = outerPacket(packet, 4, source, ip(settings.remote).value, { protocol: 41 });
  const outer = deeper(course, () =>
    course.ways.send(course, { stack: it.stack, packet: outerHeader, isBound: source !== 0n }),
  );
  if (outer?.kind !== 'delivered') return { outer, far: undefined };
  const far = [...stackOf(course.model, outer.stack).interfaces.values()].find(
    ({ it: other, isUp }) =>
      isUp &&
      other.tunnel?.mode === 'sit' &&
      (other.tunnel.remote === undefined || ip(other.tunnel.remote).value === outer.packet.source) &&
      (other.tunnel.local === undefined || ip(other.tunnel.local).value === outer.packet.destination),
  );
  return { outer, far };
};
