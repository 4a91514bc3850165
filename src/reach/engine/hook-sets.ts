/**
 * One hook of netfilter over sets of packets: base chains by priority with tracking and translation in their places.
 * Mirrors `walker/hook.ts` and `walker/translate.ts`.
 */
import { type IpHook } from '../walker/hook.ts';
import { type NatHook } from '../walker/translate.ts';
import { clashing, remember } from './sessions.ts';
import { trackSets } from './tracking.ts';
import { type Term } from './view.ts';
import { passageOf, type HookPlace, type Passage } from './passage.ts';
import { joinPassages, readOne, type HookContext } from './passages.ts';
import { translateSets, type NatPlace } from './translate-sets.ts';

const natHooks = new Set<IpHook>(['prerouting', 'output', 'postrouting', 'input']);
const conntrackPriority = -200;

/** What passes all of one IP hook. `nexthop`: the next hop, or the destination's term where that is on the link. */
export const runHookSets = (
  context: HookContext,
  hook: IpHook,
  place: HookPlace,
  entering: readonly Passage[],
  nexthop?: Term,
): readonly Passage[] => {
  const { space, stack } = context;
  const family = entering[0]?.view.family ?? 4;
  const chains = stack.hooks.get(`${family} ${hook}`);
  const tracks = stack.tracks[family];
  if (chains === undefined && !tracks) return entering;
  const filters = chains?.filter(({ chain }) => chain.type !== 'nat') ?? [];
  const nat = chains?.filter(({ chain }) => chain.type === 'nat') ?? [];
  const isFirst = hook === 'prerouting' || hook === 'output';
  let live = entering;
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
        if (isStrange) readings.isStrange = true;
        return tracked.map(({ set, tracking }) => passageOf(set, it.view, tracking));
      });
    }
    if (!isTranslated && priority >= natPriority) {
      isTranslated = true;
      const there: NatPlace = { ...place, hook: hook as NatHook, nexthop };
      live = joinPassages(
        space,
        live.flatMap((it) => translateSets(context, nat, there, it)),
      );
    }
    if (at === undefined) break;
    live = joinPassages(
      space,
      live.flatMap((it) => readOne(context, at, place, it).map(({ passage }) => passage)),
    );
  }
  if (hook === 'postrouting' || hook === 'input')
    for (const { set, tracking } of live)
      if (tracking?.connection !== undefined) {
        if (tracking.state === 'new') context.giveUp(clashing(space, context.sessions, set, tracking.connection));
        context.sessions = remember(space, context.sessions, set, tracking.connection, undefined);
      }
  return live;
};
