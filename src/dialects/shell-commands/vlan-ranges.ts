/** VLAN numbers in words such as `2 10-12`, in rising order; undefined where one is no number of a VLAN. */
export const vlansIn = (words: readonly string[]): readonly number[] | undefined => {
  const ids = new Set<number>();
  for (const word of words) {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(word) ?? [];
    if (first === undefined || Number(last) > 4094 || Number(first) < 1) return undefined;
    for (let id = Number(first); id <= Number(last); id += 1) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
};
