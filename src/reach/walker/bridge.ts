/**
 * A Linux bridge (br_handle_frame, br_forward, br_dev_xmit) with port states, VLAN filtering, learning, isolation,
 * hairpin, its own filter family, and the IP filters where br_netfilter calls them.
 */
import { type PortVlan } from '../../state/network-state.ts';
import { interfaceOf, type InterfaceModel, type StackModel } from '../model/model.ts';
import { filterBridged, isArpFiltered, passesOwnFilter } from './bridge-filter.ts';
import { assume, beginHop, choose, leaveBy, note, type Course } from './course.ts';
import { type ErrorToSend } from './fate.ts';
import { fitToPort, putTogether } from './bridge-mtu.ts';
import { isGroup, stopAt, type Carriage, type Carried } from './frames.ts';
import { nextHopOnBridge } from './next-hop-on-bridge.ts';
import { hearReports } from './reports.ts';
import { packetText } from './words.ts';

const defaultVlans: readonly PortVlan[] = [{ id: 1, pvid: true, untagged: true }];

/** The VLAN of a frame at a port; 0 where the bridge does not filter; undefined: it may not come in. */
const vlanAt = (bridge: InterfaceModel, vlans: readonly PortVlan[], tag: number | undefined): number | undefined => {
  if (bridge.it.bridge?.vlanFiltering !== true) return 0;
  const found = tag === undefined ? vlans.find(({ pvid }) => pvid === true) : vlans.find(({ id }) => id === tag);
  return found?.id;
};

const vlansOfPort = ({ it }: InterfaceModel): readonly PortVlan[] => it.port?.vlans ?? defaultVlans;
const vlansOfBridge = ({ it }: InterfaceModel): readonly PortVlan[] => it.bridge?.vlans ?? defaultVlans;

/** With the tag that a frame of a VLAN has when it leaves; undefined: it may not leave. */
const leaving = (carried: Carried, vlan: number, vlans: readonly PortVlan[]): Carried | undefined => {
  if (vlan === 0) return carried;
  const found = vlans.find(({ id }) => id === vlan);
  if (found === undefined) return undefined;
  const { vlan: _tag, ...frame } = carried.frame;
  return { ...carried, frame: found.untagged === true ? frame : { ...frame, vlan } };
};

const stationKey = (stack: StackModel, bridge: InterfaceModel, vlan: number, mac: string): string =>
  `${stack.name} ${bridge.name} ${vlan} ${mac}`;

const stateOf = (course: Course, port: InterfaceModel): string => {
  const { portStates } = course.model.facts;
  const state = portStates?.[`${port.stack}/${port.name}`];
  if (state !== undefined) assume(course, `bridge port ${port.name} of ${port.stack} is ${state}`);
  return state ?? 'forwarding';
};

/** Out of one port; `from` is the port that it came in by, undefined where the bridge itself sends. */
const sendOut = (
  course: Course,
  stack: StackModel,
  bridge: InterfaceModel,
  from: InterfaceModel | undefined,
  to: InterfaceModel,
  vlan: number,
  carried: Carried,
  carriage: Carriage,
): void => {
  if (from === to && to.it.port?.hairpin !== true) {
    stopAt(carriage, to, 'bridge', 'hairpin', `${to.name} is the port that the frame came in by`);
    return;
  }
  if (from?.it.port?.isolated === true && to.it.port?.isolated === true) {
    stopAt(carriage, to, 'bridge', 'isolated', `ports ${from.name} and ${to.name} are isolated from each other`);
    return;
  }
  if (stateOf(course, to) !== 'forwarding' || !to.isUp) {
    stopAt(
      carriage,
      to,
      'bridge',
      to.isUp ? 'stp_blocked' : 'interface_down',
      `port ${to.name} is ${to.isUp ? stateOf(course, to) : 'down'}`,
    );
    return;
  }
  const tagged = leaving(carried, vlan, vlansOfPort(to));
  if (tagged === undefined) {
    stopAt(carriage, to, 'bridge', 'vlan_mismatch', `port ${to.name} is not in VLAN ${vlan}`);
    return;
  }
  let now: Carried | undefined = tagged;
  if (from !== undefined) {
    if (!passesOwnFilter(course, stack, 'forward', to, now, from.name, to.name, carriage)) return;
    if (isArpFiltered(course, stack, bridge, now, carriage)) return;
    now = filterBridged(course, stack, 'forward', bridge, { in: from.name, out: to.name }, now, carriage);
    if (now === undefined) return;
  }
  // Those of IP are the last here (NF_BR_PRI_LAST).
  if (!passesOwnFilter(course, stack, 'postrouting', to, now, from?.name, to.name, carriage)) return;
  if (from !== undefined) {
    now = filterBridged(course, stack, 'postrouting', bridge, { in: from.name, out: to.name }, now, carriage);
    if (now === undefined) return;
  }
  const fit = fitToPort(stack, bridge, to, now, from !== undefined);
  if (fit.kind === 'lost') {
    const text = `${fit.frameBytes} bytes are more than port ${to.name} takes (${to.it.mtuBytes})`;
    const told: ErrorToSend = {
      stack: stack.name,
      kind: 'packet-too-big',
      interface: bridge.name,
      // It leaves by the port to a sender that is good on one link only, and nobody hears it there (icmp6_iif).
      zone: to.name,
      packet: now.payload.packet,
      isForMe: false,
      ...(from === undefined ? {} : { bridged: { frame: now.frame, port: from.name } }),
      ...(now.payload.tracking?.connection === undefined ? {} : { tracking: now.payload.tracking }),
    };
    if (fit.isTold) stopAt(carriage, to, 'bridge', 'mtu', text, told);
    else stopAt(carriage, to, 'bridge', 'mtu', `${text}; a bridge tells nobody`);
    return;
  }
  // What the filters of this stack know of the packet stays here.
  const { tracking: _tracking, hasPassedPrerouting: _prerouting, ...rest } = now.payload;
  const payload = rest.arp === undefined ? { ...rest, packet: fit.packet, frameBytes: fit.frameBytes } : rest;
  if (from !== undefined && !isGroup(now.frame.destinationMac)) leaveBy(course, to.name);
  course.ways.leave(course, to, { ...now, payload }, carriage);
};

/** The port that a station is behind, where the bridge has heard it. */
const portOf = (course: Course, station: string, mac: string): string | undefined => {
  if (!course.stations.has(station)) hearReports(course, mac);
  return course.stations.get(station);
};

const sendOn = (
  course: Course,
  stack: StackModel,
  bridge: InterfaceModel,
  from: InterfaceModel | undefined,
  vlan: number,
  carried: Carried,
  carriage: Carriage,
): void => {
  const { destinationMac } = carried.frame;
  const known = isGroup(destinationMac)
    ? undefined
    : portOf(course, stationKey(stack, bridge, vlan, destinationMac), destinationMac);
  if (known !== undefined) {
    sendOut(course, stack, bridge, from, interfaceOf(stack, known), vlan, carried, carriage);
    return;
  }
  for (const name of bridge.ports) {
    const port = interfaceOf(stack, name);
    if (port === from && port.it.port?.hairpin !== true) continue;
    if (port.leaf !== undefined && carriage.matters?.(port.leaf) === false) continue;
    if (!isGroup(destinationMac) && port.it.port?.flood === false)
      stopAt(
        carriage,
        port,
        'bridge',
        'not_flooded',
        `port ${name} is not sent frames to unknown stations (flood off)`,
      );
    else sendOut(course, stack, bridge, from, port, vlan, carried, carriage);
  }
};

const deliverUp = (
  course: Course,
  stack: StackModel,
  bridge: InterfaceModel,
  port: InterfaceModel,
  vlan: number,
  carried: Carried,
  carriage: Carriage,
): void => {
  const tagged = leaving(carried, vlan, vlansOfBridge(bridge));
  if (tagged === undefined) {
    stopAt(carriage, bridge, 'bridge', 'vlan_mismatch', `${bridge.name} itself is not in VLAN ${vlan}`);
    return;
  }
  if (!passesOwnFilter(course, stack, 'input', bridge, tagged, port.name, undefined, carriage)) return;
  const { destinationMac } = tagged.frame;
  // Taken for the bridge's own, but of a type that IP drops: only its MAC and that of the port make it a host's.
  const isForChild = bridge.children.some((name) => interfaceOf(stack, name).mac === destinationMac);
  const isHost = isGroup(destinationMac) || isForChild || destinationMac === bridge.mac || destinationMac === port.mac;
  if (!isHost) {
    stopAt(carriage, bridge, 'bridge', 'other_host', `${destinationMac} is the MAC of another port of ${bridge.name}`);
    return;
  }
  const isForBridge = !isGroup(destinationMac) && !isForChild;
  const frame = isForBridge ? { ...tagged.frame, destinationMac: bridge.mac } : tagged.frame;
  course.ways.handUp(course, bridge, { frame, payload: putTogether(stack, tagged.payload) }, carriage);
};

/**
 * A frame whose packet got another destination on the way in: to the neighbour on this bridge that it is for now, else up
 * to the bridge's own stack (br_nf_pre_routing_finish).
 */
const sendTranslated = (
  course: Course,
  stack: StackModel,
  bridge: InterfaceModel,
  port: InterfaceModel,
  vlan: number,
  carried: Carried,
  carriage: Carriage,
): void => {
  const { packet } = carried.payload;
  const hop = nextHopOnBridge(stack, bridge, packet);
  if (hop === 'lost') {
    stopAt(carriage, bridge, 'bridge', 'no_route', `no route to the translated destination from ${bridge.name}`);
    return;
  }
  if (hop === 'up') {
    const frame = { ...carried.frame, destinationMac: bridge.mac };
    const payload = packet.family === 6 ? { ...carried.payload, isRouted: true as const } : carried.payload;
    deliverUp(course, stack, bridge, port, vlan, { frame, payload }, carriage);
    return;
  }
  const nexthop = hop.via ?? packet.destination;
  const station = course.ways.findStation(course, stack.name, bridge.name, packet.family, nexthop, packet.source);
  if (station === undefined)
    stopAt(
      carriage,
      bridge,
      'bridge',
      'no_neighbour',
      `nobody on ${bridge.name} answers for the translated destination`,
    );
  else
    sendOn(
      course,
      stack,
      bridge,
      port,
      vlan,
      { ...carried, frame: { ...carried.frame, destinationMac: station.mac } },
      carriage,
    );
};

export const bridgeReceive = (
  course: Course,
  stack: StackModel,
  bridge: InterfaceModel,
  port: InterfaceModel,
  arrived: Carried,
  carriage: Carriage,
): void => {
  const { sourceMac, destinationMac } = arrived.frame;
  const place = `${stack.name}/${port.name}`;
  if (carriage.seen.has(place)) {
    stopAt(carriage, port, 'bridge', 'ttl_loop', `the frame goes round in a loop through ${port.name}`);
    return;
  }
  carriage.seen.add(place);
  const state = stateOf(course, port);
  if ((state !== 'forwarding' && state !== 'learning') || !bridge.isUp) {
    stopAt(
      carriage,
      port,
      'bridge',
      bridge.isUp ? 'stp_blocked' : 'interface_down',
      bridge.isUp ? `port ${port.name} is ${state}` : `${bridge.name} is down`,
    );
    return;
  }
  const vlan = vlanAt(bridge, vlansOfPort(port), arrived.frame.vlan);
  if (vlan === undefined) {
    stopAt(
      carriage,
      port,
      'bridge',
      'vlan_mismatch',
      `port ${port.name} takes no frames ${arrived.frame.vlan === undefined ? 'without a tag' : `of VLAN ${arrived.frame.vlan}`}`,
    );
    return;
  }
  const isUnicast = !isGroup(destinationMac);
  if (isUnicast) {
    beginHop(course, stack.name, port.name);
    note(course, () => ({
      stage: 'bridge',
      action: 'pass',
      because: { object: 'bridge', stack: stack.name, key: bridge.name, text: `bridge ${bridge.name}` },
      packet: arrived.payload.arp === undefined ? packetText(arrived.payload.packet) : 'arp',
    }));
  }
  if (!passesOwnFilter(course, stack, 'prerouting', port, arrived, port.name, undefined, carriage)) return;
  const destination = arrived.payload.packet.destination;
  const carried = filterBridged(course, stack, 'prerouting', bridge, { in: port.name }, arrived, carriage);
  if (carried === undefined) return;
  if (port.it.port?.learning !== false) {
    const station = stationKey(stack, bridge, vlan, sourceMac);
    // What a hairpin port sends back of a flooded frame comes before or after what its sender is answered. None is waited for.
    const before = carriage.isReport === true ? undefined : course.stations.get(station);
    const isBack = before !== undefined && before !== port.name && carriage.seen.has(`${stack.name}/${before}`);
    if (!isBack || choose(course, `${isUnicast ? 'packet' : 'question'} back by ${place}`, 2) === 0)
      course.stations.set(station, port.name);
  }
  if (state === 'learning') {
    stopAt(carriage, port, 'bridge', 'stp_blocked', `port ${port.name} is learning`);
    return;
  }
  if (carried.payload.packet.destination !== destination) {
    sendTranslated(course, stack, bridge, port, vlan, carried, carriage);
    return;
  }
  const isLocal = bridge.localMacs.has(destinationMac);
  if (isLocal || !isUnicast) deliverUp(course, stack, bridge, port, vlan, carried, carriage);
  if (!isLocal) sendOn(course, stack, bridge, port, vlan, carried, carriage);
};

/** The bridge's own stack sends. */
export const bridgeSend = (
  course: Course,
  stack: StackModel,
  bridge: InterfaceModel,
  carried: Carried,
  carriage: Carriage,
): void => {
  const vlan = vlanAt(bridge, vlansOfBridge(bridge), carried.frame.vlan);
  if (vlan === undefined) {
    stopAt(carriage, bridge, 'bridge', 'vlan_mismatch', `${bridge.name} itself is in no VLAN for this frame`);
    return;
  }
  if (!passesOwnFilter(course, stack, 'output', bridge, carried, undefined, bridge.name, carriage)) return;
  const { destinationMac } = carried.frame;
  if (destinationMac === bridge.mac) {
    stopAt(carriage, bridge, 'bridge', 'other_host', `${destinationMac} is the MAC of ${bridge.name} itself`);
    return;
  }
  // The MAC of a port is in the bridge's table with that port, whoever else has it.
  const own = bridge.ports.map((name) => interfaceOf(stack, name)).find(({ mac }) => mac === destinationMac);
  if (own !== undefined) {
    sendOut(course, stack, bridge, undefined, own, vlan, carried, carriage);
    return;
  }
  if (bridge.ports.length === 0) stopAt(carriage, bridge, 'bridge', 'no_carrier', `bridge ${bridge.name} has no ports`);
  sendOn(course, stack, bridge, undefined, vlan, carried, carriage);
};
