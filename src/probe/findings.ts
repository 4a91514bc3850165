/** What has been found so far, probe by probe; becomes the measurements. */
import { type Measurement, type ProbeRequest } from './measurement.ts';

export interface Finding {
  readonly probe: ProbeRequest;
  outcome: Measurement['outcome'] | undefined;
  source: string | null;
  requestArrived: boolean;
  sentAt: number;
  rttMs: number | null;
}

export type Findings = ReadonlyMap<number, Finding>;

export const findingsFor = (probes: readonly ProbeRequest[]): Findings =>
  new Map(
    probes.map((probe) => [
      probe.id,
      { probe, outcome: undefined, source: null, requestArrived: false, sentAt: 0, rttMs: null },
    ]),
  );

/** An answer outranks whatever was thought before. */
export const noteAnswer = (finding: Finding, now: number): void => {
  finding.requestArrived = true;
  if (finding.outcome === 'answered') return;
  finding.outcome = 'answered';
  finding.rttMs = Math.max(0, now - finding.sentAt);
};

export const noteArrival = (finding: Finding, source: string): void => {
  finding.requestArrived = true;
  finding.source = source;
};

export const noteFailure = (finding: Finding, outcome: Measurement['outcome']): void => {
  finding.outcome ??= outcome;
};

export const measurementOf = ({ probe, outcome, source, requestArrived, rttMs }: Finding): Measurement => ({
  id: probe.id,
  outcome: outcome ?? 'timeout',
  source,
  requestArrived,
  rttMs: rttMs === null ? null : Math.round(rttMs * 1000) / 1000,
});
