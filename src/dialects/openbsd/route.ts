/** route(8) of OpenBSD: `route [-n] add [-inet6] [-net | -host] TO [-prefixlen N | -netmask M] GATEWAY`. */
import { type Family, parseIp } from '../../net/address.ts';
import { prefixOf, printPrefix } from '../../net/prefix.ts';
import { type Place } from '../dialect.ts';
import { everything } from '../default-route.ts';
import { classLength } from '../shell-commands/classes.ts';
import { type Effect, ignored, unsaid, wrong } from '../shell-commands/effect.ts';
import { ipRoute } from '../shell-commands/ip-route.ts';
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { lengthIn } from '../shell-commands/values.ts';

interface Said {
  family?: Family;
  readonly bare: string[];
  isHost: boolean;
  isOnLink?: boolean;
  length?: string;
  type?: 'unreachable' | 'blackhole';
  device?: string;
  unsaid?: string;
}

const withValue = new Set(['-mtu', '-priority', '-label', '-rtt', '-expire', '-hopcount', '-ifa']);

const readWords = (words: readonly string[]): Said => {
  const said: Said = { bare: [], isHost: false };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const value = (): string => words[(at += 1)] ?? '';
    if (word === '-inet' || word === '-inet6') said.family = word === '-inet' ? 4 : 6;
    else if (word === '-host') said.isHost = true;
    else if (word === '-net' || /^-[nqtv]+$/.test(word) || word === '-static') continue;
    else if (word === '-netmask' || word === '-prefixlen') said.length = value();
    else if (word === '-reject') said.type = 'unreachable';
    else if (word === '-blackhole') said.type = 'blackhole';
    else if (word === '-ifp') said.device = value();
    // FreeBSD: on the link of an interface that stands in place of the gateway.
    else if (word === '-interface' || word === '-iface') said.isOnLink = true;
    else if (withValue.has(word)) value();
    else if (word.startsWith('-')) said.unsaid ??= word;
    else said.bare.push(word);
  }
  return said;
};

/** A network without a length has that of its class where its host part is zero, else it is one address. */
const prefixOfTarget = (text: string, { length, isHost }: Said, family: Family): string | undefined => {
  if (text === 'default') return everything[family];
  const [short = '', behind] = text.split('/');
  const bare =
    family === 4 && /^\d+(\.\d+){0,2}$/.test(short)
      ? [...short.split('.'), '0', '0', '0'].slice(0, 4).join('.')
      : short;
  const address = parseIp(bare);
  if (address?.family !== family) return undefined;
  const told = behind ?? length;
  const bits = told === undefined ? undefined : lengthIn(told, family);
  if (told !== undefined && bits === undefined) return undefined;
  const whole = family === 4 ? 32 : 128;
  const ofClass = family === 4 ? prefixOf(address, classLength(address.value)) : undefined;
  const implied = !isHost && ofClass?.value === address.value ? ofClass.length : whole;
  return printPrefix(prefixOf(address, bits ?? implied));
};

export const runRoute = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const rest = words.filter((word) => !/^-[nqtvd]+$/.test(word));
  const [verb, ...more] = rest;
  if (verb !== 'add' && verb !== 'delete' && verb !== 'change') return ignored('this only looks');
  const said = readWords(more);
  if (said.unsaid !== undefined) return unsaid(`\`${said.unsaid}\` of a route is not modelled`);
  const [target, gateway, mask] = said.bare;
  if (target === undefined) return wrong('it names no destination');
  const family = said.family ?? (said.bare.some((word) => word.includes(':')) ? 6 : 4);
  if (mask !== undefined) said.length ??= mask;
  const to = prefixOfTarget(target, said, family);
  if (to === undefined) return wrong(`\`${target}\` is no network, or its mask does not fit`);
  const isRefusing = said.type !== undefined;
  if (verb !== 'delete' && !isRefusing && gateway === undefined) return wrong('it names no gateway');
  const line = [
    ...(said.type === undefined ? [] : [said.type]),
    to,
    ...(gateway === undefined || isRefusing ? [] : [said.isOnLink === true ? 'dev' : 'via', gateway]),
    ...(said.device === undefined || isRefusing ? [] : ['dev', said.device]),
  ];
  return ipRoute(draft, verb === 'change' ? 'replace' : verb, line, family, at);
};
