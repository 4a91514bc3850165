/** The text of a prefix in the file to a value, with what is wrong about it. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { bitsOf, printIp, type Family, type Ip } from '../net/address.ts';
import { parseInterfaceAddress, parsePrefix, prefixOf, printPrefix, sizeOf, type Prefix } from '../net/prefix.ts';
import { type Findings } from './findings.ts';

/** `family` undefined: either will do. */
export const readPrefix = (
  text: string,
  family: Family | undefined,
  at: Span,
  findings: Findings,
): Prefix | undefined => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) {
    findings.error('not-a-prefix', `\`${text}\` is not a prefix`, at, { help: helpFor(text, family) });
    return undefined;
  }
  if (family !== undefined && parsed.family !== family) {
    const help = `write it under \`ipv${parsed.family}\``;
    findings.error('wrong-family', `\`${text}\` is an IPv${parsed.family} prefix, expected IPv${family}`, at, { help });
    return undefined;
  }
  return parsed;
};

const helpFor = (text: string, family: Family | undefined): string => {
  const loose = parseInterfaceAddress(text);
  if (loose === undefined) return `write a prefix such as ${family === 6 ? '2001:db8:1::/64' : '192.0.2.0/24'}`;
  const block = prefixOf(loose.address, loose.length);
  return `${text} has bits set beyond its length; the network is ${printPrefix(block)}`;
};

/** Whether `address` is the IPv4 network or broadcast address, or the IPv6 subnet-router anycast address, of `block`. */
export const isReservedHost = (block: Prefix, address: Ip): boolean => {
  if (sizeOf(block) <= 2n) return false;
  const offset = address.value - block.value;
  return offset === 0n || (block.family === 4 && offset === sizeOf(block) - 1n);
};

/** An address as the prefix that holds only it. */
export const hostPrefix = (address: Ip): Prefix => ({ ...address, length: bitsOf(address.family) });

export const printHostPrefix = (address: Ip): string => `${printIp(address)}/${bitsOf(address.family)}`;
