/**
 * A bench: a bed in which a NetworkState is brought about and questions are put to the kernel, with the walker's answers
 * to the same questions beside them.
 */
import { expect } from 'vitest';
import { type Facts } from '../../../src/reach/facts.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type ClientSees, type Flow, type Verdict } from '../../../src/reach/walk.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { openBed, type Bed } from '../../agreement/bed/bed.ts';
import { judge, predictedOf, type Judgement, type Predicted } from '../../agreement/compare/judge.ts';
import { type Measured } from '../../agreement/prober/outcome.ts';
import { predictArp } from './predictions.ts';
import { type ArpQuestion, type Question, type Reply, type ReplyTo } from './questions.ts';

export interface Bench {
  readonly ask: <Q extends Question>(question: Q) => Promise<ReplyTo<Q>>;
  /** Brings a state about from nothing: no stack is older than the state. */
  readonly lay: (state: NetworkState) => Promise<void>;
  /** Changes what was laid to another state. */
  readonly change: (state: NetworkState) => Promise<void>;
  readonly close: () => Promise<void>;
}

const nothing: NetworkState = { version: 1, stacks: {}, cables: [] };

/** The program that runs in a bench. */
export const benchEntry = new URL('./bench-process.ts', import.meta.url);

/** `bed` answers as `benchEntry` does. */
export const benchOn = (bed: Bed<Question, Reply>): Bench => {
  const ask = async <Q extends Question>(question: Q): Promise<ReplyTo<Q>> => (await bed.ask(question)) as ReplyTo<Q>;
  const change = async (state: NetworkState): Promise<void> => {
    const { failure } = await ask({ do: 'apply', state });
    if (failure !== null) throw new Error(failure);
    await ask({ do: 'until-ready' });
  };
  return {
    ask,
    change,
    lay: async (state) => {
      await change(nothing);
      await change(state);
    },
    close: bed.close,
  };
};

export const openBench = async (): Promise<Bench> => benchOn(await openBed<Question, Reply>(benchEntry));

/** A title, a flow, and what its client sees; with the source that the far end sees, null for none, where that matters. */
export type Row = readonly [title: string, flow: Flow, sees: ClientSees, source?: string | null];

const ports = { first: 40_000, last: 59_999 } as const;
let nextPort: number = ports.first;

/** Ports are not used twice: connections of before are remembered. */
const freshPort = (): number => {
  nextPort = nextPort < ports.last ? nextPort + 1 : ports.first;
  return nextPort;
};

const distinct = (rows: readonly Row[]): Flow[] => rows.map(([, flow]) => ({ sourcePort: freshPort(), ...flow }));

const patienceMs = 1500;
const silenceMs = 200;

export const probe = async (bench: Bench, flows: readonly Flow[], cutOffMs = silenceMs): Promise<readonly Measured[]> =>
  (await bench.ask({ do: 'probe', flows, cutOffMs })).measured;

const isSilence = ([, , sees]: Row): boolean => sees === 'timeout';

/** Silence is waited for a little, anything else long; each among its like. */
const probeRows = async (
  bench: Bench,
  rows: readonly Row[],
  flows: readonly Flow[],
): Promise<ReadonlyMap<Flow, Measured>> => {
  const found = new Map<Flow, Measured>();
  for (const isSilent of [false, true]) {
    const some = flows.filter((_, index) => rows[index] !== undefined && isSilence(rows[index]) === isSilent);
    const measured = some.length === 0 ? [] : await probe(bench, some, isSilent ? silenceMs : patienceMs);
    for (const [index, flow] of some.entries()) if (measured[index] !== undefined) found.set(flow, measured[index]);
  }
  return found;
};

/** Neighbours give up after 100 ms here, which a busy machine may need to hand one frame on: tries lie further apart. */
const laterMs = [60, 300, 1000, 2000] as const;

/** Neighbours of a pool are given up after so short a time that on a busy machine those that are there may be, too. */
const mayBeLate = (wanted: Row[2] | undefined, sees: Measured['sees'] | undefined): boolean =>
  wanted !== sees && (wanted === 'answer' || sees === 'host-unreachable');

/** What fails although it should not gets further tries, in case that a busy machine was late with a timer or a link. */
const tryAgain = async (
  bench: Bench,
  rows: readonly Row[],
  flows: readonly Flow[],
  found: ReadonlyMap<Flow, Measured>,
): Promise<ReadonlyMap<Flow, Measured>> => {
  const both = new Map(found);
  for (const ms of laterMs) {
    const late = flows.filter((flow, index) => mayBeLate(rows[index]?.[2], both.get(flow)?.sees));
    if (late.length === 0) break;
    await bench.ask({ do: 'wait', ms });
    const again = late.map((flow) => ({ ...flow, sourcePort: freshPort() }));
    const measured = await probe(bench, again, patienceMs);
    for (const [index, flow] of late.entries()) if (measured[index] !== undefined) both.set(flow, measured[index]);
  }
  return both;
};

/** Whatever course things take, the client sees the same. */
const isFirm = ({ sees, otherwise }: Predicted, judgement: Judgement): boolean =>
  judgement === 'agree' || (judgement === 'sometimes' && otherwise.every((other) => other === sees));

/** Every row is what the kernel does and what the walker says. */
export const agree = async (
  bench: Bench,
  state: NetworkState,
  rows: readonly Row[],
  facts: Facts = {},
): Promise<void> => {
  const flows = distinct(rows);
  const measured = await tryAgain(bench, rows, flows, await probeRows(bench, rows, flows));
  const model = buildModel(state, facts);
  const found = rows.map(([title, , , source], index) => {
    const flow = flows[index];
    const kernel = flow && measured.get(flow);
    if (flow === undefined || kernel === undefined) throw new Error('a flow without an answer');
    const predicted = predictedOf(walk(model, flow));
    const sources = source === undefined ? {} : { sources: [kernel.seenSource, predicted.seenSource] };
    const judgement = judge(flow, predicted, kernel);
    return {
      title,
      kernel: kernel.sees,
      walker: predicted.sees,
      ...sources,
      ...(isFirm(predicted, judgement) ? {} : { judgement, predicted, measured: kernel }),
    };
  });
  expect(found).toEqual(
    rows.map(([title, , sees, source]) => ({
      title,
      kernel: sees,
      walker: sees,
      ...(source === undefined ? {} : { sources: [source, source] }),
    })),
  );
};

/** Lays a state and holds it to rows. */
export const holds = async (bench: Bench, state: NetworkState, rows: readonly Row[], facts?: Facts): Promise<void> => {
  await bench.lay(state);
  await agree(bench, state, rows, facts);
};

/** Changes what was laid to a state and holds it to rows: what was learned meanwhile is not forgotten. */
export const becomes = async (bench: Bench, state: NetworkState, rows: readonly Row[]): Promise<void> => {
  await bench.change(state);
  await agree(bench, state, rows);
};

export const verdictOf = (state: NetworkState, flow: Flow, facts: Facts = {}): Verdict =>
  walk(buildModel(state, facts), flow).verdict;

const arpWaitMs = 40;

const placesOf = (state: NetworkState): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(state.stacks).flatMap(([stack, { interfaces }]) =>
      Object.entries(interfaces).flatMap(([name, { mac }]) =>
        mac === undefined ? [] : [[mac, `${stack}.${name}`] as const],
      ),
    ),
  );

/** `a.e0 10.0.0.1 asks 10.0.0.2`, and the interfaces that answer. */
export type ArpRow = readonly [question: string, answers: readonly string[]];

const questionOf = (state: NetworkState, text: string): ArpQuestion => {
  const [place = '', sender = '', , target = ''] = text.split(' ');
  const [stack = '', name = ''] = place.split('.');
  return { stack, interface: name, mac: state.stacks[stack]?.interfaces[name]?.mac ?? '', sender, target };
};

/** The same for ARP requests. */
export const agreeOnArp = async (bench: Bench, state: NetworkState, rows: readonly ArpRow[]): Promise<void> => {
  const questions = rows.map(([text]) => questionOf(state, text));
  const { answers } = await bench.ask({ do: 'arp', questions, waitMs: arpWaitMs });
  const places = placesOf(state);
  const namesOf = (macs: readonly string[]): string[] => macs.map((mac) => places.get(mac) ?? mac).sort();
  const found = rows.map(([text], index) => ({
    question: text,
    kernel: namesOf((answers[index] ?? []).map(({ mac }) => mac)),
    walker: namesOf(questions[index] === undefined ? [] : predictArp(state, questions[index])),
  }));
  expect(found).toEqual(
    rows.map(([question, wanted]) => ({ question, kernel: [...wanted].sort(), walker: [...wanted].sort() })),
  );
};
