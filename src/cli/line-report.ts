/** Lines of `policy` and `expect` with what the model says of them, as text and as JSON. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { lineAt, positionOf } from '../diagnostics/position.ts';
import { type LineVerdict } from '../probe/predict-lines.ts';
import { reasonFor } from '../probe/predict-probes.ts';
import { expectedDetailOf } from '../probe/report.ts';
import { type Predictor } from '../reach/predict.ts';
import { printTable, type TableOptions } from './table.ts';
import { whatOf } from './verify-rows.ts';

export interface LineReport {
  readonly kind: LineVerdict['kind'];
  /** `file:line` */
  readonly line: string;
  /** As it is written. */
  readonly text: string;
  readonly verdict: LineVerdict['verdict'];
  readonly asked: number;
  readonly failed: number;
  readonly example: {
    readonly from: string;
    readonly to: string;
    readonly address: string;
    readonly protocol: string;
    readonly port: number | null;
    readonly expected: string;
    readonly predicted: string;
    /** Why the model says so, where there is no answer. */
    readonly reason: string | null;
  } | null;
}

export const writtenAt = (text: string, { start, end }: Span): string => {
  const written = text.slice(start, end).replaceAll(/\s+/g, ' ').trim();
  return written === '' ? lineAt(text, start).content.trim() : written;
};

export const placeText = (span: Span, sources: ReadonlyMap<string, string>): string => {
  const text = sources.get(span.file);
  return text === undefined ? span.file : `${span.file}:${positionOf(text, span.start).line}`;
};

const exampleOf = ({ example }: LineVerdict, predictor: Predictor): LineReport['example'] => {
  if (example === undefined) return null;
  const { probe, prediction } = example;
  const { from, to, address, protocol, port } = probe;
  const source = prediction.source === null || prediction.predicted !== 'yes' ? '' : `, as ${prediction.source}`;
  return {
    ...{ from, to, address, protocol, port },
    expected: expectedDetailOf(probe) ?? probe.expected ?? '',
    predicted: `${prediction.predicted}${source}`,
    reason: prediction.predicted === 'yes' ? null : reasonFor(predictor, probe),
  };
};

export const reportLines = (
  verdicts: readonly LineVerdict[],
  predictor: Predictor,
  sources: ReadonlyMap<string, string>,
): readonly LineReport[] =>
  verdicts.map((verdict) => ({
    kind: verdict.kind,
    line: placeText(verdict.at, sources),
    text: writtenAt(sources.get(verdict.at.file) ?? '', verdict.at),
    verdict: verdict.verdict,
    asked: verdict.asked,
    failed: verdict.failed,
    example: exampleOf(verdict, predictor),
  }));

/** What is left of a line of the terminal beside the other columns. */
const roomBeside = 46;
const [leastText, mostText] = [16, 60];

/** A line as it is written, as far as there is room for it. */
export const shortened = (text: string, width: number): string => {
  const room = Math.max(leastText, Math.min(mostText, width - roomBeside));
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
};

const verdictText = { yes: 'holds', no: 'FAILS', uncertain: 'uncertain' } as const;
const verdictColour = { yes: 'green', no: 'red', uncertain: 'yellow' } as const;

export const printLines = (lines: readonly LineReport[], options: TableOptions): string => {
  if (lines.length === 0) return '';
  const rows = lines.map(({ kind, line, text, verdict, asked, failed, example }) => [
    line.slice(line.lastIndexOf(':') + 1),
    kind,
    shortened(text, options.width),
    options.paint(verdictColour[verdict], asked === 0 ? 'asks nothing' : verdictText[verdict]),
    failed === 0 ? '' : `${failed} of ${asked}`,
    example === null
      ? ''
      : `${example.from} → ${example.address} ${whatOf({ protocol: example.protocol as 'tcp', port: example.port })}`,
  ]);
  const columns = ['LINE', 'KIND', 'SAYS', 'VERDICT', 'NOT SO', 'AS IN'].map((heading) => ({ heading }));
  const reasons = lines.flatMap(({ line, example }) =>
    example === null
      ? []
      : [
          `  ${line}: expected ${example.expected}, predicted ${example.predicted}${example.reason === null ? '' : `: ${example.reason}`}`,
        ],
  );
  return [options.paint('bold', 'Lines of the file'), printTable(columns, rows, options), ...reasons].join('\n');
};
