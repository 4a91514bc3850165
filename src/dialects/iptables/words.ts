/**
 * Splits a line of iptables-save(8) into words, and the words of a rule into options: those of the rule itself, of each
 * match it loads with `-m`, and of its target.
 */
import { optionNamesOf } from './option-names.ts';
import { ownEntry } from '../plain-values.ts';

export interface Word {
  readonly text: string;
  /** In quotes: never an option, whatever it begins with. */
  readonly isQuoted: boolean;
}

const endOfWord = /["\s]/;

/** Quotes may hold blanks, and `\` before the next character; undefined where they never end. */
export const wordsOf = (line: string): readonly Word[] | undefined => {
  const words: Word[] = [];
  for (let at = 0; at < line.length;) {
    const first = line.charAt(at);
    if (/\s/.test(first)) {
      at += 1;
    } else if (first === '"') {
      let text = '';
      for (at += 1; at < line.length && line.charAt(at) !== '"'; at += 1) {
        if (line.charAt(at) === '\\') at += 1;
        text += line.charAt(at);
      }
      if (at >= line.length) return undefined;
      at += 1;
      words.push({ text, isQuoted: true });
    } else {
      const begin = at;
      while (at < line.length && !endOfWord.test(line.charAt(at))) at += 1;
      words.push({ text: line.slice(begin, at), isQuoted: false });
    }
  }
  return words;
};

export interface Option {
  /** With its dashes. */
  readonly name: string;
  readonly values: readonly string[];
  readonly negate: boolean;
  /** The `!` stands behind the option, where versions up to 1.8.7 still took it. */
  readonly isNegatedLate?: true;
}

const isOptionName = ({ text, isQuoted }: Word): boolean => !isQuoted && /^--?[a-zA-Z0-9]/.test(text);
const isNot = ({ text, isQuoted }: Word): boolean => !isQuoted && text === '!';

/** A `!` stands before an option, or, as it once did, before its value. */
export const optionsOf = (words: readonly Word[]): readonly Option[] | undefined => {
  const options: { name: string; values: string[]; negate: boolean; isNegatedLate?: true }[] = [];
  let isNegated = false;
  for (const [index, word] of words.entries()) {
    const next = words[index + 1];
    const current = options.at(-1);
    if (isOptionName(word)) {
      options.push({ name: word.text, values: [], negate: isNegated });
      isNegated = false;
    } else if (isNegated) return undefined;
    else if (isNot(word)) {
      if (next === undefined) return undefined;
      if (isOptionName(next)) isNegated = true;
      else if (current === undefined) return undefined;
      else {
        current.negate = true;
        current.isNegatedLate = true;
      }
    } else if (current === undefined) return undefined;
    else current.values.push(word.text);
  }
  return options;
};

/** The options of a match or target, by the name of its module. */
export interface Module {
  readonly name: string;
  readonly options: readonly Option[];
}

export interface RuleWords {
  /** `-s`, `-i` and what else needs no module. */
  readonly own: readonly Option[];
  readonly matches: readonly Module[];
  /** `-j` or `-g`; absent for a rule that only counts. */
  readonly target: (Module & { readonly isGoto: boolean }) | undefined;
}

const long: Readonly<Record<string, string>> = {
  '-s': '--source',
  '--src': '--source',
  '-d': '--destination',
  '--dst': '--destination',
  '-i': '--in-interface',
  '-o': '--out-interface',
  '-p': '--protocol',
  '--proto': '--protocol',
  '-m': '--match',
  '-j': '--jump',
  '-g': '--goto',
  '-f': '--fragment',
  '-c': '--set-counters',
  '-4': '--ipv4',
  '-6': '--ipv6',
};

const own = new Set([
  '--source',
  '--destination',
  '--in-interface',
  '--out-interface',
  '--protocol',
  '--fragment',
  '--set-counters',
  '--ipv4',
  '--ipv6',
]);

interface OpenModule {
  readonly name: string;
  readonly options: Option[];
}

/**
 * Which of the modules that are there takes an option, and how it spells it: any beginning that is one option's alone
 * will do (getopt_long(3)), so that `--dport` is `--dports` where `-m multiport` came first.
 */
const takerOf = (
  modules: readonly OpenModule[],
  name: string,
): { readonly module: OpenModule; readonly name: string } | undefined => {
  const all = modules.flatMap((module) => optionNamesOf(module.name).map((full) => ({ module, name: full })));
  // libxtables asks the match that was loaded last first: `--mark` behind `-m mark … -m connmark` is the latter’s.
  const exact = all.findLast((it) => it.name === name);
  if (exact !== undefined) return exact;
  const begun = all.filter((it) => it.name.startsWith(name));
  return begun.length === 1 ? begun[0] : undefined;
};

/** Options of a protocol's own match may stand without `-m`, and behind any other match. */
export const groupOptions = (options: readonly Option[]): RuleWords => {
  const rule: Option[] = [];
  const matches: OpenModule[] = [];
  let target: (OpenModule & { readonly isGoto: boolean }) | undefined;
  let last: OpenModule | undefined;
  const give = (option: Option): void => {
    const taker = takerOf(target === undefined ? matches : [...matches, target], option.name);
    if (taker !== undefined) {
      taker.module.options.push({ ...option, name: taker.name });
      return;
    }
    const protocol = rule.find(({ name }) => name === '--protocol')?.values[0] ?? '';
    const implied: OpenModule = { name: protocol, options: [] };
    const spelling = takerOf([implied], option.name)?.name;
    if (spelling === undefined && last !== undefined) last.options.push(option);
    else {
      implied.options.push({ ...option, name: spelling ?? option.name });
      matches.push(implied);
    }
  };
  for (const given of options) {
    const option = { ...given, name: ownEntry(long, given.name) ?? given.name };
    if (own.has(option.name)) rule.push(option);
    else if (option.name === '--match') {
      last = { name: option.values[0] ?? '', options: [] };
      matches.push(last);
    } else if (option.name === '--jump' || option.name === '--goto') {
      target = { name: option.values[0] ?? '', options: [], isGoto: option.name === '--goto' };
      last = target;
    } else give(option);
  }
  return { own: rule, matches, target };
};

export const optionText = ({ name, values, negate }: Option): string =>
  [...(negate ? ['!'] : []), name, ...values].join(' ');
