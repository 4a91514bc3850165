/**
 * What nft(8) does before it reads a statement: `include` brings other files, `define` names lists of tokens that `$name`
 * stands for.
 */
import { type ConfigText } from '../../dialect.ts';
import { type Definition, type Token, tokensOf } from './tokens.ts';

export interface Preprocessed {
  readonly tokens: readonly Token[];
  readonly faults: readonly { readonly message: string; readonly path: string; readonly offset: number }[];
  /** Files that were asked for and are not among the texts. */
  readonly missing: readonly { readonly pattern: string; readonly path: string; readonly offset: number }[];
  readonly included: ReadonlySet<string>;
}

const deepest = 16;
const mostTokens = 1_000_000;

/** A path as `include` names it: absolute, or below /etc, with `*` and `?`. */
const matcherOf = (pattern: string): RegExp => {
  const path = pattern.startsWith('/') ? pattern.slice(1) : `etc/${pattern.replace(/^\.\//, '')}`;
  const source = path
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
};

export const preprocess = (main: ConfigText, texts: readonly ConfigText[]): Preprocessed => {
  const tokens: Token[] = [];
  const faults: { message: string; path: string; offset: number }[] = [];
  const missing: { pattern: string; path: string; offset: number }[] = [];
  const included = new Set<string>();
  const variables = new Map<string, { readonly value: readonly Token[]; readonly definition: Definition }>();
  const fault = (message: string, { path, offset }: Pick<Token, 'path' | 'offset'>): void => {
    faults.push({ message, path, offset });
  };

  const expand = (token: Token, into: Token[]): void => {
    if (token.kind !== 'word' || !token.text.startsWith('$')) {
      if (tokens.length + into.length < mostTokens) into.push(token);
      return;
    }
    const known = variables.get(token.text.slice(1));
    if (known === undefined) {
      fault(`\`${token.text}\` is not defined`, token);
      into.push({ ...token, text: token.text.slice(1) });
      return;
    }
    const { value, definition } = known;
    if (tokens.length + into.length + value.length > mostTokens) return;
    const { path, offset, length } = token;
    for (const part of value) into.push({ ...part, path, offset, length, definition });
  };

  /** Tokens up to the end of the line or statement, braces held together; and the place behind them. */
  const valueFrom = (
    own: readonly Token[],
    begin: number,
  ): { readonly value: readonly Token[]; readonly end: number } => {
    const value: Token[] = [];
    let depth = 0;
    let at = begin;
    for (; at < own.length; at += 1) {
      const token = own[at];
      if (token === undefined || (token.kind === 'end' && depth === 0)) break;
      if (token.kind === 'sign' && token.text === '{') depth += 1;
      if (token.kind === 'sign' && token.text === '}') depth -= 1;
      if (depth < 0) break;
      expand(token, value);
    }
    return { value, end: at };
  };

  const visit = (text: ConfigText, depth: number): void => {
    const { tokens: own, strange } = tokensOf(text.text, text.path);
    for (const offset of strange) fault('this character means nothing to nft', { path: text.path, offset });
    for (let at = 0; at < own.length; at += 1) {
      const token = own[at];
      if (token === undefined) break;
      const next = own[at + 1];
      const before = own[at - 1];
      const isFirst = before === undefined || before.kind === 'end' || before.text === '{';
      if (
        isFirst &&
        token.kind === 'word' &&
        (token.text === 'define' || token.text === 'redefine') &&
        own[at + 2]?.text === '='
      ) {
        const { value, end } = valueFrom(own, at + 3);
        const name = next?.text ?? '';
        variables.set(name, { value, definition: { name, path: text.path, tokens: own.slice(at + 3, end) } });
        at = end - 1;
      } else if (isFirst && token.kind === 'word' && token.text === 'undefine') {
        variables.delete(next?.text ?? '');
        at += 1;
      } else if (isFirst && token.kind === 'word' && token.text === 'include' && next?.kind === 'quoted') {
        const matcher = matcherOf(next.text);
        const found = texts.filter(({ path }) => matcher.test(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
        for (const { path } of found) included.add(path);
        if (found.length === 0) missing.push({ pattern: next.text, path: next.path, offset: next.offset });
        if (depth >= deepest) fault('files include each other too deeply', next);
        else for (const inner of found) visit(inner, depth + 1);
        at += 1;
      } else expand(token, tokens);
    }
    tokens.push({ kind: 'end', text: '\n', offset: text.text.length, length: 0, path: text.path });
  };

  visit(main, 0);
  return { tokens, faults, missing, included };
};
