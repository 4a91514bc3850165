/** A live packet's way as text: each stack that it came by, what decided there, where it ended, and what was predicted. */
import { type Measurement } from '../probe/measurement.ts';
import { type TraceEnd, type TraceJudgement } from '../probe/trace/judge-trace.ts';
import { type SeenPacket } from '../probe/trace/events.ts';
import { type TraceResult } from '../probe/trace/trace-flow.ts';
import { type Direction, type TraceDecision, type Visit } from '../probe/trace/visits.ts';
import { type Flow, type Walk } from '../reach/walk.ts';
import { serviceText } from './explain-report.ts';
import { isMachineStack } from './machine-stacks.ts';
import { type TableOptions } from './table.ts';
import { wrap } from './wrap.ts';

export interface TraceReport extends TraceJudgement {
  readonly lab: string;
  readonly flow: Flow;
  readonly to: string;
  readonly visits: readonly Visit[];
  readonly measured: Measurement;
  readonly predicted: Walk;
  /** Who is to blame, by the prediction. */
  readonly cause: string | null;
  readonly blind: TraceResult['blind'];
}

const outcomeText: Readonly<Record<Measurement['outcome'], string>> = {
  'answered': 'answered',
  'refused': 'refused',
  'timeout': 'no answer',
  'unreachable': 'unreachable, says an error',
  'no-address': 'not sent: no address of that family',
  'lost': 'not sent: the machine does not answer',
}; // prettier-ignore

const end = (address: string, port: number | null): string =>
  port === null ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const packetText = ({ source, destination, sourcePort, destinationPort, icmpType }: SeenPacket): string =>
  `${end(source, sourcePort)} > ${end(destination, destinationPort)}${icmpType === null ? '' : ` ${icmpType}`}`;

const decisionText = ({ chain, rule, verdict }: TraceDecision): string =>
  rule === null
    ? `${chain}: policy ${verdict}`
    : `${chain}: ${rule}${verdict === 'accept' || rule.includes(verdict) ? '' : ` (${verdict})`}`;

const wayThrough = (visit: Visit): string => {
  if (visit.hooks[0] === 'output') return `→ ${visit.out ?? ''}`;
  return visit.hooks.includes('input') || visit.out === null ? (visit.in ?? '') : `${visit.in ?? ''} → ${visit.out}`;
};

const isTranslated = (a: SeenPacket, b: SeenPacket): boolean => packetText(a) !== packetText(b);

const printVisit = (visit: Visit, { paint, width }: TableOptions): readonly string[] => [
  `  ${paint('bold', visit.stack)}  ${wayThrough(visit)}  ${paint('dim', visit.hooks.join(', '))}`,
  ...visit.decided.map((decision) =>
    wrap(`    ${/^(?:drop|reject)/.test(decision.verdict) ? paint('red', `✗ ${decisionText(decision)}`) : decisionText(decision)}`, width, '      '),
  ),
  ...(isTranslated(visit.packet, visit.after) ? [`    becomes ${packetText(visit.after)}`] : []),
]; // prettier-ignore

const headings: Readonly<Record<Direction, string>> = { request: 'Request', reply: 'Reply', error: 'Error' };

/** A switch that only passes frames on is not worth a line, unless it ends there. */
const isShown = (visit: Visit, ending: TraceEnd | null): boolean =>
  isMachineStack(visit.stack) || visit.decided.length > 0 || ending?.stack === visit.stack;

const printWay = (direction: Direction, report: TraceReport, options: TableOptions): string => {
  const way = report.visits.filter((visit) => visit.direction === direction);
  const [first] = way;
  if (first === undefined) return '';
  return [
    `${options.paint('bold', headings[direction])}  ${options.paint('dim', packetText(first.packet))}`,
    ...way.filter((visit) => isShown(visit, report.end)).flatMap((visit) => printVisit(visit, options)),
  ].join('\n');
};

const endText = ({ direction, stack, reason, decision, interface: name }: TraceEnd): string => {
  const what = direction === 'request' ? 'the request' : 'the reply';
  const on = name === null ? '' : ` by ${name}`;
  switch (reason) {
    case 'rule':
      return `${what} ends on \`${stack}\`: ${decision === null ? '' : decisionText(decision)}`;
    case 'routing':
      return `${what} comes to \`${stack}\`${on} and goes no further: its routing ends it (a route, rp_filter, forwarding, the size)`;
    case 'link':
      return `${what} leaves \`${stack}\`${on}, and nobody takes it up: no neighbour answers, or the link does not carry it`;
    case 'unsent':
      return `${what} is never sent by \`${stack}\`: it has no route, no address, or a socket that answers`;
    case 'unheard':
      return `${what} arrives on \`${stack}\`, and no program answers`;
  }
};

const predictionText = ({ agrees, predicted, cause }: TraceReport): string => {
  const told = cause ?? (predicted.verdict === 'yes' ? 'an answer' : predicted.verdict);
  return agrees ? `the same: ${told}` : `otherwise: ${told}`;
};

export const printTrace = (report: TraceReport, options: TableOptions): string => {
  const { paint, width } = options;
  const { flow, to, measured, end: ending } = report;
  const at = to === flow.destination ? '' : ` at ${flow.destination}`;
  const took = measured.rttMs === null ? '' : ` after ${measured.rttMs.toFixed(1)} ms`;
  const head = `\`${flow.from}\` asks \`${to}\`${at} by ${serviceText(flow)}: ${outcomeText[measured.outcome]}${took}`;
  const blind = report.blind.map(({ stack, why }) => `\`${stack}\` (${why})`).join(', ');
  return [
    wrap(paint(ending === null ? 'green' : 'red', head), width, ''),
    ...(['request', 'reply', 'error'] as const).map((direction) => printWay(direction, report, options)),
    [
      ...(ending === null ? [] : [wrap(`${paint('bold', 'It ends')}    ${endText(ending)}`, width, '           ')]),
      wrap(`${paint('bold', 'Predicted')}  ${predictionText(report)}`, width, '           '),
      ...(blind === '' ? [] : [wrap(`${paint('bold', 'Not seen')}   ${blind}`, width, '           ')]),
    ].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};
