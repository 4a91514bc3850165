/**
 * Links: interfaces that frames can get to from each other, and which of them hand packets to their IP layer. A link is
 * plain where nothing but addresses decides who answers and who gets a frame: one cable, or one bridge without
 * peculiarities; its questions need no frames to be carried about.
 */
import { type Family } from '../../net/address.ts';
import { type InterfaceModel, type Model, type StackModel } from '../model/model.ts';
import { interfaceOf, stackOf } from '../model/model.ts';

export interface Segment {
  readonly id: number;
  readonly interfaces: readonly InterfaceModel[];
  /** Those that are no bridge ports. */
  readonly stations: readonly InterfaceModel[];
  readonly bridges: readonly InterfaceModel[];
  /** By name. */
  readonly stacks: ReadonlySet<string>;
  /** One cable or one bridge: where a frame comes out follows from its MAC alone. */
  readonly isOrderly: boolean;
  /** Orderly, and who answers for an address follows from addresses alone. */
  readonly isPlain: Readonly<Record<Family, boolean>>;
  /** Whether somebody may answer for others' addresses, or for whole blocks. */
  readonly hasProxies: boolean;
  /** The smallest of its interfaces: what is no longer gets everywhere. */
  readonly leastMtuBytes: number;
  /** A tunnel is part of it: its packets are packets again. */
  readonly hasTunnels: boolean;
  readonly byMac: ReadonlyMap<string, InterfaceModel>;
  /** MACs that several stations have: where bridges take them to be changes with each frame. */
  readonly twinMacs: ReadonlySet<string>;
  /** Filters of the family of bridges or of ingress: they look at packets where the engine does not. */
  readonly hasLinkFilters: boolean;
}

/** Whether who gets and answers what an interface sends on a link follows from addresses alone. */
export const isPlainFrom = ({ isPlain }: Segment, { it }: InterfaceModel, family: Family): boolean =>
  // A bridge takes the answers to what one of its ports sends.
  isPlain[family] && it.master === undefined;

const placeOf = (it: InterfaceModel): string => `${it.stack}/${it.name}`;

const linkHook = /^(arp|bridge|netdev) /;

const hasLinkHooks = ({ hooks }: StackModel): boolean =>
  hooks.size > 0 && [...hooks.keys()].some((key) => linkHook.test(key));

const hasHooks6 = ({ hooks, tracks }: StackModel): boolean =>
  tracks[6] || (hooks.size > 0 && [...hooks.keys()].some((key) => key.startsWith('6 ')));

const answersForOthers = ({ proxies }: StackModel, { settings }: InterfaceModel): boolean =>
  settings.proxyArp || settings.proxyArpPvlan || proxies.size > 0;

const hasLocalBlocks = (stack: StackModel): boolean => {
  if (stack.stack.routes.some(({ type }) => type === 'local')) return true;
  for (const { it, addresses } of stack.interfaces.values())
    if (it.kind === 'loopback')
      for (const { scope, family, prefixLength } of addresses)
        if (scope === 'global' && family === 4 && prefixLength < 32) return true;
  return false;
};

const isOrdinaryPort = (model: Model, it: InterfaceModel): boolean =>
  it.it.kind === 'ethernet' &&
  it.isUp &&
  it.it.port === undefined &&
  it.children.length === 0 &&
  model.facts.portStates?.[placeOf(it)] === undefined;

const isPlainLink = (
  model: Model,
  stations: readonly InterfaceModel[],
  bridges: readonly InterfaceModel[],
  interfaces: readonly InterfaceModel[],
): boolean => {
  if (bridges.length > 1) return false;
  if (interfaces.some((it) => !it.isUp || it.children.length > 0 || model.facts.carrier?.[placeOf(it)] !== undefined))
    return false;
  if (interfaces.some((it) => it.it.kind !== 'ethernet' && it.it.kind !== 'bridge')) return false;
  const macs = new Set(stations.map(({ mac }) => mac));
  if (macs.size < stations.length) return false;
  const [bridge] = bridges;
  if (bridge === undefined) return interfaces.length === 2;
  if (bridge.it.bridge?.vlanFiltering === true || bridge.ports.length === 0) return false;
  const stack = stackOf(model, bridge.stack);
  const ports = bridge.ports.map((name) => interfaceOf(stack, name));
  return (
    ports.every((port) => isOrdinaryPort(model, port) && (port.mac === bridge.mac || !macs.has(port.mac))) &&
    interfaces.length === ports.length + stations.length &&
    stations.every((it) => it === bridge || it.it.kind === 'ethernet')
  );
};

/** Kinds of devices that sets of packets do not follow. */
const leftToWalker: ReadonlySet<string> = new Set(['vxlan', 'tunnel', 'vrf', 'wireguard']);

/** What stands on an interface may have its MAC: that is one station still. */
const twinsAmong = (stations: readonly InterfaceModel[]): ReadonlySet<string> => {
  const first = new Map<string, InterfaceModel>();
  const twins = new Set<string>();
  for (const it of stations) {
    const other = first.get(it.mac);
    if (other === undefined) first.set(it.mac, it);
    else if (other.stack !== it.stack || (other.it.kind === 'ethernet' && it.it.kind === 'ethernet')) twins.add(it.mac);
  }
  return twins;
};

const segmentFrom = (model: Model, id: number, interfaces: readonly InterfaceModel[]): Segment => {
  const stations = interfaces.filter(({ it }) => it.master === undefined);
  const bridges = interfaces.filter(({ it }) => it.kind === 'bridge');
  const byName = new Map<string, StackModel>();
  for (const { stack } of interfaces) if (!byName.has(stack)) byName.set(stack, stackOf(model, stack));
  const stacks = [...byName.values()];
  const hasLinkFilters = stacks.some(hasLinkHooks);
  const isOrderly = !hasLinkFilters && isPlainLink(model, stations, bridges, interfaces);
  const hasProxies = stations.some((it) => {
    const stack = byName.get(it.stack)!;
    return answersForOthers(stack, it) || hasLocalBlocks(stack);
  });
  return {
    id,
    interfaces,
    stations,
    bridges,
    stacks: new Set(byName.keys()),
    isOrderly,
    isPlain: { 4: isOrderly && !hasProxies, 6: isOrderly && !hasProxies && !stacks.some(hasHooks6) },
    hasProxies,
    leastMtuBytes: interfaces.reduce((least, { it }) => Math.min(least, it.mtuBytes), 65535),
    hasTunnels: interfaces.some(({ it }) => leftToWalker.has(it.kind)),
    byMac: new Map(stations.map((it) => [it.mac, it])),
    twinMacs: twinsAmong(stations),
    hasLinkFilters,
  };
};

/** The links of a model; every interface but loopback is in one. */
export const segmentsIn = (
  model: Model,
): { readonly all: readonly Segment[]; readonly of: (it: InterfaceModel) => Segment } => {
  const seen = new Map<InterfaceModel, number>();
  const lists: InterfaceModel[][] = [];
  /** Takes an interface into a link that it is not in yet. */
  const join = (list: InterfaceModel[], next: InterfaceModel | undefined): void => {
    if (next === undefined || seen.has(next)) return;
    seen.set(next, lists.length);
    list.push(next);
  };
  const joinNeighbours = (list: InterfaceModel[], it: InterfaceModel): void => {
    const { master, vlan, macvlan } = it.it;
    const below = [master, vlan?.link, macvlan?.link].filter((name) => name !== undefined);
    if (below.length + it.ports.length + it.children.length > 0) {
      const { interfaces } = stackOf(model, it.stack);
      for (const names of [below, it.ports, it.children]) for (const name of names) join(list, interfaces.get(name));
    }
    if (it.peer !== undefined) join(list, model.stacks.get(it.peer.stack)?.interfaces.get(it.peer.interface));
  };
  for (const stack of model.stacks.values())
    for (const first of stack.interfaces.values()) {
      if (seen.has(first) || first.it.kind === 'loopback') continue;
      const list: InterfaceModel[] = [];
      join(list, first);
      for (let index = 0; index < list.length; index += 1) joinNeighbours(list, list[index]!);
      lists.push(list);
    }
  const all = lists.map((list, id) => segmentFrom(model, id, list));
  return { all, of: (it) => all[seen.get(it)!]! };
};
