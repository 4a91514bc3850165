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
  Uint8Array.of(
    Number.parseInt(mac.slice(0, 2), 16),
    Number.parseInt(mac.slice(3, 5), 16),
    Number.parseInt(mac.slice(6, 8), 16),
    Number.parseInt(mac.slice(9, 11), 16),
    Number.parseInt(mac.slice(12, 14), 16),
    Number.parseInt(mac.slice(15, 17), 16),
  );

export const macFromBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');

/** Modified EUI-64 interface identifier in a /64 (RFC 4291 appendix A). */
export const eui64 = (mac: string, prefixValue: bigint): Ip => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macBytes(mac);
  // Two halves of 32 bits: a number holds them, and big ones are slow.
  const first = (a ^ 2) * 0x1000000 + b * 0x10000 + c * 0x100 + 0xff;
  const last = 0xfe * 0x1000000 + d * 0x10000 + e * 0x100 + f;
  return { family: 6, value: prefixValue | (BigInt(first) << 32n) | BigInt(last) };
};

/** The link-local address a NIC with this MAC gives itself. */
export const linkLocalOf = (mac: string): Ip => eui64(mac, 0xfe80n << 112n);
