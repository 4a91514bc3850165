/**
 * Whatever is killed, nothing outlives its world, and the next `up` works: the supervisor, the `up` command and every
 * child of the world, at many moments while ten machines come up.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { labOf, type LabRun, type VerifyReport } from '../scenarios/lab-run.ts';
import { eventually, hasDoor, isAlive, processesIn, worldNamespace } from './remains.ts';
import { tenMachines } from './ten-machines.ts';

const program = resolve(import.meta.dirname, '../../dist/lanwright.js');
const soak = process.env['LANWRIGHT_SOAK'] === '1';
/** Milliseconds after the world's door opened. */
const moments = soak ? Array.from({ length: 40 }, (_, step) => step * 15) : [0, 30, 90, 200, 400];

interface Status {
  /** Absent where the lab is not running. */
  readonly pid?: number;
}

const supervisorOf = async (lab: LabRun): Promise<number | undefined> => {
  const { stdout } = await lab.run('status', '-f', lab.file, '--json');
  return stdout.trimStart().startsWith('{') ? (JSON.parse(stdout) as Status).pid : undefined;
};

/** Goes with the test, also where the test fails. */
const labForThisTest = (): LabRun => {
  const lab = labOf(tenMachines);
  onTestFinished(() => lab.dispose(), 30_000);
  return lab;
};

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** The supervisor's process id, from the kernel: `status` would wait until `up` is done. */
const supervisorByName = async (lab: LabRun): Promise<number | undefined> => {
  const { readdirSync, readFileSync, readlinkSync } = await import('node:fs');
  const ours = readlinkSync('/proc/self/ns/pid');
  for (const entry of readdirSync('/proc')) {
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      const isOurs = words.some((word) => word.endsWith('supervisor.js')) && words.includes(lab.name);
      if (isOurs && readlinkSync(`/proc/${entry}/ns/pid`) !== ours) return Number(entry);
    } catch {
      // Not a process, or one that has gone.
    }
  }
  return undefined;
};

/** Starts `up` and waits until its supervisor is there; the returned function waits for the end of the command. */
const beginUp = async (
  lab: LabRun,
): Promise<{
  readonly pid: number | undefined;
  readonly supervisor: number | undefined;
  readonly ended: Promise<number | null>;
}> => {
  const child = spawn(process.execPath, [program, 'up', lab.file], { stdio: 'ignore' });
  const ended = new Promise<number | null>((done) => child.on('exit', done));
  let supervisor: number | undefined;
  for (let tries = 0; tries < 400 && supervisor === undefined && child.exitCode === null; tries += 1) {
    supervisor = await supervisorByName(lab);
    if (supervisor === undefined) await pause(5);
  }
  return { pid: child.pid, supervisor, ended };
};

const expectNothingLeft = async (lab: LabRun, supervisor: number, namespace: string | undefined): Promise<void> => {
  expect(await eventually(() => !isAlive(supervisor))).toBe(true);
  if (namespace !== undefined) expect(await eventually(() => processesIn(namespace).length === 0)).toBe(true);
  expect(await eventually(() => !hasDoor(lab.name))).toBe(true);
};

const expectUpWorks = async (lab: LabRun): Promise<void> => {
  const up = await lab.run('up', lab.file);
  expect(up.status, `${up.stdout}${up.stderr}`).toBe(0);
  const { steps } = await lab.json<{ readonly steps: readonly unknown[] }>('plan', lab.file);
  expect(steps).toEqual([]);
};

describe('a killed supervisor', () => {
  it.each(moments)(
    'leaves nothing, %d ms into `up`',
    async (moment) => {
      const lab = labForThisTest();
      const { supervisor, ended } = await beginUp(lab);
      expect(supervisor, 'the supervisor of the world').toBeDefined();
      if (supervisor === undefined) return;
      await pause(moment);
      const namespace = worldNamespace(supervisor);
      process.kill(supervisor, 'SIGKILL');
      await ended;
      await expectNothingLeft(lab, supervisor, namespace);
      await expectUpWorks(lab);
      await lab.run('down', lab.file);
      expect(hasDoor(lab.name)).toBe(false);
    },
    60_000,
  );
});

describe('a killed `up`', () => {
  it.each(moments)(
    'leaves a lab that the next `up` completes and `down` ends, %d ms in',
    async (moment) => {
      const lab = labForThisTest();
      const { pid, supervisor, ended } = await beginUp(lab);
      await pause(moment);
      if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
      await ended;
      await expectUpWorks(lab);
      const last = (await supervisorOf(lab)) ?? supervisor;
      expect(last).toBeDefined();
      if (last === undefined) return;
      const namespace = worldNamespace(last);
      expect((await lab.run('down', lab.file)).status).toBe(0);
      await expectNothingLeft(lab, last, namespace);
    },
    60_000,
  );
});

describe('a killed child of a world', () => {
  it('is replaced by the next `up`, whichever it is', async () => {
    const lab = labForThisTest();
    await expectUpWorks(lab);
    const supervisor = await supervisorOf(lab);
    expect(supervisor).toBeDefined();
    const namespace = worldNamespace(supervisor ?? 0) ?? '';
    const children = processesIn(namespace).filter((pid) => pid !== supervisor);
    expect(children.length).toBeGreaterThan(0);
    for (const child of children) if (isAlive(child)) process.kill(child, 'SIGKILL');
    await eventually(() => children.every((child) => !isAlive(child)));
    await expectUpWorks(lab);
    const report = await lab.json<VerifyReport>('verify', lab.file);
    expect(report.summary.unexpected).toBe(0);
    const last = (await supervisorOf(lab)) ?? 0;
    const lastNamespace = worldNamespace(last);
    await lab.run('down', lab.file);
    await expectNothingLeft(lab, last, lastNamespace);
  }, 120_000);
});
