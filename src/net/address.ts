/**
 * IP addresses as values: strict parsing and canonical printing (RFC 4291, RFC 5952).
 * IPv4 is dotted decimal of four parts without leading zeros; zones are not part of an address.
 */

export type Family = 4 | 6;

/** An address as a number of 32 or 128 bits. Equal addresses print equally. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}

/** Good on one link only: fe80::/10 (RFC 4291 section 2.5.6). */
export const isLinkLocal6 = (value: bigint): boolean => value >> 118n === 0x3fan;

export const bitsOf = (family: Family): 32 | 128 => (family === 4 ? 32 : 128);

const octet = /^(0|[1-9]\d{0,2})$/;
const hextet = /^[0-9a-fA-F]{1,4}$/;

const parseIpv4 = (text: string): number | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!octet.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
};

const parseHextets = (text: string): number[] | undefined => {
  if (text === '') return [];
  const parts = text.split(':');
  const words: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const embedded = parseIpv4(part);
      if (embedded === undefined) return undefined;
      words.push(embedded >>> 16, embedded & 0xffff);
    } else if (hextet.test(part)) words.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return words;
};

/** Two words at a time, for a number holds 32 bits and big ones are slow. */
const join = (words: readonly number[]): bigint => {
  const pair = (index: number): bigint => BigInt((words[index] ?? 0) * 0x10000 + (words[index + 1] ?? 0));
  return (pair(0) << 96n) | (pair(2) << 64n) | (pair(4) << 32n) | pair(6);
};

/** The eight 16-bit words that `text` spells. */
const parseIpv6 = (text: string): readonly number[] | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseHextets(halves[0] ?? '');
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if ((halves[0] ?? '').includes('.')) return undefined;
  const tail = parseHextets(halves[1] ?? '');
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
};

/** The address that `text` spells, or undefined. */
export const parseIp = (text: string): Ip | undefined => {
  if (text.includes(':')) {
    const words = parseIpv6(text);
    return words === undefined ? undefined : { family: 6, value: join(words) };
  }
  const value = parseIpv4(text);
  return value === undefined ? undefined : { family: 4, value: BigInt(value) };
};

const printIpv4 = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero words (the first of equals) as `::`. */
const printIpv6 = (words: readonly number[]): string => {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]): string => part.map((word) => word.toString(16)).join(':');
  if (best.length < 2) return hex(words);
  return `${hex(words.slice(0, best.start))}::${hex(words.slice(best.start + best.length))}`;
};

const wordsOf = (value: bigint): readonly number[] =>
  [96n, 64n, 32n, 0n].flatMap((shift) => {
    const pair = Number((value >> shift) & 0xffffffffn);
    return [pair >>> 16, pair & 0xffff];
  });

export const printIp = (ip: Ip): string =>
  ip.family === 4 ? printIpv4(Number(ip.value)) : printIpv6(wordsOf(ip.value));

/** `printIp` of the address that 4 or 16 bytes in network order spell. */
export const printIpBytes = (bytes: Uint8Array): string => {
  const wordAt = (index: number): number => ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  return bytes.length === 4
    ? printIpv4(((wordAt(0) << 16) | wordAt(2)) >>> 0)
    : printIpv6([0, 2, 4, 6, 8, 10, 12, 14].map(wordAt));
};

/** The canonical spelling of an address that was validated before; throws otherwise. */
export const canonicalIp = (text: string): string => {
  const words = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (words === undefined) throw new Error(`not an IP address: ${text}`);
  // IPv4 has but one spelling.
  return typeof words === 'number' ? text : printIpv6(words);
};

/** `parseIp` for text that was validated before; throws otherwise. */
export const ip = (text: string): Ip => {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`not an IP address: ${text}`);
  return parsed;
};

/** The 4 or 16 bytes of an address in network order. */
export const bytesOf = (address: Ip): Uint8Array => {
  const length = bitsOf(address.family) / 8;
  return Uint8Array.from({ length }, (_, index) => Number((address.value >> BigInt(8 * (length - 1 - index))) & 0xffn));
};

/** The address that 4 or 16 bytes in network order spell. */
export const ipFromBytes = (bytes: Uint8Array): Ip => ({
  family: bytes.length === 4 ? 4 : 6,
  value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
});

/** Orders IPv4 before IPv6, then by number. */
export const compareIps = (a: Ip, b: Ip): number =>
  a.family !== b.family ? a.family - b.family : a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
