/** Values as systemd's files spell them: booleans, sizes, times, lists, table names. */
import { ownEntry, readInteger } from '../plain-values.ts';

export const readBoolean = (text: string): boolean | undefined => {
  if (/^(1|yes|y|true|t|on)$/i.test(text)) return true;
  return /^(0|no|n|false|f|off)$/i.test(text) ? false : undefined;
};

/** Bytes, with K, M and G to the base of 1024. */
export const readBytes = (text: string): number | undefined => {
  const found = /^(\d+)([KMG]?)$/.exec(text);
  if (found === null) return undefined;
  const scale = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[found[2] ?? ''] ?? 1;
  return Number(found[1]) * scale;
};

const unitSeconds: Readonly<Record<string, number>> = {
  '': 1, us: 1e-6, usec: 1e-6, ms: 1e-3, msec: 1e-3, s: 1, sec: 1, second: 1, seconds: 1,
  m: 60, min: 60, minute: 60, minutes: 60, h: 3600, hr: 3600, hour: 3600, hours: 3600,
  d: 86400, day: 86400, days: 86400, w: 604800, week: 604800, weeks: 604800,
}; // prettier-ignore

/** A span of time (systemd.time(7)), in seconds. */
export const readSeconds = (text: string): number | undefined => {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/gy)];
  if (parts.length === 0 || parts.reduce((sum, part) => sum + part[0].length, 0) !== text.trim().length)
    return undefined;
  let seconds = 0;
  for (const [, count = '', unit = ''] of parts) {
    const scale = ownEntry(unitSeconds, unit);
    if (scale === undefined) return undefined;
    seconds += Number(count) * scale;
  }
  return Number(seconds.toFixed(6));
};

export const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

const tables: Readonly<Record<string, number>> = { default: 253, main: 254, local: 255 };

export const readTable = (text: string): number | undefined =>
  ownEntry(tables, text) ?? readInteger(text, 1, 4294967295);
