/**
 * UDP datagrams with the address they were sent to (IP_PKTINFO in ip(7), IPV6_PKTINFO in ipv6(7)), and answers from that
 * very address: an unbound UDP server would answer from the address that routing prefers.
 */
import koffi from 'koffi';
import { setIntOption } from '../../../src/linux/libc.ts';
import { type Family } from '../../../src/net/address.ts';

const libc = koffi.load('libc.so.6');
const recvmsg = libc.func('int64_t recvmsg(int fd, void *message, int flags)');
const sendmsg = libc.func('int64_t sendmsg(int fd, void *message, int flags)');

/** One block of memory outside of the heap, laid out once: `msghdr`, `iovec`, name, control data, data. */
const at = { header: 0, vector: 64, name: 128, control: 192, data: 512, end: 512 + 65536 } as const;
const base = koffi.alloc('uint8_t', at.end) as bigint;
const memory = Buffer.from(koffi.view(base, at.end));

memory.writeBigUInt64LE(base + BigInt(at.name), at.header);
memory.writeBigUInt64LE(base + BigInt(at.vector), at.header + 16);
memory.writeBigUInt64LE(1n, at.header + 24);
memory.writeBigUInt64LE(base + BigInt(at.control), at.header + 32);
memory.writeBigUInt64LE(base + BigInt(at.data), at.vector);

const setLengths = (name: number, control: number, data: number): void => {
  memory.writeUInt32LE(name, at.header + 8);
  memory.writeBigUInt64LE(BigInt(control), at.header + 40);
  memory.writeBigUInt64LE(BigInt(data), at.vector + 8);
};

const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;
const controlHeader = 16;
const information = { 4: { level: 0, ask: 8, length: 12 }, 6: { level: 41, ask: 49, length: 20 } } as const;

/** Makes a UDP socket tell where datagrams were sent to. */
export const askDestination = (family: Family, fd: number): void =>
  setIntOption(fd, information[family].level, information[family].ask, 1);

const isLinkLocal = (address: Buffer): boolean => address[0] === 0xfe && ((address[1] ?? 0) & 0xc0) === 0x80;

/** The data and the sender's sockaddr of the next datagram, valid until the next call; undefined when there is none. */
export const receiveDatagram = (fd: number): { readonly data: Buffer; readonly from: Buffer } | undefined => {
  setLengths(28, at.data - at.control, at.end - at.data);
  const length = Number(recvmsg(fd, base, MSG_DONTWAIT));
  if (length < 0) return undefined;
  const nameLength = memory.readUInt32LE(at.header + 8);
  return {
    data: memory.subarray(at.data, at.data + length),
    from: memory.subarray(at.name, at.name + nameLength),
  };
};

/** Sends the datagram that was received last back to where it came from, from the address that it was sent to. */
export const sendBack = (family: Family, fd: number, length: number): void => {
  const info = at.control + controlHeader;
  if (family === 4) {
    memory.copyWithin(info + 4, info + 8, info + 12);
    memory.writeUInt32LE(0, info);
  } else if (!isLinkLocal(memory.subarray(info, info + 16))) memory.writeUInt32LE(0, info + 16);
  const controlLength = (controlHeader + information[family].length + 7) & ~7;
  setLengths(family === 4 ? 16 : 28, controlLength, length);
  sendmsg(fd, base, MSG_DONTWAIT);
};

/** `ee_errno` of the next `sock_extended_err` in a socket's queue of errors (IP_RECVERR in ip(7)). */
export const queuedError = (fd: number): number | undefined => {
  setLengths(28, at.data - at.control, at.end - at.data);
  if (Number(recvmsg(fd, base, MSG_DONTWAIT | MSG_ERRQUEUE)) < 0) return undefined;
  const controlLength = Number(memory.readBigUInt64LE(at.header + 40));
  return controlLength < controlHeader + 4 ? undefined : memory.readUInt32LE(at.control + controlHeader);
};
