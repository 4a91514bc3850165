/**
 * One course that things can take from a cold start: what the stacks learn on the way (stations of bridges, neighbours,
 * connections), what chance decides, and the trace. Chance is a script: the walk is repeated with the next script until
 * all courses are known.
 */
import { type Family } from '../../net/address.ts';
import { type InterfaceModel, type Model, type NextHopModel, type StackModel } from '../model/model.ts';
import { type Hop, type TraceStep } from '../walk.ts';
import { type Fate, type Sending, type Way } from './fate.ts';
import { type Carriage, type Carried } from './frames.ts';
import { type Connection } from './tracking.ts';

export interface Course {
  readonly model: Model;
  /** Stations that bridges have learned: port by `stack bridge vlan mac`. */
  readonly stations: Map<string, string>;
  /** MACs whose reports bridges were let hear. */
  readonly heard: Set<string>;
  /** Neighbours that stacks have learned: MAC by `stack interface address`. */
  readonly neighbours: Map<string, string>;
  /** Neighbours of which later answers may be heard: the MACs that they may have by then, the one they have first of all. */
  readonly contested: Map<string, readonly string[]>;
  /** Questions that macvlans hear late, by whom they tell of: `stack interface address`. */
  readonly overheard: Map<string, readonly Carried[]>;
  /** By stack. */
  readonly connections: Map<string, Connection[]>;
  /** Facts that were relied on, in a sentence each. */
  readonly facts: Set<string>;
  /** Matches that are not modelled and were come across: what each was taken as. */
  readonly unknown: Map<string, boolean>;
  /** Devices that the model does not follow, and that packets met. */
  readonly unmodelled: Set<string>;
  readonly chance: Chance;
  readonly ways: Ways;
  readonly trace: Trace | undefined;
  /** The source that the request got, and the way that it took. */
  source: bigint | undefined;
  way: Way | undefined;
  /** Neighbours that are being asked for, by `stack interface address`. */
  readonly asking: Set<string>;
  /** A neighbour that is being given up, by `stack interface address`. */
  failing: string | undefined;
  /** Nesting of packets inside packets (tunnels). */
  depth: number;
  /** A copy is followed that comes to another station: of copies of it nobody asks, they would be without number. */
  isOfCopy: boolean;
}

/** The ways that lead back into one another: a bridge's port is a link, a tunnel's outer packet is sent like any other. */
export interface Ways {
  readonly leave: (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage) => void;
  readonly enter: (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage) => void;
  readonly handUp: (course: Course, it: InterfaceModel, carried: Carried, carriage: Carriage) => void;
  readonly send: (course: Course, sending: Sending) => Fate;
  readonly findStation: (
    course: Course,
    stack: string,
    dev: string,
    family: Family,
    nexthop: bigint,
    source: bigint,
  ) => { readonly mac: string } | undefined;
}

interface Chance {
  readonly script: readonly number[];
  /** How many ways there were at each turn, and which was taken. */
  readonly turns: { readonly options: number; readonly taken: number; readonly isUnknown: boolean }[];
  readonly byKey: Map<string, number>;
}

export interface Trace {
  hops: { stack: string; in: string | null; out: string | null; steps: TraceStep[] }[];
  isQuiet: boolean;
}

export const beginCourse = (model: Model, ways: Ways, script: readonly number[], isTraced: boolean): Course => ({
  model,
  ways,
  stations: new Map(),
  heard: new Set(),
  neighbours: new Map(),
  contested: new Map(),
  overheard: new Map(),
  connections: new Map(),
  facts: new Set(),
  unknown: new Map(),
  unmodelled: new Set(),
  chance: { script, turns: [], byKey: new Map() },
  trace: isTraced ? { hops: [], isQuiet: false } : undefined,
  source: undefined,
  way: undefined,
  asking: new Set(),
  failing: undefined,
  depth: 0,
  isOfCopy: false,
});

const take = ({ chance }: Course, key: string, options: number, isUnknown: boolean): number => {
  const before = chance.byKey.get(key);
  if (before !== undefined) return before;
  const taken = chance.script[chance.turns.length] ?? 0;
  chance.turns.push({ options, taken, isUnknown });
  chance.byKey.set(key, taken);
  return taken;
};

/** One of `options` ways, 0 at first; the same for the same `key` all along the course. */
export const choose = (course: Course, key: string, options: number): number =>
  options < 2 ? 0 : take(course, key, options, false);

/** Of next hops that are as good as each other, the one that packets between two addresses take. */
export const pickHop = (
  course: Course,
  stack: StackModel,
  nexthops: readonly NextHopModel[],
  source: bigint,
  destination: bigint,
): NextHopModel | undefined => {
  const taken = choose(course, `nexthop ${stack.name} ${source} ${destination}`, nexthops.length);
  // Elsewhere there may have been more of them.
  return nexthops[taken] ?? nexthops.at(-1);
};

/** Whether a match that is not modelled holds: both are tried. */
export const decide = (course: Course, text: string): boolean => {
  const isTrue = take(course, `unknown ${text}`, 2, true) === 1;
  course.unknown.set(text, isTrue);
  return isTrue;
};

/** A packet met a device that the model does not follow: whatever comes out, it is not known. */
export const meetUnmodelled = (course: Course, what: string): void => {
  course.unmodelled.add(what);
};

/** The script of the next course, or undefined after the last. */
export const nextScript = ({ chance }: Course): readonly number[] | undefined => {
  const script = chance.turns.map(({ taken }) => taken);
  for (let index = script.length - 1; index >= 0; index -= 1) {
    const turn = chance.turns[index];
    if (turn !== undefined && turn.taken + 1 < turn.options) return [...script.slice(0, index), turn.taken + 1];
  }
  return undefined;
};

export const beginHop = ({ trace }: Course, stack: string, ingress: string | null): void => {
  if (trace !== undefined && !trace.isQuiet) trace.hops.push({ stack, in: ingress, out: null, steps: [] });
};

export const leaveBy = ({ trace }: Course, egress: string): void => {
  const hop = trace?.hops.at(-1);
  if (trace !== undefined && !trace.isQuiet && hop !== undefined) hop.out = egress;
};

/** Adds to the trace; `make` is called only where there is one. */
export const note = ({ trace }: Course, make: () => TraceStep): void => {
  if (trace !== undefined && !trace.isQuiet) trace.hops.at(-1)?.steps.push(make());
};

/** Runs without a trace: what belongs to no hop of its own, such as a question to the neighbours. */
export const quietly = <T>({ trace }: Course, work: () => T): T => {
  if (trace === undefined || trace.isQuiet) return work();
  trace.isQuiet = true;
  try {
    return work();
  } finally {
    trace.isQuiet = false;
  }
};

/** The hops since the last call. */
export const takeHops = ({ trace }: Course): readonly Hop[] => {
  if (trace === undefined) return [];
  const { hops } = trace;
  trace.hops = [];
  return hops;
};

export const assume = (course: Course, fact: string | undefined): void => {
  if (fact !== undefined) course.facts.add(fact);
};
