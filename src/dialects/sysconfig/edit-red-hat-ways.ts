/**
 * Routes and rules of Red Hat's files that come and go: lines of route-* and rule-*, numbered variables of route-*, and
 * the variables that say a default route.
 */
import { netmaskOf, parsePrefix } from '../../net/prefix.ts';
import { printIp } from '../../net/address.ts';
import { type PolicyRule, type Route, type Stack } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { readVariables, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { isByGateway } from './red-hat-variables.ts';
import { withLines, withVariables } from './text-edits.ts';
import { inOrder, lineOf } from './write-red-hat.ts';

type Entry = Route | PolicyRule;

export interface Placed<T extends Entry> {
  readonly entry: T;
  readonly at: Place;
}

/** What goes from one file, and what comes into it. */
export interface FileChange<T extends Entry> {
  readonly gone: readonly Placed<T>[];
  readonly come: readonly T[];
}

const isRoute = (entry: Entry): entry is Route => 'type' in entry;

/** `isInPlace`: new lines may stand where others go; of routes, gateways come before what lies behind them. */
export const withEntries = <T extends Entry>(
  text: string,
  { gone, come }: FileChange<T>,
  isInPlace: boolean,
): string => {
  const left = [...come];
  const instead = new Map<number, string | undefined>();
  for (const { entry, at } of gone) {
    const alike = left.findIndex((one) => isRoute(one) && isRoute(entry) && one.to === entry.to);
    const [next] = isInPlace ? left.splice(Math.max(0, alike), 1) : [];
    instead.set(at.line, next === undefined ? undefined : lineOf(next));
  }
  const routes = inOrder(left.flatMap((one) => (isRoute(one) ? [one] : [])));
  const rules = left.filter((one) => !isRoute(one));
  return withLines(text, instead, [...routes, ...rules].map(lineOf));
};

/** Whether numbered variables have words for it: ifup knows no more than these. */
const isNumbered = (route: Route, dev: string): boolean =>
  route.family === 4 &&
  route.type === 'unicast' &&
  route.dev === dev &&
  route.table === 254 &&
  route.metric === 0 &&
  route.source === undefined &&
  route.onlink === undefined;

const numberOf = (file: VariableFile, { at }: Placed<Route>): number | undefined => {
  const name = file.assignments.find((assignment) => assignment.at.line === at.line)?.name;
  const digits = /^ADDRESS(\d+)$/.exec(name ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const parts = ['ADDRESS', 'NETMASK', 'PREFIX', 'GATEWAY', 'METRIC'] as const;

const partsOf = (file: VariableFile, number: number): ReadonlyMap<string, string | undefined> =>
  new Map(parts.map((part) => [part, variableIn(file, `${part}${number}`)]));

const wordsOf = ({ to, via }: Route, saysPrefix: boolean): ReadonlyMap<string, string | undefined> => {
  const block = parsePrefix(to);
  const length = block?.length ?? 32;
  return new Map([
    ['ADDRESS', block === undefined ? to : printIp(block)],
    ['NETMASK', saysPrefix ? undefined : netmaskOf(length)],
    ['PREFIX', saysPrefix ? String(length) : undefined],
    ['GATEWAY', via],
    ['METRIC', undefined],
  ]);
};

/** A file of numbered variables: those that are free are taken, and what has higher ones moves down; or it becomes lines. */
export const withNumberedRoutes = (
  path: string,
  text: string,
  dev: string,
  { gone, come }: FileChange<Route>,
  staying: readonly Placed<Route>[],
): string => {
  const file = readVariables({ path, text });
  if (!come.every((route) => isNumbered(route, dev))) return asLines(path, text, staying, come);
  const free = gone.flatMap((placed) => numberOf(file, placed) ?? []).sort((a, b) => a - b);
  const used = staying.flatMap((placed) => numberOf(file, placed) ?? []);
  const count = used.length + come.length;
  const last = Math.max(-1, ...used, ...free);
  const wanted = new Map<number, ReadonlyMap<string, string | undefined>>();
  for (const number of used) wanted.set(number, partsOf(file, number));
  const saysPrefix = variableIn(file, 'PREFIX0') !== undefined && variableIn(file, 'NETMASK0') === undefined;
  const open = [...free, ...Array.from({ length: come.length }, (_, index) => last + 1 + index)];
  for (const [index, route] of come.entries()) wanted.set(open[index] ?? last + 1 + index, wordsOf(route, saysPrefix));
  const numbers = [...wanted.keys()].sort((a, b) => a - b);
  // No number is left out: ifup stops there.
  const settled = numbers.map((number, index) => [index, wanted.get(number)] as const);
  const changes = new Map<string, string | undefined>();
  for (let number = 0; number <= Math.max(last, count - 1); number += 1)
    for (const part of parts) {
      const value = settled[number]?.[1]?.get(part);
      if (variableIn(file, `${part}${number}`) !== value) changes.set(`${part}${number}`, value);
    }
  return withVariables({ path, text }, changes);
};

const asLines = (path: string, text: string, staying: readonly Placed<Route>[], come: readonly Route[]): string => {
  const instead = new Map<number, string | undefined>();
  for (const { name, at, lastLine } of readVariables({ path, text }).assignments)
    if (/^(?:ADDRESS|NETMASK|PREFIX|GATEWAY|METRIC)\d+$/.test(name))
      for (let line = at.line; line <= lastLine; line += 1) instead.set(line, undefined);
  for (const { entry, at } of staying) instead.set(at.line, lineOf(entry));
  return withLines(text, instead, inOrder(come).map(lineOf));
};

/** The variable that says a route: GATEWAY or IPV6_DEFAULTGW. */
export const gatewayVariable = (file: VariableFile, at: Place): string | undefined =>
  file.assignments.find(
    (assignment) => assignment.at.line === at.line && /^(?:GATEWAY\d*|IPV6_DEFAULTGW)$/.test(assignment.name),
  )?.name;

/** Whether another gateway in the same variable says the route. */
export const isSaidAlike = (route: Route, like: Route): boolean =>
  route.to === like.to &&
  route.type === 'unicast' &&
  route.via !== undefined &&
  route.dev === like.dev &&
  route.metric === like.metric &&
  route.table === like.table &&
  route.source === undefined;

/** As the file spells it: with the device behind it. */
export const gatewayText = (file: VariableFile, name: string, { via = '', dev = '' }: Route): string =>
  (variableIn(file, name) ?? '').includes('%') ? `${via}%${dev}` : via;

export const mayBeGateway = (route: Route, stack: Stack, file: VariableFile | undefined): boolean =>
  isByGateway(route, stack) && (file === undefined || !file.assignments.some(({ name }) => /^GATEWAY\d*$/.test(name)));
