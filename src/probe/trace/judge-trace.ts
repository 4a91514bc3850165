/** What a live packet did, beside what was predicted: where it ended and why, and whether that is where it was to end. */
import { type Walk } from '../../reach/walk.ts';
import { type Measurement } from '../measurement.ts';
import { type Direction, type TraceDecision, type Visit } from './visits.ts';

/**
 * `rule`: a rule or policy dropped or refused it. `routing`: it came in and no hook behind the routing decision saw it.
 * `link`: it was sent, and nobody took it up. `unsent`: its sender never sent it. `unheard`: it arrived, and no answer left.
 */
export type EndReason = 'rule' | 'routing' | 'link' | 'unsent' | 'unheard';

export interface TraceEnd {
  readonly direction: Exclude<Direction, 'error'>;
  readonly stack: string;
  readonly reason: EndReason;
  readonly decision: TraceDecision | null;
  readonly interface: string | null;
}

export interface TraceJudgement {
  /** Null for what was answered. */
  readonly end: TraceEnd | null;
  /** Whether the prediction has the same outcome, and the same place for the end. */
  readonly agrees: boolean;
}

const isFinal = ({ verdict }: TraceDecision): boolean => /^(?:drop|reject|queue|stolen)/.test(verdict);

/** nft tells of `reject` as of a drop, by a rule that says so. */
const finalDecision = ({ decided }: Visit): TraceDecision | null => decided.findLast(isFinal) ?? null;

const hasHook = ({ hooks }: Visit, name: string): boolean => hooks.includes(name) || hooks.includes(`bridge ${name}`);

const endOf = (visits: readonly Visit[], direction: TraceEnd['direction'], sender: string): TraceEnd => {
  const last = visits.at(-1);
  if (last === undefined) return { direction, stack: sender, reason: 'unsent', decision: null, interface: null };
  const decision = finalDecision(last);
  const at = { direction, stack: last.stack, decision };
  if (decision !== null) return { ...at, reason: 'rule', interface: last.in ?? last.out };
  if (last.hooks.includes('input')) return { ...at, reason: 'unheard', interface: last.in };
  if (hasHook(last, 'postrouting')) return { ...at, reason: 'link', interface: last.out };
  return { ...at, reason: 'routing', interface: last.in };
};

const arrived = (visits: readonly Visit[]): Visit | undefined => {
  const last = visits.at(-1);
  return last?.hooks.includes('input') === true && finalDecision(last) === null ? last : undefined;
};

export const judgeTrace = (
  visits: readonly Visit[],
  measurement: Measurement,
  from: string,
  walk: Walk,
): TraceJudgement => {
  const isAnswered = measurement.outcome === 'answered';
  const of = (direction: Direction): readonly Visit[] => visits.filter((visit) => visit.direction === direction);
  const there = arrived(of('request'));
  const isReply = there !== undefined && (of('reply').length > 0 || measurement.requestArrived);
  const end = isAnswered
    ? null
    : isReply
      ? endOf(of('reply'), 'reply', there.stack)
      : endOf(of('request'), 'request', from);
  if (walk.verdict === 'sometimes' || walk.verdict === 'unknown') return { end, agrees: true };
  if ((walk.verdict === 'yes') !== isAnswered) return { end, agrees: false };
  if (end === null || walk.stop === null) return { end, agrees: true };
  const direction = walk.stop.direction === 'forward' ? 'request' : 'reply';
  return { end, agrees: direction === end.direction && walk.stop.stack === end.stack };
};
