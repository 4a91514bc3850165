/**
 * Proofs of `policy` and `expect` lines. What may be delivered nowhere is proven over sets of all packets at once; the
 * walker follows whatever contradicts. Everything else, and what takes a way that sets are not followed on, is proven by
 * one packet of each kind that nothing tells apart, of TCP, UDP and ICMP echo: none of them is a counterexample.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab, type LabExpectation } from '../lab/lab.ts';
import { deliver, type Delivery } from '../reach/engine/delivery.ts';
import { concerned, proveDenied, type Denial } from '../reach/engine/denial.ts';
import { portsOf, prefixesOf } from '../reach/engine/regions.ts';
import { proveForged } from '../reach/engine/forgery.ts';
import { buildWorld, type World } from '../reach/engine/world.ts';
import { buildModel } from '../reach/model/build-model.ts';
import { predictorOf, type Answer, type Predictor } from '../reach/predict.ts';
import { representativesOf, type Representatives } from '../reach/representatives.ts';
import { type Flow } from '../reach/walk.ts';
import { withBoundlessInternet } from './boundless.ts';
import { claimsOfExpectation, claimsOfPolicy, type Claim } from './claims.ts';
import { denialsOfExpectation, denialsOfPolicy, forgedDenialsOf } from './denials.ts';
import { wishedProbes, type WishedProbe } from './plan-probes.ts';
import { detailOf } from './predict-probes.ts';
import { isSpokenOf, publishedClaims } from './published-claims.ts';
import { meets } from './report.ts';

export interface Proof {
  readonly kind: 'policy' | 'expect';
  readonly at: Span;
  readonly verdict: 'proven' | 'false' | 'unknown';
  /** How many kinds of packets were walked, 0 if the line claims nothing; undefined: the verdict is about sets of all packets. */
  readonly kinds: number | undefined;
  /** How many of them contradict the line. */
  readonly failed: number | undefined;
  /** The first that contradicts it. */
  readonly counterexample: Claim | undefined;
  /** A packet whose way depends on a rule that is not modelled. */
  readonly blockedBy: Claim | undefined;
  /** Sets of packets and the walker differ: a fault of this program, which leaves the line open. */
  readonly isDisputed?: true;
}

type Verdict = Omit<Proof, 'kind' | 'at'>;

/** What comes back to the sender itself has gone nowhere. */
const getsThrough = ({ from }: Flow, { deliveredTo, verdict }: Answer): boolean =>
  deliveredTo === null ? verdict === 'sometimes' : deliveredTo !== from;

const holds = (claim: Claim, answer: Answer): boolean => {
  const { wanted, source, flow, concerns } = claim;
  const { verdict, seenSource, deliveredAs } = answer;
  if (concerns !== undefined && (deliveredAs === null || !concerns(deliveredAs))) return true;
  if (wanted === 'not-arrive') return !getsThrough(flow, answer);
  if (verdict === 'sometimes') return false;
  const detail = detailOf(answer);
  const outcome = detail === 'request-arrived' ? 'timeout' : detail;
  return meets(
    { expected: wanted, ...(source === undefined ? {} : { expectedSource: source }) },
    { outcome, source: seenSource },
  );
};

/** Where chance decides what a packet is delivered as, nothing is known of what it does otherwise. */
const isOpen = ({ concerns }: Claim, { verdict }: Answer): boolean =>
  verdict === 'unknown' || (concerns !== undefined && verdict === 'sometimes');

const byKinds = (predictor: Predictor, claims: readonly Claim[]): Verdict => {
  let failed = 0;
  let counterexample: Claim | undefined;
  let blockedBy: Claim | undefined;
  for (const claim of claims) {
    const answer = predictor.answer(claim.flow, claim.owner);
    if (isOpen(claim, answer)) blockedBy ??= claim;
    else if (!holds(claim, answer)) {
      failed += 1;
      counterexample ??= claim;
    }
  }
  const verdict = counterexample !== undefined ? 'false' : blockedBy !== undefined ? 'unknown' : 'proven';
  return { verdict, kinds: claims.length, failed, counterexample, blockedBy };
};

/** The models that lines are proven in, each built when it is first asked for. */
interface Grounds {
  readonly lab: Lab;
  readonly predictor: Predictor;
  readonly representatives: Representatives;
  /** With an internet without bounds: what gets out is delivered. */
  readonly boundless: Predictor;
  readonly delivery: Delivery;
  /** What sources are forged in: no machines are followed as one. */
  readonly forging: World;
}

const groundsOf = (lab: Lab, predictor: Predictor, denials: readonly Denial[]): Grounds => {
  let boundless: Predictor | undefined;
  let delivery: Delivery | undefined;
  let representatives: Representatives | undefined;
  let forging: World | undefined;
  const regions = denials.flatMap(({ asked, except }) => [asked, ...except]);
  const cuts = { prefixes: regions.flatMap(prefixesOf), ports: regions.flatMap(portsOf) };
  const state = withBoundlessInternet(lab, predictor.state);
  return {
    lab,
    predictor,
    get boundless() {
      return (boundless ??= predictorOf(state, predictor.facts));
    },
    get representatives() {
      return (representatives ??= representativesOf(predictor));
    },
    get delivery() {
      if (delivery !== undefined) return delivery;
      const world = buildWorld(buildModel(state, predictor.facts), cuts);
      return (delivery = deliver(world, concerned(world, denials)));
    },
    get forging() {
      return (forging ??= buildWorld(buildModel(state, predictor.facts), { ...cuts, hasGroups: false }));
    },
  };
};

/**
 * Whether a packet that was chosen from ways that sets are not followed on contradicts a denial: it may be any packet that
 * takes such a way, and only its walk tells what it comes to.
 */
const contradicts = (
  denial: Pick<Denial, 'asked' | 'except'>,
  flow: Flow,
  source: string | null | undefined,
  delivered: Answer['deliveredAs'],
): boolean =>
  source !== null &&
  source !== undefined &&
  [{ address: flow.destination, port: flow.port }, ...(delivered === null ? [] : [delivered])].some((to) =>
    isSpokenOf(denial, flow, source, to),
  );

/** Undefined: sets of packets leave it open. */
const bySets = (grounds: Grounds, denials: readonly Denial[], wanted: Claim['wanted']): Verdict | undefined => {
  let isEmpty = true;
  for (const denial of denials) {
    const denied = proveDenied(grounds.delivery, denial);
    if (denied.kind === 'proven') {
      isEmpty &&= denied.isEmpty;
      continue;
    }
    const { flow } = denied;
    const owner = ownerOf(grounds, flow);
    const claim: Claim = { flow, owner, wanted };
    const answer = grounds.boundless.answer(flow, owner);
    const verdict = { kinds: undefined, failed: undefined, counterexample: undefined, blockedBy: undefined };
    const isMeant =
      denied.kind === 'delivered' || contradicts(denial, flow, flow.source ?? answer.seenSource, answer.deliveredAs);
    if (answer.verdict !== 'unknown' && isMeant && !holds(claim, answer))
      return { ...verdict, verdict: 'false', counterexample: claim };
    // What is delivered may still get no answer.
    const isDisputed = denied.kind === 'delivered' && wanted === 'not-arrive' && answer.verdict !== 'unknown';
    return isDisputed ? { ...verdict, verdict: 'unknown', blockedBy: claim, isDisputed } : undefined;
  }
  // Whoever has no address to ask from is asked about by its name.
  if (isEmpty && wanted === 'no') return undefined;
  const none = { failed: undefined, counterexample: undefined, blockedBy: undefined };
  return { verdict: 'proven', kinds: isEmpty ? 0 : undefined, ...none };
};

const ownerOf = ({ predictor }: Grounds, { destination }: Flow): string | undefined =>
  Object.entries(predictor.state.stacks).find(([, { interfaces }]) =>
    Object.values(interfaces).some(({ addresses }) => addresses.some(({ address }) => address === destination)),
  )?.[0];

const provePolicy = (
  grounds: Grounds,
  index: number,
  denials: readonly Denial[] | undefined,
  probes: readonly WishedProbe[],
): Verdict => {
  const { lab, predictor } = grounds;
  if (denials === undefined)
    return byKinds(predictor, claimsOfPolicy(lab, predictor, grounds.representatives, index, probes));
  const found = bySets(grounds, denials, 'not-arrive');
  if (found !== undefined) return found;
  const { boundless } = grounds;
  const claims = claimsOfPolicy(lab, boundless, grounds.representatives, index, probes);
  const published = denials.flatMap((denial) => publishedClaims(lab, boundless, grounds.representatives, denial));
  return byKinds(boundless, [...claims, ...published]);
};

/** Of twins that forge two stand for all: they differ in nothing that a packet without their own source could meet. */
const mostTwins = 2;

/** The same line about forged sources; undefined: nothing contradicts it. */
const byForging = (grounds: Grounds, index: number): Verdict | undefined => {
  const { lab, predictor, boundless } = grounds;
  const asked = new Map<string, number>();
  let open: Verdict | undefined;
  for (const denial of forgedDenialsOf(lab, index)) {
    const { sender, ...what } = denial;
    const kind = `${predictor.twins.classOf(sender)} ${JSON.stringify(what)}`;
    const times = (asked.get(kind) ?? 0) + 1;
    asked.set(kind, times);
    if (times > mostTwins) continue;
    const denied = proveForged(grounds.forging, denial);
    if (denied.kind === 'proven') continue;
    const { flow } = denied;
    const claim: Claim = { flow, owner: ownerOf(grounds, flow), wanted: 'not-arrive' };
    // Whoever stands in for another may be whom the source belongs to.
    const walked = boundless.walk(flow);
    const isThrough = [walked, ...walked.alternatives].some(
      ({ verdict, deliveredTo, deliveredAs }) =>
        verdict !== 'no' &&
        deliveredTo !== null &&
        deliveredTo !== flow.from &&
        (denied.kind === 'delivered' || contradicts(denial, flow, flow.source, deliveredAs)),
    );
    const verdict = { kinds: undefined, failed: undefined, counterexample: undefined, blockedBy: undefined };
    if (walked.verdict !== 'unknown' && isThrough) return { ...verdict, verdict: 'false', counterexample: claim };
    const isDisputed = denied.kind === 'delivered' && walked.verdict !== 'unknown';
    open ??= { ...verdict, verdict: 'unknown', blockedBy: claim, ...(isDisputed ? { isDisputed } : {}) };
  }
  return open;
};

const proveExpectation = (
  grounds: Grounds,
  denials: readonly Denial[] | undefined,
  probes: readonly WishedProbe[],
): Verdict => {
  const { lab, predictor } = grounds;
  const found = denials && bySets(grounds, denials, 'no');
  if (found !== undefined) return found;
  const claims = claimsOfExpectation(lab, predictor, grounds.representatives, probes);
  return byKinds(predictor, claims);
};

/** The expectations of each line; undefined among the denials: the line asks for an answer. */
const denialsOfLine = (lab: Lab, expectations: readonly LabExpectation[]): readonly Denial[] | undefined => {
  const denials = expectations.map((expectation) => denialsOfExpectation(lab, expectation));
  return denials.some((it) => it === undefined) ? undefined : denials.flatMap((it) => it ?? []);
};

const byLine = <T>(items: readonly T[], placeOf: (item: T) => number): ReadonlyMap<number, readonly T[]> => {
  const lines = new Map<number, T[]>();
  for (const item of items) {
    const known = lines.get(placeOf(item));
    if (known === undefined) lines.set(placeOf(item), [item]);
    else known.push(item);
  }
  return lines;
};

export interface ProofOptions {
  /** Whether senders may write any source into what they send; of lines that deny. Default: no. */
  readonly forges?: boolean;
}

/** In the order of the file, `policy` first; one for each line. */
export const proveLines = (lab: Lab, predictor: Predictor, { forges = false }: ProofOptions = {}): readonly Proof[] => {
  const probes = byLine(wishedProbes(lab), ({ because }) => because?.start ?? -1);
  const policies = lab.policy.map((policy, index) => ({
    at: policy.at,
    denials: policy.verdict === 'deny' ? denialsOfPolicy(lab, index) : undefined,
  }));
  const expectations = [...byLine(lab.expect, ({ at }) => at.start).values()].flatMap((line) =>
    line[0] === undefined ? [] : [{ at: line[0].at, denials: denialsOfLine(lab, line) }],
  );
  const all = [...policies, ...expectations].flatMap(({ denials }) => denials ?? []);
  const grounds = groundsOf(lab, predictor, all);
  const probesAt = (at: Span): readonly WishedProbe[] => probes.get(at.start) ?? [];
  return [
    ...policies.map(({ at, denials }, index): Proof => {
      const own = provePolicy(grounds, index, denials, probesAt(at));
      const forged = forges && own.verdict === 'proven' ? byForging(grounds, index) : undefined;
      return { kind: 'policy', at, ...(forged ?? own) };
    }),
    ...expectations.map(({ at, denials }): Proof => ({
      kind: 'expect',
      at,
      ...proveExpectation(grounds, denials, probesAt(at)),
    })),
  ];
};
