/** `brctl` of bridge-utils. Times are seconds. */
import { type BridgeSettings } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { takesDelay, withStp } from './bridge-options.ts';
import { changeLink, type RunningDraft, linkIn, makeLink, removeLink, withoutMaster } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { isInterfaceName } from './values.ts';

/** As a bridge is born. */
export const newBridge: BridgeSettings = { stp: false, forwardDelaySeconds: 15 };

const silent = new Set([
  'setageing',
  'setbridgeprio',
  'setgcint',
  'sethello',
  'setmaxage',
  'setpathcost',
  'setportprio',
  'sethashel',
  'sethashmax',
  'setmcsnoop',
]);

const setDelay = (
  draft: RunningDraft,
  name: string,
  bridge: BridgeSettings,
  text: string | undefined,
  at: Place,
): Effect => {
  const forwardDelaySeconds = Number(text ?? 'x');
  if (!Number.isFinite(forwardDelaySeconds) || forwardDelaySeconds < 0) return wrong(`\`${text ?? ''}\` is no time`);
  if (!takesDelay(bridge, forwardDelaySeconds))
    return wrong(
      `with the spanning tree on, the kernel takes 2 to 30 seconds of forward delay: it stays ${bridge.forwardDelaySeconds}`,
    );
  changeLink(draft, name, { bridge: { ...bridge, forwardDelaySeconds } }, at);
  return done;
};

export const runBrctl = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const [verb = '', name = '', ...ports] = words;
  if (/^show/.test(verb)) return ignored('this only looks');
  if (!isInterfaceName(name)) return wrong(`\`${name}\` is no name of a bridge`);
  if (verb === 'addbr') {
    makeLink(draft, name, { kind: 'bridge', bridge: newBridge }, at);
    return done;
  }
  if (verb === 'delbr') {
    removeLink(draft, name);
    return done;
  }
  const { kind, bridge = newBridge } = linkIn(draft, name, at);
  if (kind !== 'bridge') changeLink(draft, name, { kind: 'bridge', bridge }, at);
  switch (verb) {
    case 'addif':
      for (const port of ports) {
        if (!isInterfaceName(port)) return wrong(`\`${port}\` is no interface`);
        changeLink(draft, port, { master: name }, at);
      }
      return done;
    case 'delif':
      for (const port of ports) draft.interfaces.set(port, withoutMaster(linkIn(draft, port, at)));
      return done;
    case 'stp':
      changeLink(draft, name, { bridge: withStp(bridge, /^(?:on|yes|1)$/.test(ports[0] ?? '')) }, at);
      return done;
    case 'setfd':
      return setDelay(draft, name, bridge, ports[0], at);
    case 'hairpin':
      changeLink(draft, ports[0] ?? '', { port: /^(?:on|yes|1)$/.test(ports[1] ?? '') ? { hairpin: true } : {} }, at);
      return done;
    default:
      return silent.has(verb) ? done : unsaid(`\`brctl ${verb}\` is not modelled`);
  }
};
