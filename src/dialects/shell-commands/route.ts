/** `route` of net-tools: `route add -net N netmask M gw G dev D`. */
import { type Family, parseIp } from '../../net/address.ts';
import { prefixOf, printPrefix } from '../../net/prefix.ts';
import { type Place } from '../dialect.ts';
import { classLength } from './classes.ts';
import { type RunningDraft } from './running-draft.ts';
import { type Effect, ignored, wrong } from './effect.ts';
import { lengthIn } from './values.ts';
import { deviceOf } from './ip-address.ts';
import { ipRoute } from './ip-route.ts';
import { argumentsOf, next } from './options.ts';

interface RouteWords {
  target?: string;
  mask?: string;
  via?: string;
  dev?: string;
  metric?: string;
  isHost: boolean;
  isReject: boolean;
  unknown?: string;
}

const readWords = (words: readonly string[]): RouteWords => {
  const args = argumentsOf(words);
  const found: RouteWords = { isHost: false, isReject: false };
  for (let word = next(args); word !== undefined; word = next(args)) {
    const value = (): string => next(args) ?? '';
    if (word === '-net') continue;
    if (word === '-host') found.isHost = true;
    else if (word === 'reject') found.isReject = true;
    else if (word === 'netmask') found.mask = value();
    else if (word === 'gw' || word === 'gateway') found.via = value();
    else if (word === 'dev' || word === 'device') found.dev = value();
    else if (word === 'metric') found.metric = value();
    else if (word === 'mss' || word === 'window' || word === 'irtt') next(args);
    else if (word === 'mod' || word === 'dyn' || word === 'reinstate') continue;
    else if (found.target === undefined) found.target = word;
    else if (found.dev === undefined) found.dev = word;
    else found.unknown = word;
  }
  return found;
};

/** A network without a mask has that of its class; bits beyond the mask are refused. */
const prefixOfTarget = ({ target = '', mask, isHost }: RouteWords, family: Family): string | undefined => {
  if (target === 'default') return family === 4 ? '0.0.0.0/0' : '::/0';
  const [bare = '', length] = target.split('/');
  const full =
    family === 4 && /^\d+(\.\d+){0,2}$/.test(bare) ? [...bare.split('.'), '0', '0', '0'].slice(0, 4).join('.') : bare;
  const address = parseIp(full);
  if (address?.family !== family) return undefined;
  if (family === 6) return `${full}/${length ?? '128'}`;
  const size = lengthIn(length ?? mask ?? '', 4);
  if (size === undefined && (length ?? mask) !== undefined) return undefined;
  const own = isHost ? 32 : (size ?? impliedLength(address.value));
  const block = prefixOf(address, own);
  return block.value === address.value ? printPrefix(block) : undefined;
};

/** Without a mask and `-net`, an address with a host part is a host. */
const impliedLength = (address: bigint): number => {
  if (address === 0n) return 0;
  const length = classLength(address);
  return (address & ((1n << BigInt(32 - length)) - 1n)) === 0n ? length : 32;
};

export const runRoute = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  let family: Family = 4;
  const rest = words.filter((word) => {
    if (word === '-6' || word === '--inet6') family = 6;
    return !/^(?:-[46nve]|--inet6?)$/.test(word) || word === '-net';
  });
  const familyAt = rest.indexOf('-A');
  if (familyAt >= 0) family = rest.splice(familyAt, 2)[1] === 'inet6' ? 6 : 4;
  const [verb, ...more] = rest;
  if (verb !== 'add' && verb !== 'del' && verb !== 'delete') return ignored('this only looks');
  const found = readWords(more);
  if (found.unknown !== undefined) return wrong(`\`${found.unknown}\` is no word of route`);
  const to = prefixOfTarget(found, family);
  if (to === undefined) return wrong(`\`${found.target ?? ''}\` is no network, or its mask does not fit`);
  const line = [
    ...(found.isReject ? ['unreachable'] : []),
    to,
    ...(found.via === undefined ? [] : ['via', found.via]),
    ...(found.dev === undefined ? [] : ['dev', deviceOf(found.dev)]),
    // IPv6 routes of net-tools have metric 1; the metric of IPv4 is counted one higher there than in the kernel.
    ...(found.metric === undefined ? (family === 6 ? ['metric', '1'] : []) : ['metric', found.metric]),
  ];
  return ipRoute(draft, verb === 'add' ? 'add' : 'delete', line, family, at);
};
