/**
 * The text of radvd.conf(5): statements that end in `;`, some with a block in braces before it. radvd loads nothing of a
 * file with a fault; faults are collected, and the rest is parsed all the same.
 */
export interface Token {
  /** Without quotes. */
  readonly text: string;
  readonly offset: number;
  /** With them. */
  readonly length: number;
}

export interface Statement {
  readonly words: readonly Token[];
  readonly block?: readonly Statement[];
  /** Offset behind its `;`, or behind its brace where that is missing. */
  readonly end: number;
}

export interface Fault {
  readonly at: Token;
  readonly why: string;
}

const tokensOf = (text: string): readonly Token[] =>
  [...text.matchAll(/#[^\n]*|[{};]|"[^"\n]*"|[^\s{};#"]+/g)]
    .filter(([word]) => !word.startsWith('#'))
    .map((found) => ({ text: found[0].replaceAll('"', ''), offset: found.index, length: found[0].length }));

/** More than radvd has levels of blocks. */
const deepest = 8;

/** Statements up to the closing brace, and the place behind it. */
const parseFrom = (
  tokens: readonly Token[],
  begin: number,
  depth: number,
  faults: Fault[],
): readonly [readonly Statement[], number] => {
  const statements: Statement[] = [];
  let words: Token[] = [];
  let at = begin;
  for (; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.text === '}') {
      if (depth === 0) {
        faults.push({ at: token, why: 'closes nothing' });
        continue;
      }
      if (words.length > 0) faults.push({ at: token, why: 'stands where `;` is missing' });
      return [statements, at];
    }
    if (token.text === ';') {
      if (words.length > 0) statements.push({ words, end: token.offset + 1 });
      else faults.push({ at: token, why: 'ends nothing' });
      words = [];
    } else if (token.text === '{') {
      if (words.length === 0 || depth > deepest) faults.push({ at: token, why: 'opens a block that has no name' });
      const [block, end] = parseFrom(tokens, at + 1, depth + 1, faults);
      at = end;
      if (tokens[at + 1]?.text === ';') at += 1;
      else faults.push({ at: tokens[at] ?? token, why: 'needs `;` behind it' });
      statements.push({ words, block, end: (tokens[at] ?? token).offset + 1 });
      words = [];
    } else words.push(token);
  }
  const last = tokens.at(-1);
  if ((depth > 0 || words.length > 0) && last !== undefined) faults.push({ at: last, why: 'ends the file too soon' });
  return [statements, at];
};

export const parseRadvd = (
  text: string,
): { readonly statements: readonly Statement[]; readonly faults: readonly Fault[] } => {
  const faults: Fault[] = [];
  const [statements] = parseFrom(tokensOf(text), 0, 0, faults);
  // One end of the file, however many blocks are open at it.
  const once = new Map(faults.toReversed().map((fault) => [fault.at.offset, fault]));
  return { statements, faults: [...once.values()].sort((a, b) => a.at.offset - b.at.offset) };
};
