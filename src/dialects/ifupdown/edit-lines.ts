/**
 * Rewrites single lines of the files below /etc/network: what is wanted is compared with what is said, item by item, and
 * for each item that goes the line is looked for that says it, however it is spelled. Whether the result says what is
 * wanted is for the caller to read.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { firstOf, lastOf, netmaskOf, prefixOf } from '../../net/prefix.ts';
import { type ConfigText } from '../dialect.ts';
import { withLineEdits } from '../line-edits.ts';
import { lengthIn } from '../shell-commands/values.ts';
import { isManaged, removalEdits } from './edit-stanza.ts';
import { partsOfAddress, type PlacedOption, type Said, saidBy, stanzasNamed } from './line-of-item.ts';
import { plainName } from './options.ts';
import { commandNames, type Option, type Stanza } from './parse.ts';
import { changesBetween, idOf, isCommand, type Item, without } from './said-items.ts';
import { type NewStanza } from './stanzas.ts';
import { withWordsChanged } from './words-in-place.ts';
import { stanzaText } from './write.ts';

type Changes = ReadonlyMap<string, Map<number, readonly string[]>>;

interface Draft {
  readonly said: Said;
  readonly wanted: readonly NewStanza[];
  /** Whether lines that change are written anew, where their words could be changed one by one. */
  readonly isAnew: boolean;
  /** By path: what stands in place of lines, and what comes behind them, counted from 0. */
  readonly instead: Changes;
  readonly behind: Changes;
}

type Span = Pick<Option, 'at' | 'lastLine'>;

/** The text's own lines, with what was changed of them before. */
const linesNow = ({ said, instead }: Draft, { at, lastLine }: Span): readonly string[] =>
  (said.lines.get(at.path) ?? [])
    .slice(at.line - 1, lastLine)
    .flatMap((line, index) => instead.get(at.path)?.get(at.line - 1 + index) ?? [line]);

const put = ({ instead }: Draft, { at, lastLine }: Span, lines: readonly string[]): void => {
  const own = instead.get(at.path);
  own?.set(at.line - 1, lines);
  for (let line = at.line; line < lastLine; line += 1) own?.set(line, []);
};

const addBehind = ({ behind }: Draft, path: string, line: number, lines: readonly string[]): void => {
  const own = behind.get(path);
  own?.set(line - 1, [...(own.get(line - 1) ?? []), ...lines]);
};

const rewrite = (draft: Draft, option: Option, was: string, is: string, spelling = is): void => {
  const lines = linesNow(draft, option);
  const inPlace = draft.isAnew ? undefined : withWordsChanged(lines, was, is);
  if (inPlace === undefined) put(draft, option, [`${/^\s*\S+\s+/.exec(lines[0] ?? '')?.[0] ?? ''}${spelling}`]);
  // Each line stays where it is, also where several are one.
  else for (const [index, line] of inPlace.entries()) draft.instead.get(option.at.path)?.set(option.at.line - 1 + index, [line]); // prettier-ignore
};

/** `netmask`, `network` and `broadcast` beside an address, each where it is said and is no longer so. */
const rewriteMasks = (draft: Draft, { options }: Stanza, cidr: string): void => {
  const [bare = '', length = ''] = cidr.split('/');
  const address = parseIp(bare);
  if (address === undefined) return;
  const block = prefixOf(address, Number(length));
  const right: Readonly<Record<string, string>> = {
    network: printIp(firstOf(block)),
    broadcast: printIp(lastOf(block)),
  };
  for (const option of options) {
    const own = parseIp(option.value);
    if (option.name === 'netmask' && lengthIn(option.value, address.family) !== Number(length))
      rewrite(draft, option, option.value, own?.family === 4 ? netmaskOf(Number(length)) : length);
    const value = Object.hasOwn(right, option.name) ? right[option.name] : undefined;
    if (own !== undefined && value !== undefined && printIp(own) !== value) rewrite(draft, option, printIp(own), value);
  }
};

const rewriteAddress = (draft: Draft, { option, stanza }: PlacedOption, was: string, is: string): void => {
  const isApart = !option.value.includes('/') && stanza.options.some(({ name }) => name === 'netmask');
  const own = (cidr: string): string => (isApart ? (cidr.split('/')[0] ?? cidr) : cidr);
  if (own(was) !== own(is)) rewrite(draft, option, own(was), own(is));
  rewriteMasks(draft, stanza, is);
};

/** False: the line says more, or is kept because not all of it is understood. */
const remove = (draft: Draft, item: Item, { option, stanza }: PlacedOption): boolean => {
  if (!isManaged(option, draft.said.kept) || /[;&|]/.test(option.value)) return false;
  put(draft, option, []);
  if (item.key === 'address')
    for (const other of stanza.options) if (partsOfAddress.test(other.name)) put(draft, other, []);
  return true;
};

/** The method behind name and family. */
const rewriteHead = (draft: Draft, was: Item, is: Item): boolean => {
  const [stanza] = stanzasNamed(draft.said, was.label, was.family);
  const [line = '', more] = stanza === undefined ? [] : linesNow(draft, stanza.head);
  const fresh = line.replace(/^(\s*iface\s+\S+\s+\S+\s+)\S+/, (_, front: string) => `${front}${is.value}`);
  if (stanza === undefined || more !== undefined || fresh === line) return false;
  put(draft, stanza.head, [fresh]);
  return true;
};

const endOf = ({ head, options }: Stanza): Option =>
  options.filter(({ at }) => at.path === head.at.path).at(-1) ?? head;

/** Behind the last line of its stanza, or in place of one that says nothing new so far; false: there is no such stanza. */
const insert = (draft: Draft, item: Item): boolean => {
  const own = stanzasNamed(draft.said, item.label, isCommand(item) ? undefined : item.family);
  const stanza = isCommand(item) ? own.at(-1) : own[0];
  if (stanza === undefined) return false;
  const idle = isCommand(item) ? undefined : stanza.options.find(({ name }) => plainName(name) === plainName(item.key));
  if (idle !== undefined) {
    rewrite(draft, idle, idle.value, item.value);
    return true;
  }
  const last = endOf(stanza);
  const indent = last === stanza.head ? '    ' : (draft.said.lines.get(last.at.path)?.[last.at.line - 1] ?? '').slice(0, last.at.column - 1); // prettier-ignore
  addBehind(draft, last.at.path, last.lastLine, [`${indent}${item.key} ${item.value}`]);
  return true;
};

const removeAuto = (draft: Draft, label: string): void => {
  for (const { head } of draft.said.stanzas) {
    const words = head.value.split(/\s+/);
    if (!/^(?:auto|allow-auto|allow-hotplug)$/.test(head.name) || !words.includes(label)) continue;
    const others = linesNow(draft, head).map((line) =>
      line.replaceAll(/\s+\S+/g, (word) => (word.trim() === label ? '' : word)),
    );
    put(draft, head, words.every((word) => word === label) ? [] : others);
  }
};

/** With its lines, as far as they are understood; and its `auto` where no other stanza is left. */
const removeStanza = (draft: Draft, { label, family }: Item): boolean => {
  const [stanza] = stanzasNamed(draft.said, label, family);
  if (stanza === undefined) return false;
  for (const { path, from, to, lines } of removalEdits(stanza, draft.said.kept))
    for (let line = from; line <= to; line += 1) draft.instead.get(path)?.set(line - 1, line === from ? lines : []);
  if (!draft.wanted.some(({ name }) => name === label)) removeAuto(draft, label);
  return true;
};

/** Behind those that the interface has; false: it has none, and where it belongs is not for single lines to say. */
const addStanza = (draft: Draft, item: Item): boolean => {
  const stanza = draft.wanted.find(({ name, family }) => name === item.label && family === item.family);
  const last = stanzasNamed(draft.said, item.label).at(-1);
  if (stanza === undefined || last === undefined) return false;
  const { at, lastLine } = endOf(last);
  // Commands that another stanza of the interface says already stay there.
  const said = new Set(draft.said.items.map(({ id }) => id));
  const options = stanza.options.filter(
    ([key, value]) => !commandNames.has(key) || !said.has(idOf(stanza, key, value)),
  );
  addBehind(draft, at.path, lastLine, ['', ...stanzaText({ ...stanza, options }).split('\n')]);
  return true;
};

const change = (draft: Draft, was: Item, is: Item | undefined): boolean => {
  if (was.key === 'method') return is === undefined ? removeStanza(draft, was) : rewriteHead(draft, was, is);
  const place = saidBy(draft.said, was);
  if (place === undefined) return false;
  if (is === undefined) return remove(draft, was, place);
  if (place.option.name === 'address') rewriteAddress(draft, place, was.value, is.value);
  // A command that says what an option of its own could say has no place for the option's value alone.
  else if (draft.isAnew && commandNames.has(place.option.name) !== isCommand(was)) return false;
  else rewrite(draft, place.option, was.spelled, is.spelled, is.value);
  return true;
};

const stanzaOf = ({ label, family }: Item): string => `${label} ${family}`;

/** Undefined: single lines cannot say it. */
export const withLinesEdited = (
  said: Said,
  wanted: { readonly items: readonly Item[]; readonly stanzas: readonly NewStanza[] },
  isAnew: boolean,
): readonly ConfigText[] | undefined => {
  const empty = (): Changes => new Map(said.texts.map(({ path }) => [path, new Map<number, readonly string[]>()]));
  const draft: Draft = { said, wanted: wanted.stanzas, isAnew, instead: empty(), behind: empty() };
  const { pairs, fresh } = changesBetween(without(said.items, wanted.items), without(wanted.items, said.items));
  const stanzas = (items: readonly Item[]): ReadonlySet<string> =>
    new Set(items.filter(({ key }) => key === 'method').map(stanzaOf));
  const gone = stanzas(pairs.flatMap(([was, is]) => (is === undefined ? [was] : [])));
  const come = stanzas(fresh);
  // What stands in a stanza goes and comes with it.
  const isWithStanza = (item: Item, of: ReadonlySet<string>): boolean =>
    item.key !== 'method' && of.has(stanzaOf(item));
  const isDone =
    pairs.every(([was, is]) => (is === undefined && isWithStanza(was, gone)) || change(draft, was, is)) &&
    fresh.every((is) => isWithStanza(is, come) || (is.key === 'method' ? addStanza(draft, is) : insert(draft, is)));
  if (!isDone) return undefined;
  return said.texts.map(({ path, text }) => ({
    path,
    text: withLineEdits(text, { instead: draft.instead.get(path) ?? new Map(), behind: draft.behind.get(path) ?? new Map() }), // prettier-ignore
  }));
};
