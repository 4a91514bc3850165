/** Addresses, prefixes, masks and numbers in the spellings that iproute2, net-tools and ifupdown take. */
import { type Family, parseIp, printIp } from '../../net/address.ts';
import { parseInterfaceAddress, parsePrefix, printPrefix } from '../../net/prefix.ts';
import { type InterfaceAddress } from '../../state/network-state.ts';

/** Linux names of interfaces: 1 to 15 bytes, no slash and no blank (dev_valid_name). */
export const isInterfaceName = (name: string): boolean =>
  /^[^\s/:]{1,15}$/.test(name) && name !== '.' && name !== '..' && name !== '__proto__';

/** A prefix as commands take it: a bare address is one alone, `default` is all. Undefined with bits beyond its length. */
export const prefixIn = (text: string, family?: Family): { family: Family; to: string } | undefined => {
  if (text === 'default' || text === 'any' || text === 'all')
    return { family: family ?? 4, to: family === 6 ? '::/0' : '0.0.0.0/0' };
  const alone = parseIp(text);
  if (alone !== undefined) return { family: alone.family, to: `${printIp(alone)}/${alone.family === 4 ? 32 : 128}` };
  const block = parsePrefix(withFullAddress(text)) ?? undefined;
  if (block === undefined) return undefined;
  return { family: block.family, to: printPrefix(block) };
};

/** `10/8` and `192.168.1/24` are short for addresses that end in zeros (iproute2 get_addr_1). */
const withFullAddress = (text: string): string => {
  const [address = '', length] = text.split('/');
  if (length === undefined || !/^\d+(\.\d+){0,2}$/.test(address)) return withNumericMask(text);
  return withNumericMask(`${[...address.split('.'), '0', '0', '0'].slice(0, 4).join('.')}/${length}`);
};

/** `10.0.0.0/255.0.0.0` to `10.0.0.0/8`. */
const withNumericMask = (text: string): string => {
  const at = text.indexOf('/');
  const length = at < 0 ? undefined : lengthOfMask(text.slice(at + 1));
  return length === undefined ? text : `${text.slice(0, at)}/${length}`;
};

/** Bits of a netmask such as 255.255.255.0 or 0xffffff00; undefined where ones come after zeros. */
export const lengthOfMask = (mask: string): number | undefined => {
  const hex = /^0x([0-9a-f]{8})$/i.exec(mask)?.[1];
  const value = hex === undefined ? parseIp(mask)?.value : BigInt(`0x${hex}`);
  if (value === undefined || mask.includes(':')) return undefined;
  const bits = value.toString(2).padStart(32, '0');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
};

/** Prefix length or netmask. */
export const lengthIn = (text: string, family: Family): number | undefined => {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= (family === 4 ? 32 : 128) ? Number(text) : undefined;
  return family === 4 ? lengthOfMask(text) : undefined;
};

/** An address with a length, where it has none the whole address: `192.0.2.1/24`, `192.0.2.1/255.255.255.0`. */
export const addressIn = (text: string): InterfaceAddress | undefined => {
  const alone = parseIp(text);
  if (alone !== undefined)
    return { family: alone.family, address: printIp(alone), prefixLength: alone.family === 4 ? 32 : 128 };
  const both = parseInterfaceAddress(withNumericMask(text));
  return both === undefined
    ? undefined
    : { family: both.address.family, address: printIp(both.address), prefixLength: both.length };
};

export const numberIn = (text: string | undefined, most = 0xffff_ffff): number | undefined => {
  if (text === undefined || !/^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
};
