/**
 * Key paths to places: the one bridge between what a schema says about a value and where the user wrote it.
 * A value has the place of the value, a missing one that of the nearest key above it, an unknown key that of the key.
 */
import { type Span } from '../diagnostics/diagnostic.ts';

/** Where one value of the document stands, where its key stands, and the same for what is in it. */
export interface Place {
  readonly value: Span;
  /** Absent for the whole document and for items of a list. */
  readonly key?: Span;
  readonly children: ReadonlyMap<string, Place>;
}

type Path = readonly (string | number)[];

/** The places along a path, from the document inwards, as far as they exist. */
const along = (root: Place, path: Path): readonly Place[] => {
  const places = [root];
  for (const segment of path) {
    const next = places.at(-1)?.children.get(String(segment));
    if (next === undefined) break;
    places.push(next);
  }
  return places;
};

const firstKey = (place: Place): Span | undefined => [...place.children.values()][0]?.key;

/** The nearest key at the end of a row of places; the document has none, so its first key stands for it. */
const nearestKey = (root: Place, places: readonly Place[]): Span => {
  const last = places.at(-1);
  // An item of a list has no key: the item itself says more than the key of the list.
  if (last !== undefined && last !== root) return last.key ?? last.value;
  return firstKey(root) ?? root.value;
};

/** The place of the value at `path`; where nothing stands there, that of the nearest key above it. */
export const locateValue = (root: Place, path: Path): Span => {
  const places = along(root, path);
  const found = places[path.length];
  return found === undefined ? nearestKey(root, places) : found.value;
};

/** The place of the key at `path` (of the item, in a list); where there is none, the nearest key above it. */
export const locateKey = (root: Place, path: Path): Span => nearestKey(root, along(root, path));
