/**
 * What was measured as text for people: the matrix of who reaches whom, services by name, expectations that are not
 * met, and which source addresses were seen where they are not the sender's own.
 */
import { type Lab } from '../lab/lab.ts';
import { type VerifiedPair, type VerifyReport } from '../probe/report.ts';
import { nameGroup, reachMatrix, type Sign } from './reach-matrix.ts';
import { printTable, type Column, type TableOptions } from './table.ts';
import { type Paint } from './terminal.ts';

/** Up to here every machine has its own row. */
const mostUngrouped = 12;

const legend: Readonly<Record<Exclude<Sign, ''>, string>> = {
  '✓': 'reaches',
  '✗': 'does not',
  '4': 'IPv4 only',
  '6': 'IPv6 only',
  '±': 'some of its addresses',
};

const columnsOf = (...headings: readonly string[]): readonly Column[] => headings.map((heading) => ({ heading }));

const paintSign = (paint: Paint, sign: Sign): string =>
  sign === '' ? '' : paint(sign === '✓' ? 'green' : sign === '✗' ? 'red' : 'yellow', sign);

const printMatrix = (pairs: readonly VerifiedPair[], isGrouped: boolean, options: TableOptions): string => {
  const { groups, signs } = reachMatrix(pairs, isGrouped);
  const used = new Set(signs.flat());
  const keys = (Object.keys(legend) as (keyof typeof legend)[]).filter((sign) => used.has(sign));
  const names = groups.map(nameGroup);
  // Numbers head the columns where names would make the matrix wider than the terminal.
  const widthNeeded = names.reduce(
    (sum, name) => sum + name.length + 2,
    Math.max(0, ...names.map((name) => name.length)),
  );
  const isNumbered = widthNeeded > options.width;
  const headings = names.map((name, index) => (isNumbered ? String(index + 1) : name));
  const rows = signs.map((row, index) => [
    ...(isNumbered ? [String(index + 1)] : []),
    names[index] ?? '',
    ...row.map((sign, at) => (at === index && sign === '' ? '·' : paintSign(options.paint, sign))),
  ]);
  const columns = columnsOf(...(isNumbered ? ['', 'FROM \\ TO'] : ['FROM \\ TO']), ...headings);
  const table = printTable(columns, rows, { ...options, width: Number.POSITIVE_INFINITY });
  return `${table}\n${options.paint('dim', keys.map((sign) => `${sign} ${legend[sign]}`).join('   '))}`;
};

const whatOf = ({ protocol, port }: VerifiedPair): string =>
  protocol === 'icmp' ? 'ping' : `${protocol} ${port ?? ''}`;

const isMet = ({ agree }: VerifiedPair): boolean => agree;

const failedRow = (pair: VerifiedPair): readonly string[] => [
  pair.from,
  pair.to,
  pair.address,
  whatOf(pair),
  pair.expected ?? '',
  pair.measured,
  pair.detail ?? '',
  pair.because ?? '',
];

const printFailed = (pairs: readonly VerifiedPair[], options: TableOptions): string => {
  const failed = pairs.filter((pair) => !isMet(pair));
  if (failed.length === 0) return '';
  const columns = columnsOf('FROM', 'TO', 'ADDRESS', 'WHAT', 'EXPECTED', 'MEASURED', 'DETAIL', 'LINE');
  return `${options.paint('red', 'Not as expected')}\n${printTable(columns, failed.map(failedRow), options)}`;
};

const printServices = (pairs: readonly VerifiedPair[], options: TableOptions): string => {
  const services = pairs.filter(({ protocol }) => protocol !== 'icmp');
  if (services.length === 0) return '';
  const rows = services.map((pair) => [
    pair.from,
    pair.to,
    pair.address,
    whatOf(pair),
    pair.measured,
    pair.detail ?? '',
  ]);
  return `${options.paint('bold', 'Services')}\n${printTable(columnsOf('FROM', 'TO', 'ADDRESS', 'WHAT', 'ANSWERED', 'DETAIL'), rows, options)}`;
};

const ownAddresses = (lab: Lab): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(
    Object.values(lab.machines).map(({ name, nics }) => [
      name,
      new Set(
        nics
          .flatMap((nic) => [...nic.addresses, ...(nic.lease === undefined ? [] : [nic.lease])])
          .map(({ address }) => address),
      ),
    ]),
  );

/** NICs that configure themselves have addresses that the plan does not list: only translation to a planned one is told. */
const printSources = (pairs: readonly VerifiedPair[], lab: Lab, options: TableOptions): string => {
  const own = ownAddresses(lab);
  const all = new Set([...own.values()].flatMap((addresses) => [...addresses]));
  const seen = pairs.flatMap(({ from, to, source }) =>
    source === null || source === undefined || own.get(from)?.has(source) === true || !all.has(source)
      ? []
      : [`${to}\n${from}\n${source}`],
  );
  const rows = [...new Set(seen)].map((line) => line.split('\n'));
  if (rows.length === 0) return '';
  return `${options.paint('bold', 'Translated')}\n${printTable(columnsOf('MACHINE', 'SEES', 'AS'), rows, options)}`;
};

const printSummary = ({ pairs, summary }: VerifyReport, paint: Paint): string => {
  const expected = pairs.filter((pair) => pair.expected !== null).length;
  const failed = pairs.filter((pair) => !isMet(pair)).length;
  const verdict =
    expected === 0
      ? 'the file expects nothing in particular'
      : failed === 0
        ? paint('green', `all ${expected} expectations are met`)
        : paint('red', `${failed} of ${expected} expectations are not met`);
  return `${summary.pairs} probes; ${verdict}`;
};

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
      : printMatrix(pings, !options.all && machines > mostUngrouped, options),
    printServices(report.pairs, options),
    printSources(report.pairs, lab, options),
    printFailed(report.pairs, options),
    printSummary(report, options.paint),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};
