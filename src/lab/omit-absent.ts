/** Builds values with optional keys: a key whose value is `undefined` is left out instead of being there and empty. */

export type OmitAbsent<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export const omitAbsent = <T extends object>(value: T): OmitAbsent<T> => {
  const present: Partial<Record<keyof T, unknown>> = {};
  // A loop, since this runs for every address of a lab of thousands.
  for (const key in value) if (value[key] !== undefined) present[key] = value[key];
  return present as unknown as OmitAbsent<T>;
};
