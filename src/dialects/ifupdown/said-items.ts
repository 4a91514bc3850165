/**
 * A stack in the writer's own words, one item for each option of each stanza: two stacks are compared by them, and lines
 * of files by which of them go when the line goes.
 */
import { deviceOf } from '../shell-commands/ip-address.ts';
import { plainName } from './options.ts';
import { commandNames } from './parse.ts';
import { type NewStanza } from './stanzas.ts';

export interface Item {
  /** Equal for two items that say the same: a command says it in any stanza, as does an option of the whole machine. */
  readonly id: string;
  /** As in `eth0:1`. */
  readonly label: string;
  readonly family: NewStanza['family'];
  /** As the writer spells it; `method` for the head of a stanza. */
  readonly key: string;
  readonly value: string;
  /** The value with the name of the interface, and one blank between words. */
  readonly spelled: string;
}

export const isCommand = ({ key }: Item): boolean => commandNames.has(key);

/** Said once for the machine, wherever it stands. */
const ofMachine = /^dns-/;

const spelledOut = (value: string, label: string): string =>
  value
    .replaceAll(/\$\{?IFACE\}?/g, deviceOf(label))
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Of an option, by whoever it was written. */
export const idOf = (
  { name, family }: { readonly name: string; readonly family: string },
  key: string,
  value: string,
): string => {
  const isAnywhere = commandNames.has(key) || ofMachine.test(key);
  return `${isAnywhere ? '' : `${name} ${family} `}${plainName(key)} ${spelledOut(value, name)}`;
};

const itemOf = ({ name, family }: NewStanza, key: string, value: string): Item => ({
  id: idOf({ name, family }, key, value),
  ...{ label: name, family, key, value },
  spelled: spelledOut(value, name),
});

/** How long ports are waited for is nobody's business but the writer's of the file. */
const unspoken = new Set(['bridge_maxwait']);

export const itemsOf = (sections: ReadonlyMap<string, readonly NewStanza[]>): readonly Item[] =>
  [...sections.values()]
    .flat()
    .flatMap((stanza) => [
      itemOf(stanza, 'method', stanza.method),
      ...stanza.options.filter(([key]) => !unspoken.has(key)).map(([key, value]) => itemOf(stanza, key, value)),
    ]);

/** Those of `all` that `others` have not, each as often as it is missing. */
export const without = (all: readonly Item[], others: readonly Item[]): readonly Item[] => {
  const left = new Map<string, number>();
  for (const { id } of others) left.set(id, (left.get(id) ?? 0) + 1);
  return all.filter(({ id }) => {
    const count = left.get(id) ?? 0;
    left.set(id, count - 1);
    return count <= 0;
  });
};

/** `ip route`, `ip -6 addr`, `echo`: what a command is about. */
const subjectOf = (value: string): string =>
  value
    .split(' ')
    .slice(0, value.startsWith('ip -6') ? 3 : 2)
    .join(' ');

const commonWords = (a: string, b: string): number => {
  const words = new Set(b.split(' '));
  return a.split(' ').filter((word) => words.has(word)).length;
};

/** Each that goes with what comes in its place, where something does; what comes besides. */
export const changesBetween = (
  gone: readonly Item[],
  come: readonly Item[],
): { readonly pairs: readonly (readonly [Item, Item | undefined])[]; readonly fresh: readonly Item[] } => {
  const left = [...come];
  const fits = (was: Item, is: Item): boolean => {
    if (isCommand(was) || isCommand(is))
      return is.key === was.key && is.label === was.label && subjectOf(is.value) === subjectOf(was.value);
    const isSame = plainName(is.key) === plainName(was.key);
    return isSame && (ofMachine.test(is.key) || (is.label === was.label && is.family === was.family));
  };
  const pairs = gone.map((was) => {
    const [best] = left
      .filter((is) => fits(was, is))
      .sort((a, b) => commonWords(b.value, was.value) - commonWords(a.value, was.value));
    if (best !== undefined) left.splice(left.indexOf(best), 1);
    return [was, best] as const;
  });
  return { pairs, fresh: left };
};
