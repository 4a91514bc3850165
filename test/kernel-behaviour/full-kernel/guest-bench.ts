/**
 * A bench on the kernel of a guest, which knows what not every kernel does: 802.1Q, bonds, bridges that filter VLANs,
 * tunnels, VRFs, WireGuard. One guest holds all stacks, as network namespaces, and is asked what any bench is asked.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, openBed } from '../../agreement/bed/bed.ts';
import { benchEntry, benchOn, type Bench } from '../bench/bench.ts';
import { type Question, type Reply } from '../bench/questions.ts';
import { writeBenchBoot } from './bench-archive.ts';

export const openGuestBench = async (): Promise<Bench> => {
  const folder = await mkdtemp(join(tmpdir(), 'lanwright-bench-'));
  const program = await bundle(benchEntry);
  const boot = await writeBenchBoot(program, folder);
  await rm(program);
  process.env['BENCH_BOOT'] = JSON.stringify(boot);
  const bench = benchOn(await openBed<Question, Reply>(new URL('./guest-process.ts', import.meta.url)));
  return {
    ...bench,
    close: async () => {
      await bench.close();
      await rm(folder, { recursive: true });
    },
  };
};
