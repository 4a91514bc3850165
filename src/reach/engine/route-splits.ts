/** Decisions about packets to one class of destinations, told apart by their sources; those that say the same are one. */
import { type InputRoute } from '../walker/input-route.ts';
import { EVERYTHING, type Bdd, type PacketSet } from './bdd.ts';
import { wayKey } from './route-classes.ts';

/** What the walker says of one class of destinations and one of sources. */
export interface Answer {
  readonly result: InputRoute;
  /** See `wayKey`. */
  readonly key: string;
}

export const answerOf = (result: InputRoute): Answer => ({ result, key: wayKey(result) });

/** What becomes of packets to one class of destinations from some classes of sources. */
export interface Split {
  readonly result: InputRoute;
  /** Answers with the same name say the same of the same sources. */
  readonly name: string;
  readonly sources: PacketSet;
}

/** `sources`: the set of each class of sources, as the answers are. What all of them say says everything. */
export const splitOf = (bdd: Bdd, answers: readonly Answer[], sources: readonly PacketSet[]): readonly Split[] => {
  const found = new Map<string, Answer & { sets: PacketSet[] }>();
  for (const [index, { key, result }] of answers.entries()) {
    const before = found.get(key);
    if (before === undefined) found.set(key, { key, result, sets: [sources[index]!] });
    else before.sets.push(sources[index]!);
  }
  return [...found.values()].map(({ key, result, sets }) => {
    const from = sets.length === answers.length ? EVERYTHING : bdd.union(sets);
    return { result, name: `${from} ${key}`, sources: from };
  });
};
