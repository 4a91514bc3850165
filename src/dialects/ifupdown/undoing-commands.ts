/**
 * Commands of `up` lines and those of `down` lines that take away what they made: `ip route add` and `ip route del`, of
 * addresses, rules, links, tunnels and neighbours too, `route add` and `route del`, `brctl addif` and `delif`.
 */
import { deviceOf } from '../shell-commands/ip-address.ts';
import { abbreviated } from '../shell-commands/options.ts';

/** What a command makes or takes away. */
export interface Deed {
  readonly isMade: boolean;
  /** As in `ip 4 route`. */
  readonly kind: string;
  /** What it is about, the target first: pairs of a name and its value behind it. */
  readonly words: readonly string[];
}

const objects = ['route', 'rule', 'address', 'link', 'tunnel', 'neighbour'] as const;

/** Words that name the thing itself, and may be left out. */
const ofLinks = new Set(['name', 'dev']);

const ipDeed = (words: readonly string[]): Deed | undefined => {
  const [object, verb = '', ...rest] = words.filter((word) => !/^-/.test(word));
  const kind = abbreviated(object, objects);
  const isMade = /^(?:add|append|replace|change|a)$/.test(verb);
  if (kind === undefined || (!isMade && !/^(?:del|delete|d)$/.test(verb))) return undefined;
  const isSix = words.includes('-6') || rest.some((word) => /^[\da-f]*:[\da-f:]*(?:\/\d+)?$/i.test(word));
  // Of a link its name is enough, wherever it stands.
  const named = rest.findIndex((word) => ofLinks.has(word));
  const isLink = kind === 'link' || kind === 'tunnel';
  const target = isLink ? (named < 0 ? rest.slice(0, 1) : rest.slice(named + 1, named + 2)) : rest;
  return { isMade, kind: `ip ${isSix ? 6 : 4} ${kind}`, words: target };
};

const routeDeed = (words: readonly string[]): Deed | undefined => {
  const verb = words.find((word) => /^(?:add|del|delete)$/.test(word));
  if (verb === undefined) return undefined;
  return { isMade: verb === 'add', kind: 'route', words: words.filter((word) => word !== verb) };
};

const brctlDeed = ([verb = '', ...rest]: readonly string[]): Deed | undefined => {
  const [, done, what = ''] = /^(add|del)(br|if)$/.exec(verb) ?? [];
  return done === undefined ? undefined : { isMade: done === 'add', kind: `brctl ${what}`, words: rest };
};

/** Behind these nothing says what the command does. */
const withoutTail = (command: string): string =>
  command.replace(/\s*(?:\|\|\s*(?:true|:|exit 0)|\d?>+\s*&?\S+|&\d?>+\s*\S+)\s*$/, '');

export const expanded = (text: string, label: string): string =>
  text.replaceAll(/\$\{?IFACE\}?/g, deviceOf(label)).trim();

/** `label`: of the stanza, which `$IFACE` stands for. */
export const deedOf = (command: string, label: string): Deed | undefined => {
  let bare = expanded(command, label);
  for (let shorter = withoutTail(bare); shorter !== bare; shorter = withoutTail(bare)) bare = shorter;
  const [program = '', ...words] = bare.split(/\s+/);
  switch (program.replace(/^.*\//, '')) {
    case 'ip':
      return ipDeed(words);
    case 'route':
      return routeDeed(words);
    case 'brctl':
      return brctlDeed(words);
    default:
      return undefined;
  }
};

const isSubsequence = (some: readonly string[], all: readonly string[]): boolean => {
  let at = 0;
  for (const word of all) if (word === some[at]) at += 1;
  return at === some.length;
};

/** What takes away may say less of it than what makes it, but says the target. */
export const isUndoneBy = (made: Deed, taken: Deed): boolean =>
  made.isMade &&
  !taken.isMade &&
  made.kind === taken.kind &&
  taken.words[0] !== undefined &&
  made.words[0] === taken.words[0] &&
  isSubsequence(taken.words, made.words);
