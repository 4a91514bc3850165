/**
 * Where the values of a match stand: in the braces behind a field, in those of a named set, or where a variable is defined.
 * A list within a list is looked into; what is left are single values with their places.
 */
import { type ElementsSite, phraseOf, type Site, type Span } from '../text/sites.ts';
import { type Definition, type Token } from '../text/tokens.ts';
import { type Scope } from '../text/removal.ts';

export interface Value {
  readonly span: Span;
  /** What stands in the same braces before and behind it. */
  readonly list: ValueList;
}

export interface ValueList {
  /** One value alone is not in braces. */
  readonly isBraced: boolean;
  /** Whether ranges and prefixes may stand here. */
  readonly hasIntervals: boolean;
  /** Of all members, in order, lists among them. */
  readonly members: readonly Span[];
}

const isSign = ({ kind, text }: Token, sign: string): boolean => kind === 'sign' && text === sign;

/** Tokens between commas, without the ends of lines. */
const membersIn = (tokens: readonly Token[]): readonly (readonly Token[])[] => {
  const members: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isSign(token, '{')) depth += 1;
    if (isSign(token, '}')) depth -= 1;
    if (depth === 0 && isSign(token, ',')) members.push([]);
    else if (token.kind !== 'end') members.at(-1)?.push(token);
  }
  return members.filter((member) => member.length > 0);
};

/** A definition may name others: no deeper than nft follows files. */
const deepest = 16;

/** `tokens`: one value, or a list in braces. Undefined where the places of its values are not known. */
const valuesIn = (tokens: readonly Token[], hasIntervals: boolean, depth = 0): readonly Value[] | undefined => {
  const [first, ...others] = tokens.filter(({ kind }) => kind !== 'end');
  if (first === undefined || depth > deepest) return undefined;
  const defined = first.definition;
  if (defined !== undefined)
    return others.every((token) => token.definition === defined)
      ? valuesIn(defined.tokens, hasIntervals, depth + 1)
      : undefined;
  // Within a definition, the name of another one is not replaced.
  if (first.text.startsWith('$')) return undefined;
  if (!isSign(first, '{')) {
    const { span } = phraseOf(tokens);
    return span === undefined ? undefined : [{ span, list: { isBraced: false, hasIntervals, members: [span] } }];
  }
  const members = membersIn(tokens.filter(({ kind }) => kind !== 'end').slice(1, -1));
  const spans = members.map((member) => phraseOf(member).span);
  const known = spans.filter((span) => span !== undefined);
  if (known.length < spans.length) return undefined;
  const list: ValueList = { isBraced: true, hasIntervals, members: known };
  const values = members.map((member, at) => {
    const isList = member[0]?.definition !== undefined || (member[0] !== undefined && isSign(member[0], '{'));
    const span = known[at];
    return isList ? valuesIn(member, hasIntervals, depth + 1) : span === undefined ? undefined : [{ span, list }];
  });
  return values.some((own) => own === undefined) ? undefined : values.flatMap((own) => own ?? []);
};

/** From the brace at `at` to the one that closes it. */
const bracesAt = (tokens: readonly Token[], at: number): readonly Token[] => {
  let depth = 0;
  for (let end = at; end < tokens.length; end += 1) {
    const token = tokens[end];
    if (token === undefined) break;
    if (isSign(token, '{')) depth += 1;
    if (isSign(token, '}')) depth -= 1;
    if (depth === 0) return tokens.slice(at, end + 1);
  }
  return tokens.slice(at);
};

const isSetName = ({ kind, text }: Token): boolean => kind === 'word' && /^@(?!(?:ll|nh|th|ih)$)./.test(text);

const valuesOfSet = (sites: readonly Site[], scope: Scope, name: string): readonly Value[] | undefined => {
  const own = sites.filter(
    (site): site is ElementsSite =>
      site.kind === 'elements' &&
      site.set === name &&
      site.scope.family === scope.family &&
      site.scope.table === scope.table,
  );
  const values = own.map(({ whole, hasIntervals }) => valuesIn(whole.tokens, hasIntervals));
  return values.some((list) => list === undefined) ? undefined : values.flatMap((list) => list ?? []);
};

/** The values of the one set, list or variable that a statement holds; undefined where there is none, or several. */
export const valuesOf = (
  tokens: readonly Token[],
  scope: Scope,
  sites: readonly Site[],
): readonly Value[] | undefined => {
  const found: (() => readonly Value[] | undefined)[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    const { definition } = token;
    if (definition !== undefined) {
      const begin = at;
      while (isOf(tokens[at + 1], definition, token.offset)) at += 1;
      const own = tokens.slice(begin, at + 1);
      found.push(() => valuesIn(own, true));
    } else if (isSetName(token)) found.push(() => valuesOfSet(sites, scope, token.text.slice(1)));
    else if (isSign(token, '{')) {
      const braces = bracesAt(tokens, at);
      at += braces.length - 1;
      found.push(() => valuesIn(braces, true));
    }
  }
  return found.length === 1 ? found[0]?.() : undefined;
};

function isOf(token: Token | undefined, definition: Definition, offset: number): boolean {
  return token?.definition === definition && token.offset === offset;
}
