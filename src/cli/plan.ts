/** Shows every decision and every change, and pins the decisions in the lock file. Changes nothing that runs. */
import { exitCode } from './exit-code.ts';
import { type DryRunOptions } from './options.ts';
import { pinDesign } from './pin-design.ts';
import { planLab } from './plan-lab.ts';
import { tellPlan } from './tell-plan.ts';
import { loadAsRunning } from './virtual-machines.ts';

export const plan = async (options: DryRunOptions): Promise<number> => {
  const { loaded, release } = await loadAsRunning(options, (asked) => pinDesign(asked, false));
  if (typeof loaded === 'number') {
    release();
    return loaded;
  }
  const planned = await planLab(loaded).finally(release);
  planned.world?.close();
  await tellPlan(loaded, planned, options);
  return exitCode.asWished;
};
