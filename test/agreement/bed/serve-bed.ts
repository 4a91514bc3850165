/** The inside of a bed: moves into its namespaces, then answers what stands on its input until that ends. */
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { mount } from '../../../src/linux/libc.ts';
import { closeNetlink, NETLINK_ROUTE, openNetlink, sendRequests } from '../../../src/linux/netlink-socket.ts';
import { setLink } from '../../../src/linux/rtnetlink-write.ts';
import { reapOrphans } from '../../../src/world/reaper.ts';
import { bedWord, type BedAnswer } from './bed-words.ts';

/** Private /proc, /run and /sys, and `lo` up. Anywhere else than in a bed, where this is process 1, that would do harm. */
const moveIn = (): void => {
  if (process.pid !== 1 || process.argv[2] !== bedWord) throw new Error('this file is run by `openBed` only');
  mount('proc', '/proc', 'proc', 0);
  mount('tmpfs', '/run', 'tmpfs', 0);
  mount('sysfs', '/sys', 'sysfs', 0);
  mkdirSync('/run/lock', { recursive: true });
  const socket = openNetlink(NETLINK_ROUTE);
  sendRequests(socket, [setLink(1, { mtuBytes: 65536, up: true }, undefined)]);
  closeNetlink(socket);
};

/** Takes questions of one type, which only the two ends know. */
type Respondent = (question: never) => Promise<unknown>;

const attempt = async (line: string, respond: Respondent): Promise<BedAnswer<unknown>> => {
  try {
    return { value: await respond(JSON.parse(line) as never) };
  } catch (error) {
    return { failure: (error as Error).stack ?? String(error) };
  }
};

/** `open` is called inside, before the first question. The end of the input is the end of the bed, whatever it is at. */
export const serveBed = (open: () => Respondent): void => {
  moveIn();
  reapOrphans();
  const respond = open();
  let turn = Promise.resolve();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      turn = turn.then(async () => void process.stdout.write(`${JSON.stringify(await attempt(line, respond))}\n`));
    })
    .on('close', () => process.exit(0));
};
