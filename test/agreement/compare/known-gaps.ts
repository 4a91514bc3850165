/**
 * Differences between walker and kernel that are known and left alone, each with its reason: combinations that nobody
 * builds on purpose, where the walker follows the rule and the kernel an accident of its code. They are counted, and
 * everything else is a mismatch. A gap is to be as narrow as it can be told.
 */
import { type Flow } from '../../../src/reach/walk.ts';
import { type Interface, type NetworkState } from '../../../src/state/network-state.ts';
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

const interfacesOf = (state: NetworkState): Interface[] =>
  Object.values(state.stacks).flatMap(({ interfaces }) => Object.values(interfaces));

const hasTwins = (state: NetworkState): boolean => {
  const macs = interfacesOf(state).flatMap(({ mac }) => mac ?? []);
  return new Set(macs).size < macs.length;
};

export const knownGaps: readonly KnownGap[] = [
  {
    name: 'twin-of-the-unheard',
    because:
      'Of two stations with the same MAC a bridge knows the one that it heard by itself, where it does not learn from the other: which of them that is, is said before any question',
    holds: (state: NetworkState): boolean =>
      hasTwins(state) && interfacesOf(state).some(({ port }) => port?.learning === false),
  },
  {
    name: 'marked-twin-of-a-bridge',
    because:
      'What is for a station that has the MAC of a bridge on the way stays in that bridge; if its advertisements are marked as well, they wait for an answer that it never gets',
    holds: (state: NetworkState): boolean => {
      const bridgeMacs = interfacesOf(state).flatMap(({ kind, mac }) => (kind === 'bridge' ? (mac ?? []) : []));
      return Object.values(state.stacks).some(
        ({ interfaces, filter }) =>
          Object.values(interfaces).some(({ kind, mac }) => kind !== 'bridge' && bridgeMacs.includes(mac ?? '')) &&
          filter.some(({ chains }) => chains.some(({ type }) => type === 'route')),
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
