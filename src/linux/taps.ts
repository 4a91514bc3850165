/**
 * Taps: interfaces whose far end is a descriptor (tuntap.txt of the kernel). One that persists stays, without carrier,
 * while nobody holds its descriptor; a guest that is started again finds it where it was.
 */
import { closeSync, openSync } from 'node:fs';
import { ioctlBytes, ioctlNumber } from './libc.ts';

const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const TUNSETIFINDEX = 0x400454da;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** Frames carry a header that lets checksums and segmentation be left to whoever receives them last. */
const IFF_VNET_HDR = 0x4000;

/** `struct ifreq`: a name of 16 bytes, then flags; 40 bytes in all. */
const request = (name: string): Buffer => {
  const ifreq = Buffer.alloc(40);
  ifreq.write(name, 0, 15, 'ascii');
  ifreq.writeUInt16LE(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, 16);
  return ifreq;
};

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
};

/**
 * The descriptor of a tap of the current namespace, which is made where there is none: with an index that no interface
 * of the world has (`takeIndex`). `EBUSY` while another process holds it.
 */
export const openTap = (name: string, index?: number): number => {
  const fd = openSync('/dev/net/tun', 'r+');
  try {
    if (index !== undefined) ioctlBytes(fd, TUNSETIFINDEX, number(index));
    ioctlBytes(fd, TUNSETIFF, request(name));
    ioctlNumber(fd, TUNSETPERSIST, 1);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
};
