/** Shows every decision and every change, and pins the decisions in the lock file. Changes nothing that runs. */
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { type DryRunOptions } from './options.ts';
import { pinDesign } from './pin-design.ts';
import { planLab } from './plan-lab.ts';
import { reportPlan } from './plan-report.ts';
import { printPlan } from './print-plan.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

export const plan = async (options: DryRunOptions): Promise<number> => {
  const loaded = await pinDesign(options);
  if (typeof loaded === 'number') return loaded;
  const { plan: changes, world } = await planLab(loaded);
  world?.close();
  const report = reportPlan(loaded, changes);
  const isRunning = world !== undefined;
  const paint = painter(hasColour());
  print(
    options.json ? printJson(report) : printPlan(report, { width: widthOf(), paint, steps: options.steps, isRunning }),
  );
  return exitCode.asWished;
};
