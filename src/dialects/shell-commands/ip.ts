/** `ip` (ip(8)): which object, which family, what is done. Words may be cut short, as `ip a a`. */
import { type Family } from '../../net/address.ts';
import { type Place } from '../dialect.ts';
import { type RunningDraft, makeLink, removeLink } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { isInterfaceName } from './values.ts';
import { ipAddress } from './ip-address.ts';
import { ipLink } from './ip-link.ts';
import { ipNeighbour } from './ip-neighbour.ts';
import { ipRoute } from './ip-route.ts';
import { ipRule } from './ip-rule.ts';
import { ipTunnel } from './ip-tunnel.ts';
import { abbreviated } from './options.ts';

/** In the order in which ip(8) looks for an abbreviation. */
const objects = [
  'address',
  'addrlabel',
  'maddress',
  'route',
  'rule',
  'neighbor',
  'neighbour',
  'link',
  'tunnel',
  'tuntap',
  'xfrm',
  'mroute',
  'netns',
  'vrf',
] as const;
const actions = [
  'add',
  'append',
  'change',
  'replace',
  'delete',
  'flush',
  'show',
  'list',
  'set',
  'get',
  'prepend',
] as const;

const linkActions = ['add', 'set', 'change', 'replace', 'delete', 'show', 'list'] as const;

const familyIn = (word: string): Family | 'other' | undefined => {
  if (word === '-4') return 4;
  return word === '-6' ? 6 : undefined;
};

/** `ip tuntap add dev tap0 mode tap`: what it makes is as a NIC that a program holds the other end of. */
const tuntap = (draft: RunningDraft, action: string, words: readonly string[], at: Place): Effect => {
  const name = words.find((word, index) => words[index - 1] === 'dev' || words[index - 1] === 'name') ?? words[0] ?? '';
  if (!isInterfaceName(name)) return wrong('it names no device');
  if (action === 'delete') {
    removeLink(draft, name);
    return done;
  }
  if (!words.includes('tap')) return unsaid('the tun device of a program is not modelled');
  makeLink(draft, name, { kind: 'ethernet' }, at);
  return done;
};

/** `words`: what stands behind `ip`. */
export const runIp = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  let family: Family | undefined;
  let index = 0;
  for (; words[index]?.startsWith('-') === true; index += 1) {
    const word = words[index] ?? '';
    const told = familyIn(word);
    if (told === 4 || told === 6) family = told;
    else if (word === '-f' || word === '-family') {
      const name = words[(index += 1)];
      family = name === 'inet6' ? 6 : 4;
    } else if (!/^-(?:o|s|d|j|c|br|force|oneline|stats|details)/.test(word))
      return unsaid(`\`ip ${word}\` acts elsewhere`);
  }
  const [objectWord, actionWord = 'show', ...rest] = words.slice(index);
  const object = abbreviated(objectWord, objects);
  // `ip link s` sets, where `ip addr s` shows.
  const action = object === 'link' ? abbreviated(actionWord, linkActions) : abbreviated(actionWord, actions);
  if (object === undefined) return wrong(`\`${objectWord ?? ''}\` is no object of ip`);
  // `ip addr dev eth0` and `ip link eth0` list.
  if (action === undefined) return actionWord === '6rd' ? ipTunnel(draft, '6rd', rest, at) : ignored('this only looks');
  switch (object) {
    case 'address':
      return ipAddress(draft, action, rest, at);
    case 'link':
      return ipLink(draft, action, rest, at);
    case 'route':
      return ipRoute(draft, action, rest, family, at);
    case 'rule':
      return ipRule(draft, action, rest, family);
    case 'neighbor':
    case 'neighbour':
      return ipNeighbour(draft, action, rest, at);
    case 'tunnel':
      return ipTunnel(draft, action, rest, at);
    case 'tuntap':
      return tuntap(draft, action, rest, at);
    default:
      return action === 'show' || action === 'list'
        ? ignored('this only looks')
        : unsaid(`\`ip ${object}\` is not modelled`);
  }
};
