/** Values that dialects spell alike: whole numbers, addresses, prefixes, MACs, names of interfaces. */
import { parseIp, printIp, type Family } from '../net/address.ts';
import { prefixOf, printPrefix } from '../net/prefix.ts';

/** What a table of known words has for one of a text, which may be a word that every object knows (`constructor`). */
export const ownEntry = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

export const readInteger = (text: string, least: number, most: number): number | undefined => {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
};

export interface AddressAndLength {
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
}

/** `192.0.2.1/24`; without a length it is the address alone. */
export const readInterfaceAddress = (text: string): AddressAndLength | undefined => {
  const [bare = '', length, ...rest] = text.split('/');
  const address = parseIp(bare);
  if (address === undefined || rest.length > 0) return undefined;
  const bits = address.family === 4 ? 32 : 128;
  const prefixLength = length === undefined ? bits : readInteger(length, 0, bits);
  return prefixLength === undefined ? undefined : { family: address.family, address: printIp(address), prefixLength };
};

export const readAddress = (text: string): { readonly family: Family; readonly address: string } | undefined => {
  const address = parseIp(text);
  return address === undefined ? undefined : { family: address.family, address: printIp(address) };
};

/** A prefix, or an address for a prefix of its own; bits beyond the length are cut. */
export const readPrefix = (text: string): { readonly family: Family; readonly prefix: string } | undefined => {
  const whole = readInterfaceAddress(text);
  if (whole === undefined) return undefined;
  const address = parseIp(whole.address);
  return address === undefined
    ? undefined
    : { family: whole.family, prefix: printPrefix(prefixOf(address, whole.prefixLength)) };
};

export const readMac = (text: string): string | undefined => {
  const digits = text.replaceAll(/[:.-]/g, '').toLowerCase();
  if (!/^[0-9a-f]{12}$/.test(digits)) return undefined;
  return (digits.match(/../g) ?? []).join(':');
};

export const isInterfaceName = (text: string): boolean =>
  /^[^\s/:%]{1,15}$/.test(text) && text !== '.' && text !== '..';
