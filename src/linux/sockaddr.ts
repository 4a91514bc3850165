/** `sockaddr_in` and `sockaddr_in6` (ip(7), ipv6(7)), and the values of socket options, as bytes. */
import { bytesOf, ip, printIpBytes, type Family } from '../net/address.ts';
import { type SocketOption } from './stack-door.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;

export const domainOf = (family: Family): number => (family === 4 ? AF_INET : AF_INET6);

export const sockaddr = (family: Family, address: string, port: number): Uint8Array => {
  const bytes = Buffer.alloc(family === 4 ? 16 : 28);
  bytes.writeUInt16LE(domainOf(family), 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(bytesOf(ip(address)), family === 4 ? 4 : 8);
  return bytes;
};

export const anyAddress = (family: Family): string => (family === 4 ? '0.0.0.0' : '::');

export const addressIn = (socketAddress: Uint8Array): string => {
  const isIpv4 = socketAddress[0] === AF_INET;
  return printIpBytes(isIpv4 ? socketAddress.subarray(4, 8) : socketAddress.subarray(8, 24));
};

export const portIn = (socketAddress: Uint8Array): number => ((socketAddress[2] ?? 0) << 8) | (socketAddress[3] ?? 0);

/** An option of type `int`. */
export const intOption = (level: number, name: number, value: number): SocketOption => ({
  level,
  name,
  value: new Uint8Array(Int32Array.of(value).buffer),
});
