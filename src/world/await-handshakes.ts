/**
 * Waits, within bounds, for the first handshake of ends of WireGuard that keep a way open: from then on either side can begin,
 * as it is predicted.
 */
import { socketOf, type Kernel } from '../linux/kernel.ts';
import { readLinks } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { handshakesOf } from '../linux/wireguard.ts';
import { type Step } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';

interface Awaited {
  readonly stack: string;
  readonly name: string;
  readonly publicKey: string;
}

/** Peers that are sent to without being asked, and are in the same world. */
const awaitedIn = ({ stacks }: NetworkState): readonly Awaited[] => {
  const devices = Object.entries(stacks).flatMap(([stack, { interfaces }]) =>
    Object.entries(interfaces).flatMap(([name, { wireguard }]) =>
      wireguard === undefined ? [] : [{ stack, name, wireguard }],
    ),
  );
  const here = new Set(devices.map(({ wireguard }) => wireguard.publicKey));
  return devices.flatMap(({ stack, name, wireguard }) =>
    wireguard.peers.flatMap(({ publicKey, endpoint, keepaliveSeconds }) =>
      endpoint === undefined || keepaliveSeconds === undefined || !here.has(publicKey)
        ? []
        : [{ stack, name, publicKey }],
    ),
  );
};

/** Of stacks that do not answer, nothing is missing. */
const isMissing = (kernel: Kernel, { stack, name, publicKey }: Awaited): boolean =>
  unlessLost(() => {
    const index = readLinks(socketOf(kernel, stack)).find((link) => link.name === name)?.index;
    return index !== undefined && !handshakesOf(kernel, stack, index).has(publicKey);
  }) ?? false;

/** A handshake that nobody answered is begun again after five seconds and a third (REKEY_TIMEOUT): once more, and some. */
const patienceMs = 7000;
const lookEveryMs = 50;

export const untilHandshaken = async (kernel: Kernel, desired: NetworkState, done: readonly Step[]): Promise<void> => {
  if (!done.some(({ kind }) => kind === 'set-wireguard')) return;
  let awaited = awaitedIn(desired);
  for (const end = Date.now() + patienceMs; awaited.length > 0 && Date.now() < end;) {
    awaited = awaited.filter((one) => isMissing(kernel, one));
    if (awaited.length > 0) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
};
