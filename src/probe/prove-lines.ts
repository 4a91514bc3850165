/**
 * Proofs of `policy` and `expect` lines over all packets of TCP, UDP and ICMP echo that the model has: one of each kind
 * that nothing tells apart is walked. A line is proven when none of them is a counterexample.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab } from '../lab/lab.ts';
import { type Answer, type Predictor } from '../reach/predict.ts';
import { representativesOf } from '../reach/representatives.ts';
import { claimsOfExpectation, claimsOfPolicy, type Claim } from './claims.ts';
import { wishedProbes, type WishedProbe } from './plan-probes.ts';
import { detailOf } from './predict-probes.ts';
import { meets } from './report.ts';

export interface Proof {
  readonly kind: 'policy' | 'expect';
  readonly at: Span;
  readonly verdict: 'proven' | 'false' | 'unknown';
  /** Kinds of packets that were walked; 0: the line claims nothing. */
  readonly kinds: number;
  /** How many of them contradict the line. */
  readonly failed: number;
  /** The first that contradicts it. */
  readonly counterexample: Claim | undefined;
  /** A packet whose way depends on a rule that is not modelled. */
  readonly blockedBy: Claim | undefined;
}

/**
 * What is sent to an address that nobody has counts as let through once it is on the internet; what comes back to the
 * sender itself has gone nowhere.
 */
const getsThrough = (lab: Lab, { flow, owner }: Claim, { deliveredTo, verdict, stoppedAt }: Answer): boolean => {
  const isOutside = stoppedAt !== null && stoppedAt !== flow.from && lab.machines[stoppedAt]?.role === 'internet';
  if (deliveredTo !== null) return deliveredTo !== flow.from;
  return verdict === 'sometimes' || (owner === undefined && isOutside);
};

const holds = (lab: Lab, claim: Claim, answer: Answer): boolean => {
  const { wanted, source } = claim;
  const { verdict, seenSource } = answer;
  if (wanted === 'not-arrive') return !getsThrough(lab, claim, answer);
  if (verdict === 'sometimes') return false;
  const detail = detailOf(answer);
  const outcome = detail === 'request-arrived' ? 'timeout' : detail;
  return meets(
    { expected: wanted, ...(source === undefined ? {} : { expectedSource: source }) },
    { outcome, source: seenSource },
  );
};

const prove = (lab: Lab, predictor: Predictor, claims: readonly Claim[]): Omit<Proof, 'kind' | 'at'> => {
  let failed = 0;
  let counterexample: Claim | undefined;
  let blockedBy: Claim | undefined;
  for (const claim of claims) {
    const answer = predictor.answer(claim.flow, claim.owner);
    if (answer.verdict === 'unknown') blockedBy ??= claim;
    else if (!holds(lab, claim, answer)) {
      failed += 1;
      counterexample ??= claim;
    }
  }
  const verdict = counterexample !== undefined ? 'false' : blockedBy !== undefined ? 'unknown' : 'proven';
  return { verdict, kinds: claims.length, failed, counterexample, blockedBy };
};

/** In the order of the file, `policy` first; one for each line. */
export const proveLines = (lab: Lab, predictor: Predictor): readonly Proof[] => {
  const representatives = representativesOf(predictor);
  const byPlace = new Map<number, WishedProbe[]>();
  for (const probe of wishedProbes(lab)) {
    const place = probe.because?.start ?? -1;
    const list = byPlace.get(place);
    if (list === undefined) byPlace.set(place, [probe]);
    else list.push(probe);
  }
  const probesAt = (at: Span): readonly WishedProbe[] => byPlace.get(at.start) ?? [];
  const expectations = [...new Map(lab.expect.map(({ at }) => [at.start, at])).values()];
  return [
    ...lab.policy.map(({ at }, index): Proof => {
      const claims = claimsOfPolicy(lab, predictor, representatives, index, probesAt(at));
      return { kind: 'policy', at, ...prove(lab, predictor, claims) };
    }),
    ...expectations.map((at): Proof => {
      const claims = claimsOfExpectation(lab, predictor, representatives, probesAt(at));
      return { kind: 'expect', at, ...prove(lab, predictor, claims) };
    }),
  ];
};
