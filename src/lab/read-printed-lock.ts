/**
 * The text of a lock file, read by the lines that `printLock` writes: a fast way for the file that Lanwright itself wrote
 * last. Undefined for whatever looks otherwise; who reads by this compares what it prints with the text.
 */

const line = /^( {2})?("(?:[^"\\]|\\.)*"|[\w.-]+):(?: (.+))?$/;
/** A quoted text, or a bare key. */
const token = /"(?:[^"\\]|\\.)*"|[\w.-]+(?=: )/g;

const isQuoted = (text: string): boolean => text.startsWith('"');

/** A flow mapping is JSON but for its keys, which are mostly bare. */
const asJson = (flow: string): string => flow.replace(token, (part) => (isQuoted(part) ? part : JSON.stringify(part)));

const keyOf = (text: string): string => (isQuoted(text) ? (JSON.parse(text) as string) : text);

/** Keys at the margin hold a value, or what is indented after them. */
const readLines = (lines: readonly string[]): Record<string, unknown> | undefined => {
  const top = new Map<string, unknown>();
  let section: Map<string, unknown> | undefined;
  for (const text of lines) {
    const [, indent, key, flow] = line.exec(text) ?? [];
    const holder = indent === undefined ? top : section;
    if (key === undefined || holder === undefined) return undefined;
    if (flow !== undefined) holder.set(keyOf(key), JSON.parse(asJson(flow)));
    else if (indent !== undefined) return undefined;
    else top.set(keyOf(key), (section = new Map()));
  }
  return Object.fromEntries(
    [...top].map(([key, value]) => [key, value instanceof Map ? Object.fromEntries(value) : value]),
  );
};

/** `body`: without the comment at the beginning. */
export const readPrintedLock = (body: string): Record<string, unknown> | undefined => {
  try {
    return readLines(body.trimEnd().split('\n'));
  } catch {
    return undefined;
  }
};
