/**
 * QEMU's monitor (QMP, qemu-qmp-ref(7)) over its unix socket: commands are answered in order, events come in between.
 */
import { connect, type Socket } from 'node:net';

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Monitor {
  /** What the command returned; rejects with QEMU's own words, or when the monitor is gone. */
  readonly ask: (command: string, values?: Readonly<Record<string, unknown>>) => Promise<unknown>;
  readonly close: () => void;
}

interface Line {
  readonly QMP?: unknown;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const speak = async (socket: Socket, hear: (event: QmpEvent) => void): Promise<Monitor> => {
  const waiting: Waiting[] = [];
  let rest = '';
  const lose = (): void => {
    for (const one of waiting.splice(0)) one.reject(new Error('QEMU has gone'));
  };
  const take = (line: Line): void => {
    if (line.event !== undefined) hear({ event: line.event, data: line.data ?? {} });
    else if (line.error !== undefined) waiting.shift()?.reject(new Error(line.error.desc));
    else if ('return' in line) waiting.shift()?.resolve(line.return);
  };
  socket.on('error', lose).on('close', lose);
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') take(JSON.parse(line) as Line);
  });
  const ask: Monitor['ask'] = (command, values) =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) {
        reject(new Error('QEMU has gone'));
        return;
      }
      waiting.push({ resolve, reject });
      socket.write(`${JSON.stringify({ execute: command, ...(values === undefined ? {} : { arguments: values }) })}\n`);
    });
  await ask('qmp_capabilities');
  return { ask, close: () => socket.destroy() };
};

/** Undefined where nobody listens (yet). */
const tryConnect = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket.removeAllListeners('error')));
    socket.once('error', () => resolve(undefined));
  });

const tryEveryMs = 10;

/** Connects as soon as QEMU listens; undefined when `isOver` says that it never will, or when it hangs up at once. */
export const openMonitor = async (
  path: string,
  hear: (event: QmpEvent) => void,
  isOver: () => boolean,
): Promise<Monitor | undefined> => {
  while (!isOver()) {
    const socket = await tryConnect(path);
    if (socket !== undefined) return speak(socket, hear).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, tryEveryMs));
  }
  return undefined;
};
