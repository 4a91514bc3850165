/** What a proposal costs: by whose machine it is on, and by how much it disturbs. */
import { type Model } from '../model/model.ts';
import { type Proposal } from './proposal.ts';
import { type Owner, type RepairOptions } from './contract.ts';
import { terrainOf } from './terrain.ts';

export interface Costs {
  readonly of: (proposal: Proposal) => number;
  readonly ownerOf: (stack: string) => Owner;
  readonly isFixed: (stack: string) => boolean;
}

/** A machine outside that shares a link with the user's own can be asked for; one that is farther away is others'. */
const byOwner = { guest: 0, host: 2, outside: 4, upstream: 12 } as const;

export const costsOf = (model: Model, { owners = {}, fixed = [] }: RepairOptions): Costs => {
  const ownerOf = (stack: string): Owner => owners[stack] ?? 'outside';
  const terrain = terrainOf(model);
  const isOwn = (stack: string): boolean => ownerOf(stack) !== 'outside';
  const near = new Set<string>();
  for (const { a, b } of model.state.cables) {
    if (isOwn(a.stack)) near.add(b.stack);
    if (isOwn(b.stack)) near.add(a.stack);
  }
  for (const legs of terrain.legs.values())
    if (legs.some(({ stack }) => isOwn(stack))) for (const { stack } of legs) near.add(stack);
  const never = new Set(fixed);
  const placeCost = (stack: string): number => {
    const owner = ownerOf(stack);
    return byOwner[owner === 'outside' && !near.has(stack) ? 'upstream' : owner];
  };
  return {
    ownerOf,
    isFixed: (stack) => never.has(stack),
    of: ({ edits, effort }) => Math.max(...edits.map(({ stack }) => placeCost(stack))) + effort,
  };
};
