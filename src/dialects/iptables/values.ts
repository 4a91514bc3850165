/** Values of iptables(8): addresses with masks, ports, marks, interface names. Undefined where they are unreadable. */
import { bitsOf, parseIp, type Family } from '../../net/address.ts';
import { prefixOf, printPrefix } from '../../net/prefix.ts';
import { type NumberRange } from '../../state/packet-filter.ts';
import { prefixesOfRange } from '../../state/prefix-cover.ts';
import { type Numbers } from '../names.ts';
import { servicePorts } from '../service-names.ts';

/** A number as strtoul(3) reads it, in 32 bits. */
export const readNumber = (text: string | undefined, most = 0xffffffff): number | undefined => {
  if (text === undefined || !/^(0[xX][0-9a-fA-F]{1,8}|\d{1,10})$/.test(text)) return undefined;
  const number = /^0\d/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return number <= most ? number : undefined;
};

/** A number or a name for one, in any case. */
export const readNamed = (text: string | undefined, names: Numbers, most: number): number | undefined => {
  const name = (text ?? '').toLowerCase();
  return Object.hasOwn(names, name) ? names[name] : readNumber(text, most);
};

/** Bits of a netmask; undefined where they do not all come first. */
const maskLength = (mask: string, family: Family): number | undefined => {
  const bits = bitsOf(family);
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= bits ? Number(mask) : undefined;
  const parsed = parseIp(mask);
  if (parsed?.family !== family) return undefined;
  const zeros = (1n << BigInt(bits)) - 1n - parsed.value;
  return (zeros & (zeros + 1n)) === 0n ? bits - zeros.toString(2).replace(/^0$/, '').length : undefined;
};

export const readPrefix = (text: string, family: Family): string | undefined => {
  const [name = '', mask, ...more] = text.split('/');
  // The one name that /etc/hosts has everywhere.
  const host = name === 'localhost' ? (family === 4 ? '127.0.0.1' : '::1') : name;
  const address = parseIp(host);
  const length = mask === undefined ? bitsOf(family) : maskLength(mask, family);
  if (address?.family !== family || length === undefined || more.length > 0) return undefined;
  return printPrefix(prefixOf(address, length));
};

/** All or nothing of what stands between commas. */
export const readList = <T>(
  text: string | undefined,
  read: (part: string) => T | undefined,
): readonly T[] | undefined => {
  const all = (text ?? '').split(',').map(read);
  const known = all.filter((value) => value !== undefined);
  return known.length === all.length ? known : undefined;
};

/** `first-last`, or one address. */
export const readAddressRange = (text: string, family: Family): readonly string[] | undefined => {
  const [first, last, ...more] = text.split('-').map((end) => parseIp(end));
  const end = last ?? first;
  if (first?.family !== family || end?.family !== family || more.length > 0 || end.value < first.value)
    return undefined;
  return prefixesOfRange({ family, first: first.value, last: end.value }).map(printPrefix);
};

const highestPort = 0xffff;

/** A number, or the name of a service. */
export const readPort = (text: string | undefined): number | undefined => readNamed(text, servicePorts, highestPort);

/** `first:last`, where either may be missing, or one number. */
export const readRange = (
  text: string | undefined,
  most: number,
  read: (text: string) => number | undefined = (one) => readNumber(one, most),
): NumberRange | undefined => {
  if (text === undefined || text === '') return undefined;
  const [low = '', high = low, ...more] = text.split(':');
  const first = low === '' ? 0 : read(low);
  const last = high === '' ? most : read(high);
  return first === undefined || last === undefined || last < first || more.length > 0 ? undefined : [first, last];
};

/** `value/mask`. */
export const readMasked = (text: string | undefined): readonly [value: number, mask: number] | undefined => {
  const [left, right, ...more] = (text ?? '').split('/');
  const value = readNumber(left);
  const mask = right === undefined ? 0xffffffff : readNumber(right);
  return value === undefined || mask === undefined || more.length > 0 ? undefined : [value, mask];
};

/** A `+` at the end stands for any ending; alone it is every interface. */
export const readInterface = (text: string | undefined): string | undefined => {
  if (text === undefined || !/^[^\s/*"\\]{1,16}$/.test(text)) return undefined;
  return text.endsWith('+') ? `${text.slice(0, -1)}*` : text;
};
