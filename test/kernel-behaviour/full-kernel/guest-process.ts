/**
 * A bench in a guest, as seen from the bed that QEMU runs in: hands each question to the bench inside and its answer back.
 */
import { openGuest } from '../../../src/guest/guest-door.ts';
import { socketsOf, type Guest } from '../../../src/machines/guest.ts';
import { startGuest } from '../../../src/machines/run-guest.ts';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { bedWord, type BedAnswer } from '../../agreement/bed/bed-words.ts';
import { serveBed } from '../../agreement/bed/serve-bed.ts';
import { benchProgram, type BenchBoot } from './bench-archive.ts';

const name = 'bench';
const bootLimitMs = 120_000;

/** Node alone takes 100 MiB of the archive, which is in memory twice while it is unpacked. */
const guestFrom = (boot: BenchBoot): Guest => ({
  name,
  hardware: {
    memoryMebibytes: 768,
    cpus: 1,
    image: { kind: 'probe' },
    disks: [],
    consolePort: 5001,
    monitorPort: 5002,
    stopSeconds: 1,
  },
  boot: { ...boot, disks: [] },
  accelerator: 'tcg',
  nics: [],
  sockets: socketsOf(name),
});

type Hear = (answer: BedAnswer<unknown>) => void;

/** Lines that are no answers are words of the program. */
const linesTo = (waiting: Hear[]): ((bytes: Buffer) => void) => {
  let text = '';
  return (bytes) => {
    text += bytes.toString('utf8');
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) waiting.shift()?.(JSON.parse(line) as BedAnswer<unknown>);
      else process.stderr.write(`${line}\n`);
    }
  };
};

type Ask = (question: unknown) => Promise<unknown>;

const boot = async (files: BenchBoot): Promise<Ask> => {
  const guest = guestFrom(files);
  mkdirSync(dirname(guest.sockets.agent), { recursive: true });
  await startGuest(guest, { taps: [], bootLimitMs, onStage: () => undefined, more: ['-accel', 'tcg,tb-size=256'] });
  const door = await openGuest(name, guest.sockets.agent, bootLimitMs);
  const waiting: Hear[] = [];
  const apart = ['unshare', '-m', '-u', '-i', '-n', '-p', '-f'];
  const node = ['node', ...(process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((word) => word !== '')];
  const program = door.attach([...apart, ...node, benchProgram, bedWord], {}, undefined, {
    output: linesTo(waiting),
    ended: (status) => {
      for (const hear of waiting.splice(0)) hear({ failure: `the bench in the guest ended (${status})` });
    },
  });
  return async (question) => {
    const answer = await new Promise<BedAnswer<unknown>>((resolve) => {
      waiting.push(resolve);
      program.write(Buffer.from(`${JSON.stringify(question)}\n`));
    });
    if ('failure' in answer) throw new Error(answer.failure);
    return answer.value;
  };
};

serveBed(() => {
  const bench = boot(JSON.parse(process.env['BENCH_BOOT'] ?? '{}') as BenchBoot);
  // Whoever asks hears of it.
  bench.catch(() => undefined);
  return async (question: unknown) => (await bench)(question);
});
