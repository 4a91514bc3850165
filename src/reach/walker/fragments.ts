/** What becomes of the fragments of a packet: where they part, and where they are put together again. */
import { type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { choose, quietly, type Course } from './course.ts';
import { type Fate } from './fate.ts';
import { type Passing } from './filter-match.ts';
import { lastPieceOf, pieceBytes } from './frames.ts';
import { errorAbout, stopped, type Stopped } from './stopped.ts';
import { addressText, byKernel } from './words.ts';

/**
 * Where the last fragment goes by itself, past filters and rules that find no ports in it, it may be lost without the
 * first. Nobody is told (icmp_send). `alone` sends it.
 */
export const lossOfLastPiece = (
  course: Course,
  packet: Packet,
  mostBytes: number,
  alone: (piece: Packet) => Fate,
): Stopped | undefined => {
  const fate = quietly(course, () => alone(lastPieceOf(packet, mostBytes)));
  return fate.kind === 'stopped' ? { kind: 'stopped', stop: fate.stop } : undefined;
};

/** The IPv6 header of a fragment (RFC 8200 section 4.5), where another one follows. */
const FRAGMENT = 44;
const fragmentHeaderBytes = 8;

/**
 * The same of what a bridge on the link has cut. `before` and `after`: the packet as it was sent, and as it arrived. What
 * follows the last fragment of a fragment nobody can tell.
 */
export const lossWhereCut = (
  course: Course,
  before: Packet,
  after: Packet,
  fate: Fate,
  alone: (piece: Packet) => Fate,
): Stopped | undefined => {
  const { fragmentBytes } = after;
  const isCutAgain = after.isCutAgain === true && before.isCutAgain !== true;
  if (before.isLaterPiece === true) return undefined;
  const isCut = isCutAgain || (before.fragmentBytes === undefined && fate.kind === 'delivered');
  const lengthBytes = before.fragmentBytes ?? before.lengthBytes;
  // One that the header alone made longer is a single fragment.
  if (!isCut || fragmentBytes === undefined || fragmentBytes >= lengthBytes + fragmentHeaderBytes) return undefined;
  const whole = { ...before, lengthBytes, ...(isCutAgain ? { protocol: FRAGMENT } : {}) };
  return lossOfLastPiece(course, whole, fragmentBytes, alone);
};

/**
 * Bytes of the longest piece that leaves by a link. What is cut again goes in the fragments that it was gathered of, where
 * these fit; where the whole fits, it goes whole (ip_do_fragment, ip6_fragment).
 */
export const longestPieceOf = (packet: Packet, mtuBytes: number, gatheredBytes = Infinity): number => {
  const most = Math.min(pieceBytes(packet.family, packet.lengthBytes, mtuBytes), packet.fragmentBytes ?? Infinity);
  return packet.lengthBytes > mtuBytes ? Math.min(most, gatheredBytes) : most;
};

/** Of several stations that answer, the fragments of a packet may go to one after the other. */
export const isSplit = (
  course: Course,
  stack: string,
  dev: string,
  { isOneOfSeveral }: { readonly isOneOfSeveral?: boolean },
): boolean => isOneOfSeveral === true && choose(course, `fragments ${stack} ${dev}`, 2) === 1;

export const splitUp = (stack: string, dev: string, { family }: Packet, nexthop: bigint): Stopped =>
  stopped(
    stack,
    dev,
    family === 4 ? 'arp' : 'nd',
    'neighbour_ambiguous',
    byKernel(
      stack,
      `several stations on ${dev} answer for ${addressText(family, nexthop)}, and each gets some fragments`,
    ),
  );

/** A fragment is where the packet is put together again. */
export const gathered = (stack: string, dev: string, packet: Packet): Fate => ({
  kind: 'delivered',
  stack,
  interface: dev,
  packet,
});

/** Fragments of a fragment are put together once: what comes out may be none any more (ipv6_frag_rcv). */
export const malformed = (stack: string, dev: string, passing: Passing): Stopped =>
  stopped(
    stack,
    dev,
    'local',
    'mtu',
    byKernel(stack, 'a bridge on the way has cut a fragment again, which is malformed'),
    { error: errorAbout(stack, 'parameter-problem', dev, passing, true) },
  );

/**
 * Connection tracking puts fragments of a fragment together once and passes on what comes out, but keeps the others
 * waiting for that (nf_ct_frag6_gather).
 */
export const isHeldUp = ({ tracks }: StackModel, { family, isCutAgain }: Packet): boolean =>
  isCutAgain === true && tracks[family];

export const neverWhole = (stack: string, dev: string): Stopped =>
  stopped(
    stack,
    dev,
    'link',
    'mtu',
    byKernel(stack, 'a bridge on the way has cut a fragment again, and the packet is never whole'),
  );
