/**
 * What the prober reports of one flow, in the words of a `Walk`: system errors and ICMP errors become what a program at
 * the sender sees (the kernel's tables icmp_err_convert and icmpv6_err_convert).
 */
import { constants } from 'node:os';
import { errnoName } from '../../../src/linux/libc.ts';
import { type Family } from '../../../src/net/address.ts';
import { type ClientSees } from '../../../src/reach/walk.ts';

export interface Measured {
  /** A name such as `EAFNOSUPPORT` is an error that `ClientSees` has no word for. */
  readonly sees: ClientSees | `E${string}`;
  /** The stack whose program (or ICMP) got the request, as far as that could be watched. */
  readonly arrivedAt: string | null;
  readonly seenSource: string | null;
}

const { errno } = constants;

const wordOf: Readonly<Record<number, ClientSees>> = {
  [errno.ECONNREFUSED]: 'refused',
  [errno.ENETUNREACH]: 'net-unreachable',
  [errno.EHOSTUNREACH]: 'host-unreachable',
  [errno.EACCES]: 'prohibited',
  [errno.ENOPROTOOPT]: 'protocol-unreachable',
  [errno.EPROTO]: 'protocol-error',
  [errno.EMSGSIZE]: 'message-too-long',
  [errno.EINVAL]: 'invalid-argument',
  [errno.EPERM]: 'not-permitted',
  [errno.EADDRNOTAVAIL]: 'address-not-available',
  // A retransmission ran out, or the near end of a cable dropped a frame (told because of IP_RECVERR): nobody answered.
  [errno.ETIMEDOUT]: 'timeout',
  [errno.ENOBUFS]: 'timeout',
  // A connection that stood and carried nothing: whether its end shows before data is sent is a matter of time.
  [errno.ECONNRESET]: 'timeout',
};

export const seesOfErrno = (code: number): Measured['sees'] => wordOf[code] ?? (errnoName(code) as `E${string}`);

/** Codes of ICMP type 3 (destination unreachable). */
const unreachable4: readonly ClientSees[] = [
  'net-unreachable',
  'host-unreachable',
  'protocol-unreachable',
  'refused',
  'message-too-long',
  'net-unreachable',
  'net-unreachable',
  'host-unreachable',
  'host-unreachable',
  'net-unreachable',
  'host-unreachable',
  'net-unreachable',
  'host-unreachable',
  'host-unreachable',
];

/** Codes of ICMPv6 type 1. */
const unreachable6: readonly ClientSees[] = [
  'net-unreachable',
  'prohibited',
  'host-unreachable',
  'host-unreachable',
  'refused',
  'prohibited',
  'prohibited',
];

/** Undefined: the message is not an error. */
export const seesOfIcmp = (family: Family, type: number, code: number): ClientSees | undefined => {
  if (family === 4) {
    if (type === 3) return unreachable4[code] ?? 'host-unreachable';
    if (type === 12) return 'protocol-error';
    return type === 11 ? 'host-unreachable' : undefined;
  }
  if (type === 1) return unreachable6[code] ?? 'host-unreachable';
  if (type === 2) return 'message-too-long';
  if (type === 4) return 'protocol-error';
  return type === 3 ? 'host-unreachable' : undefined;
};
