/** `sysctl -w key=value`, `echo value > /proc/sys/key`, and what bridges and ports have below /sys/class/net. */
import { type Place } from '../dialect.ts';
import { isKnownKey, pathOf } from '../sysctl/keys.ts';
import { withPortFlag } from './bridge-options.ts';
import { runBrctl } from './brctl.ts';
import { setSysctl } from '../draft.ts';
import { changeLink, type RunningDraft, linkIn } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';

const setKey = (draft: RunningDraft, name: string, value: string, at: Place): Effect => {
  const key = pathOf(name);
  if (!key.startsWith('net/')) return ignored('this is not about the network');
  if (!isKnownKey(key)) return wrong(`\`${name}\` is not the name of a kernel parameter`);
  if (value.trim() === '') return wrong(`\`${name}\` is given no value`);
  setSysctl(draft, key, value, at);
  return done;
};

export const runSysctl = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const settings = words.filter((word) => !/^-{1,2}[a-z-]+$/.test(word));
  if (words.some((word) => /^(?:-p|--load|--system|-a|--all)/.test(word)))
    return words.includes('-a')
      ? ignored('this only looks')
      : ignored('files of kernel parameters are read for themselves');
  let effect: Effect = done;
  for (let index = 0; index < settings.length; index += 1) {
    let text = settings[index] ?? '';
    // `sysctl -w key = value` has blanks that sysctl(8) does not take, yet many write them so.
    if (settings[index + 1] === '=') text = `${text}=${settings[(index += 2)] ?? ''}`;
    const at0 = text.indexOf('=');
    if (at0 < 0) effect = words.includes('-w') ? wrong(`\`${text}\` is not \`key=value\``) : ignored('this only looks');
    else {
      const result = setKey(draft, text.slice(0, at0), text.slice(at0 + 1), at);
      if (effect.kind === 'done') effect = result;
    }
  }
  return effect;
};

const device = /^\/sys\/(?:class\/net|devices\/virtual\/net)\/([^/]+)\/(bridge|brport|bonding)?\/?([\w]+)$/;

const writeDevice = (
  draft: RunningDraft,
  name: string,
  group: string,
  file: string,
  value: string,
  at: Place,
): Effect => {
  if (group === 'bridge' && file === 'stp_state') return runBrctl(draft, ['stp', name, value], at);
  if (group === 'bridge' && file === 'forward_delay')
    return runBrctl(draft, ['setfd', name, String(Number(value) / 100)], at);
  if (group === 'bridge' && file === 'vlan_filtering') {
    const { bridge } = linkIn(draft, name, at);
    if (bridge === undefined) return wrong(`\`${name}\` is no bridge`);
    const { stp, forwardDelaySeconds } = bridge;
    changeLink(
      draft,
      name,
      { bridge: { stp, forwardDelaySeconds, ...(value === '1' ? { vlanFiltering: true } : {}) } },
      at,
    );
    return done;
  }
  if (group === 'bridge') return ignored('this does not change who reaches whom');
  if (group === 'brport' && (file === 'hairpin_mode' || file === 'isolated')) {
    const key = file === 'isolated' ? 'isolated' : 'hairpin';
    changeLink(draft, name, { port: withPortFlag(linkIn(draft, name, at).port ?? {}, key, value === '1') }, at);
    return done;
  }
  if (group === '' && file === 'mtu') {
    changeLink(draft, name, { mtuBytes: Number(value) }, at);
    return done;
  }
  return unsaid(`\`${file}\` of a device is not modelled`);
};

/** What a file below /proc/sys or /sys is written. */
export const writeFile = (draft: RunningDraft, path: string, value: string, at: Place): Effect => {
  const key = /^\/proc\/sys\/+(.+)$/.exec(path)?.[1];
  if (key !== undefined) return setKey(draft, key.replaceAll(/\/+/g, '/'), value, at);
  const [, name, group = '', file] = device.exec(path) ?? [];
  if (name !== undefined && file !== undefined) return writeDevice(draft, name, group, file, value, at);
  return /^\/(?:sys|proc)\//.test(path)
    ? unsaid(`\`${path}\` is not modelled`)
    : ignored('this writes a file of its own');
};
