/**
 * Which line of the files below /etc/network says an item of the writer's words: the one that is spelled so, else the one
 * without which the files no longer say it.
 */
import { type Stack } from '../../state/network-state.ts';
import { type ConfigText } from '../dialect.ts';
import { normalPart } from '../differences.ts';
import { plainLines, withLineEdits } from '../line-edits.ts';
import { addressOf, isManaged } from './edit-stanza.ts';
import { plainName } from './options.ts';
import { type Option, type Stanza } from './parse.ts';
import { readInterfaces } from './read.ts';
import { type Item, idOf, isCommand, itemsOf, without } from './said-items.ts';
import { stanzasIn } from './sources.ts';
import { type NewStanza } from './stanzas.ts';

/** How a stack is said by stanzas. */
export type SectionsOf = (stack: Stack) => ReadonlyMap<string, readonly NewStanza[]>;

export interface Said {
  readonly texts: readonly ConfigText[];
  /** By path, without their ends. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  /** All stanzas, `auto` and its like included. */
  readonly stanzas: readonly Stanza[];
  /** Lines with something that the reader could not make out, as `path:line`. */
  readonly kept: ReadonlySet<string>;
  readonly items: readonly Item[];
  /** The items that the files no longer say without one option. */
  readonly lostWithout: (option: Option) => readonly Item[];
}

const withoutLines = (texts: readonly ConfigText[], { at, lastLine }: Option): readonly ConfigText[] =>
  texts.map((it) => {
    if (it.path !== at.path) return it;
    const gone = Array.from({ length: lastLine - at.line + 1 }, (_, index) => [at.line - 1 + index, ['']] as const);
    return { path: it.path, text: withLineEdits(it.text, { instead: new Map(gone), behind: new Map() }) };
  });

export const saidIn = (texts: readonly ConfigText[], stack: string, sectionsOf: SectionsOf): Said => {
  const reading = readInterfaces(texts, stack);
  const itemsIn = (part: typeof reading): readonly Item[] => itemsOf(sectionsOf(normalPart(part.stacks[stack])));
  const items = itemsIn(reading);
  const known = new Map<Option, readonly Item[]>();
  return {
    texts,
    lines: new Map(texts.map(({ path, text }) => [path, plainLines(text)])),
    stanzas: stanzasIn(texts).stanzas,
    kept: new Set(reading.remarks.filter(({ kind }) => kind === 'not-said').map(({ at }) => `${at.path}:${at.line}`)),
    items,
    lostWithout: (option) => {
      const lost = known.get(option) ?? without(items, itemsIn(readInterfaces(withoutLines(texts, option), stack)));
      known.set(option, lost);
      return lost;
    },
  };
};

export const isIface = ({ head }: Stanza): boolean => head.name === 'iface';

/** Without a family a stanza is of IPv4 first. */
export const labelAndFamily = ({ head }: Stanza): { readonly name: string; readonly family: 'inet' | 'inet6' } => {
  const [name = '', family] = head.value.split(/\s+/);
  return { name, family: family === 'inet6' ? 'inet6' : 'inet' };
};

export const stanzasNamed = ({ stanzas }: Said, label: string, family?: string): readonly Stanza[] =>
  stanzas.filter((stanza) => {
    const own = labelAndFamily(stanza);
    return isIface(stanza) && own.name === label && (family === undefined || own.family === family);
  });

/** What may stand beside `address` and says a part of it. */
export const partsOfAddress = /^(?:netmask|network|broadcast)$/;

export interface PlacedOption {
  readonly option: Option;
  readonly stanza: Stanza;
}

const isSpelledSo = ({ option, stanza }: PlacedOption, item: Item): boolean => {
  const value = option.name === 'address' ? (addressOf(stanza.options) ?? option.value) : option.value;
  return idOf(labelAndFamily(stanza), option.name, value) === item.id;
};

/** Words that tell one item from others: those with digits in them. */
const tellingWords = (text: string): readonly string[] =>
  text.split(/[\s/]+/).filter((word) => /\d/.test(word) && !/^-/.test(word));

const mayBe = ({ option }: PlacedOption, item: Item): boolean => {
  // They go with the address, which says it.
  if (partsOfAddress.test(option.name)) return false;
  if (!isCommand(item) && plainName(option.name) === plainName(item.key)) return true;
  const own = new Set(tellingWords(option.value.toLowerCase()));
  return tellingWords(item.spelled).some((word) => own.has(word));
};

/** More are not tried one by one: files of so many that look alike are written by stanzas. */
const mostTried = 64;

/** Undefined: several lines say it, or none does by itself. */
export const saidBy = (said: Said, item: Item): PlacedOption | undefined => {
  const all = said.stanzas
    .filter(isIface)
    .flatMap((stanza) => stanza.options.map((option): PlacedOption => ({ option, stanza })));
  const spelled = all.find((place) => isSpelledSo(place, item));
  if (spelled !== undefined) return spelled;
  const tried = all.filter((place) => isManaged(place.option, said.kept) && mayBe(place, item)).slice(0, mostTried);
  const [best] = tried
    .filter(({ option }) => said.lostWithout(option).some(({ id }) => id === item.id))
    .sort((a, b) => said.lostWithout(a.option).length - said.lostWithout(b.option).length);
  return best;
};
