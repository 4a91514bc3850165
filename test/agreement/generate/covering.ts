/**
 * Sets of features that together hold every pair (or triple) of features at least once, greedily: each set begins with
 * a combination that is missing and takes what adds most.
 */
import { type Chance } from './chance.ts';
import { features, type Feature } from './features.ts';

const count = features.length;

/** Features that mean nothing without one of others. */
const needs: Partial<Record<Feature, readonly Feature[]>> = {
  'bridge-address': ['bridge'],
  cascade: ['bridge'],
  isolated: ['bridge'],
  hairpin: ['bridge'],
  'no-learning': ['bridge'],
  'no-flood': ['bridge'],
  'bridge-without-filter': ['bridge'],
  'port-address': ['bridge'],
  'two-nics': ['bridge'],
  'filter-bridge': ['bridge'],
  'policy-drop': ['filter-forward', 'filter-input', 'filter-output'],
  'second-chain': ['filter-forward', 'filter-input', 'filter-output', 'filter-prerouting'],
  subchain: ['filter-forward', 'filter-input', 'filter-output', 'filter-postrouting'],
  'ct-state': ['filter-forward', 'filter-input', 'filter-output', 'filter-prerouting'],
  reject: ['filter-forward', 'filter-input', 'filter-output'],
  'rule-mark': ['set-mark'],
  'connection-mark': ['set-mark'],
  throw: ['rule-from', 'rule-to', 'rule-iif'],
  'rule-action': ['rule-from', 'rule-to', 'rule-iif', 'rule-oif', 'rule-port'],
  'proxy-ndp': ['neighbour-proxy-6'],
  notrack: ['ct-state', 'masquerade', 'dnat'],
};

export const withNeeds = (chance: Chance, chosen: Iterable<Feature>): ReadonlySet<Feature> => {
  const all = new Set(chosen);
  for (const feature of all) {
    const needed = needs[feature];
    if (needed !== undefined && !needed.some((other) => all.has(other))) all.add(chance.pick(needed));
  }
  return all;
};

const indexOfPair = (a: number, b: number): number => (a < b ? a * count + b : b * count + a);

const indexOfTriple = (a: number, b: number, c: number): number => {
  const [first = 0, second = 0, third = 0] = [a, b, c].sort((x, y) => x - y);
  return (first * count + second) * count + third;
};

interface Uncovered {
  /** How many combinations `feature` would add to `row`. */
  readonly gain: (row: readonly number[], feature: number) => number;
  readonly cover: (row: readonly number[]) => void;
  readonly next: () => readonly number[] | undefined;
}

const uncoveredPairs = (): Uncovered => {
  const covered = new Uint8Array(count * count);
  return {
    gain: (row, feature) => row.filter((other) => covered[indexOfPair(other, feature)] === 0).length,
    cover: (row) => {
      for (const a of row) for (const b of row) if (a < b) covered[indexOfPair(a, b)] = 1;
    },
    next: () => {
      for (let a = 0; a < count; a += 1)
        for (let b = a + 1; b < count; b += 1) if (covered[indexOfPair(a, b)] === 0) return [a, b];
      return undefined;
    },
  };
};

const uncoveredTriples = (): Uncovered => {
  const covered = new Uint8Array(count ** 3);
  let from = 0;
  return {
    gain: (row, feature) => {
      let gain = 0;
      for (const a of row) for (const b of row) if (a < b && covered[indexOfTriple(a, b, feature)] === 0) gain += 1;
      return gain;
    },
    cover: (row) => {
      for (const a of row)
        for (const b of row) for (const c of row) if (a < b && b < c) covered[indexOfTriple(a, b, c)] = 1;
    },
    next: () => {
      for (; from < covered.length; from += 1) {
        const [a, b, c] = [Math.floor(from / count / count), Math.floor(from / count) % count, from % count];
        if (a < b && b < c && covered[from] === 0) return [a, b, c];
      }
      return undefined;
    },
  };
};

/** Rows of about `size` features that hold every combination of `strength`. */
export const coveringRows = (chance: Chance, strength: 2 | 3, size: number): ReadonlySet<Feature>[] => {
  const uncovered = strength === 2 ? uncoveredPairs() : uncoveredTriples();
  const rows: ReadonlySet<Feature>[] = [];
  for (let seed = uncovered.next(); seed !== undefined; seed = uncovered.next()) {
    const row = [...seed];
    while (row.length < size) {
      const candidates = chance.shuffle(features.map((_, index) => index)).filter((index) => !row.includes(index));
      const [best] = candidates
        .map((index) => ({ index, gain: uncovered.gain(row, index) }))
        .sort((a, b) => b.gain - a.gain);
      if (best === undefined || best.gain === 0) break;
      row.push(best.index);
    }
    uncovered.cover(row);
    rows.push(
      withNeeds(
        chance,
        row.flatMap((index) => features[index] ?? []),
      ),
    );
  }
  return rows;
};
