/**
 * Taps: interfaces whose far end is a descriptor (tuntap.txt of the kernel). One that persists stays, without carrier,
 * while nobody holds its descriptor; a guest that is started again finds it where it was.
 */
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { SystemError } from './libc.ts';

const libc = koffi.load('libc.so.6');
const ioctl = libc.func('int ioctl(int fd, uint64_t request, void *argument)');
const ioctlNumber = libc.func('ioctl', 'int', ['int', 'uint64_t', 'uint64_t']);

const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
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

/**
 * The descriptor of a tap of the current namespace, which is made where there is none. `EBUSY` while another process
 * holds it.
 */
export const openTap = (name: string): number => {
  const fd = openSync('/dev/net/tun', 'r+');
  const failed = (call: string): never => {
    const errno = koffi.errno();
    closeSync(fd);
    throw new SystemError(call, errno);
  };
  if ((ioctl(fd, TUNSETIFF, request(name)) as number) < 0) failed(`TUNSETIFF ${name}`);
  if ((ioctlNumber(fd, TUNSETPERSIST, 1) as number) < 0) failed(`TUNSETPERSIST ${name}`);
  return fd;
};
