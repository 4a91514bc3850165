/**
 * Machines that go on from one saved state are machines of their own; and whatever becomes of a state, or of those who
 * make one, the lab comes up.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prepareProbeGuest } from '../../src/images/guest-archive.ts';
import { cacheFolder } from '../../src/images/places.ts';
import { sealState } from '../../src/machines/saved-states.ts';
import { labOf, type LabRun, type Ran, type VerifyReport } from '../scenarios/lab-run.ts';

const limitMs = 300_000;
const usual = process.env['XDG_CACHE_HOME'];
const cache = mkdtempSync(join(tmpdir(), 'lanwright-cache-'));
const states = join(cache, 'lanwright/states');

/** A cache of its own, without states, that shares what takes long to make. */
beforeAll(async () => {
  await prepareProbeGuest([]);
  mkdirSync(join(cache, 'lanwright'), { recursive: true, mode: 0o700 });
  for (const name of readdirSync(cacheFolder()))
    if (/^(kernels-|archives$|accelerator\.json$)/.test(name))
      symlinkSync(join(cacheFolder(), name), join(cache, 'lanwright', name));
  process.env['XDG_CACHE_HOME'] = cache;
}, limitMs);

let lab: LabRun;
afterEach(async () => lab.dispose(), 60_000);
afterAll(() => {
  if (usual === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = usual;
  rmSync(cache, { recursive: true, force: true });
});

const newLab = (count: number): LabRun =>
  (lab = labOf(`lab: states
networks: { lan: { mode: host-only, ipv4: 10.9.7.0/24 } }
machines:
  guest: { kind: vm, count: ${count}, nics: [lan] }
`));

interface Status {
  readonly pid: number;
  readonly machines: readonly { readonly machine: string; readonly state: string }[];
}

const fine = (ran: Ran): Ran => {
  if (ran.status !== 0) throw new Error(`ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
  return ran;
};
const up = async (): Promise<string> => fine(await lab.run('up', lab.file)).stderr;
const isFine = async (): Promise<void> =>
  expect((await lab.json<VerifyReport>('verify', lab.file)).summary).toMatchObject({ disagree: 0, unexpected: 0 });

const stateFolders = (): readonly string[] =>
  existsSync(states) ? readdirSync(states).filter((name) => /^[0-9a-f]{32}$/.test(name)) : [];
const drafts = (): readonly string[] =>
  existsSync(states) ? readdirSync(states).filter((name) => name.startsWith('.')) : [];
const theState = (): string => join(states, stateFolders()[0] ?? '');

/** QEMU processes that save a state in this cache, by what is in their command lines. */
const savers = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return words.startsWith('qemu-system') && words.includes(`mem-path=${states}/.`) && words.includes('share=on');
      } catch {
        return false;
      }
    })
    .map(Number);

describe('machines that go on from one state', () => {
  it(
    'are machines of their own',
    async () => {
      newLab(2);
      const said = await up();
      expect(said.match(/saving a state/g)).toHaveLength(1);
      expect(said).not.toContain('boots');
      await isFine();
      const { machines } = await lab.json<Status>('status', lab.file);
      const names = machines.map(({ machine }) => machine);
      expect(names).toHaveLength(2);
      const script =
        'cat /proc/sys/kernel/random/boot_id; head -c 16 /dev/urandom | od -An -tx1; cat /sys/class/net/eth0/address';
      const before = Math.floor(Date.now() / 1000);
      const told = [];
      for (const name of names)
        told.push(
          fine(await lab.exec(name, 'sh', '-c', `${script}; date +%s`))
            .stdout.trim()
            .split('\n'),
        );
      const [one = [], other = []] = told;
      expect(one).toHaveLength(4);
      for (const [index, line] of one.slice(0, 3).entries()) expect(line, String(index)).not.toBe(other[index]);
      for (const [, , , now] of told) {
        expect(Number(now)).toBeGreaterThanOrEqual(before - 1);
        expect(Number(now)).toBeLessThanOrEqual(Date.now() / 1000 + 1);
      }
    },
    limitMs,
  );

  it(
    'find it the next time, and it is for its user alone',
    async () => {
      newLab(1);
      expect(await up()).not.toContain('saving');
      for (const name of readdirSync(theState())) expect(statSync(join(theState(), name)).mode & 0o077, name).toBe(0);
      expect(statSync(theState()).mode & 0o077).toBe(0);
      expect(drafts()).toEqual([]);
    },
    limitMs,
  );
});

describe('a state that is of no use', () => {
  it(
    'is made anew when its files are not what they were',
    async () => {
      const memory = join(theState(), 'memory');
      truncateSync(memory, statSync(memory).size / 2);
      newLab(1);
      expect(await up()).toContain('saving a state');
      await isFine();
    },
    limitMs,
  );

  it(
    'is told of when QEMU does not take it: the machine boots, and the next finds another',
    async () => {
      writeFileSync(join(theState(), 'devices'), 'nothing that QEMU wrote');
      sealState(theState());
      newLab(1);
      expect(await up()).toMatch(/guest\S* boots, as its saved state is of no use/);
      await isFine();
      expect(stateFolders()).toEqual([]);
    },
    limitMs,
  );
});

describe('whoever saves a state and is killed', () => {
  const whileSaving = async (kill: (saver: number) => Promise<void>): Promise<Ran> => {
    newLab(1);
    const going = lab.run('up', lab.file);
    await expect.poll(savers, { timeout: 60_000, interval: 5 }).toHaveLength(1);
    await kill(savers()[0] ?? 0);
    return going;
  };

  it(
    'leaves the machine to boot, when it is the guest',
    async () => {
      const ran = fine(await whileSaving((saver) => Promise.resolve(void process.kill(saver, 'SIGKILL'))));
      expect(ran.stderr).toMatch(/no state of guest\S* can be saved, so it boots: .*SIGKILL/);
      await isFine();
      expect(stateFolders()).toEqual([]);
      expect(drafts()).toEqual([]);
    },
    limitMs,
  );

  it(
    'leaves no half of a state in its place, when it is the lab',
    async () => {
      const parent = (pid: number): number =>
        Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
      const ran = await whileSaving((saver) => Promise.resolve(void process.kill(parent(saver), 'SIGKILL')));
      expect(ran.status).not.toBe(0);
      expect(stateFolders()).toEqual([]);
      expect(await up()).toContain('saving a state');
      await isFine();
      expect(stateFolders()).toHaveLength(1);
    },
    limitMs,
  );
});
