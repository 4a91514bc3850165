/** Chance that can be repeated: all of a variant follows from one seed (Marsaglia's xorshift of 32 bits). */

export interface Chance {
  /** Whole numbers from 0 to `count` - 1. */
  readonly below: (count: number) => number;
  /** True with this probability. */
  readonly flip: (probability: number) => boolean;
  readonly pick: <T>(list: readonly [T, ...T[]] | readonly T[]) => T;
  /** One of the list, or undefined where it is empty. */
  readonly maybe: <T>(list: readonly T[]) => T | undefined;
  readonly shuffle: <T>(list: readonly T[]) => T[];
}

export const chanceOf = (seed: number): Chance => {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
  for (let warm = 0; warm < 8; warm += 1) next();
  const below = (count: number): number => Math.floor(next() * count);
  const maybe = <T>(list: readonly T[]): T | undefined => list[below(list.length)];
  return {
    below,
    flip: (probability) => next() < probability,
    maybe,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new Error('nothing to pick from');
      return list[below(list.length)] as T;
    },
    shuffle: <T>(list: readonly T[]): T[] => {
      const shuffled = [...list];
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
      }
      return shuffled;
    },
  };
};
