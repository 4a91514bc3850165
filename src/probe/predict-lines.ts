/** What the model says of each line of `policy` and `expect`: how much of it holds, and what does not. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab } from '../lab/lab.ts';
import { type Predictor } from '../reach/predict.ts';
import { wishedProbes, type Probe } from './plan-probes.ts';
import { predictProbe, type Prediction } from './predict-probes.ts';
import { meets } from './report.ts';

export interface LineVerdict {
  readonly kind: 'policy' | 'expect';
  readonly at: Span;
  /** `uncertain`: nothing fails, but something is left to chance or to a rule that is not modelled. */
  readonly verdict: 'yes' | 'no' | 'uncertain';
  /** How many questions the line comes to; 0 where it promises nothing that could be asked. */
  readonly asked: number;
  readonly failed: number;
  /** The first of those that fail, or are uncertain. */
  readonly example: { readonly probe: Omit<Probe, 'id'>; readonly prediction: Prediction } | undefined;
}

/** The words of a prediction as those of a measurement. */
const isMet = (probe: Omit<Probe, 'id'>, { detail, source }: Prediction): boolean =>
  meets(probe, { outcome: detail === 'request-arrived' ? 'timeout' : detail, source });

const judgeLine = (
  kind: LineVerdict['kind'],
  at: Span,
  probes: readonly Omit<Probe, 'id'>[],
  predictor: Predictor,
): LineVerdict => {
  let failed = 0;
  let firstFailed: LineVerdict['example'];
  let firstUncertain: LineVerdict['example'];
  for (const probe of probes) {
    const prediction = predictProbe(predictor, probe);
    if (prediction.predicted === 'uncertain') firstUncertain ??= { probe, prediction };
    else if (!isMet(probe, prediction)) {
      failed += 1;
      firstFailed ??= { probe, prediction };
    }
  }
  const verdict = firstFailed !== undefined ? 'no' : firstUncertain !== undefined ? 'uncertain' : 'yes';
  return { kind, at, verdict, asked: probes.length, failed, example: firstFailed ?? firstUncertain };
};

/** In the order of the file, `policy` first. */
export const predictLines = (lab: Lab, predictor: Predictor): readonly LineVerdict[] => {
  const byPlace = new Map<number, Omit<Probe, 'id'>[]>();
  for (const probe of wishedProbes(lab)) {
    const place = probe.because?.start ?? -1;
    const list = byPlace.get(place);
    if (list === undefined) byPlace.set(place, [probe]);
    else list.push(probe);
  }
  const judgeAll = (kind: LineVerdict['kind'], spans: readonly Span[]): readonly LineVerdict[] =>
    [...new Map(spans.map((at) => [at.start, at])).values()].map((at) =>
      judgeLine(kind, at, byPlace.get(at.start) ?? [], predictor),
    );
  return [
    ...judgeAll(
      'policy',
      lab.policy.map(({ at }) => at),
    ),
    ...judgeAll(
      'expect',
      lab.expect.map(({ at }) => at),
    ),
  ];
};
