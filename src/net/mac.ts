/** MAC addresses as lower-case text with colons, and what derives from them. */
import { type Ip } from './address.ts';

const shape = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** The canonical spelling of a MAC address, or undefined. Accepts `-` as separator and upper case. */
export const parseMac = (text: string): string | undefined => {
  const canonical = text.toLowerCase().replaceAll('-', ':');
  return shape.test(canonical) ? canonical : undefined;
};

/** Whether the address names one station (the group bit is clear) and is not all zeros. */
export const isUnicastMac = (mac: string): boolean =>
  (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00';

export const macBytes = (mac: string): Uint8Array =>
  Uint8Array.from(mac.split(':'), (part) => Number.parseInt(part, 16));

export const macFromBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');

/** Modified EUI-64 interface identifier in a /64 (RFC 4291 appendix A). */
export const eui64 = (mac: string, prefixValue: bigint): Ip => {
  const bytes = macBytes(mac);
  const words = [bytes[0]! ^ 2, bytes[1]!, bytes[2]!, 0xff, 0xfe, bytes[3]!, bytes[4]!, bytes[5]!];
  const id = words.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return { family: 6, value: prefixValue | id };
};

/** The link-local address a NIC with this MAC gives itself. */
export const linkLocalOf = (mac: string): Ip => eui64(mac, 0xfe80n << 112n);
