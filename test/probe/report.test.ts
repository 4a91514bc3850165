/** What was measured beside what was expected. */
import { describe, expect, it } from 'vitest';
import { type Measurement } from '../../src/probe/measurement.ts';
import { type Probe } from '../../src/probe/plan-probes.ts';
import { judge, type VerifiedPair } from '../../src/probe/report.ts';

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
  const [pair] = judge({ probes: [{ ...probe, ...asked }] }, found).pairs;
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
  ] as const)('%o and %s: %s', (asked, outcome, agree) => {
    expect(judged(asked, [measured(outcome)]).agree).toBe(agree);
  });

  it('compares the source that was seen', () => {
    const asked = { expected: 'yes', expectedSource: '192.0.2.7' } as const;
    expect(judged(asked, [measured('answered', { source: '192.0.2.7' })]).agree).toBe(true);
    expect(judged(asked, [measured('answered', { source: '192.0.2.8' })])).toMatchObject({
      agree: false,
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
    expect(judged({ expected: 'yes' }, [])).toMatchObject({ measured: 'no', agree: false });
  });

  it('counts, and places each expectation', () => {
    const because = { file: 'lab.yaml', start: 8, end: 9 };
    const probes: readonly Probe[] = [
      { ...probe, id: 0 },
      { ...probe, id: 1, expected: 'yes', because },
      { ...probe, id: 2, expected: 'refused', because },
    ];
    const found = [measured('answered'), { ...measured('timeout'), id: 1 }, { ...measured('refused'), id: 2 }];
    const report = judge({ probes }, found, new Map([['lab.yaml', 'lab: a\n  b\n']]));
    expect(report.summary).toEqual({ pairs: 3, agree: 2, disagree: 1, unexpected: 1 });
    expect(report.pairs.map(({ because: place }) => place)).toEqual([null, 'lab.yaml:2', 'lab.yaml:2']);
    expect(report.pairs.map(({ expected }) => expected)).toEqual([null, 'yes', 'no']);
  });
});
