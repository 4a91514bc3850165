/** Measures who reaches whom in the running lab, and compares with what is predicted and what the file expects. */
import { planProbes } from '../probe/plan-probes.ts';
import { judge, type VerifyReport, worthAnotherTry } from '../probe/report.ts';
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
      const first = await world.measure(plan.probes, neighbourBudget(), progress.report);
      const atFirst = judge(plan, first, predictor, sources);
      const silent = worthAnotherTry(plan, atFirst);
      const second = silent.length === 0 ? [] : await world.measure(silent, neighbourBudget(), progress.report);
      progress.end();
      // The later measurement of a probe is the one that counts.
      const report =
        second.length === 0 ? atFirst : judge(plan, [...first, ...second], predictor, sources, second.length);
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
