/**
 * The answers to very many questions about one service: by sets of packets, which grow with the kinds of machines and not
 * with their pairs. Some of the answers are walked as well, to hold one to the other.
 */
import { type Family } from '../net/address.ts';
import { type Probe } from '../probe/plan-probes.ts';
import { predictProbe } from '../probe/predict-probes.ts';
import { predictState } from '../reach/engine/engine.ts';
import { cellOf, predictMatrix, type ReachMatrix, type Target } from '../reach/engine/matrix.ts';
import { type Prediction } from '../reach/engine/prediction.ts';
import { type Predictor } from '../reach/predict.ts';
import { type Flow } from '../reach/walk.ts';
import { type AnsweredPair } from './reach-matrix.ts';

export type Question = Omit<Probe, 'id'>;
export type Answered = AnsweredPair['answer'];

/** Fewer are walked one by one: that is quicker than following sets. */
const mostWalked = 20_000;
const mostCompared = 60;

const answers = { yes: 'yes', no: 'no', perhaps: 'uncertain' } as const;

const targetKey = (stack: string, address: string): string => `${stack} ${address}`;

interface Cells {
  readonly matrix: ReachMatrix;
  readonly rows: ReadonlyMap<string, number>;
  readonly columns: ReadonlyMap<string, number>;
}

const cellsOf = (
  prediction: Prediction,
  family: Family,
  service: Pick<Flow, 'protocol' | 'port'>,
  questions: readonly Question[],
): Cells => {
  const targets = new Map<string, Target>();
  for (const { toStack: stack, address, family: own } of questions)
    if (own === family && stack !== undefined) targets.set(targetKey(stack, address), { stack, address });
  const matrix = predictMatrix(prediction, { family, services: [service], targets: [...targets.values()] });
  return {
    matrix,
    rows: new Map(matrix.from.map((name, index) => [name, index])),
    columns: new Map([...targets.keys()].map((key, index) => [key, index])),
  };
};

const bySets = (
  predictor: Predictor,
  service: Pick<Flow, 'protocol' | 'port'>,
  questions: readonly Question[],
): ((question: Question) => Answered | undefined) => {
  // A cell is asked for by its address alone, whose run on the axis is enough.
  const options = { services: [service], tellsMembers: false };
  const prediction = predictState(predictor.state, predictor.facts, options);
  const cells = {
    4: cellsOf(prediction, 4, service, questions),
    6: cellsOf(prediction, 6, service, questions),
  };
  return ({ from, toStack, address, family }) => {
    const { matrix, rows, columns } = cells[family];
    const row = rows.get(from);
    const column = columns.get(targetKey(toStack ?? '', address));
    return row === undefined || column === undefined ? undefined : answers[cellOf(matrix, 0, row, column)];
  };
};

const walked = (predictor: Predictor, question: Question): Answered => predictProbe(predictor, question).predicted;

/** A few questions, from all over. */
const sampleOf = (questions: readonly Question[]): readonly Question[] => {
  const step = Math.max(1, Math.floor(questions.length / mostCompared));
  return questions.filter((_, index) => index % step === Math.floor(step / 2));
};

/** How to answer the questions; `dispute` is told where sets and walks differ, and all is walked then. */
export const answererOf = (
  predictor: Predictor,
  service: Pick<Flow, 'protocol' | 'port'>,
  questions: readonly Question[],
  dispute: (question: Question) => void,
): ((question: Question) => Answered) => {
  const byWalk = (question: Question): Answered => walked(predictor, question);
  if (questions.length <= mostWalked) return byWalk;
  const known = bySets(predictor, service, questions);
  const wrong = sampleOf(questions).find((question) => (known(question) ?? byWalk(question)) !== byWalk(question));
  if (wrong === undefined) return (question) => known(question) ?? byWalk(question);
  dispute(wrong);
  return byWalk;
};
