/**
 * Puts what was measured beside what was predicted and what the file expects: the pairs of `verify --json`, and how many
 * agree. Prediction and measurement agree or not; what is expected is met or not: two questions.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { positionOf } from '../diagnostics/position.ts';
import { type Family } from '../net/address.ts';
import { type Predictor } from '../reach/predict.ts';
import { type Measurement } from './measurement.ts';
import { type Probe, type ProbePlan } from './plan-probes.ts';
import { predictProbe, reasonFor, type Prediction } from './predict-probes.ts';

export interface VerifiedPair {
  readonly from: string;
  /** A machine, or the text of an address that nobody has. */
  readonly to: string;
  readonly address: string;
  readonly family: Family;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
  readonly predicted: Prediction['predicted'];
  readonly measured: 'yes' | 'no';
  /** Whether what was measured is what was predicted: the answer, and the source that was seen where both know it. */
  readonly agree: boolean;
  readonly expected: 'yes' | 'no' | null;
  /** Whether something was expected, and something else was measured. */
  readonly unexpected: boolean;
  /** What more is expected: how it fails, or the source address that is seen. */
  readonly expectedDetail: string | null;
  /** The source address that the far end saw. */
  readonly source: string | null;
  /** The one that it was predicted to see. */
  readonly predictedSource: string | null;
  /** Of the first hundred where prediction and measurement disagree: why the model says what it says, or nothing was measured. */
  readonly reason: string | null;
  /** How it went. `request-arrived`: the far end had the request, and its answer was lost. */
  readonly detail: Measurement['outcome'] | 'request-arrived';
  readonly rttMs: number | null;
  /** `file:line` of the policy or expectation. */
  readonly because: string | null;
}

export interface VerifyReport {
  readonly pairs: readonly VerifiedPair[];
  readonly summary: {
    readonly pairs: number;
    readonly agree: number;
    readonly disagree: number;
    /** Pairs that are not as the file expects. */
    readonly unexpected: number;
    /** Pairs that were measured a second time, because the first time nothing came back: what is told is the second. */
    readonly repeated: number;
  };
}

type Wished = Pick<Probe, 'expected' | 'expectedSource'>;

/** Who never sends because it has no address finds nobody reachable either. */
export const meets = (
  { expected, expectedSource }: Wished,
  { outcome, source }: Pick<Measurement, 'outcome' | 'source'>,
): boolean => {
  switch (expected) {
    case null:
      return true;
    case 'yes':
      return outcome === 'answered' && (expectedSource === undefined || source === expectedSource);
    case 'no':
      return outcome !== 'answered' && outcome !== 'lost';
    case 'unreachable':
      return outcome === 'unreachable' || outcome === 'no-address';
    default:
      return outcome === expected;
  }
};

const detailOf = ({ outcome, requestArrived }: Measurement): VerifiedPair['detail'] =>
  outcome === 'timeout' && requestArrived ? 'request-arrived' : outcome;

export const expectedDetailOf = ({ expected, expectedSource }: Wished): string | null => {
  if (expected === 'yes') return expectedSource === undefined ? null : `source ${expectedSource}`;
  return expected === 'no' ? null : expected;
};

const placeOf = (span: Span | undefined, sources: ReadonlyMap<string, string>): string | null => {
  if (span === undefined) return null;
  const text = sources.get(span.file);
  return text === undefined ? span.file : `${span.file}:${positionOf(text, span.start).line}`;
};

const isAsPredicted = ({ predicted, source }: Prediction, measurement: Measurement): boolean => {
  if (measurement.outcome === 'lost') return false;
  if (predicted === 'uncertain') return true;
  const isSeenAlike = source === null || measurement.source === null || source === measurement.source;
  return (predicted === 'yes') === (measurement.outcome === 'answered') && isSeenAlike;
};

const verified = (
  probe: Probe,
  measurement: Measurement,
  predictor: Predictor,
  sources: ReadonlyMap<string, string>,
): VerifiedPair => {
  const prediction = predictProbe(predictor, probe);
  return {
    from: probe.from,
    to: probe.to,
    address: probe.address,
    family: probe.family,
    protocol: probe.protocol,
    port: probe.port,
    predicted: prediction.predicted,
    measured: measurement.outcome === 'answered' ? 'yes' : 'no',
    agree: isAsPredicted(prediction, measurement),
    expected: probe.expected === null || probe.expected === 'yes' ? probe.expected : 'no',
    unexpected: !meets(probe, measurement),
    expectedDetail: expectedDetailOf(probe),
    source: measurement.source,
    predictedSource: prediction.source,
    reason: null,
    detail: detailOf(measurement),
    rttMs: measurement.rttMs,
    because: placeOf(probe.because, sources),
  };
};

const missing = (id: number): Measurement => ({
  id,
  outcome: 'timeout',
  source: null,
  requestArrived: false,
  rttMs: null,
});

/** A lab that is down as a whole disagrees everywhere: the first reasons tell it. */
const mostReasons = 100;

/** Where more are silent than this, it is no chance. */
const mostRepeated = 500;

/**
 * Probes whose answers were waited for in vain: a packet is lost now and then where guests share few processors, and a
 * measurement is believed in what it heard rather than in what it did not hear. Empty where they are too many.
 */
export const worthAnotherTry = ({ probes }: ProbePlan, { pairs }: VerifyReport): readonly Probe[] => {
  const silent = probes.filter((_, index) => {
    const pair = pairs[index];
    if (pair === undefined || (pair.agree && !pair.unexpected)) return false;
    return pair.detail === 'timeout' || pair.detail === 'request-arrived';
  });
  return silent.length > mostRepeated ? [] : silent;
};

const reportOf = (pairs: readonly VerifiedPair[], repeated: number): VerifyReport => {
  const agree = pairs.filter((pair) => pair.agree).length;
  const unexpected = pairs.filter((pair) => pair.unexpected).length;
  return { pairs, summary: { pairs: pairs.length, agree, disagree: pairs.length - agree, unexpected, repeated } };
};

/** `sources`: the texts of the files that the plan's places are in. */
export const judge = (
  plan: ProbePlan,
  measurements: readonly Measurement[],
  predictor: Predictor,
  sources: ReadonlyMap<string, string> = new Map(),
): VerifyReport => {
  const byId = new Map(measurements.map((measurement) => [measurement.id, measurement]));
  const pairs = plan.probes.map((probe) =>
    verified(probe, byId.get(probe.id) ?? missing(probe.id), predictor, sources),
  );
  const apart = pairs.flatMap((pair, index) => (pair.agree ? [] : [index])).slice(0, mostReasons);
  for (const index of apart) {
    const [pair, probe] = [pairs[index], plan.probes[index]];
    if (pair === undefined || probe === undefined) continue;
    const reason = pair.detail === 'lost' ? `the guest \`${pair.from}\` does not answer` : reasonFor(predictor, probe);
    pairs[index] = { ...pair, reason };
  }
  return reportOf(pairs, 0);
};

/** The report with the pairs of `later` in the places of the same probes: they were measured again. */
export const withAnotherTry = (
  { probes }: ProbePlan,
  { pairs }: VerifyReport,
  repeated: readonly Probe[],
  later: VerifyReport,
): VerifyReport => {
  const byId = new Map(repeated.map(({ id }, index) => [id, later.pairs[index]]));
  return reportOf(
    pairs.map((pair, index) => byId.get(probes[index]?.id ?? -1) ?? pair),
    repeated.length,
  );
};
