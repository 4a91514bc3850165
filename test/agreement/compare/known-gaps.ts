/**
 * Differences between walker and kernel that are known and left alone, each with its reason: combinations that nobody
 * builds on purpose, where the walker follows the rule and the kernel an accident of its code. They are counted, and
 * everything else is a mismatch. A gap is to be as narrow as it can be told.
 */
import { type Flow } from '../../../src/reach/walk.ts';
import { type Interface, type NetworkState } from '../../../src/state/network-state.ts';
import { segmentsOf } from '../../../src/state/segments.ts';
import { type Measured } from '../prober/outcome.ts';
import { type Judgement, type Predicted } from './judge.ts';

export interface Difference {
  readonly flow: Flow;
  readonly predicted: Predicted;
  readonly measured: Measured;
  readonly judgement: Judgement;
}

export interface KnownGap {
  readonly name: string;
  readonly because: string;
  readonly holds: (state: NetworkState, difference: Difference) => boolean;
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

const marks = (state: NetworkState, stack: string): boolean =>
  state.stacks[stack]?.filter.some(({ chains }) => chains.some(({ type }) => type === 'route')) === true;

export const knownGaps: readonly KnownGap[] = [
  {
    name: 'twin-of-the-unheard',
    because:
      'Of two stations with the same MAC a bridge knows the one that it heard by itself, where it does not learn from the other: which of them that is, is said before any question',
    holds: (state: NetworkState): boolean => {
      const placed = placedIn(state);
      return placed.some(
        (port) =>
          port.it.port?.learning === false &&
          placed.some((a) => a.segment === port.segment && placed.some((b) => areTwins(a, b))),
      );
    },
  },
  {
    name: 'marked-twin-of-a-bridge',
    because:
      'What is for a station that has the MAC of a bridge on the way stays in that bridge; if its advertisements are marked as well, they wait for an answer that it never gets',
    holds: (state: NetworkState, { flow }: Difference): boolean => {
      const placed = placedIn(state);
      return (
        flow.family === 6 &&
        placed.some(
          (station) =>
            station.it.kind !== 'bridge' &&
            marks(state, station.stack) &&
            placed.some((bridge) => bridge.it.kind === 'bridge' && areTwins(station, bridge)),
        )
      );
    },
  },
  {
    name: 'reflecting-bridge',
    because:
      'A hairpin port towards another bridge sends every flooded frame back: the other bridge then takes all senders to be there, until they speak again',
    holds: (state: NetworkState): boolean =>
      state.cables.some(({ a, b }) => {
        const [near, far] = [a, b].map((end) => state.stacks[end.stack]?.interfaces[end.interface]);
        const ports = near?.master !== undefined && far?.master !== undefined;
        return ports && (near.port?.hairpin === true || far.port?.hairpin === true);
      }),
  },
];

export const knownGapOf = (state: NetworkState, difference: Difference): KnownGap | undefined =>
  knownGaps.find(({ holds }) => holds(state, difference));
