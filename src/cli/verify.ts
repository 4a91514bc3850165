/** Measures who reaches whom in the running lab, and compares with what the file expects. */
import { planChanges } from '../plan/plan-changes.ts';
import { planProbes } from '../probe/plan-probes.ts';
import { judge } from '../probe/report.ts';
import { neighbourBudget, worldOf, type World } from '../world/client.ts';
import { exitCode } from './exit-code.ts';
import { tellNotRunning } from './find-lab.ts';
import { printJson } from './json.ts';
import { loadDesign, type LoadedDesign } from './load-design.ts';
import { type FileOptions } from './options.ts';
import { printVerify } from './print-verify.ts';
import { startProgress } from './progress.ts';
import { sayDiagnostics } from './complain.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

export interface VerifyOptions extends FileOptions {
  readonly all: boolean;
}

/** A file that changed since `up` would be compared with a lab that it does not describe. */
const warnOfDifference = async ({ lowered, file }: LoadedDesign, world: World): Promise<void> => {
  const { steps } = planChanges(await world.observe(), lowered.state);
  if (steps.length === 0) return;
  const message = `the running lab is not what \`${file}\` says: ${steps.length} ${steps.length === 1 ? 'change' : 'changes'} apart`;
  sayDiagnostics([{ code: 'lab-differs', severity: 'warning', message, help: `lanwright up ${file}` }]);
};

export const verify = async (options: VerifyOptions): Promise<number> => {
  const loaded = await loadDesign(options);
  if (typeof loaded === 'number') return loaded;
  const { lab, sources } = loaded;
  const world = await worldOf(lab.name);
  if (world === undefined) {
    tellNotRunning(lab.name, options);
    return exitCode.environmentCannot;
  }
  const progress = startProgress();
  try {
    await warnOfDifference(loaded, world);
    const plan = planProbes(lab);
    const measurements = await world.measure(plan.probes, neighbourBudget(), progress.report);
    progress.end();
    const report = judge(plan, measurements, sources);
    const shown = { width: widthOf(), paint: painter(hasColour()), all: options.all };
    print(
      options.json
        ? printJson({ lab: lab.name, pairs: report.pairs, summary: report.summary })
        : printVerify(report, lab, shown),
    );
    return report.pairs.every(({ agree }) => agree) ? exitCode.asWished : exitCode.no;
  } finally {
    progress.end();
    world.close();
  }
};
