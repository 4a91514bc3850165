/**
 * What a pool has: stacks `s0` to `s7`, each with two bridges and two macvlan children, and enough cables that any small
 * network can be made of them without making or removing a link. States of variants use these names.
 */
import { type Cable } from '../../../src/state/network-state.ts';

export const mostStacks = 8;
export const stackNames: readonly string[] = Array.from({ length: mostStacks }, (_, index) => `s${index}`);
export const bridgeNames = ['br0', 'br1'] as const;
export const macvlanNames = ['mv0', 'mv1'] as const;

const cable = (i: number, j: number, copy: string): Cable => ({
  a: { stack: `s${i}`, interface: `e${j}${copy}` },
  b: { stack: `s${j}`, interface: `e${i}${copy}` },
});

/** Two cables between any two stacks. */
export const plainCables: readonly Cable[] = stackNames.flatMap((_, i) =>
  stackNames.slice(i + 1).flatMap((__, offset) => [cable(i, i + 1 + offset, 'a'), cable(i, i + 1 + offset, 'b')]),
);

/** One more to the next stack, whose end `a` is never a bridge port: macvlan children stand on it. */
export const macvlanCables: readonly Cable[] = stackNames.slice(1).map((_, i) => cable(i, i + 1, 'm'));

/** The interface that a stack's macvlan children stand on; the last stack has none. */
export const macvlanParent = (stack: string): string | undefined =>
  macvlanCables.find(({ a }) => a.stack === stack)?.a.interface;
