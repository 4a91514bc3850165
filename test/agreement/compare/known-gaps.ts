/**
 * Differences between walker and kernel that are known and left alone, each with its reason: combinations that nobody
 * builds on purpose, where the walker follows the rule and the kernel an accident of its code. They are counted, and
 * everything else is a mismatch. A gap is to be as narrow as it can be told.
 */
import { type Flow } from '../../../src/reach/walk.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
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

const stacksOf = (state: NetworkState): Stack[] => Object.values(state.stacks);

const translates = ({ filter }: Stack): boolean =>
  filter.some(({ chains }) => chains.some(({ type }) => type === 'nat'));

const bridges = ({ interfaces }: Stack): boolean =>
  Object.values(interfaces).some(({ master }) => master !== undefined);

const isLinkLocal = (address: string): boolean => address.toLowerCase().startsWith('fe80:');

/** MACs that more than one interface has, and whether a bridge is among them. */
const twinsOf = (state: NetworkState): { readonly any: boolean; readonly bridge: boolean } => {
  const all = stacksOf(state).flatMap(({ interfaces }) => Object.values(interfaces));
  const count = (mac: string | undefined): number => all.filter((it) => mac !== undefined && it.mac === mac).length;
  return {
    any: all.some(({ mac }) => count(mac) > 1),
    bridge: all.some(({ kind, mac }) => kind === 'bridge' && count(mac) > 1),
  };
};

export const knownGaps: readonly KnownGap[] = [
  {
    name: 'link-local-translated',
    because:
      'Translation knows no zones: what becomes of a packet to a link-local address whose source or destination is rewritten depends on which device the second route lookup is left with',
    holds: (state, { flow }) => isLinkLocal(flow.destination) && stacksOf(state).some(translates),
  },
  {
    name: 'translating-bridge',
    because:
      'A stack that translates bridged packets (br_netfilter) may see one packet several times, as frame and as packet of its own, and finds it in its connection table already',
    holds: (state) => stacksOf(state).some((stack) => translates(stack) && bridges(stack)),
  },
  {
    name: 'twins',
    because:
      'Of stations with the same MAC a bridge takes the one that spoke last: which of them gets a packet is chance',
    holds: (state, { judgement }) => judgement === 'arrival' && twinsOf(state).any,
  },
  {
    name: 'twin-of-a-bridge',
    because: 'What a bridge sends to its own MAC goes nowhere, without a word to anybody',
    holds: (state) => twinsOf(state).bridge,
  },
  {
    name: 'reflecting-bridge',
    because:
      'A hairpin port towards another bridge sends every flooded frame back: the other bridge then takes all senders to be there, until they speak again',
    holds: (state) =>
      state.cables.some(({ a, b }) => {
        const [near, far] = [a, b].map((end) => state.stacks[end.stack]?.interfaces[end.interface]);
        const ports = near?.master !== undefined && far?.master !== undefined;
        return ports && (near.port?.hairpin === true || far.port?.hairpin === true);
      }),
  },
  {
    name: 'silent-failure-of-a-marked-neighbour',
    because:
      'A stack whose output hook marks what it sends routes its own ICMPv6 error about a failed neighbour anew, and may lose it',
    holds: (state, { flow, predicted, measured }) =>
      flow.family === 6 &&
      measured.sees === 'timeout' &&
      predicted.stop?.endsWith(' nd no_neighbour') === true &&
      (state.stacks[predicted.stop.split(' ')[1] ?? ''] ?? { filter: [] }).filter.some(({ chains }) =>
        chains.some(({ type }) => type === 'route'),
      ),
  },
  {
    name: 'translated-loop',
    because:
      'Each turn of a loop through a router that translates is a new connection: whom the last error is for, is chance',
    holds: (state, { predicted }) => predicted.stop?.endsWith(' ttl_loop') === true && stacksOf(state).some(translates),
  },
  {
    name: 'news-of-a-loop',
    because:
      'A packet that goes round until its hop limit runs out is given up by one of the routers on the loop, told by neighbours that answer by turns: whether its error finds the sender depends on where that happens',
    holds: (_state, { predicted, measured, judgement }) =>
      judgement === 'sees' &&
      measured.sees !== 'answer' &&
      predicted.sees !== 'answer' &&
      predicted.stop?.endsWith(' forwarding ttl_loop') === true,
  },
];

export const knownGapOf = (state: NetworkState, difference: Difference): KnownGap | undefined =>
  knownGaps.find(({ holds }) => holds(state, difference));
