/**
 * Hops of a walk as they are told: what decided at each, and which line of the file asks for it. Passing a bridge and
 * coming up from it are one hop to a person.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { positionOf } from '../diagnostics/position.ts';
import { placeOf } from '../lower/places.ts';
import { type Lowered } from '../lower/lower.ts';
import { type Because, type Hop, type Stop, type TraceStep } from '../reach/walk.ts';

/** Where an object comes from: `file:line`, or the object of the kernel itself. */
export type From = string;

export interface Decision {
  readonly stage: string;
  readonly action: TraceStep['action'];
  readonly object: Because['object'];
  readonly text: string;
  readonly from: From;
  /** The packet after it; empty where it is no matter of one packet. */
  readonly packet: string;
}

export interface HopReport {
  readonly machine: string;
  readonly in: string | null;
  readonly out: string | null;
  readonly decided: readonly Decision[];
}

export interface Origins {
  readonly lowered: Lowered;
  readonly sources: ReadonlyMap<string, string>;
}

const lineOf = (span: Span, sources: ReadonlyMap<string, string>): string => {
  const text = sources.get(span.file);
  return text === undefined ? span.file : `${span.file}:${positionOf(text, span.start).line}`;
};

const kernelObject = ({ object, stack, key }: Because): string =>
  object === 'kernel' || key === '' ? `${stack}: the kernel` : `${stack}: ${object} ${key}`;

/** The line that asks for an object, where there is one. */
export const lineBehind = ({ lowered, sources }: Origins, because: Because): string | undefined => {
  const span = placeOf(lowered.because, lowered.state, because);
  return span === undefined ? undefined : lineOf(span, sources);
};

export const fromOf = (origins: Origins, because: Because): From =>
  lineBehind(origins, because) ?? kernelObject(because);

const decisionOf = (origins: Origins, { stage, action, because, packet }: TraceStep): Decision => ({
  stage,
  action,
  object: because.object,
  text: because.text,
  from: fromOf(origins, because),
  packet,
});

/** A filter's policy that lets a packet pass decides nothing that a person asks about. */
const isTelling = ({ action, because }: TraceStep): boolean =>
  because.object !== 'bridge' && !(action === 'pass' && because.object === 'filter-policy');

const stopStep = ({ stage, reason, because }: Stop): TraceStep => ({
  stage,
  action: reason === 'nf_reject' ? 'reject' : 'drop',
  because,
  packet: '',
});

const isSameStack = (before: HopReport | undefined, hop: Hop): before is HopReport =>
  before?.machine === hop.stack && before.out === null;

/** `stop`: where the way ends, when it ends in this direction. */
export const reportHops = (origins: Origins, hops: readonly Hop[], stop: Stop | undefined): readonly HopReport[] => {
  const told: HopReport[] = [];
  for (const hop of hops) {
    const decided = hop.steps.filter(isTelling).map((step) => decisionOf(origins, step));
    const before = told.at(-1);
    if (isSameStack(before, hop)) {
      told[told.length - 1] = {
        machine: hop.stack,
        in: before.in ?? hop.in,
        out: hop.out,
        decided: [...before.decided, ...decided],
      };
    } else told.push({ machine: hop.stack, in: hop.in, out: hop.out, decided });
  }
  if (stop === undefined) return told;
  const end = decisionOf(origins, stopStep(stop));
  const last = told.at(-1);
  if (last?.machine !== stop.stack)
    return [...told, { machine: stop.stack, in: stop.interface, out: null, decided: [end] }];
  return [...told.slice(0, -1), { ...last, decided: [...last.decided, end] }];
};
