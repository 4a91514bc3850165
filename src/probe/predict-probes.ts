/** What the model says of each probe before it is sent. */
import { type Predictor } from '../reach/predict.ts';
import { type Flow, type Verdict, type Walk } from '../reach/walk.ts';
import { type Probe } from './plan-probes.ts';

export interface Prediction {
  /** `uncertain`: it depends on chance, on history, or on a rule that is not modelled. */
  readonly predicted: 'yes' | 'no' | 'uncertain';
  /** How it goes, in the words of a measurement. */
  readonly detail: 'answered' | 'refused' | 'timeout' | 'unreachable' | 'no-address' | 'request-arrived';
  /** The source address that the far end sees; null where nothing arrives or chance decides. */
  readonly source: string | null;
}

export const flowOf = ({ from, family, address, protocol, port }: Omit<Probe, 'id'>): Flow => ({
  from,
  family,
  destination: address,
  protocol,
  port,
});

const words: Readonly<Record<Verdict, Prediction['predicted']>> = {
  yes: 'yes',
  no: 'no',
  sometimes: 'uncertain',
  unknown: 'uncertain',
};

export const predictedBy = (verdict: Verdict): Prediction['predicted'] => words[verdict];

type Told = Pick<Walk, 'clientSees' | 'arrived'> & { readonly reason: string | null };

export const detailOf = ({ clientSees, arrived, reason }: Told): Prediction['detail'] => {
  switch (clientSees) {
    case 'answer':
      return 'answered';
    case 'refused':
    case 'timeout':
      return clientSees === 'timeout' && arrived ? 'request-arrived' : clientSees;
    default:
      return reason === 'no_source_address' ? 'no-address' : 'unreachable';
  }
};

export const predictProbe = (predictor: Predictor, probe: Omit<Probe, 'id'>): Prediction => {
  const answer = predictor.answer(flowOf(probe), probe.toStack);
  const predicted = predictedBy(answer.verdict);
  return { predicted, detail: detailOf(answer), source: predicted === 'uncertain' ? null : answer.seenSource };
};

/** Why the model says so, of a probe that does not get an answer: where it stops, and what decides. */
export const reasonFor = (predictor: Predictor, probe: Omit<Probe, 'id'>): string | null => {
  const { stop, unknown } = predictor.walk(flowOf(probe));
  if (unknown.length > 0) return `depends on ${unknown.join(', ')}`;
  if (stop === null) return null;
  return `${stop.direction === 'reply' ? 'the reply ' : ''}stops at ${stop.stack}: ${stop.because.text}`;
};
