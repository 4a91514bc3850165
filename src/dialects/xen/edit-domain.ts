/**
 * Edits the `vif` list of one domain file: words of strings get other values in the quotes that they stand in, strings
 * come and go at the end of the list. Every byte outside of them stays.
 */

/** Words of one vif string, as in `mac` and `bridge`; a key that is absent shall not be said. */
export type VifWords = Readonly<Record<string, string>>;

interface ListItem {
  /** Of the string with its quotes. */
  readonly start: number;
  readonly end: number;
}

interface VifList {
  readonly items: readonly ListItem[];
  /** Behind `[`, and of `]`. */
  readonly open: number;
  readonly close: number;
}

const token = /#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[[\]\n;]|[^\s#"'[\];]+|\s/gy;

/** The last list that `vif` is given: the ones before it are forgotten. Undefined where it is none, or does not end. */
const vifListIn = (text: string): VifList | undefined => {
  let found: VifList | undefined;
  for (const { index } of text.matchAll(/^[ \t]*vif[ \t]*=[ \t]*\[/gm)) {
    const open = text.indexOf('[', index) + 1;
    const items: ListItem[] = [];
    token.lastIndex = open;
    let close: number | undefined;
    for (let part = token.exec(text); part !== null && close === undefined; part = token.exec(text)) {
      if (part[0] === ']') close = part.index;
      else if (/^["']/.test(part[0])) items.push({ start: part.index, end: part.index + part[0].length });
      if (close !== undefined) break;
    }
    found = close === undefined ? undefined : { items, open, close };
  }
  return found;
};

/** In the order in which people write them. */
const keys = ['mac', 'ip', 'script', 'bridge', 'vifname', 'mtu'] as const;

export const vifText = (words: VifWords): string =>
  keys.flatMap((key) => (words[key] === undefined ? [] : [`${key}=${words[key]}`])).join(',');

const keyOf = (part: string): string => (part.split('=')[0] ?? '').trim().toLowerCase();

/** A script keeps the folder that it was said with. */
const withValue = (part: string, value: string): string => {
  const [, head = '', old = '', tail = ''] = /^([^=]*=\s*)(.*?)(\s*)$/s.exec(part) ?? [];
  const folder = keyOf(part) === 'script' && old.includes('/') ? old.slice(0, old.lastIndexOf('/') + 1) : '';
  return `${head}${folder}${value}${tail}`;
};

/** One string that says `after` where it said `before`; `isWhole`: all of `after`, whatever it said. */
const editedVif = (inner: string, before: VifWords, after: VifWords, isWhole: boolean): string => {
  let parts = inner.split(',');
  for (const key of keys) {
    const value = after[key];
    if (before[key] === value && !isWhole) continue;
    const at = parts.findLastIndex((part) => keyOf(part) === key && part.includes('='));
    if (value === undefined) parts = parts.filter((part) => keyOf(part) !== key);
    else if (at >= 0) parts = parts.with(at, withValue(parts[at] ?? '', value));
    else parts = parts.some((part) => part.trim() !== '') ? [...parts, `${key}=${value}`] : [`${key}=${value}`];
  }
  return parts.join(',');
};

const lineOf = (text: string, offset: number): string => {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return text.slice(start, offset);
};

/** In front of the bracket, behind the last item and its comma; on a line of its own where items have one each. */
const appended = (text: string, { items, open, close }: VifList, fresh: readonly string[]): string => {
  const last = items.at(-1);
  const quote = last === undefined ? "'" : (text[last.start] ?? "'");
  const strings = fresh.map((inner) => `${quote}${inner}${quote}`);
  if (last === undefined) {
    const isBlank = text.slice(open, close).trim() === '';
    const at = isBlank ? open : close;
    return `${text.slice(0, at)} ${strings.join(', ')} ${text.slice(close)}`;
  }
  const comma = /^[ \t]*,/.exec(text.slice(last.end, close))?.[0];
  const indent = lineOf(text, last.start);
  const isOnOwnLine = indent.trim() === '';
  const between = isOnOwnLine ? `\n${indent}` : ' ';
  const at = last.end + (comma?.length ?? 0);
  const added = strings.map((one) => `${between}${one}`).join(',');
  return `${text.slice(0, at)}${comma === undefined ? ',' : ''}${added}${comma === undefined ? '' : ','}${text.slice(at)}`;
};

/** Items from the end on, each with the comma behind it, or in front of it where that is the last. */
const shortened = (text: string, { items }: VifList, count: number): string => {
  const [first] = items.slice(items.length - count);
  const last = items.at(-1);
  if (first === undefined || last === undefined) return text;
  const before = items[items.length - count - 1];
  const behind = /^[ \t]*,/.exec(text.slice(last.end))?.[0].length ?? 0;
  const isOnOwnLine = lineOf(text, first.start).trim() === '';
  const rest = text.slice(last.end + behind);
  if (isOnOwnLine) {
    const end = /^[ \t]*\r?\n/.exec(rest)?.[0].length ?? 0;
    const start = first.start - lineOf(text, first.start).length;
    // A comma that stays in front of the bracket does no harm, and comments between stay where they are.
    if (end > 0) return text.slice(0, start) + rest.slice(end);
  }
  const comma = before === undefined ? undefined : /,\s*$/.exec(text.slice(before.end, first.start));
  const start = comma === null || comma === undefined || behind > 0 ? first.start : first.start - comma[0].length;
  return text.slice(0, start) + rest;
};

/** Undefined where the file has no list in which this can be done. `wanted`, `before`: by the number of the interface. */
export const editDomainText = (
  text: string,
  before: readonly VifWords[],
  wanted: readonly VifWords[],
  isWhole: boolean,
): string | undefined => {
  const list = vifListIn(text);
  if (list === undefined)
    return wanted.length === 0
      ? text
      : /^[ \t]*vif[ \t]*=/m.test(text)
        ? undefined
        : `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}vif = [ ${wanted.map((words) => `'${vifText(words)}'`).join(', ')} ]\n`;
  if (list.items.length !== before.length) return undefined;
  let result = text;
  // From the end on, so that places in front stay what they are.
  if (wanted.length < before.length) result = shortened(result, list, before.length - wanted.length);
  else if (wanted.length > before.length) result = appended(result, list, wanted.slice(before.length).map(vifText));
  for (const [index, { start, end }] of [...list.items.entries()].toReversed()) {
    const [was, is] = [before[index], wanted[index]];
    if (was === undefined || is === undefined) continue;
    const inner = text.slice(start + 1, end - 1);
    if (inner.includes('\\')) return undefined;
    const fresh = editedVif(inner, was, is, isWhole);
    result = result.slice(0, start + 1) + fresh + result.slice(end - 1);
  }
  return result;
};
