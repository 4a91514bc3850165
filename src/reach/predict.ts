/**
 * Predictions of a state: walks on demand, and short answers for any number of pairs. Questions between twins of
 * stacks that were asked about before are answered from memory.
 */
import { printIp } from '../net/address.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Facts } from './facts.ts';
import { buildModel } from './model/build-model.ts';
import { settledFacts } from './settled.ts';
import { twinsOf, type Twins } from './twins.ts';
import { type ClientSees, type Flow, type StopReason, type Verdict, type Walk } from './walk.ts';
import { walk } from './walker/walk.ts';

/** A walk without its way. */
export interface Answer {
  readonly verdict: Verdict;
  readonly clientSees: ClientSees;
  readonly arrived: boolean;
  readonly seenSource: string | null;
  readonly deliveredTo: string | null;
  readonly deliveredAs: Walk['deliveredAs'];
  readonly reason: StopReason | null;
  /** The stack where it stops; of twins on the way, any of them. */
  readonly stoppedAt: string | null;
}

export interface Predictor {
  readonly state: NetworkState;
  readonly facts: Facts;
  readonly twins: Twins;
  /** One question with its whole way. */
  readonly walk: (flow: Flow) => Walk;
  /** The short answer; `owner`: the stack that has the destination, where there is one. */
  readonly answer: (flow: Flow, owner: string | undefined) => Answer;
}

const shortOf = ({ verdict, clientSees, arrived, seenSource, deliveredTo, deliveredAs, stop }: Walk): Answer => ({
  verdict,
  clientSees,
  arrived,
  seenSource,
  deliveredTo,
  deliveredAs,
  reason: stop?.reason ?? null,
  stoppedAt: stop?.stack ?? null,
});

/** Two stacks that stand for a pair: of one class, two of its members, unless it is one stack and itself. */
const standIns = (twins: Twins, from: string, to: string): readonly [string, string] => {
  const [a, b] = [twins.classOf(from), twins.classOf(to)];
  const first = twins.members(a)[0] ?? from;
  if (from === to) return [first, first];
  return [first, twins.members(b)[a === b ? 1 : 0] ?? to];
};

/** All that a question says; its family is that of the destination. */
const keyOf = ({ from, destination, protocol, port, source, sourcePort, isListening, ...rare }: Flow): string => {
  const { isForged, interface: dev, lengthBytes, dontFragment } = rare;
  return [
    ...[from, destination, protocol, port, source, sourcePort, isListening],
    ...[isForged, dev, lengthBytes, dontFragment],
  ].join(' ');
};

export const predictorOf = (state: NetworkState, facts: Facts = settledFacts(state)): Predictor => {
  const model = buildModel(state, facts);
  const twins = twinsOf(state, facts, (name) =>
    [...(model.stacks.get(name)?.interfaces.values() ?? [])].flatMap(({ addresses }) => addresses.map(printIp)),
  );
  const known = new Map<string, Answer>();
  const ask = (flow: Flow): Answer => {
    const key = keyOf(flow);
    const answer = known.get(key) ?? shortOf(walk(model, flow, { isTraced: false }));
    known.set(key, answer);
    return answer;
  };
  return {
    state,
    facts,
    twins,
    walk: (flow) => walk(model, flow),
    answer: (flow, owner) => {
      const { from, destination, source } = flow;
      const [asker, asked] = owner === undefined ? standIns(twins, from, from) : standIns(twins, from, owner);
      const bound = source === undefined ? {} : { source: twins.translate(from, asker, source) };
      const goal = owner === undefined ? destination : twins.translate(owner, asked, destination);
      const answer = ask({ ...flow, from: asker, destination: goal, ...bound });
      if (asker === from && (owner === undefined || asked === owner)) return answer;
      // Whoever stands in is seen as itself; so are those that it stands in for.
      const stackFor = (stack: string | null): string | null =>
        stack === asker ? from : stack === asked && owner !== undefined ? owner : stack;
      const addressFor = (address: string): string => {
        const own = twins.translate(asker, from, address);
        return own === address && owner !== undefined ? twins.translate(asked, owner, address) : own;
      };
      return {
        ...answer,
        seenSource: answer.seenSource === null ? null : addressFor(answer.seenSource),
        deliveredTo: stackFor(answer.deliveredTo),
        deliveredAs: answer.deliveredAs && { ...answer.deliveredAs, address: addressFor(answer.deliveredAs.address) },
        stoppedAt: stackFor(answer.stoppedAt),
      };
    },
  };
};
