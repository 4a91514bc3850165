/**
 * Packet filters of stacks, written and read with nft(8): one process per stack that has any, several at a time. Tables
 * that iptables(8) wrote are read with its own program, where it is there: nft prints names alone of what it loaded.
 */
import { constants } from 'node:os';
import { readIptables } from '../dialects/iptables/read.ts';
import { readDevices } from '../dialects/nft/read-devices.ts';
import { readNft } from '../dialects/nft/read.ts';
import { writeNft } from '../dialects/nft/write.ts';
import { type RunResult } from '../run/run-program.ts';
import { type FilterTable } from '../state/packet-filter.ts';
import { doorOf, filterSocketOf, stacksOf, type Kernel } from './kernel.ts';
import { SystemError } from './libc.ts';
import { messageBytes, NLM_F_DUMP } from './netlink-message.ts';
import { dump, NLMSG_ERROR } from './netlink-socket.ts';
import { unlessLost } from './stack-door.ts';

/** NFNL_SUBSYS_NFTABLES in the high byte, NFT_MSG_GETTABLE in the low one. */
const NFT_MSG_GETTABLE = (10 << 8) | 1;
const atOnce = 4;

/** A guest whose stack has no filter may have a kernel that knows none (netlink(7)). */
const hasTables = (kernel: Kernel, stack: string): boolean => {
  try {
    const socket = filterSocketOf(kernel, stack);
    return dump(socket, { type: NFT_MSG_GETTABLE, fixed: Buffer.alloc(4), attributes: [] }).length > 0;
  } catch (error) {
    if (error instanceof SystemError && error.errno === constants.errno.EPROTONOSUPPORT) return false;
    throw error;
  }
};

/** Runs a program in a stack. */
export const runIn = (kernel: Kernel, stack: string, argv: readonly string[], input?: string): Promise<RunResult> =>
  doorOf(kernel, stack).run(argv, input === undefined ? {} : { input });

const forEachOf = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

const wordsOf = (result: RunResult): string =>
  result.outcome === 'missing'
    ? `there is no program \`${result.argv[0]}\``
    : `${result.argv.join(' ')} (exit status ${result.status}): ${result.stderr.trim()}`;

export interface FilterSetting {
  readonly stack: string;
  readonly tables: readonly FilterTable[];
}

/** What nft has no words for, such as matches of iptables that were read as `other`, is not written at all. */
const textOf = (tables: readonly FilterTable[]): string | Error => {
  try {
    return writeNft(tables);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

/** Replaces each stack's whole filter in one transaction; the index and cause of each that was refused. */
export const writeFilters = async (
  kernel: Kernel,
  settings: readonly FilterSetting[],
): Promise<{ index: number; message: string }[]> => {
  const failures: { index: number; message: string }[] = [];
  await forEachOf([...settings.entries()], async ([index, { stack, tables }]) => {
    const text = textOf(tables);
    if (typeof text !== 'string') {
      failures.push({ index, message: text.message });
      return;
    }
    const result = await runIn(kernel, stack, ['nft', '-f', '-'], text);
    if (result.status !== 0) failures.push({ index, message: wordsOf(result) });
  });
  return failures;
};

const listed = async (kernel: Kernel, stack: string, argv: readonly string[]): Promise<string> => {
  const result = await runIn(kernel, stack, argv);
  if (result.status !== 0) throw new Error(wordsOf(result));
  return result.stdout;
};

/** Tables of one family that iptables-nft(8) holds; none where it is not installed. */
const iptablesOf = async (kernel: Kernel, stack: string, family: 4 | 6): Promise<readonly FilterTable[]> => {
  const result = await runIn(kernel, stack, [family === 4 ? 'iptables-nft-save' : 'ip6tables-nft-save']);
  return result.status === 0 ? readIptables(result.stdout, family).tables : [];
};

const readFilter = async (kernel: Kernel, stack: string): Promise<readonly FilterTable[]> => {
  const json = await listed(kernel, stack, ['nft', '-j', 'list', 'ruleset']);
  // Version 1.0.6 prints the devices of ingress hooks in text alone.
  const chains = json.includes('"ingress"') ? await listed(kernel, stack, ['nft', 'list', 'chains']) : '';
  const { tables } = readNft(JSON.parse(json), readDevices(chains));
  if (!json.includes('{"xt":')) return tables;
  const classic = [...(await iptablesOf(kernel, stack, 4)), ...(await iptablesOf(kernel, stack, 6))];
  return tables.map(
    (table) => classic.find(({ family, name }) => family === table.family && name === table.name) ?? table,
  );
};

/** The filter of every stack that has one and answers. */
export const readFilters = async (kernel: Kernel): Promise<ReadonlyMap<string, readonly FilterTable[]>> => {
  const filters = new Map<string, readonly FilterTable[]>();
  const stacks = stacksOf(kernel).filter((stack) => unlessLost(() => hasTables(kernel, stack)) === true);
  await forEachOf(stacks, async (stack) => {
    try {
      filters.set(stack, await readFilter(kernel, stack));
    } catch (error) {
      if (!doorOf(kernel, stack).isLost) throw error;
    }
  });
  return filters;
};

/** Whether the kernel shows this process the packet filter of a stack at all: it takes CAP_NET_ADMIN over the namespace. */
export const mayReadFilter = (kernel: Kernel, stack: string): boolean => {
  const socket = filterSocketOf(kernel, stack);
  const request = { type: NFT_MSG_GETTABLE, flags: NLM_F_DUMP, fixed: Buffer.alloc(4), attributes: [] };
  const sequence = (socket.sequence += 1);
  socket.sequence += 1;
  const [first] = socket.exchange(messageBytes(request, sequence), sequence, 1);
  return first === undefined || first.type !== NLMSG_ERROR || first.body.readInt32LE(0) !== -constants.errno.EPERM;
};
