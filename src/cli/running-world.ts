/** What a command does with a lab that runs; where it does not run, it tells so. */
import { worldOf, type World } from '../world/client.ts';
import { exitCode } from './exit-code.ts';
import { findLab, tellNotRunning } from './find-lab.ts';
import { type LabOptions } from './options.ts';

type Told = Pick<LabOptions, 'file' | 'lab' | 'json'>;

/** The exit status of `work`, after which the connection is closed. */
export const inWorldOf = async (
  lab: string,
  options: Told,
  work: (world: World) => Promise<number>,
): Promise<number> => {
  const world = await worldOf(lab);
  if (world === undefined) {
    tellNotRunning(lab, options);
    return exitCode.environmentCannot;
  }
  try {
    return await work(world);
  } finally {
    world.close();
  }
};

/** The same for the lab that is named, or that the file names. */
export const inRunningLab = async (
  options: Told,
  work: (world: World, lab: string) => Promise<number>,
): Promise<number> => {
  const lab = await findLab(options);
  return typeof lab === 'number' ? lab : inWorldOf(lab, options, (world) => work(world, lab));
};
