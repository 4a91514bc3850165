/** Sockets that are waited for together (poll(2)), each with what to do when it is ready. */
import { poll } from '../../../src/linux/libc.ts';

const events = { read: 1, write: 4 } as const;

export interface Watch {
  readonly add: (fd: number, event: keyof typeof events, onReady: () => void) => void;
  readonly remove: (fd: number) => void;
  /** Serves what is ready now; how many sockets that were. */
  readonly turn: () => number;
  /** Sockets that are still watched and were not there at `serve`. */
  readonly fds: () => readonly number[];
}

interface Watched {
  readonly event: keyof typeof events;
  readonly onReady: () => void;
}

/** `struct pollfd` is eight bytes: descriptor, events asked for, events found. */
const recordsOf = (watched: ReadonlyMap<number, Watched>): Buffer => {
  const records = Buffer.alloc(watched.size * 8);
  let offset = 0;
  for (const [fd, { event }] of watched) {
    records.writeInt32LE(fd, offset);
    records.writeInt16LE(events[event], offset + 4);
    offset += 8;
  }
  return records;
};

export const openWatch = (): Watch => {
  const watched = new Map<number, Watched>();
  let records: Buffer | undefined;
  return {
    add: (fd, event, onReady) => {
      watched.set(fd, { event, onReady });
      records = undefined;
    },
    remove: (fd) => {
      watched.delete(fd);
      records = undefined;
    },
    turn: () => {
      const now = (records ??= recordsOf(watched));
      const ready = poll(now, 0);
      if (ready <= 0) return 0;
      for (let offset = 0; offset < now.length; offset += 8)
        if (now.readInt16LE(offset + 6) !== 0) watched.get(now.readInt32LE(offset))?.onReady();
      return ready;
    },
    fds: () => [...watched.keys()],
  };
};
