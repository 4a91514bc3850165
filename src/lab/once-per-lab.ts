/** What follows from a lab and is asked for many times: computed once for each lab, which never changes. */
export const oncePerLab = <L extends object, T>(compute: (lab: L) => T): ((lab: L) => T) => {
  const known = new WeakMap<L, { readonly value: T }>();
  return (lab) => {
    const found = known.get(lab) ?? { value: compute(lab) };
    known.set(lab, found);
    return found.value;
  };
};
