/**
 * The serial console of a guest: QEMU lets one client in, so this is it. What the guest said last is kept for those who
 * come later, and everybody who is attached reads and types alike.
 */
import { connect, type Socket } from 'node:net';
import { type Duplex } from 'node:stream';

const keptBytes = 64 * 1024;

export interface SerialConsole {
  /** The last lines that hold words, for a message. */
  readonly lastLines: (count: number) => readonly string[];
  /** Joins a client to the console; it gets what was said last, then all that comes. */
  readonly attach: (client: Duplex) => void;
  readonly close: () => void;
}

const controls = /\p{Cc}\[[0-9;?]*[A-Za-z]|\p{Cc}/gu;

/** `path`: QEMU's socket, which is there by now. */
export const openConsole = (path: string): SerialConsole => {
  let kept = Buffer.alloc(0);
  const clients = new Set<Duplex>();
  const serial: Socket = connect(path);
  serial.on('error', () => undefined);
  serial.on('data', (data: Buffer) => {
    kept = Buffer.concat([kept, data]).subarray(-keptBytes);
    for (const client of clients) client.write(data);
  });
  serial.on('close', () => {
    for (const client of clients) client.end();
  });
  return {
    lastLines: (count) =>
      kept
        .toString('utf8')
        .split('\n')
        .map((line) => line.replaceAll(controls, '').trimEnd())
        .filter((line) => line.trim() !== '')
        .slice(-count),
    attach: (client) => {
      clients.add(client);
      const leave = (): void => void clients.delete(client);
      client.on('close', leave).on('error', leave);
      client.on('data', (data: Buffer) => {
        if (!serial.destroyed) serial.write(data);
      });
      client.write(kept);
      if (serial.destroyed) client.end();
    },
    close: () => serial.destroy(),
  };
};
