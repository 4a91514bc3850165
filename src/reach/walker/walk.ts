/**
 * The walker: one question to a model, in the kernel's order. It is the specification that the kernel is compared with,
 * and the judge of every witness of the engine.
 */
import { type Model } from '../model/model.ts';
import { type Flow, type Verdict, type Walk } from '../walk.ts';
import { converse } from './conversation.ts';
import { beginCourse, nextScript } from './course.ts';
import { ways } from './ways.ts';

/** More courses than people read; what is beyond is `sometimes` at best. */
const mostCourses = 64;

interface Told {
  readonly walk: Walk;
  /** What each unmodelled match was taken as. */
  readonly unknown: ReadonlyMap<string, boolean>;
  /** A packet met a device that the model does not follow. */
  readonly isUnmodelled: boolean;
}

const coursesOf = (model: Model, flow: Flow, isTraced: boolean): readonly Told[] => {
  const told: Told[] = [];
  let script: readonly number[] | undefined = [];
  while (script !== undefined && told.length < mostCourses) {
    const course = beginCourse(model, ways, script, isTraced);
    const walk = converse(course, flow);
    told.push({
      walk: {
        ...walk,
        facts: [...course.facts],
        unknown: [...course.unmodelled, ...course.unknown.keys()],
        alternatives: [],
      },
      unknown: course.unknown,
      isUnmodelled: course.unmodelled.size > 0,
    });
    script = nextScript(course);
  }
  return told;
};

/** Whether there are packets for which both courses took unmodelled matches as they are; who met none says nothing of it. */
const goTogether = (a: Told['unknown'], b: Told['unknown']): boolean =>
  [...a].every(([match, isTaken]) => (b.get(match) ?? isTaken) === isTaken);

/** Unmodelled matches make it `unknown` where it would be something else without them; chance makes it `sometimes`. */
const together = (told: readonly Told[]): Verdict => {
  if (told.some(({ isUnmodelled }) => isUnmodelled)) return 'unknown';
  const verdicts = new Set(told.map(({ walk }) => walk.verdict));
  const [first] = verdicts;
  if (verdicts.size === 1 && first !== undefined) return first;
  const kinds = new Set(
    told.map(({ unknown }) => {
      const possible = new Set(told.filter((it) => goTogether(unknown, it.unknown)).map(({ walk }) => walk.verdict));
      return possible.size === 1 ? [...possible].join('') : 'sometimes';
    }),
  );
  return kinds.size === 1 ? 'sometimes' : 'unknown';
};

export interface WalkOptions {
  /** Whether hops are recorded; default yes. */
  readonly isTraced?: boolean;
}

export const walk = (model: Model, flow: Flow, { isTraced = true }: WalkOptions = {}): Walk => {
  const told = coursesOf(model, flow, isTraced);
  const verdict = together(told);
  const [first, ...others] = told.map((it) => it.walk);
  if (first === undefined) throw new Error('a question has at least one course');
  // The course that is shown is one that fails, where there is one: that is what people ask about.
  const shown = verdict === 'yes' ? first : (told.find((it) => it.walk.verdict === 'no')?.walk ?? first);
  return {
    ...shown,
    verdict,
    facts: [...new Set(told.flatMap(({ walk: { facts } }) => facts))],
    unknown: verdict === 'unknown' ? [...new Set(told.flatMap(({ walk: { unknown } }) => unknown))] : [],
    alternatives: [first, ...others].filter((other) => other !== shown),
  };
};
