/** Builds values with optional keys: a key whose value is `undefined` is left out instead of being there and empty. */

export type OmitAbsent<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export const omitAbsent = <T extends object>(value: T): OmitAbsent<T> =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as OmitAbsent<T>;
