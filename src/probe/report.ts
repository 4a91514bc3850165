/**
 * Puts what was measured beside what the file expects: the pairs of `verify --json`, and how many are as wished.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { positionOf } from '../diagnostics/position.ts';
import { type Family } from '../net/address.ts';
import { type Measurement } from './measurement.ts';
import { type Probe, type ProbePlan } from './plan-probes.ts';

export interface VerifiedPair {
  readonly from: string;
  /** A machine, or the text of an address that nobody has. */
  readonly to: string;
  readonly address: string;
  readonly family: Family;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
  /** Nobody predicts yet. */
  readonly predicted: 'yes' | 'no' | 'uncertain' | null;
  readonly measured: 'yes' | 'no';
  /** Whether what was measured is what was expected, where anything was. */
  readonly agree: boolean;
  readonly expected: 'yes' | 'no' | null;
  /** What more is expected: how it fails, or the source address that is seen. */
  readonly expectedDetail: string | null;
  /** The source address that the far end saw. */
  readonly source: string | null;
  /** How it went. `request-arrived`: the far end had the request, and its answer was lost. */
  readonly detail: 'answered' | 'refused' | 'timeout' | 'unreachable' | 'no-address' | 'request-arrived';
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
  };
}

/** Who never sends because it has no address finds nobody reachable either. */
const meets = ({ expected, expectedSource }: Probe, { outcome, source }: Measurement): boolean => {
  switch (expected) {
    case null:
      return true;
    case 'yes':
      return outcome === 'answered' && (expectedSource === undefined || source === expectedSource);
    case 'no':
      return outcome !== 'answered';
    case 'unreachable':
      return outcome === 'unreachable' || outcome === 'no-address';
    default:
      return outcome === expected;
  }
};

const detailOf = ({ outcome, requestArrived }: Measurement): VerifiedPair['detail'] =>
  outcome === 'timeout' && requestArrived ? 'request-arrived' : outcome;

const expectedDetailOf = ({ expected, expectedSource }: Probe): string | null => {
  if (expected === 'yes') return expectedSource === undefined ? null : `source ${expectedSource}`;
  return expected === 'no' ? null : expected;
};

const placeOf = (span: Span | undefined, sources: ReadonlyMap<string, string>): string | null => {
  if (span === undefined) return null;
  const text = sources.get(span.file);
  return text === undefined ? span.file : `${span.file}:${positionOf(text, span.start).line}`;
};

const verified = (probe: Probe, measurement: Measurement, sources: ReadonlyMap<string, string>): VerifiedPair => ({
  from: probe.from,
  to: probe.to,
  address: probe.address,
  family: probe.family,
  protocol: probe.protocol,
  port: probe.port,
  predicted: null,
  measured: measurement.outcome === 'answered' ? 'yes' : 'no',
  agree: meets(probe, measurement),
  expected: probe.expected === null || probe.expected === 'yes' ? probe.expected : 'no',
  expectedDetail: expectedDetailOf(probe),
  source: measurement.source,
  detail: detailOf(measurement),
  rttMs: measurement.rttMs,
  because: placeOf(probe.because, sources),
});

const lost = (id: number): Measurement => ({
  id,
  outcome: 'timeout',
  source: null,
  requestArrived: false,
  rttMs: null,
});

/** `sources`: the texts of the files that the plan's places are in. */
export const judge = (
  plan: ProbePlan,
  measurements: readonly Measurement[],
  sources: ReadonlyMap<string, string> = new Map(),
): VerifyReport => {
  const byId = new Map(measurements.map((measurement) => [measurement.id, measurement]));
  const pairs = plan.probes.map((probe) => verified(probe, byId.get(probe.id) ?? lost(probe.id), sources));
  const agree = pairs.filter((pair) => pair.agree).length;
  const unexpected = pairs.filter((pair) => pair.expected !== null && !pair.agree).length;
  return { pairs, summary: { pairs: pairs.length, agree, disagree: pairs.length - agree, unexpected } };
};
