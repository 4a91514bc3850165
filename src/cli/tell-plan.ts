/** Prints a plan: decisions and changes, and with `--impact` what they do to who reaches whom. */
import { printJson } from './json.ts';
import { type LoadedDesign } from './load-design.ts';
import { type DryRunOptions } from './options.ts';
import { type PlannedLab } from './plan-lab.ts';
import { reportPlan } from './plan-report.ts';
import { printPlan } from './print-plan.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

type Wanted = Pick<DryRunOptions, 'json' | 'steps' | 'impact'>;

/** Loaded late: most plans are not asked for it. */
const findImpact = async ({ lowered }: LoadedDesign, { before }: PlannedLab): Promise<Impact> => {
  const { printImpact, reportImpact } = await import('./impact.ts');
  const report = reportImpact(before, lowered.state);
  return { report, text: (shown) => printImpact(report, shown) };
};

interface Impact {
  readonly report: readonly object[];
  readonly text: (shown: { readonly width: number; readonly paint: ReturnType<typeof painter> }) => string;
}

export const tellPlan = async (loaded: LoadedDesign, planned: PlannedLab, options: Wanted): Promise<void> => {
  const report = reportPlan(loaded, planned.plan);
  const shown = { width: widthOf(), paint: painter(hasColour()) };
  const impact = options.impact ? await findImpact(loaded, planned) : undefined;
  if (options.json) print(printJson({ ...report, impact: impact?.report }));
  else {
    const text = printPlan(report, { ...shown, steps: options.steps, isRunning: planned.world !== undefined });
    print(impact === undefined ? text : `${text}\n\n${impact.text(shown)}`);
  }
};
