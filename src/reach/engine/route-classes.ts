/** Classes of values that a stack's routing treats alike, and how they are told apart. */
import { isLinkLocal6, type Family } from '../../net/address.ts';
import { type RouteModel, type StackModel } from '../model/model.ts';
import { ownAddressesOf } from '../model/own-addresses.ts';
import { type InputRoute } from '../walker/input-route.ts';
import { type RouteAnswer } from '../walker/route-lookup.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { codesIn } from './pieces.ts';
import { type Space } from './space.ts';
import { type Term } from './view.ts';

/** Values from `first` to `last` of the axis, alike for one stack. */
export interface Run {
  readonly first: bigint;
  readonly last: bigint;
}

/** Values whose lookup ends alike. */
export interface RouteClass {
  readonly signature: string;
  /** The same without gateways: what the checks of a source look at. */
  readonly kind: string;
  readonly answer: RouteAnswer;
  readonly runs: readonly Run[];
  /** One of the values. */
  readonly sample: bigint;
}

/** `local`: where packets to a group arrive; `remote`: seen from a group, its members are neighbours. */
export type Side = 'local' | 'remote';

export const categoryOf = (family: Family, value: bigint): string => {
  if (family === 6) {
    if (value >> 120n === 0xffn) return 'm';
    if (value === 1n) return 'l';
    return isLinkLocal6(value) ? 'k' : value === 0n ? 'z' : '';
  }
  if (value >> 28n === 0xen) return 'm';
  if (value === 0xffffffffn) return 'b';
  return value === 0n ? 'z' : value >> 24n === 127n ? 'l' : '';
};

/** Whether packets along a route to the stack itself come from the address that they are for. */
export const isFromItself = ({ type, to, source }: RouteModel): boolean =>
  type === 'local' && (source === undefined || source === to);

export const signatureOf = (answer: RouteAnswer): string => {
  if (answer.kind === 'none') return 'none';
  if (answer.kind === 'rule') return `rule ${answer.action}`;
  const { route, nexthops } = answer;
  const hops = nexthops.map(({ via, dev }) => `${via ?? ''}%${dev}`).join(',');
  const all = route.nexthops.map(({ dev }) => dev).join(',');
  const source = isFromItself(route) ? '' : String(route.source ?? '');
  return `${route.type} ${route.scope} ${source} ${hops} ${all}`;
};

export const kindOf = (answer: RouteAnswer): string => {
  if (answer.kind !== 'route') return signatureOf(answer);
  const { route, nexthops } = answer;
  return `${route.type} ${nexthops.map(({ dev }) => dev).join(',')} ${route.nexthops.map(({ dev }) => dev).join(',')}`;
};

export const wayKey = (way: InputRoute): string => {
  if (way.kind === 'drop') return `drop ${way.reason}`;
  if (way.kind !== 'forward') return `${way.kind} ${way.route.type}`;
  return `forward ${signatureOf({ kind: 'route', route: way.route, nexthops: way.nexthops })}`;
};

/** Original headers for which a term lies in one of the runs. */
export const inRuns = (space: Space, term: Term, runs: readonly Run[]): PacketSet => {
  if (typeof term === 'bigint')
    return runs.some(({ first, last }) => term >= first && term <= last) ? EVERYTHING : NOTHING;
  if (runs.length === 0) return NOTHING;
  const flat: number[] = [];
  for (const { first, last } of runs) {
    const [from, to] = space.axes.address.codesOf(first, last);
    if (flat.at(-1) === from - 1) flat[flat.length - 1] = to;
    else flat.push(from, to);
  }
  return codesIn(space.bdd, space.fields[term], flat);
};

/** Sources that a stack treats alike, and one of them. */
export interface Sources {
  readonly sample: bigint;
  readonly runs: readonly Run[];
}

/** Classes that differ in no more than their gateways become one. */
export const byKindOf = (classes: readonly RouteClass[]): readonly Sources[] => {
  const found = new Map<string, { sample: bigint; runs: Run[] }>();
  for (const { kind, sample, runs } of classes) {
    const before = found.get(kind);
    if (before === undefined) found.set(kind, { sample, runs: [...runs] });
    else for (const run of runs) before.runs.push(run);
  }
  for (const { runs } of found.values()) runs.sort((a, b) => (a.first < b.first ? -1 : 1));
  return [...found.values()];
};

/** What becomes of packets between some addresses, which are sets of one field of the header each. */
export interface Decision {
  /** All packets of these addresses in this set. */
  readonly within: PacketSet;
  readonly destinations: PacketSet;
  readonly sources: PacketSet;
  readonly result: InputRoute;
}

export interface Part<T> {
  readonly set: PacketSet;
  readonly result: T;
}

export const ownAddresses = (stack: StackModel, family: Family): ReadonlySet<bigint> =>
  ownAddressesOf(stack).told[family];

/** How many rules the kernel makes by itself. */
const builtIn = { 4: 3, 6: 2 } as const;

export const hasOwnRules = (stack: StackModel, family: Family): boolean =>
  stack.routing(family).rules.length > builtIn[family];
