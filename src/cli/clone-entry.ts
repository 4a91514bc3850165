/**
 * The text of a lab file with one machine more: a copy of another, without what no two machines may have in common. Its
 * number, MAC and addresses are planned. Everything else of the text stays as it was written.
 */
import { type SourceFile } from '../source/source-file.ts';

type Plain = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value);

const without = (value: Plain, ...keys: readonly string[]): Plain =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));

/** Words that say how an address is found can be shared; addresses cannot. */
const sharedAddresses = new Set(['auto', 'dhcp', 'slaac', 'none']);

const ownAddresses = ['address', 'ipv4', 'ipv6'] as const;

const cloneNic = (nic: unknown): unknown => {
  if (!isMap(nic)) return nic;
  const kept = without(nic, 'mac', 'aliases');
  const own = ownAddresses.filter((key) => {
    const value = kept[key];
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    return value !== undefined && !all.every((one) => typeof one === 'string' && sharedAddresses.has(one));
  });
  return without(kept, ...own);
};

const cloneNics = (nics: unknown): unknown =>
  Array.isArray(nics)
    ? nics.map(cloneNic)
    : isMap(nics)
      ? Object.fromEntries(Object.entries(nics).map(([name, nic]) => [name, cloneNic(nic)]))
      : nics;

const cloneEntry = (entry: unknown): Plain => {
  if (!isMap(entry)) return {};
  const kept = without(entry, 'number', 'count');
  return kept['nics'] === undefined ? kept : { ...kept, nics: cloneNics(kept['nics']) };
};

const plainWord = /^[a-z][a-z0-9-]*$/;

/** As a person writes it on one line; JSON is YAML. */
const flow = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (!isMap(value)) return typeof value === 'string' && plainWord.test(value) ? value : JSON.stringify(value);
  const parts = Object.entries(value).map(([key, part]) => `${key}: ${flow(part)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
};

/** Behind the entry: on a line of its own, or within the braces that the entry stands in. */
export const withClone = (source: SourceFile, machine: string, clone: string): string => {
  const { text } = source;
  const path = ['machines', machine];
  const entry = `${clone}: ${flow(cloneEntry((source.value as { readonly machines: Plain }).machines[machine]))}`;
  const key = source.keySpanOf(path);
  const value = source.spanOf(path);
  const indent = text.slice(text.lastIndexOf('\n', key.start - 1) + 1, key.start);
  if (indent.trim() !== '') return `${text.slice(0, value.end)}, ${entry}${text.slice(value.end)}`;
  // Blank lines and remarks behind a block belong to what comes next.
  const end = value.start + text.slice(value.start, value.end).trimEnd().length;
  const lineEnd = text.indexOf('\n', end);
  const at = lineEnd < 0 ? text.length : lineEnd;
  return `${text.slice(0, at)}\n${indent}${entry}${text.slice(at)}`;
};
