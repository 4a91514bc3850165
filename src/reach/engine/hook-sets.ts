/**
 * One hook of netfilter over sets of packets: base chains by priority with tracking and translation in their places.
 * Mirrors `walker/hook.ts` and `walker/translate.ts`.
 */
import { type IpHook } from '../walker/hook.ts';
import { type NatHook } from '../walker/translate.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { clashing, remember, trackSets } from './tracking.ts';
import { type Term } from './view.ts';
import { joinPassages, readOne, type HookContext, type HookPlace, type HookSets, type Passage } from './passages.ts';
import { translateSets } from './translate-sets.ts';

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
        const { readings } = context;
        // Of what is not tracked from its beginning, data may be seen otherwise than the handshake.
        const isStrange = tracked.some(
          ({ tracking }) =>
            tracking.state === 'invalid' || tracking.direction !== (it.view.isReply ? 'reply' : 'original'),
        );
        if (isStrange) readings?.set('strange', 'strange');
        return tracked.map(({ set, tracking }) => ({ ...it, set, tracking }));
      });
    }
    if (!isTranslated && priority >= natPriority) {
      isTranslated = true;
      const next: Passage[] = [];
      for (const it of live) {
        const result = translateSets(context, nat, { ...place, hook: hook as NatHook, nexthop }, it);
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
      if (tracking?.connection !== undefined) {
        if (tracking.state === 'new') context.giveUp(clashing(space, context.sessions, set, tracking.connection));
        context.sessions = remember(space, context.sessions, set, tracking.connection, undefined);
      }
  return { passed: live, dropped, rejected };
};
