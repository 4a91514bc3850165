/**
 * Reads what `nft -j list ruleset` prints into packet filters in normal form. What the normal form cannot say stands in
 * it as `other` where it is part of a rule, and is told in `unknown`, one sentence each.
 */
import { normalFilter } from '../../state/normal-filter.ts';
import { normalRule } from '../../state/normal-rule.ts';
import { type FilterChain, type FilterRule, type FilterSubchain, type FilterTable } from '../../state/packet-filter.ts';
import { type NamedSets } from './expand.ts';
import { type HookDevices } from './read-devices.ts';
import { readRule } from './read-rule.ts';
import { bareElement, isRecord, recordIn, type Json } from './values.ts';

export interface NftReading {
  readonly tables: readonly FilterTable[];
  readonly unknown: readonly string[];
}

/** What is not said, with the rule that it is in where it is in one. */
export interface NftNote {
  readonly text: string;
  readonly handle?: number;
}

export interface ListingReading {
  readonly tables: readonly FilterTable[];
  readonly notes: readonly NftNote[];
  /** The handle of each rule of the normal form, by `<family> <table> <chain> <index>`. */
  readonly handles: Readonly<Record<string, number>>;
  /** What is in the sets and maps of each table, by `tableKey`. */
  readonly sets: ReadonlyMap<string, NamedSets>;
}

const families = ['inet', 'ip', 'ip6', 'arp', 'bridge', 'netdev'] as const;
const types = ['filter', 'nat', 'route'] as const;
const hooks = ['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

/** One object of the listing. */
interface Item {
  readonly kind: string;
  readonly body: Json;
}

const itemsOf = (json: unknown): readonly Item[] => {
  const list = isRecord(json) ? json.nftables : undefined;
  if (!Array.isArray(list)) throw new Error('this is not a listing of nft -j');
  return list.flatMap((item: unknown) =>
    isRecord(item) ? Object.entries(item).flatMap(([kind, body]) => (isRecord(body) ? [{ kind, body }] : [])) : [],
  );
};

export const tableKey = (family: unknown, name: unknown): string => `${String(family)} ${String(name)}`;

const devicesOf = (chain: Json, known: HookDevices): readonly (string | undefined)[] => {
  const told = [chain.dev ?? []].flat().filter((name) => typeof name === 'string');
  const names = told.length > 0 ? told : known.get(`${tableKey(chain.family, chain.table)} ${String(chain.name)}`);
  return names === undefined || names.length === 0 ? [undefined] : names;
};

/** A base chain for each device that it hangs on; undefined for a hook that is not known. */
const readChain = (
  chain: Json,
  rules: readonly FilterRule[],
  known: HookDevices,
): readonly FilterChain[] | undefined => {
  const hook = hooks.find((name) => name === chain.hook);
  const type = types.find((name) => name === chain.type);
  const { name, prio } = chain;
  const policy = chain.policy ?? 'accept';
  if (hook === undefined || type === undefined || typeof name !== 'string' || typeof prio !== 'number')
    return undefined;
  if (policy !== 'accept' && policy !== 'drop') return undefined;
  const shape: FilterChain = { name, type, hook, priority: prio, policy, rules };
  if (hook !== 'ingress') return [shape];
  return devicesOf(chain, known).map((device, index) => ({
    ...shape,
    ...(index === 0 ? {} : { name: `${name}-${String(device)}` }),
    ...(device === undefined ? {} : { device }),
  }));
};

/** Rules that change a set while packets pass: what is in it now says nothing. */
const changedSets = (items: readonly Item[]): ReadonlySet<string> => {
  const changed = new Set<string>();
  for (const { kind, body } of items) {
    if (kind !== 'rule' || !Array.isArray(body.expr)) continue;
    for (const statement of body.expr as readonly unknown[]) {
      const name = (recordIn(statement, 'set') ?? recordIn(statement, 'map'))?.[
        recordIn(statement, 'set') === undefined ? 'map' : 'set'
      ];
      if (typeof name === 'string') changed.add(`${tableKey(body.family, body.table)} ${name.replace(/^@/, '')}`);
    }
  }
  return changed;
};

const isDynamic = (set: Json): boolean => [set.flags ?? []].flat().includes('dynamic');

const namedSets = (items: readonly Item[]): ReadonlyMap<string, NamedSets> => {
  const changed = changedSets(items);
  const tables = new Map<string, Map<string, readonly unknown[]>>();
  for (const { kind, body } of items) {
    if ((kind !== 'set' && kind !== 'map') || isDynamic(body)) continue;
    const table = tableKey(body.family, body.table);
    const name = String(body.name);
    if (changed.has(`${table} ${name}`)) continue;
    const members: readonly unknown[] = Array.isArray(body.elem) ? body.elem : [];
    tables.set(table, (tables.get(table) ?? new Map<string, readonly unknown[]>()).set(name, members.map(bareElement)));
  }
  return tables;
};

/** A table that its owner put to sleep: version 1.0.6 spells it in its own way. */
const isDormant = ({ flags }: Json): boolean =>
  [flags ?? []].flat().some((flag) => flag !== 'owner' && flag !== 'persist');

/** Kinds that mean nothing by themselves: sets stand in the rules that use them. */
const silent = new Set(['metainfo', 'table', 'chain', 'rule', 'set', 'map', 'counter', 'element']);

/** One rule of the listing may be none or several of the normal form. */
const handlesOfRules = (
  tables: readonly FilterTable[],
  handleOf: ReadonlyMap<FilterRule, number>,
): Readonly<Record<string, number>> => {
  const handles: Record<string, number> = {};
  for (const { family, name, chains, subchains = [] } of tables)
    for (const chain of [...chains, ...subchains]) {
      let index = 0;
      for (const rule of chain.rules)
        for (let count = normalRule(rule, family).length; count > 0; count -= 1) {
          handles[`${family} ${name} ${chain.name} ${index}`] = handleOf.get(rule) ?? 0;
          index += 1;
        }
    }
  return handles;
};

export const readListing = (json: unknown, devices: HookDevices = new Map()): ListingReading => {
  const items = itemsOf(json);
  const sets = namedSets(items);
  const unknown: NftNote[] = [];
  const handleOf = new Map<FilterRule, number>();
  const rulesOf = new Map<string, FilterRule[]>();
  for (const { kind, body } of items) {
    const { family, table, name, chain, handle } = body;
    if (!silent.has(kind)) unknown.push({ text: `${kind} ${tableKey(table, name)}: not read` });
    const known = families.find((it) => it === family);
    if (kind !== 'rule' || known === undefined) continue;
    const reading = readRule(body, { table: known, sets: sets.get(tableKey(family, table)) ?? new Map() });
    for (const text of reading.untold)
      unknown.push({
        text: `rule ${String(table)} ${String(chain)} handle ${String(handle)}: ${text}`,
        ...(typeof handle === 'number' ? { handle } : {}),
      });
    if (typeof handle === 'number') for (const rule of reading.rules) handleOf.set(rule, handle);
    const key = `${tableKey(family, table)} ${String(chain)}`;
    const rules = rulesOf.get(key) ?? [];
    rules.push(...reading.rules);
    rulesOf.set(key, rules);
  }
  const chainsOf = (own: Json): { readonly chains: FilterChain[]; readonly subchains: FilterSubchain[] } => {
    const chains: FilterChain[] = [];
    const subchains: FilterSubchain[] = [];
    const key = tableKey(own.family, own.name);
    for (const { kind, body } of items) {
      if (kind !== 'chain' || tableKey(body.family, body.table) !== key) continue;
      const rules = rulesOf.get(`${key} ${String(body.name)}`) ?? [];
      const read = readChain(body, rules, devices);
      if (body.hook === undefined) subchains.push({ name: String(body.name), rules });
      else if (read !== undefined) chains.push(...read);
      else
        unknown.push({
          text: `chain ${String(own.name)} ${String(body.name)}: not read: its hook is ${JSON.stringify(body.hook)}`,
        });
    }
    return { chains, subchains };
  };
  const tables = items.flatMap(({ kind, body }): readonly FilterTable[] => {
    const family = families.find((it) => it === body.family);
    if (kind !== 'table') return [];
    const name = String(body.name);
    if (family === undefined) unknown.push({ text: `table ${String(body.family)} ${name}: not read` });
    if (isDormant(body)) unknown.push({ text: `table ${name}: not read, it is dormant` });
    return family === undefined || isDormant(body) ? [] : [{ family, name, ...chainsOf(body) }];
  });
  return { tables: normalFilter(tables), notes: unknown, handles: handlesOfRules(tables, handleOf), sets };
};

export const readNft = (json: unknown, devices: HookDevices = new Map()): NftReading => {
  const { tables, notes } = readListing(json, devices);
  return { tables, unknown: notes.map(({ text }) => text) };
};
