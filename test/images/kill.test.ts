/**
 * Killed at any moment, a command about images leaves what was there or what should be, never half of it: every file that
 * counts is whole, data is what it was, and the same command goes through afterwards.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { baseImage, basesFolder, checkBase, readBase } from '../../src/images/base-store.ts';
import { checkChain } from '../../src/images/check-chain.ts';
import { machineFolder, namedFiles, withMachine, writeRecord } from '../../src/images/machine-store.ts';
import { backUpData } from '../../src/images/machine-disks.ts';
import { checkImage } from '../../src/images/qcow2.ts';
import * as bed from './bed.ts';

const home = bed.dataHome();
const program = resolve(import.meta.dirname, '../../dist/lanwright.js');
const name = { lab: 'killed', machine: 'm' };
const longMs = 180_000;
const kills = 7;

/** Starts a command, and kills it after a while, unless it was faster; whether it came to its end. */
const runKilled = (afterMs: number, ...argv: readonly string[]): Promise<boolean> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [program, 'image', ...argv], { stdio: 'ignore', env: process.env });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    child.once('exit', (status) => {
      clearTimeout(timer);
      done(status === 0);
    });
  });

/** How long the command takes here and now, so that the kills fall into it. */
const timed = async (...argv: readonly string[]): Promise<number> => {
  const start = performance.now();
  expect(await runKilled(60_000, ...argv)).toBe(true);
  return performance.now() - start;
};

const expectWhole = async (): Promise<void> => {
  const record = await bed.recordOf(name);
  for (const file of namedFiles(record)) {
    const path = join(machineFolder(name), file);
    expect(existsSync(path), file).toBe(true);
    expect(await checkImage(path)).toBeUndefined();
  }
  if (record.system === undefined) throw new Error('no system');
  expect(await checkChain(name, record.system, { isThorough: true })).toEqual([]);
};

/** Kills the command at moments over all of its time, and looks each time. `next`: its words for each turn. */
const killOften = async (next: (turn: number) => readonly string[], look: () => Promise<void>): Promise<void> => {
  const wholeMs = await timed(...next(0));
  for (let turn = 1; turn <= kills; turn++) {
    // The first third is the start of Node itself.
    await runKilled(wholeMs * (0.3 + (0.75 * turn) / kills), ...next(turn));
    // A qemu-img that lost its parent writes its draft to the end.
    await pause(50);
    await look();
  }
  expect(await runKilled(60_000, ...next(kills + 1))).toBe(true);
  await look();
};

beforeAll(async () => {
  await bed.smallBase('one', { 'etc/motd': 'one\n' });
  await bed.smallBase('two', { 'etc/motd': 'two\n' });
  await withMachine(name, async (record) => {
    const file = 'system-first.qcow2';
    const path = join(machineFolder(name), file);
    bed.run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', baseImage('one'), '-F', 'qcow2', path);
    await writeRecord(name, { ...record, system: { file, base: 'one', boot: 'direct' } });
  });
  await bed.prepare(name, { kind: 'debian', packages: [] }, bed.disksOf('three'));
}, longMs);

describe('killed at any moment', () => {
  it('a machine stands on one base or the other', { timeout: longMs }, async () => {
    await killOften((turn) => ['repoint', 'killed/m', turn % 2 === 0 ? 'two' : 'one'], expectWhole);
    await killOften(() => ['rollback', 'killed/m'], expectWhole);
  });

  it('data is the old or the restored', { timeout: longMs }, async () => {
    writeFileSync(join(home, 'ledger'), 'paid\n');
    await bed.writeTo(await bed.dataPath(name), `write ${join(home, 'ledger')} /ledger`);
    const copy = join(home, 'copy.qcow2');
    bed.valueOf(await backUpData(name, copy));
    await killOften(
      () => ['restore', 'killed/m', copy],
      async () => {
        await expectWhole();
        expect(await bed.readFrom(await bed.dataPath(name), '/ledger')).toBe('paid\n');
      },
    );
  });

  it('a base is whole or not there, sealed or not', { timeout: longMs }, async () => {
    const look = async (): Promise<void> => {
      for (const base of readdirSync(basesFolder()).filter((each) => !each.startsWith('.'))) {
        const found = await readBase(base);
        expect(found?.name).toBe(base);
        if (found?.seal !== undefined) bed.valueOf(await checkBase(base, { isThorough: true }));
      }
    };
    await killOften((turn) => ['patch', 'one', `copy-${turn}`], look);
    await killOften((turn) => ['import', baseImage('one'), `import-${turn}`], look);
  });

  it('a system stands alone or on its base', { timeout: longMs }, async () => {
    await killOften(() => ['flatten', 'killed/m'], expectWhole);
    expect((await bed.recordOf(name)).system?.base).toBeUndefined();
  });
});
