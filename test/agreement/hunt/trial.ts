/** One variant in one pool: plugged together, asked, predicted, judged. */
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { type Flow } from '../../../src/reach/walk.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { judge, predictedOf, type Judgement, type Predicted } from '../compare/judge.ts';
import { poolFacts } from '../compare/pool-facts.ts';
import { plug, unplug } from '../panel/plug.ts';
import { type Pool } from '../panel/pool.ts';
import { measure } from '../prober/measure.ts';
import { type Measured } from '../prober/outcome.ts';

export interface Finding {
  readonly flow: Flow;
  readonly measured: Measured;
  readonly predicted: Predicted;
  readonly judgement: Judgement;
}

export interface Trial {
  /** What was really there. */
  readonly state: NetworkState;
  readonly refusals: readonly string[];
  readonly findings: readonly Finding[];
}

export interface Patience {
  /** From the last request to the kernel to the first packet. */
  readonly settleMs: number;
  readonly cutOffMs: number;
}

/** Among many flows; for one alone; and where a busy machine must not count as silence. */
export const brisk: Patience = { settleMs: 10, cutOffMs: 70 };
export const calm: Patience = { settleMs: 40, cutOffMs: 250 };
export const patient: Patience = { settleMs: 200, cutOffMs: 2000 };

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const predict = (state: NetworkState, flows: readonly Flow[]): Predicted[] => {
  const model = buildModel(state, poolFacts(state));
  return flows.map((flow) => predictedOf(walk(model, flow, { isTraced: false })));
};

/** The source to send from is not there (any more): the kernel refused the address. */
const isImpossible = ({ source }: Flow, { sees }: Measured): boolean =>
  source !== undefined && sees === 'address-not-available';

export const tryOut = async (
  pool: Pool,
  asked: NetworkState,
  flows: readonly Flow[],
  { settleMs, cutOffMs }: Patience,
): Promise<Trial> => {
  unplug(pool);
  try {
    const { state, refusals } = await plug(pool, asked);
    await pause(settleMs);
    const indexOf = (stack: string, name: string): number => pool.indices.get(stack)?.get(name) ?? 0;
    const measured = await measure({ kernel: pool.kernel, listeners: pool.listeners, indexOf }, flows, cutOffMs);
    const predictions = predict(state, flows);
    const findings = flows.flatMap((flow, index): Finding[] => {
      const [found, predicted] = [measured[index], predictions[index]];
      if (found === undefined || predicted === undefined || isImpossible(flow, found)) return [];
      return [{ flow, measured: found, predicted, judgement: judge(flow, predicted, found) }];
    });
    return { state, refusals, findings };
  } finally {
    unplug(pool);
  }
};

/** Tries cases one by one, each alone and with patience, as many at a time as there are pools. */
export const replay = async (
  pools: readonly Pool[],
  cases: readonly { readonly state: NetworkState; readonly flow: Flow }[],
): Promise<Trial[]> => {
  const trials: Trial[] = [];
  let next = 0;
  const worker = async (pool: Pool): Promise<void> => {
    for (let mine = next; mine < cases.length; mine = next) {
      next += 1;
      const { state, flow } = cases[mine]!;
      trials[mine] = await tryOut(pool, state, [flow], patient);
    }
  };
  await Promise.all(pools.map(worker));
  return trials;
};
