/** Waits until the kernel has taken notice of the links that came up: what is sent before that is lost. */
import { socketOf, stacksOf, type Kernel } from '../../../src/linux/kernel.ts';
import { readAttributes } from '../../../src/linux/netlink-message.ts';
import { dump } from '../../../src/linux/netlink-socket.ts';
import { readLinks } from '../../../src/linux/rtnetlink-read.ts';

const RTM_GETLINK = 18;
const IFF_UP = 1;
const IFF_LOWER_UP = 0x10000;
const IFLA_OPERSTATE = 16;
/** IF_OPER_UNKNOWN (what some kinds of links stay at) and IF_OPER_UP (RFC 2863). */
const fine = new Set([0, 6]);
/** Namespaces that end elsewhere hold the lock that this waits for; LACP takes its time where instructions are emulated. */
const patienceMs = 20_000;

const isReady = (body: Buffer): boolean => {
  const flags = body.readUInt32LE(8);
  if ((flags & IFF_UP) === 0 || (flags & IFF_LOWER_UP) === 0) return true;
  return fine.has(readAttributes(body.subarray(16)).get(IFLA_OPERSTATE)?.[0] ?? 0);
};

const areReady = (kernel: Kernel, stack: string): boolean =>
  dump(socketOf(kernel, stack), { type: RTM_GETLINK, fixed: Buffer.alloc(16), attributes: [] }).every(({ body }) =>
    isReady(body),
  );

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Bridges hear of their ports a little later than those who ask. */
const lastMs = 8;

/** LACP takes some seconds until both ends know each other. */
const areBondsReady = (kernel: Kernel, stack: string): boolean =>
  readLinks(socketOf(kernel, stack)).every(({ isCarrying, hasCarrier }) => isCarrying !== false || !hasCarrier);

export const untilReady = async (kernel: Kernel): Promise<void> => {
  for (const end = performance.now() + patienceMs; performance.now() < end;) {
    if (stacksOf(kernel).every((stack) => areReady(kernel, stack) && areBondsReady(kernel, stack))) break;
    await pause(3);
  }
  await pause(lastMs);
};
