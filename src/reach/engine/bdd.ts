/**
 * Sets as binary decision diagrams: reduced, ordered, each node made once, so that two sets are equal exactly when their
 * numbers are. A set is a number; 0 is the empty set, 1 the set of everything. Variables are levels 0, 1, … from the top.
 * Nothing is freed.
 */

/** A set of assignments to the variables of one manager. */
export type PacketSet = number;

export const NOTHING: PacketSet = 0;
export const EVERYTHING: PacketSet = 1;

const TERMINAL = 0xffff;
const MAX_NODES = 1 << 27;
const FEW_NODES = 1 << 20;
const MAX_CACHE = 1 << 18;

const AND = 0;
const OR = 1;
const MINUS = 2;
const XOR = 3;
const EXISTS = 4;
const SHADOW = 5;
const MEETS = 6;

/** Thomas Wang's mixing of three numbers into 32 bits; only its spread matters. */
const mix = (a: number, b: number, c: number): number => {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
};

/** Where a node keeps what: four numbers each, side by side, as they are mostly wanted together. */
const LEVEL = 0;
const LOW = 1;
const HIGH = 2;
const NEXT = 3;

export class Bdd {
  /** Four numbers a node; `NEXT` is the next node of the same bucket, 0 after the last. */
  private nodes: Int32Array;
  /** The first node of each; 0 where there is none. */
  private buckets: Int32Array;
  private count = 2;
  /** Four numbers an entry: operation, both operands, result. Zeros are no entry: no operation is asked for of two empty sets. */
  private cache: Int32Array;
  private cacheMask: number;

  /** `expected`: so many nodes will be needed, about. Memory that is never touched costs nothing. */
  constructor(expected = 1 << 12) {
    const size = Math.min(FEW_NODES, 2 ** Math.ceil(Math.log2(expected)));
    this.nodes = new Int32Array(4 * size);
    this.buckets = new Int32Array(size);
    this.cacheMask = Math.min(size, MAX_CACHE) - 1;
    this.cache = new Int32Array(4 * (this.cacheMask + 1));
    this.nodes[LEVEL] = this.nodes[4 + LEVEL] = TERMINAL;
  }

  /** How many nodes there are, the two terminals included. */
  get size(): number {
    return this.count;
  }

  levelOf(set: PacketSet): number {
    return this.nodes[4 * set]!;
  }

  low(set: PacketSet): PacketSet {
    return this.nodes[4 * set + LOW]!;
  }

  high(set: PacketSet): PacketSet {
    return this.nodes[4 * set + HIGH]!;
  }

  /** The set that is `low` where the variable is 0, and `high` where it is 1; both know deeper variables only. */
  node(level: number, low: PacketSet, high: PacketSet): PacketSet {
    if (low === high) return low;
    const { nodes, buckets } = this;
    const slot = mix(level, low, high) & (buckets.length - 1);
    for (let at = buckets[slot]!; at !== 0; at = nodes[4 * at + NEXT]!)
      if (nodes[4 * at + LOW] === low && nodes[4 * at + HIGH] === high && nodes[4 * at] === level) return at;
    if (this.count === buckets.length) return this.grown().node(level, low, high);
    const made = this.count++;
    nodes[4 * made] = level;
    nodes[4 * made + LOW] = low;
    nodes[4 * made + HIGH] = high;
    nodes[4 * made + NEXT] = buckets[slot]!;
    buckets[slot] = made;
    return made;
  }

  private grown(): this {
    // What costs most of all is hanging all nodes into buckets anew: better seldom, while tables are small.
    const size = this.buckets.length * (this.buckets.length < FEW_NODES ? 4 : 2);
    if (size > MAX_NODES) throw new Error('the packet sets need more than 134 million nodes');
    const nodes = new Int32Array(4 * size);
    nodes.set(this.nodes);
    const buckets = new Int32Array(size);
    for (let at = 2; at < this.count; at += 1) {
      const slot = mix(nodes[4 * at]!, nodes[4 * at + LOW]!, nodes[4 * at + HIGH]!) & (size - 1);
      nodes[4 * at + NEXT] = buckets[slot]!;
      buckets[slot] = at;
    }
    this.nodes = nodes;
    this.buckets = buckets;
    // What was computed before is forgotten; with more nodes there is more to remember.
    if (size > this.cacheMask && size <= MAX_CACHE) {
      this.cache = new Int32Array(4 * size);
      this.cacheMask = size - 1;
    }
    return this;
  }

  and(a: PacketSet, b: PacketSet): PacketSet {
    if (a === b || b === 1) return a;
    if (a === 0 || b === 0) return 0;
    if (a === 1) return b;
    return a < b ? this.combine(AND, a, b) : this.combine(AND, b, a);
  }

  or(a: PacketSet, b: PacketSet): PacketSet {
    if (a === b || b === 0) return a;
    if (a === 1 || b === 1) return 1;
    if (a === 0) return b;
    return a < b ? this.combine(OR, a, b) : this.combine(OR, b, a);
  }

  /** What is in `a` and not in `b`. */
  minus(a: PacketSet, b: PacketSet): PacketSet {
    if (a === b || a === 0 || b === 1) return 0;
    if (b === 0) return a;
    return this.combine(MINUS, a, b);
  }

  xor(a: PacketSet, b: PacketSet): PacketSet {
    if (a === b) return 0;
    if (a === 0) return b;
    if (b === 0) return a;
    return a < b ? this.combine(XOR, a, b) : this.combine(XOR, b, a);
  }

  not(a: PacketSet): PacketSet {
    return this.minus(1, a);
  }

  private combine(operation: number, a: PacketSet, b: PacketSet): PacketSet {
    const entry = (mix(operation, a, b) & this.cacheMask) * 4;
    const { cache, nodes } = this;
    if (cache[entry + 1] === a && cache[entry + 2] === b && cache[entry] === operation) return cache[entry + 3]!;
    const levelA = nodes[4 * a]!;
    const levelB = nodes[4 * b]!;
    const level = levelA < levelB ? levelA : levelB;
    const lowA = levelA === level ? nodes[4 * a + LOW]! : a;
    const highA = levelA === level ? nodes[4 * a + HIGH]! : a;
    const lowB = levelB === level ? nodes[4 * b + LOW]! : b;
    const highB = levelB === level ? nodes[4 * b + HIGH]! : b;
    let low: PacketSet;
    let high: PacketSet;
    if (operation === AND) {
      low = this.and(lowA, lowB);
      high = this.and(highA, highB);
    } else if (operation === OR) {
      low = this.or(lowA, lowB);
      high = this.or(highA, highB);
    } else if (operation === MINUS) {
      low = this.minus(lowA, lowB);
      high = this.minus(highA, highB);
    } else {
      low = this.xor(lowA, lowB);
      high = this.xor(highA, highB);
    }
    const result = this.node(level, low, high);
    this.keep(operation, a, b, result);
    return result;
  }

  private keep(operation: number, a: PacketSet, b: PacketSet, result: PacketSet): void {
    const entry = (mix(operation, a, b) & this.cacheMask) * 4;
    this.cache[entry] = operation;
    this.cache[entry + 1] = a;
    this.cache[entry + 2] = b;
    this.cache[entry + 3] = result;
  }

  /** Whether two sets have a member in common: what it would take to say which ones is not made. */
  meets(a: PacketSet, b: PacketSet): boolean {
    if (a === 0 || b === 0) return false;
    if (a === 1 || b === 1 || a === b) return true;
    return a < b ? this.overlap(a, b) : this.overlap(b, a);
  }

  private overlap(a: PacketSet, b: PacketSet): boolean {
    const entry = (mix(MEETS, a, b) & this.cacheMask) * 4;
    const { cache, nodes } = this;
    if (cache[entry + 1] === a && cache[entry + 2] === b && cache[entry] === MEETS) return cache[entry + 3] === 1;
    const levelA = nodes[4 * a]!;
    const levelB = nodes[4 * b]!;
    const level = levelA < levelB ? levelA : levelB;
    const lowA = levelA === level ? nodes[4 * a + LOW]! : a;
    const highA = levelA === level ? nodes[4 * a + HIGH]! : a;
    const lowB = levelB === level ? nodes[4 * b + LOW]! : b;
    const highB = levelB === level ? nodes[4 * b + HIGH]! : b;
    const result = this.meets(lowA, lowB) || this.meets(highA, highB);
    this.keep(MEETS, a, b, result ? 1 : 0);
    return result;
  }

  /** The union of many sets, the small ones first with each other. */
  union(sets: readonly PacketSet[]): PacketSet {
    let round = sets;
    while (round.length > 1) {
      const next: PacketSet[] = [];
      for (let index = 0; index < round.length; index += 2) next.push(this.or(round[index]!, round[index + 1] ?? 0));
      round = next;
    }
    return round[0] ?? 0;
  }

  /** Forgets the variables from level `first` up to but without `end`: holds wherever some value of theirs makes it hold. */
  exists(a: PacketSet, first: number, end: number): PacketSet {
    const level = this.nodes[4 * a]!;
    if (level >= end) return a;
    const operation = EXISTS + (first << 3) + (end << 16);
    const entry = (mix(operation, a, 0) & this.cacheMask) * 4;
    const { cache } = this;
    if (cache[entry] === operation && cache[entry + 1] === a && cache[entry + 2] === 0) return cache[entry + 3]!;
    const low = this.exists(this.low(a), first, end);
    const high = this.exists(this.high(a), first, end);
    const result = level >= first ? this.or(low, high) : this.node(level, low, high);
    this.keep(operation, a, 0, result);
    return result;
  }

  /** What the set knows of the variables from level `first` up to but without `end`: forgets all others. */
  shadow(a: PacketSet, first: number, end: number): PacketSet {
    if (a < 2) return a;
    const level = this.nodes[4 * a]!;
    if (level >= end) return 1;
    const operation = SHADOW + (first << 3) + (end << 16);
    const entry = (mix(operation, a, 0) & this.cacheMask) * 4;
    const { cache } = this;
    if (cache[entry] === operation && cache[entry + 1] === a && cache[entry + 2] === 0) return cache[entry + 3]!;
    const low = this.shadow(this.low(a), first, end);
    const high = level < first && low === 1 ? 1 : this.shadow(this.high(a), first, end);
    const result = level >= first ? this.node(level, low, high) : this.or(low, high);
    this.keep(operation, a, 0, result);
    return result;
  }

  /** Holds where all values of the variables from `first` up to but without `end` make it hold. */
  forAll(a: PacketSet, first: number, end: number): PacketSet {
    return this.not(this.exists(this.not(a), first, end));
  }

  /** The cofactor: variables have the values that are given by level, where these are not -1, and no longer occur. */
  fix(a: PacketSet, values: Int8Array): PacketSet {
    const end = values.length;
    const known = new Map<PacketSet, PacketSet>();
    const go = (set: PacketSet): PacketSet => {
      const level = this.levelOf(set);
      if (level >= end) return set;
      const value = values[level]!;
      if (value >= 0) return go(value === 1 ? this.high(set) : this.low(set));
      const before = known.get(set);
      if (before !== undefined) return before;
      const result = this.node(level, go(this.low(set)), go(this.high(set)));
      known.set(set, result);
      return result;
    };
    return go(a);
  }

  /** The cofactor where the variables from `first` on have the `bits` bits of `code`, the most significant first. */
  restrict(a: PacketSet, first: number, bits: number, code: number): PacketSet {
    const end = first + bits;
    const values = Int8Array.from({ length: end }, (_, level) =>
      level < first ? -1 : (code >>> (end - 1 - level)) & 1,
    );
    return this.fix(a, values);
  }

  /** One member of a set that is not empty: the value of each variable that matters, by level; absent ones are free. */
  pick(a: PacketSet): ReadonlyMap<number, 0 | 1> {
    const values = new Map<number, 0 | 1>();
    let at = a;
    while (at > 1) {
      const isLow = this.low(at) !== 0;
      values.set(this.nodes[4 * at]!, isLow ? 0 : 1);
      at = isLow ? this.low(at) : this.high(at);
    }
    return values;
  }

  /** How many assignments to `variables` variables are in the set; exact up to 2^53. */
  satCount(a: PacketSet, variables: number): number {
    const shares = new Map<PacketSet, number>([
      [0, 0],
      [1, 1],
    ]);
    const share = (set: PacketSet): number => {
      const known = shares.get(set);
      if (known !== undefined) return known;
      const made = (share(this.low(set)) + share(this.high(set))) / 2;
      shares.set(set, made);
      return made;
    };
    return share(a) * 2 ** variables;
  }
}
