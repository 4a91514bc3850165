/** An explanation as text for people: the sentence, the hops of either direction, the symptom, what to do. */
import { sightText, type ExplainReport } from './explain-report.ts';
import { type RepairReport } from './find-repairs.ts';
import { type Decision, type HopReport } from './hop-report.ts';
import { isMachineStack } from './machine-stacks.ts';
import { shellLine } from './shell-line.ts';
import { type TableOptions } from './table.ts';
import { type Paint } from './terminal.ts';
import { wrap } from './wrap.ts';

const isStop = ({ action }: Decision): boolean => action === 'drop' || action === 'reject';

const decisionText = (decision: Decision, paint: Paint): string => {
  if (isStop(decision)) return paint('red', `✗ ${decision.text}`);
  const seen = decision.action === 'translate' ? `: ${decision.packet}` : '';
  return `${decision.text}${seen}`;
};

const wayThrough = ({ in: ingress, out }: HopReport): string => {
  if (ingress === null) return out === null ? '' : `→ ${out}`;
  return out === null ? ingress : `${ingress} → ${out}`;
};

/** The line that asks for it; a neighbour is there because of the interface that it is on. */
const lineText = ({ from, object }: Decision): string => {
  const line = object === 'neighbour' ? undefined : /^\S+:(\d+)$/.exec(from)?.[1];
  return line === undefined ? '' : `  (line ${line})`;
};

const printHop = (hop: HopReport, { paint, width }: TableOptions): readonly string[] => [
  `  ${`${paint('bold', hop.machine)}  ${wayThrough(hop)}`.trimEnd()}`,
  ...hop.decided.map((decision) =>
    wrap(`    ${decisionText(decision, paint)}${paint('dim', lineText(decision))}`, width, '      '),
  ),
];

/** A switch that only passes frames on is not worth a line. */
const isShown = (hop: HopReport): boolean => isMachineStack(hop.machine) || hop.decided.some(isStop);

const printHops = (heading: string, hops: readonly HopReport[], options: TableOptions): string => {
  const shown = hops.filter(isShown);
  if (shown.length === 0) return '';
  const packet = hops.flatMap(({ decided }) => decided).find((decision) => decision.packet !== '')?.packet ?? '';
  const head = `${options.paint('bold', heading)}  ${options.paint('dim', packet)}`.trimEnd();
  return [head, ...shown.flatMap((hop) => printHop(hop, options))].join('\n');
};

const verdictColour = { yes: 'green', no: 'red', uncertain: 'yellow' } as const;

const printRepair = ({ change, commands, sideEffects }: RepairReport, at: number, shown: TableOptions): string =>
  [
    wrap(`${shown.paint('bold', `Repair ${at + 1}`)}  ${change}`, shown.width, '          '),
    ...commands.map(({ machine, argv }) => `    ${shown.paint('dim', `${machine}:`)} ${shellLine(argv)}`),
    ...sideEffects.map((effect) => wrap(`    (${effect})`, shown.width, '     ')),
  ].join('\n');

export const printExplained = (report: ExplainReport, options: TableOptions): string => {
  const { paint, width } = options;
  return [
    wrap(`${paint(verdictColour[report.verdict], report.verdict)}: ${report.sentence}`, width, ''),
    printHops('Request', report.forward, options),
    printHops('Reply', report.reply, options),
    [
      `${paint('bold', 'The client sees')}  ${sightText[report.client_sees]}`,
      ...report.facts.map((fact) => wrap(`${paint('bold', 'Taken as given')}   ${fact}`, width, '                 ')),
      ...report.unknown.map((text) => wrap(`${paint('bold', 'Not modelled')}     ${text}`, width, '                 ')),
      `${paint('bold', 'To see it')}        ${report.confirm}`,
    ].join('\n'),
    report.repair.map((repair, at) => printRepair(repair, at, options)).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};
