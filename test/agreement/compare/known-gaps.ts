/**
 * Differences between walker and kernel that are known and left alone, each with its reason: combinations that nobody
 * builds on purpose, where the walker follows the rule and the kernel an accident of its code. They are counted, and
 * everything else is a mismatch. A gap is to be as narrow as it can be told: it holds for what has its way, or that of the
 * error about it, over a segment that it makes strange.
 */
import { printIp } from '../../../src/net/address.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { type Model } from '../../../src/reach/model/model.ts';
import { type Flow, type Walk } from '../../../src/reach/walk.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type Cable, type Interface, type NetworkState } from '../../../src/state/network-state.ts';
import { segmentsOf } from '../../../src/state/segments.ts';
import { poolFacts } from './pool-facts.ts';

export interface KnownGap {
  readonly name: string;
  readonly because: string;
  /** The segments that it makes strange. */
  readonly segments: (state: NetworkState) => readonly string[];
}

/** An interface with its place: what hears its broadcasts shares its segment. */
interface Placed {
  readonly stack: string;
  readonly it: Interface;
  readonly segment: string;
}

const placedIn = (state: NetworkState): Placed[] => {
  const segmentOf = segmentsOf(state);
  return Object.entries(state.stacks).flatMap(([stack, { interfaces }]) =>
    Object.entries(interfaces).map(([name, it]) => ({ stack, it, segment: segmentOf(stack, name) })),
  );
};

const areTwins = (a: Placed, b: Placed): boolean =>
  a !== b && a.it.mac !== undefined && a.it.mac === b.it.mac && a.segment === b.segment;

const portAt = (state: NetworkState, { stack, interface: name }: Cable['a']): Interface | undefined => {
  const it = state.stacks[stack]?.interfaces[name];
  return it?.master === undefined ? undefined : it;
};

export const knownGaps: readonly KnownGap[] = [
  {
    name: 'twin-of-the-unheard',
    because:
      'Of two stations with the same MAC a bridge knows the one that it heard by itself, where it does not learn from the other: which of them that is, is said before any question',
    segments: (state: NetworkState): readonly string[] => {
      const placed = placedIn(state);
      const twins = placed.filter((a) => placed.some((b) => areTwins(a, b))).map(({ segment }) => segment);
      return placed
        .filter(({ it, segment }) => it.port?.learning === false && twins.includes(segment))
        .map(({ segment }) => segment);
    },
  },
  {
    name: 'reflection-of-the-unheard',
    because:
      'What a hairpin port sends back of a station that speaks by itself makes the next bridge look for the station there, for good where its own port does not learn: that is so before any question',
    segments: (state: NetworkState): readonly string[] => {
      const segmentOf = segmentsOf(state);
      const deaf = placedIn(state).flatMap(({ it, segment }) => (it.port?.learning === false ? segment : []));
      return state.cables
        .map(({ a, b }) => ({ segment: segmentOf(a.stack, a.interface), ports: [portAt(state, a), portAt(state, b)] }))
        .filter(({ ports }) => ports.every((it) => it !== undefined) && ports.some((it) => it.port?.hairpin === true))
        .flatMap(({ segment }) => (deaf.includes(segment) ? segment : []));
    },
  },
];

const segmentsOfWalk = (segmentOf: ReturnType<typeof segmentsOf>, walked: Walk): readonly string[] =>
  [walked, ...walked.alternatives].flatMap(({ forward, reply }) =>
    [...forward, ...reply].flatMap(({ stack, in: ingress, out }) =>
      [ingress, out].flatMap((name) => (name === null ? [] : segmentOf(stack, name))),
    ),
  );

/** Questions that take the way of an error: from where a packet stops to whatever address its sender has. */
const backTo = (model: Model, { from, family }: Flow, at: string): readonly Flow[] =>
  [...(model.stacks.get(from)?.interfaces.values() ?? [])].flatMap(({ addresses }) =>
    addresses
      .filter((own) => own.family === family && own.scope === 'global')
      .map(({ value }): Flow => ({
        from: at,
        family,
        destination: printIp({ family, value }),
        protocol: 'icmp',
        port: null,
      })),
  );

/** The segments that a question, its answer and errors about it go over, as far as they get. */
const segmentsOnWay = (state: NetworkState, flow: Flow): ReadonlySet<string> => {
  const segmentOf = segmentsOf(state);
  const model = buildModel(state, poolFacts(state));
  const walked = walk(model, flow);
  const stops = [walked, ...walked.alternatives].flatMap(({ stop }) => stop?.stack ?? []);
  const errors = [...new Set(stops)].flatMap((at) => backTo(model, flow, at));
  return new Set([walked, ...errors.map((error) => walk(model, error))].flatMap((it) => segmentsOfWalk(segmentOf, it)));
};

export const knownGapOf = (state: NetworkState, flow: Flow): KnownGap | undefined => {
  const candidates = knownGaps
    .map((gap) => ({ gap, segments: gap.segments(state) }))
    .filter(({ segments }) => segments.length > 0);
  if (candidates.length === 0) return undefined;
  const onWay = segmentsOnWay(state, flow);
  return candidates.find(({ segments }) => segments.some((segment) => onWay.has(segment)))?.gap;
};
