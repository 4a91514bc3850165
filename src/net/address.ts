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

export const bitsOf = (family: Family): 32 | 128 => (family === 4 ? 32 : 128);

const octet = /^(0|[1-9]\d{0,2})$/;
const hextet = /^[0-9a-fA-F]{1,4}$/;

const parseIpv4 = (text: string): bigint | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!octet.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
};

const parseHextets = (text: string): bigint[] | undefined => {
  if (text === '') return [];
  const parts = text.split(':');
  const words: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const embedded = parseIpv4(part);
      if (embedded === undefined) return undefined;
      words.push(embedded >> 16n, embedded & 0xffffn);
    } else if (hextet.test(part)) words.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return words;
};

const join = (words: readonly bigint[]): bigint => words.reduce((value, word) => (value << 16n) | word, 0n);

const parseIpv6 = (text: string): bigint | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseHextets(halves[0] ?? '');
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? join(head) : undefined;
  if ((halves[0] ?? '').includes('.')) return undefined;
  const tail = parseHextets(halves[1] ?? '');
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0n);
  return join([...head, ...zeros, ...tail]);
};

/** The address that `text` spells, or undefined. */
export const parseIp = (text: string): Ip | undefined => {
  const family: Family = text.includes(':') ? 6 : 4;
  const value = family === 6 ? parseIpv6(text) : parseIpv4(text);
  return value === undefined ? undefined : { family, value };
};

const printIpv4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero words (the first of equals) as `::`. */
const printIpv6 = (value: bigint): string => {
  const words = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(16 * (7 - index))) & 0xffffn));
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

export const printIp = (ip: Ip): string => (ip.family === 4 ? printIpv4(ip.value) : printIpv6(ip.value));

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
