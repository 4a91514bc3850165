/**
 * A UDP server bound to no address: the kernel chooses the source of its answers by the route back (udp(7)), which a
 * client that connected its socket to another address never sees.
 */
import {
  bind,
  close,
  openSocket,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  tryConnect,
  tryReceiveFrom,
  trySend,
  trySendTo,
} from '../../../src/linux/libc.ts';
import { within, type Kernel } from '../../../src/linux/kernel.ts';
import { addressIn, AF_INET, anyAddress, sockaddr } from '../../../src/linux/sockaddr.ts';

const serverPort = 5353;
const data = Uint8Array.of(1);
const buffer = new Uint8Array(64);
const sender = new Uint8Array(28);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const openIn = (kernel: Kernel, stack: string): number =>
  within(kernel, stack, () => openSocket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));

const answerAll = (fd: number): void => {
  while (tryReceiveFrom(fd, buffer, sender) > 0) trySendTo(fd, data, sender.subarray(0, 16));
};

export const askWildcardServer = async (
  kernel: Kernel,
  { client, server, address, waitMs }: { client: string; server: string; address: string; waitMs: number },
): Promise<{ readonly unconnected: string | null; readonly connected: string | null }> => {
  const serving = openIn(kernel, server);
  bind(serving, sockaddr(4, anyAddress(4), serverPort));
  const goal = sockaddr(4, address, serverPort);
  const unconnected = openIn(kernel, client);
  trySendTo(unconnected, data, goal);
  const connected = openIn(kernel, client);
  tryConnect(connected, goal);
  trySend(connected, data);
  const heard = new Map<number, string>();
  for (const end = performance.now() + waitMs; performance.now() < end && heard.size < 2;) {
    await pause(2);
    answerAll(serving);
    for (const fd of [unconnected, connected])
      if (tryReceiveFrom(fd, buffer, sender) > 0) heard.set(fd, addressIn(sender));
  }
  for (const fd of [serving, unconnected, connected]) close(fd);
  return { unconnected: heard.get(unconnected) ?? null, connected: heard.get(connected) ?? null };
};
