/**
 * Joins this terminal, or these streams, to a session with a machine: what is typed goes there, what is said comes here.
 * A terminal is raw meanwhile, so that the keys are the machine's; one of them may be kept for leaving.
 */
import { type World } from '../world/client.ts';
import { type SessionRequest } from '../world/session-messages.ts';

export interface AttachOptions {
  /**
   * A byte that leaves the session instead of being typed. With it the end of the input and signals leave, too; without
   * it they are passed on.
   */
  readonly leaveKey?: number;
}

/** The size of this terminal; undefined where it is none. */
export const terminalSize = (): { readonly rows: number; readonly columns: number } | undefined =>
  process.stdin.isTTY && process.stdout.isTTY
    ? { rows: process.stdout.rows, columns: process.stdout.columns }
    : undefined;

const relayed = { SIGTERM: 15, SIGHUP: 1 } as const;

/** The exit status of what was talked to; 0 where the session was left. */
export const attach = async (world: World, request: SessionRequest, options: AttachOptions): Promise<number> => {
  const { stdin, stdout } = process;
  const isTerminal = stdin.isTTY;
  let finish = (_status: number): void => undefined;
  const over = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const say = await world.hold(request, (message) => {
    if ('status' in message) finish(message.status);
    else stdout.write(Buffer.from(message.output, 'base64'));
  });
  void world.closed.then(() => finish(255));
  const type = (data: Buffer): void => {
    const leave = options.leaveKey === undefined ? -1 : data.indexOf(options.leaveKey);
    const typed = leave < 0 ? data : data.subarray(0, leave);
    if (typed.length > 0) say({ input: typed.toString('base64') });
    if (leave >= 0) finish(0);
  };
  const resize = (): void => {
    const size = terminalSize();
    if (size !== undefined) say({ size });
  };
  const canLeave = options.leaveKey !== undefined;
  const endInput = (): void => (canLeave ? finish(0) : say({ isEnd: true }));
  const signals = Object.entries(relayed).map(([name, signal]) => ({
    name,
    relay: () => (canLeave ? finish(128 + signal) : say({ signal })),
  }));
  if (isTerminal) stdin.setRawMode(true);
  stdin.on('data', type).on('end', endInput);
  stdout.on('resize', resize);
  for (const { name, relay } of signals) process.on(name, relay);
  try {
    return await over;
  } finally {
    for (const { name, relay } of signals) process.off(name, relay);
    stdout.off('resize', resize);
    stdin.off('data', type).off('end', endInput).pause();
    if (isTerminal) stdin.setRawMode(false);
  }
};
