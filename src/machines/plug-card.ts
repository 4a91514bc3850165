/**
 * One network card more or less in a guest that runs: over a monitor (QMP) of its own, since the descriptor of a tap goes
 * along with the words (unix(7)) and belongs to the monitor that it came by.
 */
import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  close,
  NOTHING,
  openSocket,
  sendWithDescriptor,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SystemError,
  tryConnect,
  tryReceiveFrom,
  trySendSome,
} from '../linux/libc.ts';
import { backendId, cardDriver, cardId, cardOptions, slotBus } from './qemu-arguments.ts';

export interface Card {
  readonly slot: number;
  readonly mac: string;
  /** A descriptor, which stays open here; or the two ends of a wire to another guest, as paths. */
  readonly link:
    | { readonly kind: 'tap'; readonly fd: number }
    | { readonly kind: 'peer'; readonly local: string; readonly remote: string };
}

interface Words {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: { readonly device?: string };
}

type Values = Readonly<Record<string, unknown>>;

interface CardMonitor {
  readonly ask: (command: string, values?: Values, descriptor?: number) => Promise<void>;
  /** Waits for an event; whether it came in time. */
  readonly hear: (isIt: (words: Words) => boolean) => Promise<boolean>;
  readonly close: () => void;
}

const AF_UNIX = 1;
const lookEveryMs = 5;
/** A guest that is asked to let a card go may be busy. */
const patienceMs = 20_000;

const connected = (path: string): number => {
  const fd = openSocket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const errno = tryConnect(fd, Buffer.concat([Uint8Array.of(AF_UNIX, 0), Buffer.from(`${path}\0`)]));
  if (errno === 0) return fd;
  close(fd);
  throw new SystemError(`connect ${path}`, errno);
};

const monitorOn = (fd: number): CardMonitor => {
  const heard: Words[] = [];
  const [into, nobody] = [Buffer.alloc(65536), new Uint8Array(28)];
  let rest = '';
  const takeIn = (): void => {
    for (let length = tryReceiveFrom(fd, into, nobody); length !== NOTHING; length = tryReceiveFrom(fd, into, nobody)) {
      if (length <= 0) throw new Error('QEMU has gone');
      const lines = (rest + into.toString('utf8', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      heard.push(...lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Words));
    }
  };
  const take = async (isIt: (words: Words) => boolean): Promise<Words | undefined> => {
    for (const end = performance.now() + patienceMs; performance.now() < end;) {
      takeIn();
      const at = heard.findIndex(isIt);
      if (at >= 0) return heard.splice(at, 1)[0];
      await pause(lookEveryMs);
    }
    return undefined;
  };
  return {
    ask: async (command, values, descriptor) => {
      const words = Buffer.from(`${JSON.stringify({ execute: command, arguments: values ?? {} })}\n`);
      if (descriptor !== undefined) sendWithDescriptor(fd, words, descriptor);
      else if (trySendSome(fd, words) !== words.length) throw new Error('QEMU has gone');
      const reply = await take((it) => 'return' in it || it.error !== undefined);
      if (reply?.error !== undefined) throw new Error(reply.error.desc);
      if (reply === undefined) throw new Error(`QEMU does not answer \`${command}\``);
    },
    hear: async (isIt) => (await take((words) => words.event !== undefined && isIt(words))) !== undefined,
    close: () => close(fd),
  };
};

/** `path`: the guest's socket for cards. Rejects with QEMU's words. */
const withMonitor = async (path: string, work: (monitor: CardMonitor) => Promise<void>): Promise<void> => {
  const monitor = monitorOn(connected(path));
  try {
    await monitor.ask('qmp_capabilities');
    await work(monitor);
  } finally {
    monitor.close();
  }
};

const backendOf = ({ slot, link }: Card): Values =>
  link.kind === 'tap'
    ? { type: 'tap', id: backendId(slot), fd: cardId(slot) }
    : {
        ...{ type: 'dgram', id: backendId(slot) },
        ...{ local: { type: 'unix', path: link.local }, remote: { type: 'unix', path: link.remote } },
      };

/** The guest finds the card a little later. */
export const plugCard = (path: string, card: Card): Promise<void> =>
  withMonitor(path, async ({ ask }) => {
    if (card.link.kind === 'tap') await ask('getfd', { fdname: cardId(card.slot) }, card.link.fd);
    else rmSync(card.link.local, { force: true });
    await ask('netdev_add', backendOf(card));
    try {
      await ask('device_add', { driver: cardDriver, ...cardOptions(card.slot, card.mac), bus: slotBus(card.slot) });
    } catch (error) {
      await ask('netdev_del', { id: backendId(card.slot) });
      throw error;
    }
  });

/** Resolves when the guest has let it go. */
export const unplugCard = (path: string, slot: number): Promise<void> =>
  withMonitor(path, async ({ ask, hear }) => {
    await ask('device_del', { id: cardId(slot) });
    const isGone = await hear(({ event, data }) => event === 'DEVICE_DELETED' && data?.device === cardId(slot));
    if (!isGone) throw new Error('the guest does not let the card go');
    await ask('netdev_del', { id: backendId(slot) });
  });
