/**
 * Places and values of the user's file in words, for messages: `nics` of `web`, the number `.20`.
 */
import { type SourceFile } from '../source/source-file.ts';
import { type JsonSchema } from './json-schema.ts';
import { type Path } from './spec.ts';

/** What explaining needs besides the flaw. */
export interface Context {
  readonly source: SourceFile;
  readonly schema: JsonSchema;
}

/** The value at `path` in the file; undefined where there is none. */
export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, segment) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, segment)) return undefined;
    return (inner as Readonly<Record<string | number, unknown>>)[segment];
  }, value);

/** Maps whose keys are names that the user chose; such a name needs no "of". */
const sections = new Set(['networks', 'machines', 'hosts', 'groups', 'nics', 'aliases']);

/** A path in words: `nics` of `web`, item 2 of `policy`. */
export const spoken = (path: Path): string => {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  const rest = path.slice(0, -1);
  const owner = rest.at(-1);
  if (typeof last === 'number') return `item ${last + 1} of ${spoken(rest)}`;
  if (owner === undefined || (typeof owner === 'string' && sections.has(owner))) return `\`${last}\``;
  return typeof owner === 'number' ? `\`${last}\` of ${spoken(rest)}` : `\`${last}\` of \`${owner}\``;
};

/** A text of the user that fits into a sentence. */
export const shortened = (text: string): string => {
  const line = text.split('\n')[0] ?? '';
  return line.length > 60 || line !== text ? `${line.slice(0, 59)}…` : line;
};

/** The value at `path` as it stands in the file. */
export const written = ({ source }: Context, path: Path): string => {
  const { start, end } = source.spanOf(path);
  return shortened(source.text.slice(start, end));
};

/** The value in words that follow "found". */
export const found = (context: Context, path: Path): string => {
  const value = valueAt(context.source.value, path);
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text \`${shortened(value)}\``;
  if (typeof value === 'number') return `the number \`${written(context, path)}\``;
  if (typeof value === 'boolean') return `\`${String(value)}\``;
  return Array.isArray(value) ? 'a list' : 'a map';
};
