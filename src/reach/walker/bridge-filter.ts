/** Filters that frames pass on a bridge: its own family, and those of IP and ARP by way of br_netfilter. */
import { type InterfaceModel, type StackModel } from '../model/model.ts';
import { type Course } from './course.ts';
import { type ErrorToSend } from './fate.ts';
import { isHeldUp, neverWhole } from './fragments.ts';
import { passingOf, stopAt, type Carriage, type Carried } from './frames.ts';
import { runHook, runPlainHook, type IpHook } from './hook.ts';

/** The IP filters of a bridge's stack, where br_netfilter calls them; undefined: dropped. */
export const filterBridged = (
  course: Course,
  stack: StackModel,
  hook: IpHook,
  bridge: InterfaceModel,
  ports: { readonly in?: string; readonly out?: string },
  carried: Carried,
  carriage: Carriage,
): Carried | undefined => {
  const { payload } = carried;
  const { family, isLaterPiece } = payload.packet;
  if (payload.arp !== undefined || carriage.isReport === true || !stack.settings.bridgeFilter[family]) return carried;
  // Put together with the others here, it goes on with them.
  if (isLaterPiece === true && stack.tracks[family]) {
    carriage.arrivals.push({ stack: stack.name, interface: bridge.name, carried });
    return undefined;
  }
  const passing = {
    ...passingOf(
      carried,
      hook === 'postrouting' ? undefined : bridge.name,
      hook === 'prerouting' ? undefined : bridge.name,
    ),
    ...(ports.in === undefined ? {} : { portIn: ports.in }),
    ...(ports.out === undefined ? {} : { portOut: ports.out }),
  };
  const result = runHook(course, stack, hook, passing, payload.packet.destination);
  if (result.kind === 'drop') {
    const { reject, because, tracking, isSilent } = result;
    const error: ErrorToSend | undefined =
      reject === undefined || isSilent === true
        ? undefined
        : {
            stack: stack.name,
            kind: reject,
            interface: bridge.name,
            zone: ports.in ?? bridge.name,
            packet: payload.packet,
            isForMe: false,
            ...(ports.in === undefined ? {} : { bridged: { frame: carried.frame, port: ports.in } }),
            ...(tracking?.connection === undefined ? {} : { tracking }),
          };
    stopAt(carriage, bridge, hook, reject === undefined ? 'nf_drop' : 'nf_reject', because, error);
    return undefined;
  }
  const { packet, tracking } = result.passing;
  if (hook === 'postrouting' && isHeldUp(stack, packet)) {
    carriage.stops.push(neverWhole(stack.name, bridge.name).stop);
    return undefined;
  }
  return {
    ...carried,
    payload: {
      ...payload,
      packet,
      ...(tracking === undefined ? {} : { tracking }),
      ...(hook === 'prerouting' ? { hasPassedPrerouting: true as const } : {}),
    },
  };
};

/** The bridge family. */
export const passesOwnFilter = (
  course: Course,
  stack: StackModel,
  hook: string,
  at: InterfaceModel,
  carried: Carried,
  ingress: string | undefined,
  egress: string | undefined,
  carriage: Carriage,
): boolean => {
  const key = `bridge ${hook}`;
  if (!stack.hooks.has(key) || carriage.isReport === true) return true;
  const result = runPlainHook(course, stack, key, passingOf(carried, ingress, egress));
  if (result.kind === 'drop') stopAt(carriage, at, `bridge ${hook}`, 'l2_filter', result.because);
  return result.kind === 'pass';
};

/** The arp family, where br_netfilter calls it. */
export const isArpFiltered = (
  course: Course,
  stack: StackModel,
  bridge: InterfaceModel,
  carried: Carried,
  carriage: Carriage,
): boolean => {
  if (carried.payload.arp === undefined || !stack.settings.bridgeFilter.arp || !stack.hooks.has('arp forward'))
    return false;
  const passing = { ...passingOf(carried, bridge.name, bridge.name), isArpTable: true as const };
  const result = runPlainHook(course, stack, 'arp forward', passing);
  if (result.kind === 'drop') stopAt(carriage, bridge, 'arp forward', 'arp_filter', result.because);
  return result.kind === 'drop';
};
