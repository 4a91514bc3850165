/**
 * Over the bridges of a link, through the IP filters of their stacks where these look at bridged packets, to where the
 * frame comes out. Mirrors `filterBridged` and `bridgeReceive` of the walker.
 */
import { type Family } from '../../net/address.ts';
import { interfaceOf, stackOf, type NextHopModel, type StackModel } from '../model/model.ts';
import { NOTHING } from './bdd.ts';
import { type Current } from './current.ts';
import { runHookSets } from './hook-sets.ts';
import { ofSet, passageOf, type HookPlace, type Passage } from './passage.ts';
import { joinPassages } from './passages.ts';
import { ethertypes } from './leave-sets.ts';
import { type Pass } from './frame-ways.ts';
import { type Onward } from './transmit.ts';
import { termsEqual, withMark } from './view.ts';

const looks = (stack: StackModel, family: 4 | 6): boolean =>
  stack.settings.bridgeFilter[family] &&
  (stack.tracks[family] ||
    ['prerouting', 'forward', 'postrouting'].some((hook) => stack.hooks.has(`${family} ${hook}`)));

/** What a stack knows of a packet stays there. */
const forgotten = ({ set, view }: Passage): Passage => passageOf(set, withMark(view, 0), undefined);

/** Whether they are for a neighbour on the bridge, or it matters by which interface IPv6 takes them to have come in. */
const isForWalker = (
  { settings, interfaces }: StackModel,
  bridge: string,
  family: Family,
  hops: readonly NextHopModel[],
): boolean =>
  hops.some(({ dev }) => dev === bridge) ||
  (family === 6 && !settings.forwarding6 && [...interfaces.values()].some((it) => it.settings.forceForwarding6));

/** Packets that got another destination on the way in go up to the bridge's own stack, if not the walker has to be asked. */
const sendTranslated = (current: Current, pass: Pass, frame: Onward['frame'], moved: Passage): void => {
  if (moved.set === NOTHING) return;
  const { world } = current;
  const node = world.nodeOf(pass.stack);
  const bridge = interfaceOf(node.stack, pass.bridge);
  for (const { set, result } of world.routing.lookUp(node, moved.view, moved.set, { iif: pass.bridge })) {
    const { answer } = result;
    const isUnicast = answer.kind === 'route' && answer.route.type === 'unicast';
    if (isUnicast && isForWalker(node.stack, pass.bridge, moved.view.family, answer.nexthops)) current.giveUp(set);
    else
      current.enter(ofSet(moved, set), {
        node,
        dev: pass.bridge,
        hasPassed: true,
        frame: { sourceMac: frame.sourceMac, destinationMac: bridge.mac },
      });
  }
};

const throughBridge = (
  current: Current,
  pass: Pass,
  frame: Onward['frame'],
  entering: readonly Passage[],
): readonly Passage[] => {
  const { world } = current;
  const { bdd } = world.space;
  const node = world.nodeOf(pass.stack);
  const context = current.contextOf(node);
  const family = entering[0]?.view.family ?? 4;
  const base = { ...frame, ethertype: ethertypes[family], packetType: 'host' as const, portIn: pass.in };
  const before: HookPlace = { ...base, in: pass.bridge, out: undefined };
  const live: Passage[] = [];
  for (const it of entering) {
    for (const passed of runHookSets(context, 'prerouting', before, [it])) {
      const set = bdd.and(passed.set, termsEqual(world.space, passed.view.destination, it.view.destination));
      sendTranslated(current, pass, frame, ofSet(passed, bdd.minus(passed.set, set)));
      if (set !== NOTHING) live.push(ofSet(passed, set));
    }
  }
  if (pass.out === undefined) {
    current.keep(context);
    return live;
  }
  const inside: HookPlace = { ...base, portOut: pass.out, in: pass.bridge, out: pass.bridge };
  const last = live.flatMap((it) =>
    runHookSets(context, 'forward', inside, [it]).flatMap((on) =>
      runHookSets(context, 'postrouting', { ...inside, in: undefined }, [on]),
    ),
  );
  current.keep(context);
  return last.map(forgotten);
};

export const crossSets = (current: Current, { passage, way, frame }: Onward): void => {
  const { world } = current;
  const { family } = passage.view;
  let live: readonly Passage[] = [forgotten(passage)];
  let hasPassed = false;
  for (const pass of way.passes) {
    if (!looks(stackOf(world.model, pass.stack), family) || live.length === 0) continue;
    live = throughBridge(current, pass, frame, live);
    hasPassed = pass.out === undefined;
  }
  for (const it of joinPassages(world.space, live))
    current.enter(it, { node: world.nodeOf(way.stack), dev: way.interface, hasPassed, frame });
};
