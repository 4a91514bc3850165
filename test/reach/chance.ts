/** Chance that can be repeated: the same seed makes the same choices. */

/** Numbers from 0 up to but without 1 (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

export class Chance {
  private readonly next: () => number;
  constructor(seed: number) {
    this.next = randomFrom(seed);
  }
  is(probability: number): boolean {
    return this.next() < probability;
  }
  below(count: number): number {
    return Math.floor(this.next() * count);
  }
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
  some<T>(values: readonly T[], probability: number): T[] {
    return values.filter(() => this.is(probability));
  }
}
