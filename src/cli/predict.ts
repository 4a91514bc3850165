/** Tells who reaches whom by the model alone: the lab is built nowhere. And what becomes of `policy` and `expect` lines. */
import { type LabMachine } from '../lab/lab.ts';
import { predictLines } from '../probe/predict-lines.ts';
import { predictProbe } from '../probe/predict-probes.ts';
import { type Service } from '../reach/narrow.ts';
import { predictorOf, type Predictor } from '../reach/predict.ts';
import { chooseMachines } from './choose-machines.ts';
import { complain } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { jsonInPieces, printJson } from './json.ts';
import { printLines, reportLines, type LineReport } from './line-report.ts';
import { loadNetwork, type LoadedNetwork, type NetworkOptions } from './load-network.ts';
import {
  answersOf,
  byNetwork,
  predictorFor,
  questionsOf,
  standInsOf,
  withEverybody,
  type Scope,
} from './predict-matrix.ts';
import { mostUngrouped, printMatrix } from './print-matrix.ts';
import { reachMatrix, type Sign } from './reach-matrix.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';
import { whatOf } from './verify-rows.ts';

export interface PredictOptions extends NetworkOptions {
  readonly by: 'machine' | 'network';
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly all: boolean;
}

const servicesOf = ({ tcp, udp }: PredictOptions): readonly Service[] => [
  { protocol: 'icmp', port: null },
  ...tcp.map((port) => ({ protocol: 'tcp', port }) as const),
  ...udp.map((port) => ({ protocol: 'udp', port }) as const),
];

interface Asked {
  readonly loaded: LoadedNetwork;
  readonly predictor: Predictor;
  readonly scope: Scope;
  readonly options: PredictOptions;
}

const scopeOf = ({ lab }: LoadedNetwork, options: PredictOptions): Scope | number => {
  const [from, to] = [chooseMachines(lab, options.from), chooseMachines(lab, options.to)];
  for (const found of [from, to]) {
    if (!('wrong' in found)) continue;
    complain(found.wrong, new Map(), options);
    return exitCode.wrongInput;
  }
  return 'value' in from && 'value' in to ? { from: from.value, to: to.value } : exitCode.wrongInput;
};

const printOne = ({ loaded: { lab }, predictor: whole, scope, options }: Asked, service: Service): string => {
  const predictor = predictorFor(lab, whole, scope, service);
  const shown = { width: widthOf(), paint: painter(hasColour()) };
  const order = Object.keys(lab.machines);
  const everybody = new Set<LabMachine>([...scope.from, ...scope.to]);
  const isWhole = options.by === 'machine' && (options.all || everybody.size <= mostUngrouped);
  const { scope: asked, members } = standInsOf(lab, predictor, scope);
  const matrix = isWhole
    ? reachMatrix(answersOf(lab, predictor, scope, service), false)
    : options.by === 'network'
      ? reachMatrix(byNetwork(lab, answersOf(lab, predictor, asked, service)), false)
      : withEverybody(reachMatrix(answersOf(lab, predictor, asked, service), true), members, order);
  const what = shown.paint('bold', `Who reaches whom by ${whatOf(service)}`);
  return matrix.groups.length === 0
    ? `${what}\nthere is nobody to ask`
    : `${what}\n${printMatrix(matrix, shown, options.by === 'network' ? 'some of them' : undefined)}`;
};

/** The pairs of one sender after the other's. */
function* pairsOf(
  { loaded: { lab }, predictor: whole, scope }: Asked,
  services: readonly Service[],
): Generator<object[]> {
  for (const service of services) {
    const predictor = predictorFor(lab, whole, scope, service);
    for (const sender of scope.from)
      yield questionsOf(lab, { ...scope, from: [sender] }, service).map((probe) => {
        const { from, to, address, family, protocol, port } = probe;
        return { from, to, address, family, protocol, port, ...predictProbe(predictor, probe) };
      });
  }
}

const cellWords: Readonly<Record<Exclude<Sign, ''>, string>> = {
  '✓': 'yes',
  '✗': 'no',
  '4': 'ipv4',
  '6': 'ipv6',
  '±': 'some',
  '?': 'uncertain',
};

const cellsOf = ({ loaded: { lab }, predictor: whole, scope }: Asked, service: Service): readonly object[] => {
  const predictor = predictorFor(lab, whole, scope, service);
  const asked = standInsOf(lab, predictor, scope).scope;
  const { groups, signs } = reachMatrix(byNetwork(lab, answersOf(lab, predictor, asked, service)), false);
  return signs.flatMap((row, from) =>
    row.flatMap((sign, to) =>
      sign === '' ? [] : [{ from: groups[from]?.[0], to: groups[to]?.[0], ...service, predicted: cellWords[sign] }],
    ),
  );
};

const summaryOf = (lines: readonly LineReport[]): object => ({
  lines: lines.length,
  hold: lines.filter(({ verdict }) => verdict === 'yes').length,
  fail: lines.filter(({ verdict }) => verdict === 'no').length,
  uncertain: lines.filter(({ verdict }) => verdict === 'uncertain').length,
});

const printAsJson = (asked: Asked, services: readonly Service[], lines: readonly LineReport[]): void => {
  const lab = { lab: asked.loaded.lab.name };
  const after = { lines, summary: summaryOf(lines) };
  if (asked.options.by === 'network')
    print(printJson({ ...lab, cells: services.flatMap((service) => cellsOf(asked, service)), ...after }));
  else for (const piece of jsonInPieces(lab, 'pairs', pairsOf(asked, services), after)) process.stdout.write(piece);
};

export const predict = async (options: PredictOptions): Promise<number> => {
  const loaded = await loadNetwork(options);
  if (typeof loaded === 'number') return loaded;
  const scope = scopeOf(loaded, options);
  if (typeof scope === 'number') return scope;
  const predictor = predictorOf(loaded.lowered.state);
  const asked = { loaded, predictor, scope, options };
  const services = servicesOf(options);
  const lines = reportLines(predictLines(loaded.lab, predictor), predictor, loaded.sources);
  if (options.json) printAsJson(asked, services, lines);
  else {
    const shown = { width: widthOf(), paint: painter(hasColour()) };
    const parts = [...services.map((service) => printOne(asked, service)), printLines(lines, shown)];
    print(parts.filter((part) => part !== '').join('\n\n'));
  }
  return lines.every(({ verdict }) => verdict !== 'no') ? exitCode.asWished : exitCode.no;
};
