/**
 * Sets and removes keys of YAML texts in block style by their place alone: every byte outside of the lines of that key
 * stays as it is.
 */
import { Document, isMap, isPair, isScalar, parseDocument, stringify, visit, type Pair, type YAMLMap } from 'yaml';
import { listSteps, plainLines, withLineEdits } from '../line-edits.ts';

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
    if (!isBlank && !isComment && own <= indent && !isItem) break;
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

/** Lists of plain words in brackets, on one line each. */
const renderedFlat = (key: string, value: unknown, indent: number): string => {
  const document = new Document({ [key]: value });
  visit(document, {
    Seq: (_, seq) => {
      if (seq.items.every(isScalar)) seq.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).replaceAll(/^(?=.)/gm, ' '.repeat(indent));
};

const isContent = (line: string): boolean => !/^\s*(?:#|$)/.test(line);

/** With the indent that the line had, and the comment behind it. */
const withContent = (line: string, content: string): string => {
  const [indent = ''] = /^\s*/.exec(line) ?? [];
  const [comment = ''] = /["']/.test(line) ? [] : (/\s+#.*$/.exec(line) ?? []);
  return indent + content.trim() + comment;
};

/**
 * Lines of a key whose value changes in part: found between both values as they are rendered here, which line by line are
 * the lines of the text. Undefined where its owner lays it out otherwise.
 */
const inItsLines = (
  own: string,
  key: string,
  [was, is]: readonly [unknown, unknown],
  indent: number,
): string | undefined => {
  const lines = plainLines(own);
  const places = lines.flatMap((line, at) => (isContent(line) ? [at] : []));
  const layout = [rendered, renderedFlat].find((one) => plainLines(one(key, was, indent)).length === places.length);
  if (layout === undefined) return undefined;
  const [before, after] = [plainLines(layout(key, was, indent)), plainLines(layout(key, is, indent))];
  const instead = new Map<number, readonly string[]>();
  const behind = new Map<number, readonly string[]>();
  for (const step of listSteps(before, after)) {
    if (step.kind === 'gone') instead.set(places[step.at] ?? -1, []);
    if (step.kind === 'changed') {
      const at = places[step.at] ?? -1;
      instead.set(at, [withContent(lines[at] ?? '', after[step.to] ?? '')]);
    }
    if (step.kind === 'new') {
      const at = places[step.behind] ?? -1;
      const [deep = ''] = /^\s*/.exec(lines[at] ?? '') ?? [];
      const [usual = ''] = /^\s*/.exec(before[step.behind] ?? '') ?? [];
      const fresh = after[step.to] ?? '';
      const moved = ' '.repeat(Math.max(0, fresh.length - fresh.trimStart().length + deep.length - usual.length));
      behind.set(at, [...(behind.get(at) ?? []), moved + fresh.trimStart()]);
    }
  }
  return withLineEdits(own, { instead, behind });
};

const plainOf = (text: string, path: Path): unknown => {
  const { contents, errors } = parseDocument(text, { version: '1.1', schema: 'core', logLevel: 'silent' });
  const map = errors.length > 0 ? undefined : mapAt(contents, path);
  return map?.toJSON();
};

const isSaid = (text: string, path: Path, wanted: unknown): boolean =>
  JSON.stringify(plainOf(text, path)) === JSON.stringify(wanted);

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
    const end = endOf(text, start, indent);
    const withOwn = (own: string): string => text.slice(0, line) + own + text.slice(end);
    if (value === undefined) return withOwn('');
    const present: unknown = map.toJSON();
    const was: unknown = (present as Readonly<Record<string, unknown>>)[key];
    const inPart = inItsLines(text.slice(line, end), key, [was, value], indent);
    const isRight = inPart !== undefined && isSaid(withOwn(inPart), path, { ...(present as object), [key]: value });
    return withOwn(isRight ? inPart : rendered(key, value, indent));
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
