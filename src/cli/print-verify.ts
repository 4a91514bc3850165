/**
 * What was measured as text for people: the matrix of who reaches whom, services by name, which source addresses were
 * seen where they are not the sender's own, and what is not as predicted or not as expected.
 */
import { type Lab } from '../lab/lab.ts';
import { type VerifiedPair, type VerifyReport } from '../probe/report.ts';
import { mostUngrouped, printMatrix } from './print-matrix.ts';
import { nameGroup, reachMatrix, type AnsweredPair } from './reach-matrix.ts';
import { serviceRows, translatedRows, whatOf } from './verify-rows.ts';
import { printTable, type Column, type TableOptions } from './table.ts';
import { type Paint } from './terminal.ts';

const columnsOf = (...headings: readonly string[]): readonly Column[] => headings.map((heading) => ({ heading }));

const failedRow = (pair: VerifiedPair): readonly string[] => [
  pair.from,
  pair.to,
  pair.address,
  whatOf(pair),
  pair.expectedDetail ?? pair.expected ?? '',
  pair.measured,
  pair.detail,
  pair.because ?? '',
];

const printFailed = (pairs: readonly VerifiedPair[], options: TableOptions): string => {
  const failed = pairs.filter(({ unexpected }) => unexpected);
  if (failed.length === 0) return '';
  const columns = columnsOf('FROM', 'TO', 'ADDRESS', 'WHAT', 'EXPECTED', 'MEASURED', 'DETAIL', 'LINE');
  return `${options.paint('red', 'Not as expected')}\n${printTable(columns, failed.map(failedRow), options)}`;
};

const answerText = (answer: string, source: string | null): string =>
  source === null ? answer : `${answer}, as ${source}`;

const disagreeingRow = (pair: VerifiedPair): readonly string[] => [
  pair.from,
  pair.to,
  pair.address,
  whatOf(pair),
  answerText(pair.predicted, pair.predictedSource),
  answerText(pair.measured, pair.source),
  pair.detail,
  pair.reason ?? '',
];

const mostShown = 40;

const printDisagreeing = (pairs: readonly VerifiedPair[], options: TableOptions): string => {
  const apart = pairs.filter(({ agree }) => !agree);
  if (apart.length === 0) return '';
  const columns = columnsOf('FROM', 'TO', 'ADDRESS', 'WHAT', 'PREDICTED', 'MEASURED', 'DETAIL', 'THE PREDICTION');
  const more = apart.length > mostShown ? `\nand ${apart.length - mostShown} more; --json has all` : '';
  const rows = apart.slice(0, mostShown).map(disagreeingRow);
  return `${options.paint('red', 'Not as predicted')}\n${printTable(columns, rows, options)}${more}`;
};

const printServices = (pairs: readonly VerifiedPair[], options: TableOptions): string => {
  const rows = serviceRows(pairs).map(({ from, to, what, answered, how }) => [
    nameGroup(from),
    to,
    what,
    answered,
    how,
  ]);
  if (rows.length === 0) return '';
  return `${options.paint('bold', 'Services')}\n${printTable(columnsOf('FROM', 'TO', 'WHAT', 'ANSWERED', 'HOW'), rows, options)}`;
};

const printTranslated = (pairs: readonly VerifiedPair[], lab: Lab, options: TableOptions): string => {
  const rows = translatedRows(pairs, lab).map(({ senders, sources, seers }) => [
    nameGroup(senders),
    sources,
    nameGroup(seers),
  ]);
  if (rows.length === 0) return '';
  return `${options.paint('bold', 'Translated')}\n${printTable(columnsOf('SENDER', 'IS SEEN AS', 'BY'), rows, options)}`;
};

const printSummary = ({ pairs, summary }: VerifyReport, paint: Paint): string => {
  const { disagree, unexpected, repeated } = summary;
  const expected = pairs.filter((pair) => pair.expected !== null).length;
  const predicted = disagree === 0 ? paint('green', 'all as predicted') : paint('red', `${disagree} not as predicted`);
  const met =
    expected === 0
      ? 'the file expects nothing in particular'
      : unexpected === 0
        ? paint('green', `all ${expected} expectations are met`)
        : paint('red', `${unexpected} of ${expected} expectations are not met`);
  const twice = repeated === 0 ? '' : ` (${repeated} asked twice)`;
  return `${summary.pairs} probes${twice}, ${predicted}; ${met}`;
};

const answerOf = ({ from, to, family, measured }: VerifiedPair): AnsweredPair => ({
  from,
  to,
  family,
  answer: measured,
});

export interface PrintVerifyOptions extends TableOptions {
  /** Never put machines together. */
  readonly all: boolean;
}

export const printVerify = (report: VerifyReport, lab: Lab, options: PrintVerifyOptions): string => {
  const pings = report.pairs.filter(({ protocol }) => protocol === 'icmp');
  const machines = new Set(pings.flatMap(({ from, to }) => [from, to])).size;
  return [
    pings.length === 0
      ? 'there is nobody to ping'
      : printMatrix(reachMatrix(pings.map(answerOf), !options.all && machines > mostUngrouped), options),
    printServices(report.pairs, options),
    printTranslated(report.pairs, lab, options),
    printDisagreeing(report.pairs, options),
    printFailed(report.pairs, options),
    printSummary(report, options.paint),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};
