/** Equality of plain data, whatever the order of its keys. */

/** One spelling of a plain value. */
export const spellingOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );

export const sameValue = (a: unknown, b: unknown): boolean => a === b || spellingOf(a) === spellingOf(b);

/** The items of `list` that are not in `other`. */
export const without = <T>(list: readonly T[], other: readonly T[]): T[] => {
  if (list.length === 0) return [];
  const present = new Set(other.map(spellingOf));
  return list.filter((item) => !present.has(spellingOf(item)));
};
