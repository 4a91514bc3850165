/** Proves the lines of `policy` and `expect` over all packets of the model, or shows a packet that contradicts one. */
import { type Claim } from '../probe/claims.ts';
import { proveLines, type Proof } from '../probe/prove-lines.ts';
import { predictorOf, type Predictor } from '../reach/predict.ts';
import { exitCode } from './exit-code.ts';
import { reportExplained, serviceText, type ExplainReport } from './explain-report.ts';
import { printJson } from './json.ts';
import { placeText, shortened, writtenAt } from './line-report.ts';
import { loadNetwork, type LoadedNetwork, type NetworkOptions } from './load-network.ts';
import { defaultFile } from './options.ts';
import { printExplained } from './print-explain.ts';
import { printTable, type TableOptions } from './table.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

export interface ProofReport {
  readonly kind: Proof['kind'];
  /** `file:line` */
  readonly line: string;
  /** As it is written. */
  readonly text: string;
  readonly verdict: Proof['verdict'];
  /** Kinds of packets that were walked, 0 if the line claims nothing; null: sets of all packets were asked. */
  readonly kinds: number | null;
  /** How many of the kinds contradict the line. */
  readonly failed: number | null;
  readonly counterexample: {
    readonly from: string;
    readonly to: string;
    /** The address that it is sent from; null: the one that the kernel chooses. */
    readonly source: string | null;
    /** The source is not one of the sender's. */
    readonly forged: boolean;
    readonly destination: string;
    readonly protocol: string;
    readonly port: number | null;
    readonly sourcePort: number | null;
    /** What the line says must come of it. */
    readonly wanted: string;
    readonly trace: ExplainReport;
  } | null;
  /** Rules that are not modelled and stand in the way of a proof. */
  readonly unknown: readonly string[];
}

const wantedText = ({ wanted, source }: Claim): string =>
  wanted === 'not-arrive' ? 'does not arrive' : source === undefined ? wanted : `${wanted}, seen as ${source}`;

const counterexampleOf = (
  { lab, lowered, sources, file, isImported }: LoadedNetwork,
  predictor: Predictor,
  claim: Claim,
): ProofReport['counterexample'] => {
  const { flow, owner } = claim;
  const to = owner ?? flow.destination;
  const trace = reportExplained({
    ...{ lab, flow, to, walk: predictor.walk(flow), origins: { lowered, sources }, repair: [] },
    fileWords: isImported ? undefined : file === defaultFile ? [] : ['-f', file],
  });
  const { from, source = null, isForged: forged = false, destination, protocol, port, sourcePort = null } = flow;
  return { from, to, source, forged, destination, protocol, port, sourcePort, wanted: wantedText(claim), trace };
};

/** Where no rule is to blame, it is the way. */
const orWay = (rules: readonly string[]): readonly string[] =>
  rules.length > 0 ? rules : ['a way that packets are not followed on'];

/** Rules that are not modelled; or that this program is at odds with itself. */
const openWords = (predictor: Predictor, { isDisputed }: Proof, { flow }: Claim): readonly string[] =>
  isDisputed === true
    ? [`${flow.from} to ${flow.destination}, of which sets of packets and the walker differ (a fault of Lanwright)`]
    : orWay(predictor.walk(flow).unknown);

/** Whose verdict it is: of all packets, or of how many kinds. */
const coverText = ({ kinds, failed, verdict }: ProofReport): string => {
  if (kinds === null || kinds === 0) return verdict === 'proven' && kinds === null ? 'all' : '';
  const all = `${kinds} ${kinds === 1 ? 'kind' : 'kinds'}`;
  return failed === null || failed === 0 ? all : `${failed} of ${all}`;
};

const reportOf = (loaded: LoadedNetwork, predictor: Predictor, proof: Proof): ProofReport => {
  const { at, counterexample, blockedBy } = proof;
  return {
    kind: proof.kind,
    line: placeText(at, loaded.sources),
    text: writtenAt(loaded.sources.get(at.file) ?? '', at),
    verdict: proof.verdict,
    kinds: proof.kinds ?? null,
    failed: proof.failed ?? null,
    counterexample: counterexample === undefined ? null : counterexampleOf(loaded, predictor, counterexample),
    unknown: blockedBy === undefined ? [] : openWords(predictor, proof, blockedBy),
  };
};

const verdictColour = { proven: 'green', false: 'red', unknown: 'yellow' } as const;

const printCounterexample = (report: ProofReport, shown: TableOptions): string => {
  const { counterexample: packet } = report;
  if (packet === null) return '';
  const source = packet.forged ? `${packet.source ?? ''}, forged` : packet.source;
  const from = source === null ? packet.from : `${packet.from} (${source})`;
  const service = serviceText({ protocol: packet.protocol as 'tcp', port: packet.port });
  const head = `${report.line}: ${from} → ${packet.destination} ${service} is wanted: ${packet.wanted}`;
  return `${shown.paint('red', head)}\n${printExplained(packet.trace, shown)}`;
};

const printProofs = (reports: readonly ProofReport[], shown: TableOptions): string => {
  if (reports.length === 0) return 'the file has no `policy` and no `expect` line: nothing is to be proven';
  const rows = reports.map((report) => {
    const { kind, line, text, verdict, kinds } = report;
    return [
      line.slice(line.lastIndexOf(':') + 1),
      kind,
      shortened(text, shown.width),
      shown.paint(verdictColour[verdict], kinds === 0 ? 'claims nothing' : verdict),
      coverText(report),
    ];
  });
  const columns = ['LINE', 'KIND', 'SAYS', 'VERDICT', 'PACKETS'].map((heading) => ({ heading }));
  const unknown = reports.flatMap(({ line, unknown: rules }) =>
    rules.length === 0 ? [] : [`${line}: not proven, for this is not modelled: ${rules.join(', ')}`],
  );
  return [
    printTable(columns, rows, shown),
    ...unknown,
    ...reports.map((report) => printCounterexample(report, shown)).filter((part) => part !== ''),
  ].join('\n\n');
};

export interface ProveOptions extends NetworkOptions {
  readonly forged?: boolean;
}

export const prove = async (options: ProveOptions): Promise<number> => {
  const loaded = await loadNetwork(options);
  if (typeof loaded === 'number') return loaded;
  const predictor = predictorOf(loaded.lowered.state);
  const reports = proveLines(loaded.lab, predictor, { forges: options.forged === true }).map((proof) =>
    reportOf(loaded, predictor, proof),
  );
  const count = (verdict: Proof['verdict']): number => reports.filter((report) => report.verdict === verdict).length;
  const summary = { lines: reports.length, proven: count('proven'), false: count('false'), unknown: count('unknown') };
  if (options.json) print(printJson({ lab: loaded.lab.name, lines: reports, summary }));
  else print(printProofs(reports, { width: widthOf(), paint: painter(hasColour()) }));
  return summary.proven === summary.lines ? exitCode.asWished : exitCode.no;
};
