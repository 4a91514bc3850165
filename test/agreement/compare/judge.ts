/** What the walker predicts of a flow against what the kernel did. */
import { type ClientSees, type Flow, type Walk } from '../../../src/reach/walk.ts';
import { type Measured } from '../prober/outcome.ts';

export interface Predicted {
  readonly verdict: Walk['verdict'];
  readonly sees: ClientSees;
  readonly arrivedAt: string | null;
  readonly seenSource: string | null;
  /** What the client sees where chance or history takes another course. */
  readonly otherwise: readonly ClientSees[];
  /** Where and why it stops: `forward s1 route no_route`. */
  readonly stop: string | null;
}

/**
 * `sees`: the client sees something else. `arrival`: the request reaches somebody else, or nobody, or with another
 * source. `agree`: all is the same, or chance decides. `unknown`: the walker says that it does not know.
 */
export type Judgement = 'agree' | 'sometimes' | 'unknown' | 'sees' | 'arrival';

export const isMismatch = (judgement: Judgement): boolean => judgement === 'sees' || judgement === 'arrival';

const seesOf = ({ verdict, clientSees }: Walk): ClientSees => (verdict === 'yes' ? 'answer' : clientSees);

export const predictedOf = (walk: Walk): Predicted => ({
  verdict: walk.verdict,
  sees: seesOf(walk),
  otherwise: walk.alternatives.map(seesOf),
  arrivedAt: walk.arrived ? walk.deliveredTo : null,
  seenSource: walk.seenSource,
  stop:
    walk.stop === null
      ? null
      : `${walk.stop.direction} ${walk.stop.stack} ${walk.stop.interface ?? '-'} ${walk.stop.stage} ${walk.stop.reason}`,
});

/** An arrival shows in the measurement where a program got the request: TCP needs the answer's way too. */
const showsArrival = ({ protocol, isListening }: Flow): boolean => protocol !== 'tcp' && isListening !== false;

const arrivesAsMeasured = (flow: Flow, predicted: Predicted, measured: Measured): boolean => {
  if (measured.arrivedAt === null) return !showsArrival(flow) || predicted.arrivedAt === null;
  return predicted.arrivedAt === measured.arrivedAt && predicted.seenSource === measured.seenSource;
};

export const judge = (flow: Flow, predicted: Predicted, measured: Measured): Judgement => {
  if (predicted.verdict === 'unknown') return 'unknown';
  if (predicted.otherwise.length > 0 && [predicted.sees, ...predicted.otherwise].some((sees) => sees === measured.sees))
    return 'sometimes';
  if (predicted.sees !== measured.sees) return 'sees';
  return arrivesAsMeasured(flow, predicted, measured) ? 'agree' : 'arrival';
};

/**
 * A router tells one sender five times at once that there is no route, then once a second (ip_error): silence where an
 * error is predicted may be that.
 */
export const mayBeLimited = (flow: Flow, { stop, sees }: Predicted, measured: Measured): boolean =>
  measured.sees === 'timeout' &&
  (sees === 'net-unreachable' || sees === 'host-unreachable') &&
  flow.family === 4 &&
  stop !== null &&
  stop.split(' ')[1] !== flow.from;
