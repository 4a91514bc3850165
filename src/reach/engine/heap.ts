/** Sets that are gathered under names. */
import { type Bdd, type PacketSet } from './bdd.ts';

/** Those of one name become one when they are taken. */
export class Heap<T extends { readonly set: PacketSet }> {
  private readonly bdd: Bdd;
  private readonly withSet: (it: T, set: PacketSet) => T;
  private byKey = new Map<string, { readonly first: T; readonly sets: PacketSet[] }>();

  /** `withSet`: the same with another set. */
  constructor(bdd: Bdd, withSet: (it: T, set: PacketSet) => T) {
    this.bdd = bdd;
    this.withSet = withSet;
  }

  add(key: string, it: T): void {
    const before = this.byKey.get(key);
    if (before === undefined) this.byKey.set(key, { first: it, sets: [it.set] });
    else before.sets.push(it.set);
  }

  taken(): readonly T[] {
    const now = [...this.byKey.values()];
    this.byKey = new Map();
    return now.map(({ first, sets }) => (sets.length === 1 ? first : this.withSet(first, this.bdd.union(sets))));
  }
}
