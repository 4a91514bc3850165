/** Address translation over sets of packets. Mirrors `walker/translate.ts`. */
import { ip, type Family } from '../../net/address.ts';
import { interfaceOf, type HookChain, type StackModel } from '../model/model.ts';
import { scopeOf6, selectAddress4, selectAddress6 } from '../walker/source-address.ts';
import { changesSource, hasLeftElsewhere, isNatVerdict, type NatHook, type NatVerdict } from '../walker/translate.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { offAxis, onAxis, type Space } from './space.ts';
import { type ConnectionShape } from './connections.ts';
import { termsEqual, type Term, type View } from './view.ts';
import { passageOf, type HookPlace, type Passage } from './passage.ts';
import { changed, joinPassages, readOne, type HookContext } from './passages.ts';

const noAddress = onAxis(4, 0n);

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

/** Where a chain of type nat is read. */
export interface NatPlace extends HookPlace {
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

const translated = (context: HookContext, it: Passage, verdict: NatVerdict, place: NatPlace): readonly Passage[] => {
  const { space, stack } = context;
  const tracking = it.tracking!;
  const connection = tracking.connection!;
  const { family } = it.view;
  const give = (
    set: PacketSet,
    address: bigint | undefined,
    side: 'source' | 'destination',
    port: number | undefined,
  ): Passage[] => {
    const { bdd } = space;
    const part = bdd.and(it.set, set);
    // Without an address to translate to, it is lost.
    if (part === NOTHING || address === undefined) return [];
    // An answer shows the new source as its destination, and the other way round.
    const [shown, shownPort] =
      side === 'source' ? (['destination', 'destinationPort'] as const) : (['source', 'sourcePort'] as const);
    const flag = side === 'source' ? 'isSourceTranslated' : 'isDestinationTranslated';
    const { reply } = connection;
    const goal = onAxis(family, address);
    const as = (some: PacketSet, change: Partial<ConnectionShape>): Passage[] => {
      if (some === NOTHING) return [];
      const by = verdict.kind === 'masquerade' && place.out !== undefined ? { masqueradedBy: place.out } : {};
      const next = changed(context, some, connection, { ...connection, ...change, ...by });
      return [passageOf(some, it.view, { ...tracking, connection: next })];
    };
    // Echoes have no ports.
    const keepsPort =
      port === undefined
        ? EVERYTHING
        : bdd.or(space.protocol('icmp'), termsEqual(space, reply[shownPort], BigInt(port)));
    // A translation to what is there already is none (nf_nat_setup_info).
    const isThere = bdd.and(keepsPort, termsEqual(space, reply[shown], goal));
    const left = bdd.minus(part, isThere);
    return [
      ...as(bdd.and(part, isThere), {}),
      ...as(bdd.and(left, keepsPort), { reply: { ...reply, [shown]: goal }, [flag]: true }),
      ...as(bdd.minus(left, keepsPort), {
        reply: { ...reply, [shown]: goal, [shownPort]: BigInt(port ?? 0) },
        [flag]: true,
      }),
    ];
  };
  switch (verdict.kind) {
    case 'masquerade':
      // Who has no address is left alone: seldom enough for the walker.
      if (connection.original.source === noAddress) context.giveUp(it.set);
      return masqueradeAddresses(context, it, place.out ?? '', place.nexthop).flatMap(({ set, address }) =>
        give(set, address, 'source', undefined),
      );
    case 'snat':
      return rangeOf(space, verdict).flatMap(({ set, address }) => give(set, address, 'source', verdict.port));
    case 'dnat':
      return rangeOf(space, verdict).flatMap(({ set, address }) => give(set, address, 'destination', verdict.port));
    case 'redirect': {
      const address = redirectAddress(stack, family, place.hook === 'output' ? undefined : place.in);
      // A link-local address may stand in: the walker knows.
      if (address === undefined && family === 6) context.giveUp(it.set);
      return give(it.set, address, 'destination', verdict.port);
    }
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
  return passageOf(it.set, { ...view, ...next }, tracking);
};

export const translateSets = (
  context: HookContext,
  chains: readonly HookChain[],
  place: NatPlace,
  it: Passage,
): readonly Passage[] => {
  const { space } = context;
  const { tracking } = it;
  const connection = tracking?.connection;
  if (tracking === undefined || connection === undefined) return [it];
  if (hasLeftElsewhere(tracking, place)) {
    context.giveUp(it.set);
    return [];
  }
  const side = changesSource(place.hook) ? 'isSourceDecided' : 'isDestinationDecided';
  if (tracking.state !== 'new' || connection[side]) return [applied(it, place.hook)];
  const decided = changed(context, it.set, connection, { ...connection, [side]: true });
  let live: readonly Passage[] = [passageOf(it.set, it.view, { ...tracking, connection: decided })];
  const passed: Passage[] = [];
  for (const at of chains) {
    const next: Passage[] = [];
    for (const one of live) {
      for (const { passage, verdict } of readOne(context, at, place, one)) {
        if (!isNatVerdict(verdict)) next.push(passage);
        else passed.push(...translated(context, passage, verdict, place).map((now) => applied(now, place.hook)));
      }
    }
    live = joinPassages(space, next);
  }
  return [...passed, ...live.map((one) => applied(one, place.hook))];
};
