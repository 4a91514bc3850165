/** What was measured beside what is predicted and what was expected. */
import { describe, expect, it } from 'vitest';
import { type Measurement } from '../../src/probe/measurement.ts';
import { type Probe } from '../../src/probe/plan-probes.ts';
import { judge, withAnotherTry, worthAnotherTry, type VerifiedPair } from '../../src/probe/report.ts';
import { predictorOf } from '../../src/reach/predict.ts';
import { type Interface, type NetworkState, type Stack } from '../../src/state/network-state.ts';

const stack = (address: string): Stack => {
  const eth0: Interface = {
    kind: 'ethernet',
    mtuBytes: 1500,
    up: true,
    addresses: [{ family: 4, address, prefixLength: 24 }],
  };
  return {
    ...{ interfaces: { eth0 }, routes: [], rules: [], neighbourProxies: [] },
    ...{ sysctls: {}, filter: [], services: [] },
  };
};

/** Two machines and a cable: they reach each other, and nobody else. */
const state: NetworkState = {
  version: 1,
  stacks: { a: stack('192.0.2.7'), b: stack('192.0.2.1') },
  cables: [{ a: { stack: 'a', interface: 'eth0' }, b: { stack: 'b', interface: 'eth0' } }],
};
const predictor = predictorOf(state);

/** Drops by a match that the model does not know. */
const hidden: Stack = {
  ...stack('192.0.2.1'),
  filter: [
    {
      family: 'inet',
      name: 'filter',
      chains: [
        {
          ...{ name: 'input', type: 'filter', hook: 'input', priority: 0, policy: 'accept' },
          rules: [{ matches: [{ kind: 'other', text: 'limit rate 1/second' }], verdict: { kind: 'drop' } }],
        },
      ],
    },
  ],
};

const probe: Probe = {
  id: 0,
  from: 'a',
  to: 'b',
  toStack: 'b',
  family: 4,
  address: '192.0.2.1',
  protocol: 'icmp',
  port: null,
  expected: null,
};
const measured = (outcome: Measurement['outcome'], more: Partial<Measurement> = {}): Measurement => ({
  id: 0,
  outcome,
  source: null,
  requestArrived: outcome === 'answered',
  rttMs: null,
  ...more,
});
const judged = (asked: Partial<Probe>, found: readonly Measurement[]): VerifiedPair => {
  const [pair] = judge({ probes: [{ ...probe, ...asked }] }, found, predictor).pairs;
  if (pair === undefined) throw new Error('no pair');
  return pair;
};

describe('judge', () => {
  it.each([
    [{ expected: null }, 'answered', true],
    [{ expected: null }, 'timeout', true],
    [{ expected: 'yes' }, 'answered', true],
    [{ expected: 'yes' }, 'refused', false],
    [{ expected: 'no' }, 'refused', true],
    [{ expected: 'no' }, 'answered', false],
    [{ expected: 'refused' }, 'refused', true],
    [{ expected: 'refused' }, 'timeout', false],
    [{ expected: 'timeout' }, 'timeout', true],
    [{ expected: 'timeout' }, 'unreachable', false],
    [{ expected: 'unreachable' }, 'unreachable', true],
    [{ expected: 'unreachable' }, 'no-address', true],
  ] as const)('%o and %s: %s', (asked, outcome, isMet) => {
    expect(judged(asked, [measured(outcome)]).unexpected).toBe(!isMet);
  });

  it('compares the source that was seen', () => {
    const asked = { expected: 'yes', expectedSource: '192.0.2.7' } as const;
    expect(judged(asked, [measured('answered', { source: '192.0.2.7' })]).unexpected).toBe(false);
    expect(judged(asked, [measured('answered', { source: '192.0.2.8' })])).toMatchObject({
      unexpected: true,
      expected: 'yes',
      expectedDetail: 'source 192.0.2.7',
      source: '192.0.2.8',
    });
  });

  it('tells a lost reply from a lost request', () => {
    expect(judged({}, [measured('timeout', { requestArrived: true })]).detail).toBe('request-arrived');
    expect(judged({}, [measured('timeout')]).detail).toBe('timeout');
  });

  it('takes a probe without a measurement for unanswered', () => {
    expect(judged({ expected: 'yes' }, [])).toMatchObject({ measured: 'no', unexpected: true });
  });

  it('counts, and places each expectation', () => {
    const because = { file: 'lab.yaml', start: 8, end: 9 };
    const probes: readonly Probe[] = [
      { ...probe, id: 0 },
      { ...probe, id: 1, expected: 'yes', because },
      { ...probe, id: 2, expected: 'refused', because },
    ];
    const found = [measured('answered'), { ...measured('timeout'), id: 1 }, { ...measured('refused'), id: 2 }];
    const report = judge({ probes }, found, predictor, new Map([['lab.yaml', 'lab: a\n  b\n']]));
    expect(report.summary).toEqual({ pairs: 3, agree: 1, disagree: 2, unexpected: 1, repeated: 0 });
    expect(report.pairs.map(({ because: place }) => place)).toEqual([null, 'lab.yaml:2', 'lab.yaml:2']);
    expect(report.pairs.map(({ expected }) => expected)).toEqual([null, 'yes', 'no']);
  });
});

describe('another try', () => {
  const probes: readonly Probe[] = [0, 1, 2, 3].map((id) => ({ ...probe, id }));
  const retried = (found: readonly Measurement[]): readonly number[] =>
    worthAnotherTry({ probes }, judge({ probes }, found, predictor)).map(({ id }) => id);

  it('is worth it where nothing was heard against the prediction', () => {
    const outcomes = ['answered', 'timeout', 'refused', 'unreachable'] as const;
    expect(retried(outcomes.map((outcome, id) => ({ ...measured(outcome), id })))).toEqual([1]);
  });

  it('counts the later measurement', () => {
    const outcomes = ['timeout', 'answered', 'timeout', 'refused'] as const;
    const first = judge(
      { probes },
      outcomes.map((outcome, id) => ({ ...measured(outcome), id })),
      predictor,
    );
    const silent = worthAnotherTry({ probes }, first);
    const later = judge(
      { probes: silent },
      [
        { ...measured('timeout'), id: 0 },
        { ...measured('answered'), id: 2 },
      ],
      predictor,
    );
    const { pairs, summary } = withAnotherTry({ probes }, first, silent, later);
    expect(pairs.map(({ measured: answer }) => answer)).toEqual(['no', 'yes', 'yes', 'no']);
    expect(summary).toMatchObject({ agree: 2, disagree: 2, repeated: 2 });
  });
});

describe('judge, beside the prediction', () => {
  it('agrees with what is as predicted, whatever was expected', () => {
    expect(judged({ expected: 'no' }, [measured('answered', { source: '192.0.2.7' })])).toMatchObject({
      ...{
        predicted: 'yes',
        predictedSource: '192.0.2.7',
        measured: 'yes',
        agree: true,
        unexpected: true,
        reason: null,
      },
    });
  });

  it('says why the model thinks otherwise', () => {
    expect(judged({ address: '192.0.2.9', to: '192.0.2.9' }, [measured('answered')])).toMatchObject({
      ...{ predicted: 'no', measured: 'yes', agree: false },
      reason: 'stops at a: nobody on eth0 answers for 192.0.2.9',
    });
  });

  it('compares the source that was seen with the one predicted', () => {
    expect(judged({}, [measured('answered', { source: '198.51.100.9' })])).toMatchObject({
      ...{ predicted: 'yes', measured: 'yes', agree: false },
    });
    expect(judged({}, [measured('answered', { source: null })]).agree).toBe(true);
  });

  it('agrees with everything where the answer is left to chance', () => {
    const limited: NetworkState = {
      ...state,
      stacks: { ...state.stacks, b: hidden },
    };
    const uncertain = predictorOf(limited);
    const pair = (outcome: Measurement['outcome']): VerifiedPair | undefined =>
      judge({ probes: [probe] }, [measured(outcome)], uncertain).pairs[0];
    expect(pair('answered')).toMatchObject({ predicted: 'uncertain', agree: true });
    expect(pair('timeout')).toMatchObject({ predicted: 'uncertain', agree: true });
  });
});
