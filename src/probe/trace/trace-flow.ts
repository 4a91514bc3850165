/**
 * Follows one live packet: every stack gets a table that marks it, nft(8) tells what passes, one probe is sent, and the
 * tables are taken away again, whatever happened.
 */
import { doorOf, type Kernel } from '../../linux/kernel.ts';
import { unlessLost, type Daemon, type StackDoor } from '../../linux/stack-door.ts';
import { measure } from '../measure.ts';
import { type Measurement, type ProbeRequest } from '../measurement.ts';
import { traceRuleset, traceTable, type Watch } from './ruleset.ts';

export interface TraceRequest {
  readonly probe: ProbeRequest;
  readonly watch: Watch;
  readonly stacks: readonly string[];
}

export interface TraceResult {
  readonly measurement: Measurement;
  readonly lines: readonly { readonly stack: string; readonly atMs: number; readonly line: string }[];
  /** Stacks that could not be looked into, and why. */
  readonly blind: readonly { readonly stack: string; readonly why: string }[];
}

interface Listening {
  readonly stack: string;
  readonly door: StackDoor;
  readonly daemon: Daemon;
}

type Hear = (stack: string, line: string) => void;

/** Bytes that wait for nft; undefined while it does not listen yet. NFNLGRP_NFTRACE is group 9 of protocol 12 (proc(5)). */
const waitingBytes = ({ door, daemon }: Listening): number | undefined => {
  const [table] = unlessLost(() => door.readFiles([`/proc/${daemon.pid}/net/netlink`])) ?? [];
  for (const line of table?.toString('utf8').split('\n') ?? []) {
    const [, protocol, , groups, waiting] = line.trim().split(/\s+/);
    if (protocol === '12' && (Number.parseInt(groups ?? '0', 16) & 0x100) !== 0) return Number(waiting);
  }
  return undefined;
};

const patienceMs = 10_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (isSo: () => boolean): Promise<void> => {
  for (const end = performance.now() + patienceMs; !isSo() && performance.now() < end;) await pause(20);
};

/** Undefined where it worked. */
const mark = async (door: StackDoor, watch: Watch): Promise<string | undefined> => {
  const routed = await door.run(['nft', '-f', '-'], { input: traceRuleset('inet', watch) });
  if (routed.status !== 0) return routed.outcome === 'missing' ? 'there is no nft' : routed.stderr.trim();
  // Kernels without filters of bridges have nothing there that could decide.
  await door.run(['nft', '-f', '-'], { input: traceRuleset('bridge', watch) });
  return undefined;
};

const unmark = async (door: StackDoor): Promise<void> => {
  for (const family of ['inet', 'bridge']) await door.run(['nft', 'delete', 'table', family, traceTable]);
};

const listen = (stack: string, door: StackDoor, hear: Hear): Listening => {
  let rest = '';
  const daemon = door.start(
    ['nft', 'monitor', 'trace'],
    {},
    {
      output: (text) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) hear(stack, line);
      },
      ended: () => undefined,
    },
  );
  return { stack, door, daemon };
};

/** What nft has read it tells a little later. */
const quietMs = 150;

export const traceFlow = async (
  kernel: Kernel,
  { probe, watch, stacks }: TraceRequest,
  neighbourBudget: number,
): Promise<TraceResult> => {
  const lines: { stack: string; atMs: number; line: string }[] = [];
  const blind: { stack: string; why: string }[] = [];
  const listening: Listening[] = [];
  const marked: StackDoor[] = [];
  let heardMs = performance.now();
  const hear: Hear = (stack, line) => {
    heardMs = performance.now();
    lines.push({ stack, atMs: heardMs, line });
  };
  try {
    await Promise.all(
      stacks.map(async (stack) => {
        const door = doorOf(kernel, stack);
        marked.push(door);
        const why = await mark(door, watch);
        if (why === undefined) listening.push(listen(stack, door, hear));
        else blind.push({ stack, why });
      }),
    );
    await until(() => listening.every((one) => waitingBytes(one) !== undefined));
    const [measurement] = await measure(kernel, [probe], neighbourBudget, () => undefined);
    if (measurement === undefined) throw new Error('the probe was not sent');
    await pause(quietMs);
    await until(
      () => performance.now() - heardMs > quietMs && listening.every((one) => (waitingBytes(one) ?? 0) === 0),
    );
    return { measurement, lines, blind };
  } finally {
    for (const { daemon } of listening) daemon.kill();
    await Promise.all(marked.map(unmark));
  }
};
