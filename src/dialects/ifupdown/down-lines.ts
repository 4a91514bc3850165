/**
 * `down` and `post-down` lines beside the `up` lines that an edit changed or took away: what an `up` line no longer makes,
 * no line takes away, and what it makes otherwise is taken away so. Nobody reads these lines for what a stack is.
 */
import { type ConfigText } from '../dialect.ts';
import { withLineEdits } from '../line-edits.ts';
import { isIface, labelAndFamily } from './line-of-item.ts';
import { type Option, type Stanza } from './parse.ts';
import { stanzasIn } from './sources.ts';
import { type Deed, deedOf, expanded, isUndoneBy } from './undoing-commands.ts';

const keyOf = (stanza: Stanza): string => {
  const { name, family } = labelAndFamily(stanza);
  return `${name} ${family}`;
};

const byKey = (texts: readonly ConfigText[]): ReadonlyMap<string, readonly Stanza[]> => {
  const stanzas = new Map<string, Stanza[]>();
  for (const stanza of stanzasIn(texts).stanzas.filter(isIface))
    stanzas.set(keyOf(stanza), [...(stanzas.get(keyOf(stanza)) ?? []), stanza]);
  return stanzas;
};

/** Commands of one line. */
const commandsIn = (value: string): readonly string[] => value.split(/\s*(?:;|&&)\s*/).filter((part) => part !== '');

const madeIn = ({ options }: Stanza, label: string): readonly Deed[] =>
  options
    .filter(({ name }) => name === 'up' || name === 'pre-up')
    .flatMap(({ value }) => commandsIn(value))
    .flatMap((command) => {
      const deed = deedOf(command, label);
      return deed?.isMade === true ? [deed] : [];
    });

const textOf = ({ kind, words }: Deed): string => [kind, ...words].join(' ');

/** Those that are no longer made, each with what is made in its place. */
const changesBetween = (
  before: readonly Deed[],
  after: readonly Deed[],
): readonly (readonly [Deed, Deed | undefined])[] => {
  const [old, fresh] = [before, after].map((deeds) => new Set(deeds.map(textOf)));
  const left = after.filter((deed) => old?.has(textOf(deed)) !== true);
  return before
    .filter((deed) => fresh?.has(textOf(deed)) !== true)
    .map((was) => {
      const common = ({ words }: Deed): number => words.filter((word) => was.words.includes(word)).length;
      const [best] = left.filter(({ kind }) => kind === was.kind).sort((a, b) => common(b) - common(a));
      if (best !== undefined) left.splice(left.indexOf(best), 1);
      return [was, best] as const;
    });
};

/** The words of a line that say something else now: the target, and the values of names. */
const renamed = (was: Deed, is: Deed): ((word: string, before: string | undefined) => string) => {
  const valueBehind = (words: readonly string[], name: string): string | undefined => {
    const at = words.indexOf(name);
    return at < 0 ? undefined : words[at + 1];
  };
  return (word, before) => {
    const at = was.words.indexOf(word);
    if (at < 0) return word;
    if (was.words.length === is.words.length) return is.words[at] ?? word;
    if (at === 0) return is.words[0] ?? word;
    return (before === undefined ? undefined : valueBehind(is.words, before)) ?? word;
  };
};

/** Undefined: no single word of it can be changed so that it takes away what is made now. */
const rewritten = (value: string, label: string, [was, is]: readonly [Deed, Deed]): string | undefined => {
  const rename = renamed(was, is);
  let before: string | undefined;
  const fresh = value.replaceAll(/\S+/g, (word) => {
    const own = expanded(word, label);
    const next = rename(own, before);
    before = own;
    return next === own ? word : next;
  });
  const taken = deedOf(fresh, label);
  return taken !== undefined && isUndoneBy(is, taken) ? fresh : undefined;
};

interface Job {
  readonly instead: Map<string, Map<number, readonly string[]>>;
  readonly linesOf: (path: string) => readonly string[];
}

const editLine = (
  { instead, linesOf }: Job,
  { at, lastLine, value, name }: Option,
  fresh: string | undefined,
): void => {
  const own = instead.get(at.path) ?? new Map<number, readonly string[]>();
  instead.set(at.path, own);
  const line = linesOf(at.path)[at.line - 1] ?? '';
  const [, head = `${name} `] = /^(\s*\S+\s+)/.exec(line) ?? [];
  if (fresh === undefined) for (let one = at.line; one <= lastLine; one += 1) own.set(one - 1, []);
  else if (at.line === lastLine && line.includes(value))
    own.set(at.line - 1, [head + line.slice(head.length).replace(value, () => fresh)]);
};

const editStanza = (job: Job, label: string, before: Stanza, after: Stanza): void => {
  const made = madeIn(after, label);
  const changes = changesBetween(madeIn(before, label), made);
  if (changes.length === 0) return;
  for (const option of after.options) {
    const isDown = option.name === 'down' || option.name === 'post-down';
    const taken = isDown && commandsIn(option.value).length === 1 ? deedOf(option.value, label) : undefined;
    if (taken === undefined || made.some((deed) => isUndoneBy(deed, taken))) continue;
    const change = changes.find(([was]) => isUndoneBy(was, taken));
    if (change === undefined) continue;
    const [was, is] = change;
    editLine(job, option, is === undefined ? undefined : rewritten(option.value, label, [was, is]));
  }
};

/** `before`: the texts as they were; stanzas of one name are those of before as long as they are as many. */
export const withDownLines = (before: readonly ConfigText[], after: readonly ConfigText[]): readonly ConfigText[] => {
  const [old, fresh] = [byKey(before), byKey(after)];
  const texts = new Map(after.map(({ path, text }) => [path, text.split('\n')]));
  const job: Job = { instead: new Map(), linesOf: (path) => texts.get(path) ?? [] };
  for (const [key, stanzas] of fresh) {
    const own = old.get(key) ?? [];
    if (own.length !== stanzas.length) continue;
    for (const [index, stanza] of stanzas.entries()) {
      const was = own[index];
      if (was !== undefined) editStanza(job, labelAndFamily(stanza).name, was, stanza);
    }
  }
  return after.map((it) => {
    const instead = job.instead.get(it.path);
    return instead === undefined ? it : { path: it.path, text: withLineEdits(it.text, { instead, behind: new Map() }) };
  });
};
