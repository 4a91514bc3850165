/** A lab that is up while the tests of a file, or of a block of it, run. */
import { afterAll, beforeAll } from 'vitest';
import { type LabRun } from './lab-run.ts';

/** `after`: what else there is to clear away. */
export const upForAll = (lab: LabRun, after: () => void = () => undefined): void => {
  beforeAll(async () => {
    const up = await lab.run('up', lab.file);
    if (up.status !== 0) throw new Error(up.stderr);
  }, 120_000);
  afterAll(async () => {
    await lab.dispose();
    after();
  }, 60_000);
};
