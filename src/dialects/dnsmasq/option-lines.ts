/**
 * Lines of dnsmasq.conf(5): an option and its value, and how its values are taken apart. A `#` begins a comment where blank
 * stands before it; quotes keep both it and commas (`read_file` of option.c).
 */
import { type Line } from '../text.ts';

export interface Option {
  readonly name: string;
  /** Quotes are still in it; absent: there is no `=`. */
  readonly value: string | undefined;
  readonly line: number;
  readonly column: number;
}

const withoutComment = (text: string): string => {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (isQuoted && letter === '\\') at += 1;
    else if (letter === '"') isQuoted = !isQuoted;
    else if (letter === '#' && !isQuoted && /^\s?$/.test(text[at - 1] ?? '')) return text.slice(0, at);
  }
  return text;
};

export const optionIn = ({ number, text }: Line): Option | undefined => {
  const whole = withoutComment(text).trim();
  if (whole === '') return undefined;
  const at = whole.indexOf('=');
  return {
    name: (at < 0 ? whole : whole.slice(0, at)).trim(),
    value: at < 0 ? undefined : whole.slice(at + 1).trim(),
    line: number,
    column: text.length - text.trimStart().length + 1,
  };
};

/** What stands between commas, without quotes; blanks around are cut. An empty part stays one. */
export const partsOf = (value: string): readonly string[] =>
  [...`${value},`.matchAll(/((?:"(?:\\.|[^"\\])*"|[^,"])*),/g)].map(([, part = '']) =>
    part.trim().replaceAll(/"((?:\\.|[^"\\])*)"/g, '$1'),
  );

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** Shorter ones confuse clients, and dnsmasq gives none. */
export const shortestLeaseSeconds = 120;

/** `infinite` is the most that the protocol can say. */
export const leaseSeconds = (text: string): number | undefined => {
  if (text === 'infinite') return 0xffffffff;
  const [, count, unit] = /^(\d{1,9})([smhdw]?)$/i.exec(text) ?? [];
  if (count === undefined) return undefined;
  return Math.max(shortestLeaseSeconds, Number(count) * (units[(unit ?? '').toLowerCase()] ?? 1));
};

/** Six bytes with `:` between them, each of one digit or two; a `-` would make it a name. */
export const macIn = (text: string): string | undefined =>
  /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(text)
    ? text
        .toLowerCase()
        .split(':')
        .map((byte) => byte.padStart(2, '0'))
        .join(':')
    : undefined;
