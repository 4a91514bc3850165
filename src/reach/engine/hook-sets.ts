/**
 * One hook of netfilter over sets of packets: base chains by priority with tracking and translation in their places.
 * Mirrors `walker/hook.ts` and `walker/translate.ts`.
 */
import { ip, type Family } from '../../net/address.ts';
import { interfaceOf, type HookChain, type StackModel } from '../model/model.ts';
import { ACK } from '../walker/connections.ts';
import { type IpHook } from '../walker/hook.ts';
import { scopeOf6, selectAddress4, selectAddress6 } from '../walker/source-address.ts';
import { changesSource, isNatVerdict, type NatHook, type NatVerdict } from '../walker/translate.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type FilterSets, type Marks, type Place } from './filter-sets.ts';
import { offAxis, onAxis, type Space } from './space.ts';
import {
  connectionKey,
  remember,
  trackingKey,
  trackSets,
  type ConnectionShape,
  type Sessions,
  type TrackingShape,
} from './tracking.ts';
import { viewKey, type Term, type View } from './view.ts';

/** Packets that share how they look and what their stack knows of them. */
export interface Passage {
  readonly set: PacketSet;
  readonly view: View;
  /** Undefined: not looked at yet. */
  readonly tracking: TrackingShape | undefined;
}

export interface HookSets {
  readonly passed: readonly Passage[];
  readonly dropped: PacketSet;
  readonly rejected: PacketSet;
}

/** A chain and what it was read with. */
export interface Reading {
  readonly stack: StackModel;
  readonly at: HookChain;
  readonly place: HookPlace;
  readonly view: View;
  readonly tracking: TrackingShape | undefined;
}

/** What hooks work with: the sets, and the connections of the stack, which they change. */
export interface HookContext {
  readonly space: Space;
  readonly filters: FilterSets;
  readonly stack: StackModel;
  sessions: Sessions;
  /** Where it is kept what chains were read with. */
  readonly readings: Map<string, Reading> | undefined;
  /** Values of an address field in runs that this stack treats alike. */
  readonly runsOf: (family: Family) => readonly { readonly value: bigint; readonly set: (term: Term) => PacketSet }[];
}

/** What is known of the place but what tracking says. */
export type HookPlace = Omit<Place, 'tracking'>;

const passageKey = ({ view, tracking }: Passage): string => `${viewKey(view)} ${trackingKey(tracking)}`;

/** Those that look alike become one. */
export const joinPassages = (space: Space, passages: readonly Passage[]): readonly Passage[] => {
  if (passages.length < 2) return passages;
  const byKey = new Map<string, Passage>();
  for (const it of passages) {
    if (it.set === NOTHING) continue;
    const key = passageKey(it);
    const before = byKey.get(key);
    byKey.set(key, before === undefined ? it : { ...before, set: space.bdd.or(before.set, it.set) });
  }
  return [...byKey.values()];
};

const marksOf = ({ view, tracking }: Passage): Marks => ({
  mark: view.mark,
  connection: tracking?.connection?.mark,
  isUntracked: tracking?.state === 'untracked',
});

/** What the walker's `Tracking` shows to matches. */
const shown = (tracking: TrackingShape | undefined): Place['tracking'] =>
  tracking === undefined
    ? undefined
    : {
        state: tracking.state,
        direction: tracking.direction,
        ...(tracking.connection === undefined
          ? {}
          : { connection: { ...tracking.connection, original: noTuple, reply: noTuple, isConfirmed: true } }),
      };

const noTuple = { family: 4, protocol: 0, source: 0n, sourcePort: 0, destination: 0n, destinationPort: 0 } as const;

/**
 * Whether the data of a TCP connection passes a chain wherever the handshake did: without translation and marks, and
 * with all that was accepted of new and answered packets accepted of established ones.
 */
export const dataPasses = (space: Space, filters: FilterSets, reading: Reading): boolean => {
  const { stack, at, place, view, tracking } = reading;
  if (at.chain.type === 'nat') return tracking?.connection === undefined || !isTouched(tracking.connection);
  let later = tracking;
  const connection = tracking?.connection;
  if (tracking !== undefined && tracking.state !== 'untracked') {
    if (connection === undefined || isTouched(connection)) return false;
    if (tracking.direction !== (view.isReply ? 'reply' : 'original')) return false;
    later = { ...tracking, state: 'established', connection: { ...connection, hasAnswer: true } };
  }
  const marks = marksOf({ set: 1, view, tracking });
  const accepted = (how: TrackingShape | undefined, flags: number): PacketSet | undefined => {
    const outcomes = filters
      .chain(stack.name, at, { ...place, tracking: shown(how) }, { ...view, tcpFlags: flags }, marks)
      .filter(({ verdict }) => verdict.kind === 'accept');
    if (outcomes.some((it) => it.marks.mark !== marks.mark || it.marks.connection !== marks.connection))
      return undefined;
    return space.bdd.union(outcomes.map(({ set }) => set));
  };
  const before = accepted(tracking, view.tcpFlags);
  const after = accepted(later, ACK);
  if (before === undefined || after === undefined) return false;
  return space.bdd.and(space.bdd.minus(before, after), space.protocol('tcp')) === NOTHING;
};

const isTouched = (it: ConnectionShape): boolean =>
  it.isSourceTranslated || it.isDestinationTranslated || it.mark !== 0;

const withMarks = (context: HookContext, it: Passage, set: PacketSet, marks: Marks): Passage => {
  const view = marks.mark === it.view.mark ? it.view : { ...it.view, mark: marks.mark };
  let { tracking } = it;
  if (marks.isUntracked && tracking === undefined) tracking = { state: 'untracked', direction: 'original' };
  const connection = tracking?.connection;
  if (
    tracking !== undefined &&
    connection !== undefined &&
    marks.connection !== undefined &&
    marks.connection !== connection.mark
  )
    tracking = {
      ...tracking,
      connection: changed(context, set, connection, { ...connection, mark: marks.connection }),
    };
  return { set, view, tracking };
};

/** A connection that is remembered changes its shape in memory too. */
const changed = (
  context: HookContext,
  set: PacketSet,
  before: ConnectionShape,
  after: ConnectionShape,
): ConnectionShape => {
  const known = context.sessions.get(connectionKey(before))?.set ?? NOTHING;
  const part = context.space.bdd.and(known, set);
  if (part !== NOTHING) context.sessions = remember(context.space, context.sessions, part, after, before);
  return after;
};

const readOne = (
  context: HookContext,
  at: HookChain,
  place: HookPlace,
  it: Passage,
): readonly { readonly passage: Passage; readonly verdict: ReturnType<FilterSets['chain']>[number]['verdict'] }[] => {
  const { space, filters, stack, readings } = context;
  if (readings !== undefined) {
    const where = `${place.in ?? ''} ${place.out ?? ''} ${place.portIn ?? ''} ${place.portOut ?? ''}`;
    const key = `${stack.name} ${at.table.family} ${at.table.name} ${at.chain.name} ${where} ${passageKey(it)}`;
    if (!readings.has(key)) readings.set(key, { stack, at, place, view: it.view, tracking: it.tracking });
  }
  const outcomes = filters.chain(stack.name, at, { ...place, tracking: shown(it.tracking) }, it.view, marksOf(it));
  return outcomes.flatMap(({ set, verdict, marks }) => {
    const part = space.bdd.and(set, it.set);
    return part === NOTHING ? [] : [{ passage: withMarks(context, it, part, marks), verdict }];
  });
};

/** One part of a set by the address that masquerading gives it; undefined: there is none. */
const masqueradeAddresses = (
  context: HookContext,
  it: Passage,
  dev: string,
  nexthop: Term | undefined,
): readonly { readonly set: PacketSet; readonly address: bigint | undefined }[] => {
  const { space, stack } = context;
  const { family, destination } = it.view;
  const select = (value: bigint | undefined): bigint | undefined =>
    family === 4 ? selectAddress4(stack, dev, value) : selectAddress6(stack, dev, value ?? 0n);
  const decisive = family === 4 ? nexthop : destination;
  if (decisive === undefined || typeof decisive === 'bigint')
    return [{ set: it.set, address: select(decisive === undefined ? undefined : offAxis(decisive).value) }];
  const byAddress = new Map<bigint | undefined, PacketSet>();
  for (const run of context.runsOf(family)) {
    const part = space.bdd.and(it.set, run.set(decisive));
    if (part === NOTHING) continue;
    const address = select(offAxis(run.value).value);
    byAddress.set(address, space.bdd.or(byAddress.get(address) ?? NOTHING, part));
  }
  return [...byAddress].map(([address, set]) => ({ set, address }));
};

interface NatPlace extends HookPlace {
  readonly hook: NatHook;
  readonly nexthop: Term | undefined;
}

/** The address that REDIRECT means. */
const redirectAddress = (stack: StackModel, family: Family, dev: string | undefined): bigint | undefined => {
  if (dev === undefined) return family === 4 ? 0x7f000001n : 1n;
  return interfaceOf(stack, dev).addresses.find(
    (it) =>
      it.family === family && (family === 4 || (!it.isUnusable && it.scope !== 'link' && scopeOf6(it.value) !== 2)),
  )?.value;
};

/** The courses of a range of addresses: which one is taken, nobody knows. */
const rangeOf = (
  space: Space,
  verdict: Extract<NatVerdict, { kind: 'snat' | 'dnat' }>,
): { set: PacketSet; address: bigint }[] => {
  const first = ip(verdict.address).value;
  const last = verdict.lastAddress === undefined ? first : ip(verdict.lastAddress).value;
  const count = last - first < 7n ? Number(last - first) + 1 : 8;
  if (count < 2) return [{ set: 1, address: first }];
  const key = `range ${verdict.address}-${verdict.lastAddress ?? ''}`;
  return Array.from({ length: count }, (_, index) => ({
    set: space.unknown(key, count, index),
    address: first + BigInt(index),
  }));
};

const translated = (
  context: HookContext,
  it: Passage,
  verdict: NatVerdict,
  place: NatPlace,
): readonly { readonly passage: Passage; readonly isLost: boolean }[] => {
  const { space, stack } = context;
  const tracking = it.tracking!;
  const connection = tracking.connection!;
  const { family } = it.view;
  const give = (
    set: PacketSet,
    address: bigint | undefined,
    side: 'source' | 'destination',
    port: number | undefined,
  ): { passage: Passage; isLost: boolean }[] => {
    const part = space.bdd.and(it.set, set);
    if (part === NOTHING) return [];
    if (address === undefined) return [{ passage: { ...it, set: part }, isLost: true }];
    const portSide = side === 'source' ? 'sourcePort' : 'destinationPort';
    // An answer shows the new source as its destination, and the other way round.
    const reply =
      side === 'source'
        ? ({ destination: onAxis(family, address) } as const)
        : ({ source: onAxis(family, address) } as const);
    const after = (part1: PacketSet, withPort: boolean): { passage: Passage; isLost: boolean }[] => {
      if (part1 === NOTHING) return [];
      const wished = withPort && port !== undefined ? BigInt(port) : undefined;
      const replyPort =
        wished === undefined ? {} : side === 'source' ? { destinationPort: wished } : { sourcePort: wished };
      const next: ConnectionShape = changed(context, part1, connection, {
        ...connection,
        reply: { ...connection.reply, ...reply, ...replyPort },
        ...(side === 'source' ? { isSourceTranslated: true } : { isDestinationTranslated: true }),
      });
      return [{ passage: { ...it, set: part1, tracking: { ...tracking, connection: next } }, isLost: false }];
    };
    if (port === undefined || it.view[portSide] === BigInt(port)) return after(part, false);
    const echo = space.protocol('icmp');
    return [...after(space.bdd.and(part, echo), false), ...after(space.bdd.minus(part, echo), true)];
  };
  switch (verdict.kind) {
    case 'masquerade':
      return masqueradeAddresses(context, it, place.out ?? '', place.nexthop).flatMap(({ set, address }) =>
        give(set, address, 'source', undefined),
      );
    case 'snat':
      return rangeOf(space, verdict).flatMap(({ set, address }) => give(set, address, 'source', verdict.port));
    case 'dnat':
      return rangeOf(space, verdict).flatMap(({ set, address }) => give(set, address, 'destination', verdict.port));
    case 'redirect':
      return give(
        it.set,
        redirectAddress(stack, family, place.hook === 'output' ? undefined : place.in),
        'destination',
        verdict.port,
      );
  }
};

/** Applies what the connection remembers. */
const applied = (it: Passage, hook: NatHook): Passage => {
  const { tracking, view } = it;
  const connection = tracking?.connection;
  if (
    tracking === undefined ||
    connection === undefined ||
    tracking.state === 'invalid' ||
    tracking.state === 'untracked'
  )
    return it;
  const isSource = changesSource(hook);
  const { original, reply } = connection;
  const isOriginal = tracking.direction === 'original';
  const concerns = isSource === isOriginal ? connection.isSourceTranslated : connection.isDestinationTranslated;
  if (!concerns) return it;
  const goal = isOriginal ? reply : original;
  const next: Partial<View> = isSource
    ? { source: goal.destination, sourcePort: goal.destinationPort }
    : { destination: goal.source, destinationPort: goal.sourcePort };
  return { ...it, view: { ...view, ...next } };
};

const translate = (
  context: HookContext,
  chains: readonly HookChain[],
  place: NatPlace,
  it: Passage,
): { readonly passed: readonly Passage[]; readonly dropped: PacketSet; readonly rejected: PacketSet } => {
  const { space } = context;
  const { tracking } = it;
  const connection = tracking?.connection;
  if (tracking === undefined || connection === undefined) return { passed: [it], dropped: NOTHING, rejected: NOTHING };
  const side = changesSource(place.hook) ? 'isSourceDecided' : 'isDestinationDecided';
  if (tracking.state !== 'new' || connection[side])
    return { passed: [applied(it, place.hook)], dropped: NOTHING, rejected: NOTHING };
  const decided = changed(context, it.set, connection, { ...connection, [side]: true });
  let live: readonly Passage[] = [{ ...it, tracking: { ...tracking, connection: decided } }];
  const passed: Passage[] = [];
  let dropped: PacketSet = NOTHING;
  for (const at of chains) {
    const next: Passage[] = [];
    for (const one of live) {
      for (const { passage, verdict } of readOne(context, at, place, one)) {
        if (verdict.kind === 'drop' || verdict.kind === 'reject') dropped = space.bdd.or(dropped, passage.set);
        else if (!isNatVerdict(verdict)) next.push(passage);
        else
          for (const { passage: now, isLost } of translated(context, passage, verdict, place)) {
            if (isLost) dropped = space.bdd.or(dropped, now.set);
            else passed.push(applied(now, place.hook));
          }
      }
    }
    live = joinPassages(space, next);
  }
  return { passed: [...passed, ...live.map((one) => applied(one, place.hook))], dropped, rejected: NOTHING };
};

const natHooks = new Set<IpHook>(['prerouting', 'output', 'postrouting', 'input']);
const conntrackPriority = -200;

/** Runs all of one IP hook. `nexthop`: the next hop, or the destination's term where that is on the link. */
export const runHookSets = (
  context: HookContext,
  hook: IpHook,
  place: HookPlace,
  entering: readonly Passage[],
  nexthop?: Term,
): HookSets => {
  const { space, stack } = context;
  const family = entering[0]?.view.family ?? 4;
  const chains = stack.hooks.get(`${family} ${hook}`);
  const tracks = stack.tracks[family];
  if (chains === undefined && !tracks) return { passed: entering, dropped: NOTHING, rejected: NOTHING };
  const { bdd } = space;
  const filters = chains?.filter(({ chain }) => chain.type !== 'nat') ?? [];
  const nat = chains?.filter(({ chain }) => chain.type === 'nat') ?? [];
  const isFirst = hook === 'prerouting' || hook === 'output';
  let live = entering;
  let dropped: PacketSet = NOTHING;
  let rejected: PacketSet = NOTHING;
  let isTracked = !tracks || !isFirst;
  let isTranslated = !tracks || !natHooks.has(hook);
  const natPriority = isFirst ? -100 : 100;
  for (const at of [...filters, undefined]) {
    const priority = at?.priority ?? Infinity;
    if (!isTracked && priority >= conntrackPriority) {
      isTracked = true;
      live = live.flatMap((it) => {
        if (it.tracking !== undefined) return [it];
        const { tracked, sessions } = trackSets(space, context.sessions, it.view, it.set);
        context.sessions = sessions;
        return tracked.map(({ set, tracking }) => ({ ...it, set, tracking }));
      });
    }
    if (!isTranslated && priority >= natPriority) {
      isTranslated = true;
      const next: Passage[] = [];
      for (const it of live) {
        const result = translate(context, nat, { ...place, hook: hook as NatHook, nexthop }, it);
        dropped = bdd.or(dropped, result.dropped);
        next.push(...result.passed);
      }
      live = joinPassages(space, next);
    }
    if (at === undefined) break;
    const next: Passage[] = [];
    for (const it of live) {
      for (const { passage, verdict } of readOne(context, at, place, it)) {
        if (verdict.kind === 'drop') dropped = bdd.or(dropped, passage.set);
        else if (verdict.kind === 'reject') rejected = bdd.or(rejected, passage.set);
        else next.push(passage);
      }
    }
    live = joinPassages(space, next);
  }
  if (hook === 'postrouting' || hook === 'input')
    for (const { set, tracking } of live)
      if (tracking?.connection !== undefined)
        context.sessions = remember(space, context.sessions, set, tracking.connection, undefined);
  return { passed: live, dropped, rejected };
};
