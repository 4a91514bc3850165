/** What a normal form is written with: canonical text, sorted keys, and fields that are absent rather than empty. */
import { canonicalIp, ip } from '../net/address.ts';
import { parsePrefix, prefix, printPrefix } from '../net/prefix.ts';

export { canonicalIp };

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sortKeys = <V, W>(
  record: Readonly<Record<string, V>>,
  map: (value: V) => W,
): Readonly<Record<string, W>> =>
  Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, value]) => [key, map(value)]),
  );

/** A field that is absent rather than undefined. */
export const field = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>);

/** A field that is there only where it has this one value. */
export const flag = <K extends string, V extends boolean>(
  key: K,
  value: boolean | undefined,
  told: V,
): Partial<Record<K, V>> => (value === told ? ({ [key]: told } as Record<K, V>) : {});

/** Absent where `text` is absent or the unspecified address: both mean that any will do. */
export const specifiedIp = (text: string | undefined): string | undefined =>
  text === undefined || ip(text).value === 0n ? undefined : canonicalIp(text);

export const canonicalPrefix = (text: string): string => printPrefix(prefix(text));

/** Absent where `text` is absent or the prefix of all addresses: both select everything. */
export const selectivePrefix = (text: string | undefined): string | undefined =>
  text === undefined || parsePrefix(text)?.length === 0 ? undefined : canonicalPrefix(text);
