/**
 * Values of a list that go, come, or make place for others. Each keeps its line, comma and comment as far as it can: new
 * ones get lines of their own where the one before has one.
 */
import { type Value } from './value-lists.ts';
import { beginsLine, endsLine, lineEnd, lineStart, type Splice, wholeLines } from './layout.ts';
import { type Span } from '../text/sites.ts';

export interface ValueChanges {
  /** By place in the list of values. */
  readonly gone: readonly number[];
  readonly instead: ReadonlyMap<number, string>;
  /** What comes behind a value. */
  readonly behind: ReadonlyMap<number, readonly string[]>;
}

type TextOf = (path: string) => string;

/** Behind the comma that follows, where there is one. */
const commaBehind = (text: string, offset: number): number | undefined => {
  const blanks = /^[ \t]*,/.exec(text.slice(offset, lineEnd(text, offset)))?.[0].length;
  return blanks === undefined ? undefined : offset + blanks;
};

const isAlone = (text: string, { from, to }: Span): boolean =>
  beginsLine(text, from) && endsLine(text, commaBehind(text, to) ?? to);

/** `isGone`: of the members beside it. The last ones take the comma before them along. */
const removalOf = (text: string, { span, list }: Value, isGone: (member: Span) => boolean): Splice => {
  const at = list.members.indexOf(span);
  const [before, next] = [list.members[at - 1], list.members[at + 1]];
  const end = commaBehind(text, span.to) ?? span.to;
  if (isAlone(text, span)) return wholeLines(text, { ...span, to: end });
  const isOnLine = (other: Span | undefined): other is Span =>
    other !== undefined && other.path === span.path && lineStart(text, other.from) === lineStart(text, span.from);
  const to = isOnLine(next) ? next.from : end;
  const isLast = list.members.slice(at + 1).every(isGone);
  if (isLast && isOnLine(before)) return { ...span, from: isGone(before) ? span.from : before.to, to, text: '' };
  if (isOnLine(next)) return { ...span, to, text: '' };
  const blanks = /[ \t]*$/.exec(text.slice(lineStart(text, span.from), span.from))?.[0].length ?? 0;
  return { ...span, from: span.from - blanks, to, text: '' };
};

const additionsTo = (text: string, { span, list }: Value, words: readonly string[]): readonly Splice[] => {
  const { path, to } = span;
  if (!list.isBraced) return [{ ...span, text: `{ ${[text.slice(span.from, to), ...words].join(', ')} }` }];
  if (!isAlone(text, span)) return [{ path, from: to, to, text: words.map((word) => `, ${word}`).join('') }];
  const comma = commaBehind(text, to);
  const indent = text.slice(lineStart(text, span.from), span.from);
  const at = lineEnd(text, to);
  const lines = words.map(
    (word, index) => `\n${indent}${word}${comma === undefined && index === words.length - 1 ? '' : ','}`,
  );
  return [
    ...(comma === undefined ? [{ path, from: to, to, text: ',' }] : []),
    { path, from: at, to: at, text: lines.join('') },
  ];
};

/** Undefined where nothing would be left in a list. */
export const valueSplices = (
  values: readonly Value[],
  { gone, instead, behind }: ValueChanges,
  textOf: TextOf,
): readonly Splice[] | undefined => {
  const leaves = (list: Value['list']): boolean =>
    values.some((value, at) => value.list === list && !gone.includes(at)) ||
    list.members.some((member) => !values.some(({ span }) => span === member));
  if (gone.some((at) => values[at] === undefined || !leaves(values[at].list))) return undefined;
  const spansGone = new Set(gone.map((at) => values[at]?.span));
  return [
    ...gone.flatMap((at) => {
      const value = values[at];
      return value === undefined ? [] : [removalOf(textOf(value.span.path), value, (member) => spansGone.has(member))];
    }),
    ...[...instead].flatMap(([at, text]) => {
      const value = values[at];
      return value === undefined ? [] : [{ ...value.span, text }];
    }),
    ...[...behind].flatMap(([at, words]) => {
      const value = values[at];
      return value === undefined ? [] : additionsTo(textOf(value.span.path), value, words);
    }),
  ];
};
