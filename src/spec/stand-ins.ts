/**
 * A value in which names that the language refuses are replaced by ones it takes, and the way back. The schema library
 * does not look behind a refused name; so all faults of a file are found in a few rounds, not only the outer ones.
 */
import { type Path } from './spec.ts';

/** The refused keys of each map, by the place of the map. */
export type Refused = ReadonlyMap<string, ReadonlySet<string>>;

export interface Replaced {
  readonly value: unknown;
  /** A path in the value to the path of the same place in the original. */
  readonly original: (path: Path) => Path;
}

const placeOf = (path: Path): string => JSON.stringify(path);

/** A name for each key that every rule for names takes, none of them there already. */
const freshNames = (keys: readonly string[], refused: ReadonlySet<string>): ReadonlyMap<string, string> => {
  const taken = new Set(keys);
  const names = new Map<string, string>();
  let number = 0;
  for (const key of refused) {
    do number += 1;
    while (taken.has(`x${number}`));
    names.set(key, `x${number}`);
  }
  return names;
};

/** Replaces the refused keys in `value`. */
export const replaceNames = (value: unknown, refused: Refused): Replaced => {
  const back = new Map<string, string>();
  const copy = (inner: unknown, path: Path): unknown => {
    if (Array.isArray(inner)) return inner.map((item: unknown, index) => copy(item, [...path, index]));
    if (typeof inner !== 'object' || inner === null) return inner;
    const entries = Object.entries(inner as Readonly<Record<string, unknown>>);
    const names = freshNames(
      entries.map(([key]) => key),
      refused.get(placeOf(path)) ?? new Set(),
    );
    return Object.fromEntries(
      entries.map(([key, item]) => {
        const name = names.get(key) ?? key;
        if (name !== key) back.set(placeOf([...path, name]), key);
        return [name, copy(item, [...path, key])];
      }),
    );
  };
  const replaced = copy(value, []);
  const original = (path: Path): Path =>
    path.reduce<Path>((done, segment) => [...done, back.get(placeOf([...done, segment])) ?? segment], []);
  return { value: replaced, original };
};

/** Adds refused keys, each with the path of its map, to those known. */
export const withRefused = (
  known: Refused,
  more: readonly { readonly path: Path; readonly key: string }[],
): Refused => {
  const all = new Map(known);
  for (const { path, key } of more) all.set(placeOf(path), new Set([...(all.get(placeOf(path)) ?? []), key]));
  return all;
};
