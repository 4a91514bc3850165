/**
 * Sets and removes keys of YAML texts in block style by their place alone: every byte outside of the lines of that key
 * stays as it is.
 */
import { isMap, isPair, isScalar, parseDocument, stringify, type Pair, type YAMLMap } from 'yaml';

type Path = readonly string[];

const mapAt = (contents: unknown, path: Path): YAMLMap | undefined => {
  let node = contents;
  for (const key of path) {
    if (!isMap(node)) return undefined;
    node = node.get(key, true);
  }
  return isMap(node) ? node : undefined;
};

const pairAt = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((pair) => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key);

const startOf = (pair: Pair): number | undefined => {
  const key = pair.key as { range?: readonly number[] | null } | null;
  return key?.range?.[0];
};

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Where the lines of a pair end: before whatever is indented less than it, or as much, comments above the next apart. */
const endOf = (text: string, start: number, indent: number): number => {
  let end = text.length;
  let at = text.indexOf('\n', start) + 1;
  let last = at === 0 ? text.length : at;
  while (at > 0 && at < text.length) {
    const next = text.indexOf('\n', at) + 1;
    const line = text.slice(at, next === 0 ? text.length : next);
    const own = line.length - line.trimStart().length;
    const isBlank = line.trim() === '';
    const isItem = own === indent && line.trimStart().startsWith('- ');
    const isComment = line.trimStart().startsWith('#');
    if (!isBlank && own <= indent && !isItem) break;
    if (!isBlank && !(isComment && own <= indent)) last = next === 0 ? text.length : next;
    if (next === 0) break;
    at = next;
  }
  end = last;
  return end;
};

const isPlainBlank = (text: string): boolean => text.trim() === '';

const rendered = (key: string, value: unknown, indent: number): string =>
  stringify({ [key]: value }, { lineWidth: 0 }).replaceAll(/^(?=.)/gm, ' '.repeat(indent));

/** `value` undefined: the key goes. Undefined where the text is not written so that this can be done. */
export const withKey = (text: string, path: Path, key: string, value: unknown): string | undefined => {
  const { contents, errors } = parseDocument(text, { version: '1.1', schema: 'core' });
  const map = mapAt(contents, path);
  if (errors.length > 0 || map === undefined || map.flow === true) return undefined;
  const pair = pairAt(map, key);
  const start = pair === undefined ? undefined : startOf(pair);
  if (start !== undefined) {
    const line = lineStart(text, start);
    if (!isPlainBlank(text.slice(line, start))) return undefined;
    const indent = start - line;
    const fresh = value === undefined ? '' : rendered(key, value, indent);
    return text.slice(0, line) + fresh + text.slice(endOf(text, start, indent));
  }
  if (value === undefined) return text;
  const last = map.items.at(-1);
  const lastStart = last === undefined ? undefined : startOf(last);
  if (lastStart === undefined) return undefined;
  const line = lineStart(text, lastStart);
  if (!isPlainBlank(text.slice(line, lastStart))) return undefined;
  const end = endOf(text, lastStart, lastStart - line);
  const before = text.slice(0, end);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${rendered(key, value, lastStart - line)}${text.slice(end)}`;
};
