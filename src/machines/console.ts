/**
 * The serial console of a guest: QEMU lets one client in, so this is it. What the guest said last is kept for those who
 * come later, and everybody who is attached reads and types alike.
 */
import { connect, type Socket } from 'node:net';

const keptBytes = 64 * 1024;

/** Somebody who looks at a console. */
export interface Onlooker {
  readonly show: (bytes: Buffer) => void;
  /** The guest has gone. */
  readonly over: () => void;
}

export interface SerialConsole {
  /** The last lines that hold words, for a message. */
  readonly lastLines: (count: number) => readonly string[];
  /** An onlooker is shown what was said last, then all that comes; the result takes leave. */
  readonly attach: (onlooker: Onlooker) => () => void;
  readonly type: (bytes: Uint8Array) => void;
  /** What was said last. */
  readonly said: () => Buffer;
  readonly close: () => void;
}

const controls = /\p{Cc}\[[0-9;?]*[A-Za-z]|\p{Cc}/gu;

/** `path`: QEMU's socket, which is there by now. `before`: what the guest said before it was saved. */
export const openConsole = (path: string, before = Buffer.alloc(0)): SerialConsole => {
  let kept = before;
  const onlookers = new Set<Onlooker>();
  const serial: Socket = connect(path);
  serial.on('error', () => undefined);
  serial.on('data', (data: Buffer) => {
    kept = Buffer.concat([kept, data]).subarray(-keptBytes);
    for (const { show } of onlookers) show(data);
  });
  serial.on('close', () => {
    for (const { over } of onlookers) over();
  });
  return {
    lastLines: (count) =>
      kept
        .toString('utf8')
        .split('\n')
        .map((line) => line.replaceAll(controls, '').trimEnd())
        .filter((line) => line.trim() !== '')
        .slice(-count),
    attach: (onlooker) => {
      onlookers.add(onlooker);
      if (kept.length > 0) onlooker.show(kept);
      return () => void onlookers.delete(onlooker);
    },
    type: (bytes) => {
      if (!serial.destroyed) serial.write(bytes);
    },
    said: () => kept,
    close: () => serial.destroy(),
  };
};
