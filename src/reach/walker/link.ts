/**
 * Frames on their way between stacks: cables, 802.1Q tags, macvlan, and up to the IP layer. Bridges are in `bridge.ts`,
 * tunnels in `tunnel.ts`.
 */
import { interfaceOf, stackOf, type InterfaceModel, type StackModel } from '../model/model.ts';
import { sendingMember, takesFrom } from './bond.ts';
import { bridgeReceive, bridgeSend } from './bridge.ts';
import { assume, type Course } from './course.ts';
import { frameBytesOf, isGroup, passingOf, spareBytes, stopAt, type Carriage, type Carried } from './frames.ts';
import { runPlainHook } from './hook.ts';
import { sendThroughVxlan } from './tunnel.ts';

const untagged = ({ frame, payload }: Carried): Carried => ({
  frame: { sourceMac: frame.sourceMac, destinationMac: frame.destinationMac },
  payload,
});

const late = (carried: Carried): Carried => ({ ...carried, payload: { ...carried.payload, isLate: true } });

const childrenOf = (stack: StackModel, it: InterfaceModel): readonly InterfaceModel[] =>
  it.children.map((name) => interfaceOf(stack, name));

/** Every device that a frame is received on has an ingress hook, those on top of others too. */
const passesIngress = (
  course: Course,
  stack: StackModel,
  it: InterfaceModel,
  carried: Carried,
  carriage: Carriage,
): boolean => {
  const key = `netdev ingress ${it.name}`;
  if (!stack.hooks.has(key) || carriage.isReport === true) return true;
  const ingress = runPlainHook(course, stack, key, passingOf(carried, it.name, undefined));
  if (ingress.kind === 'drop') stopAt(carriage, it, 'ingress', 'l2_filter', ingress.because);
  return ingress.kind === 'pass';
};

/** A macvtap hands its frames to a guest, not to its own stack: it is a macvlan that a cable leads from. */
const guestBehind = (course: Course, it: InterfaceModel): InterfaceModel | undefined =>
  it.it.macvlan === undefined || it.peer === undefined
    ? undefined
    : course.model.stacks.get(it.peer.stack)?.interfaces.get(it.peer.interface);

/** Receives a frame on a device that stands on another, or is a bridge. */
export const climb = (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage): void => {
  if (!passesIngress(course, stackOf(course.model, it.stack), it, carried, carriage)) return;
  const guest = guestBehind(course, it);
  if (guest !== undefined && it.isUp) enterBy(course, guest, scrubbed(carried), carriage);
  else handUp(course, it, carried, carriage);
};

/** Hands a frame to the IP layer of an interface, or to the interfaces that stand on it. */
const handUp = (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage): void => {
  const { frame } = carried;
  const stack = stackOf(course.model, it.stack);
  if (!it.isUp) {
    stopAt(carriage, it, 'link', 'interface_down', `${it.name} is down`);
    return;
  }
  if (frame.vlan !== undefined) {
    const child = childrenOf(stack, it).find((other) => other.it.vlan?.id === frame.vlan);
    if (child === undefined)
      stopAt(carriage, it, 'vlan', 'vlan_mismatch', `${it.name} has no interface for VLAN ${frame.vlan}`);
    // It may be a port or a member itself.
    else enterBy(course, child, untagged(carried), carriage);
    return;
  }
  const macvlans = childrenOf(stack, it).filter((other) => other.it.macvlan !== undefined);
  if (isGroup(frame.destinationMac)) for (const child of macvlans) climb(course, child, late(carried), carriage);
  const own = macvlans.find(({ mac }) => mac === frame.destinationMac);
  if (own !== undefined) climb(course, own, carried, carriage);
  else if (isGroup(frame.destinationMac) || frame.destinationMac === it.mac)
    carriage.arrivals.push({ stack: it.stack, interface: it.name, carried });
  else stopAt(carriage, it, 'link', 'other_host', `the frame is for ${frame.destinationMac}, ${it.name} is ${it.mac}`);
};

/** A frame comes out of the cable at `it`. */
export const enterBy = (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage): void => {
  const stack = stackOf(course.model, it.stack);
  if (!it.isUp) {
    stopAt(carriage, it, 'link', 'interface_down', `${it.name} is down`);
    return;
  }
  if (guestBehind(course, it) !== undefined) {
    overMacvlan(course, it, carried, carriage);
    return;
  }
  if (!passesIngress(course, stack, it, carried, carriage)) return;
  const master = it.it.master === undefined ? undefined : stack.interfaces.get(it.it.master);
  if (master === undefined) {
    handUp(course, it, carried, carriage);
    return;
  }
  switch (master.it.kind) {
    case 'bond':
      if (takesFrom(course.model, stack, master, it)) enterBy(course, master, carried, carriage);
      else stopAt(carriage, it, 'link', 'bond_backup', `${it.name} is a backup of ${master.name}, which uses another`);
      return;
    case 'vrf':
      handUp(course, it, carried, carriage);
      return;
    default:
      bridgeReceive(course, stack, master, it, carried, carriage);
  }
};

const overBond = (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage): void => {
  const member = sendingMember(course.model, stackOf(course.model, it.stack), it);
  if (member === undefined) stopAt(carriage, it, 'link', 'no_carrier', `no member of ${it.name} has a carrier`);
  else leaveByLink(course, member, carried, carriage);
};

const overMacvlan = (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage): void => {
  const stack = stackOf(course.model, it.stack);
  const parent = stack.interfaces.get(it.it.macvlan?.link ?? '');
  if (parent === undefined) return;
  const siblings =
    it.it.macvlan?.mode === 'bridge'
      ? childrenOf(stack, parent).filter((other) => other !== it && other.it.macvlan?.mode === 'bridge')
      : [];
  const sibling = siblings.find(({ mac }) => mac === carried.frame.destinationMac);
  if (sibling !== undefined) {
    climb(course, sibling, carried, carriage);
    return;
  }
  if (isGroup(carried.frame.destinationMac)) for (const other of siblings) climb(course, other, carried, carriage);
  leaveByLink(course, parent, carried, carriage);
};

/** A veth drops what is longer than its far end's MTU. */
const isTooLong = (far: InterfaceModel, carried: Carried): boolean =>
  frameBytesOf(carried) > far.it.mtuBytes + spareBytes;

/** What the kernel keeps with a packet stays in its stack (skb_scrub_packet). */
const scrubbed = (carried: Carried): Carried =>
  carried.payload.packet.mark === 0
    ? carried
    : { ...carried, payload: { ...carried.payload, packet: { ...carried.payload.packet, mark: 0 } } };

/** Sends a frame out of an interface. */
export const leaveByLink = (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage): void => {
  const stack = stackOf(course.model, it.stack);
  if (!it.isUp) {
    stopAt(carriage, it, 'link', 'interface_down', `${it.name} is down`);
    return;
  }
  switch (it.it.kind) {
    case 'bridge':
      bridgeSend(course, stack, it, carried, carriage);
      return;
    case 'macvlan':
      overMacvlan(course, it, carried, carriage);
      return;
    case 'vlan': {
      const parent = stack.interfaces.get(it.it.vlan?.link ?? '');
      const id = it.it.vlan?.id;
      if (parent !== undefined && id !== undefined)
        leaveByLink(course, parent, { ...carried, frame: { ...carried.frame, vlan: id } }, carriage);
      return;
    }
    case 'vxlan':
      sendThroughVxlan(course, it, carried, carriage);
      return;
    case 'bond':
      overBond(course, it, carried, carriage);
      return;
    // What a dummy is given, it drops; a VRF is no link.
    case 'dummy':
    case 'vrf':
    case 'tunnel':
    case 'wireguard':
    case 'loopback':
      return;
    case 'ethernet': {
      const far = it.peer && course.model.stacks.get(it.peer.stack)?.interfaces.get(it.peer.interface);
      const known = course.model.facts.carrier?.[`${it.stack}/${it.name}`];
      if (known !== undefined) assume(course, `${it.stack} ${it.name} ${known ? 'has' : 'has no'} carrier`);
      if (far === undefined || known === false)
        stopAt(carriage, it, 'link', 'no_carrier', `nothing is plugged into ${it.name}`);
      else if (!far.isUp)
        stopAt(carriage, it, 'link', 'no_carrier', `${far.stack} ${far.name} at the other end is down`);
      else if (isTooLong(far, carried))
        stopAt(
          carriage,
          far,
          'link',
          'mtu',
          `${far.name} takes no frames of ${frameBytesOf(carried)} bytes (${far.it.mtuBytes}); nobody is told`,
        );
      else enterBy(course, far, far.stack === it.stack ? carried : scrubbed(carried), carriage);
    }
  }
};
