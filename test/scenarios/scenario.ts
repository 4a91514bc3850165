/**
 * One scenario as a test: an example is brought up, measured, and compared with what is predicted and with a table of
 * outcomes that was written from the scenario's description and not from the example's `expect:` lines, so that the
 * three check each other.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verified } from '../cli/json-shapes.ts';
import { exampleText, labOf, type LabRun, type Pair, type VerifyReport } from './lab-run.ts';

/** `answer`: yes and no as in the report; the others say how a connection must fail. */
export interface Outcome {
  readonly from: string;
  readonly to: string;
  readonly answer: 'yes' | 'no' | 'refused' | 'timeout' | 'unreachable';
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
  readonly source?: string;
}

/** The addresses of the emulated internet's server. */
export const internet4 = '198.51.100.1';
export const internet6 = '2001:db8:fffe::1';

export const reaches = (from: string, to: string, source?: string): Outcome => ({
  ...{ from, to, answer: 'yes', protocol: 'icmp', port: null },
  ...(source === undefined ? {} : { source }),
});

export const misses = (from: string, ...to: readonly string[]): readonly Outcome[] =>
  to.map((address) => ({ from, to: address, answer: 'no', protocol: 'icmp', port: null }));

export const tcp = (from: string, to: string, port: number, answer: Outcome['answer'], source?: string): Outcome => ({
  ...{ from, to, answer, protocol: 'tcp', port },
  ...(source === undefined ? {} : { source }),
});

const title = ({ from, to, protocol, port, answer, source }: Outcome): string =>
  `${from} → ${to} ${protocol}${port === null ? '' : `/${port}`}: ${answer}${source === undefined ? '' : `, seen as ${source}`}`;

const pairsOf = (report: VerifyReport, outcome: Outcome): readonly Pair[] =>
  report.pairs.filter(
    (pair) =>
      pair.from === outcome.from &&
      pair.address === outcome.to &&
      pair.protocol === outcome.protocol &&
      pair.port === outcome.port,
  );

const holds = (pair: Pair, { answer, source }: Outcome): boolean => {
  if (answer === 'yes' || answer === 'no')
    return pair.measured === answer && (source === undefined || pair.source === source);
  return pair.measured === 'no' && pair.detail === answer;
};

/** The prediction says the same, and is sure of it. */
const isForetold = ({ predicted, predictedSource }: Pair, { answer, source }: Outcome): boolean =>
  predicted === (answer === 'yes' ? 'yes' : 'no') && (source === undefined || predictedSource === source);

/** Brings the example up once, checks every outcome and every `expect:` line, then whatever `more` adds. */
export const scenario = (
  example: string,
  outcomes: readonly Outcome[],
  more: (lab: () => LabRun, report: () => VerifyReport) => void = () => undefined,
): void => {
  describe(example, () => {
    let lab: LabRun;
    let report: VerifyReport;

    beforeAll(async () => {
      lab = labOf(exampleText(example));
      const up = await lab.run('up', lab.file);
      if (up.status !== 0) throw new Error(`up ended with ${up.status}:\n${up.stdout}${up.stderr}`);
      report = await lab.json<VerifyReport>('verify', lab.file);
    }, 180_000);

    afterAll(async () => lab.dispose(), 60_000);

    it('fulfils every expectation written in the file', () => {
      expect(report.pairs.filter((pair) => pair.unexpected)).toEqual([]);
      expect(report.summary.unexpected).toBe(0);
      expect(report.pairs.some((pair) => pair.expected !== null)).toBe(true);
    });

    it('is what was predicted, pair by pair', () => {
      expect(verified.safeParse(report).error).toBeUndefined();
      expect(report.pairs.filter((pair) => !pair.agree)).toEqual([]);
      expect(report.summary.disagree).toBe(0);
    });

    it.each(outcomes.map((outcome) => [title(outcome), outcome] as const))('%s', (_title, outcome) => {
      const pairs = pairsOf(report, outcome);
      expect(pairs, 'is measured').not.toEqual([]);
      expect(pairs.filter((pair) => !holds(pair, outcome))).toEqual([]);
      expect(pairs.filter((pair) => !isForetold(pair, outcome))).toEqual([]);
    });

    more(
      () => lab,
      () => report,
    );
  });
};
