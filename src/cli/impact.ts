/** What a plan does to who reaches whom: flows that appear and vanish, as text and as JSON. */
import { impactOf, type FlowChange } from '../reach/impact.ts';
import { type NetworkState } from '../state/network-state.ts';
import { isMachineStack } from './machine-stacks.ts';
import { nameGroup } from './reach-matrix.ts';
import { printTable, type TableOptions } from './table.ts';
import { whatOf } from './verify-rows.ts';

export type ImpactReport = readonly FlowChange[];

const nothing: NetworkState = { version: 1, stacks: {}, cables: [] };

/** `before`: what runs; undefined: nothing does. */
export const reportImpact = (before: NetworkState | undefined, after: NetworkState): ImpactReport => {
  const was = before ?? nothing;
  const machines = [...new Set([...Object.keys(after.stacks), ...Object.keys(was.stacks)])].filter(isMachineStack);
  return impactOf(was, after, machines);
};

interface Row {
  readonly change: FlowChange['change'];
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly what: readonly string[];
}

/** Services between the same machines are one row. */
const rowsOf = (impact: ImpactReport): readonly Row[] => {
  const rows = new Map<string, Row & { readonly what: string[] }>();
  for (const flow of impact) {
    const key = JSON.stringify([flow.change, flow.from, flow.to]);
    const row = rows.get(key) ?? { change: flow.change, from: flow.from, to: flow.to, what: [] };
    rows.set(key, row);
    row.what.push(`${whatOf(flow)} (IPv${flow.family})`);
  }
  return [...rows.values()];
};

/** `ping (IPv4)` and `ping (IPv6)` are `ping`. */
const merged = (what: readonly string[]): string =>
  [...new Set(what.map((text) => text.replace(/ \(IPv[46]\)$/, '')))]
    .map((service) => {
      const both = what.filter((text) => text.startsWith(`${service} (`));
      return both.length === 2 ? service : (both[0] ?? service);
    })
    .join(', ');

/** Copies of one machine (`web-1`, `web-2`, …) are told by their first and last. */
const nameAll = (names: readonly string[]): string => {
  const bases = new Map<string, string[]>();
  for (const name of names) {
    const base = name.replace(/-\d+$/, '');
    const copies = bases.get(base);
    if (copies === undefined) bases.set(base, [name]);
    else copies.push(name);
  }
  const numberOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
  return [...bases.values()]
    .map((copies) => nameGroup(copies.toSorted((a, b) => numberOf(a) - numberOf(b))))
    .join(', ');
};

export const printImpact = (impact: ImpactReport, options: TableOptions): string => {
  const { paint } = options;
  const heading = paint('bold', 'Impact');
  if (impact.length === 0) return `${heading}: none, whoever reached whom still does, and nobody else`;
  const rows = rowsOf(impact).map(({ change, from, to, what }) => [
    change === 'appears' ? paint('green', '+') : paint('red', '-'),
    nameAll(from),
    nameAll(to),
    merged(what),
  ]);
  const columns = ['', 'FROM', 'TO', 'WHAT'].map((text) => ({ heading: text }));
  const legend = paint('dim', '+ appears   - vanishes');
  return `${heading} on who reaches whom\n${printTable(columns, rows, { ...options, indent: '  ' })}\n${legend}`;
};
