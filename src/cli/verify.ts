/** Measures who reaches whom in the running lab, and compares with what is predicted and what the file expects. */
import { planProbes, type Probe } from '../probe/plan-probes.ts';
import { judge, type VerifyReport, withAnotherTry, worthAnotherTry } from '../probe/report.ts';
import { predictorOf } from '../reach/predict.ts';
import { neighbourBudget } from '../world/client.ts';
import { compareWithRunning } from './compare-running.ts';
import { exitCode } from './exit-code.ts';
import { inBatches, jsonInPieces } from './json.ts';
import { loadDesign } from './load-design.ts';
import { type FileOptions } from './options.ts';
import { printVerify } from './print-verify.ts';
import { startProgress } from './progress.ts';
import { complain, sayDiagnostics } from './complain.ts';
import { inWorldOf } from './running-world.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

export interface VerifyOptions extends FileOptions {
  readonly all: boolean;
}

/** A thousand machines are two million pairs, which no single text holds. */
const batchSize = 20_000;

const printAsJson = (lab: string, { pairs, summary }: VerifyReport): void => {
  for (const piece of jsonInPieces({ lab }, 'pairs', inBatches(pairs, batchSize), { summary }))
    process.stdout.write(piece);
};

export const verify = async (options: VerifyOptions): Promise<number> => {
  const loaded = await loadDesign(options);
  if (typeof loaded === 'number') return loaded;
  const { lab, sources } = loaded;
  return inWorldOf(lab.name, options, async (world) => {
    const progress = startProgress();
    try {
      const difference = await compareWithRunning(loaded, world);
      if (difference?.severity === 'error') {
        complain([difference], sources, options);
        return exitCode.environmentCannot;
      }
      if (difference !== undefined) sayDiagnostics([difference]);
      const plan = planProbes(lab);
      const predictor = predictorOf(loaded.lowered.state);
      const measured = async (probes: readonly Probe[]): Promise<VerifyReport> =>
        judge({ probes }, await world.measure(probes, neighbourBudget(), progress.report), predictor, sources);
      const first = await measured(plan.probes);
      const silent = worthAnotherTry(plan, first);
      const report = silent.length === 0 ? first : withAnotherTry(plan, first, silent, await measured(silent));
      progress.end();
      const shown = { width: widthOf(), paint: painter(hasColour()), all: options.all };
      if (options.json) printAsJson(lab.name, report);
      else print(printVerify(report, lab, shown));
      const { disagree, unexpected } = report.summary;
      return disagree + unexpected === 0 ? exitCode.asWished : exitCode.no;
    } finally {
      progress.end();
    }
  });
};
