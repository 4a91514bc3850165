/**
 * Reads what `nft -j list ruleset` prints into packet filters in normal form. What the normal form cannot say (other
 * families, named sets, jumps, limits) is told in `unknown`, one sentence each.
 */
import { normalFilter } from '../../state/normal-filter.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { isRecord, readRule } from './read-rule.ts';

export interface NftReading {
  readonly tables: readonly FilterTable[];
  readonly unknown: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

interface ChainDraft extends Omit<FilterChain, 'rules'> {
  readonly rules: FilterRule[];
}

const readChain = (chain: Json): ChainDraft | undefined => {
  const hook = hooks.find((known) => known === chain.hook);
  const { name, type, prio, policy } = chain;
  if (hook === undefined || typeof name !== 'string' || (type !== 'filter' && type !== 'nat')) return undefined;
  if (typeof prio !== 'number' || (policy !== 'accept' && policy !== 'drop')) return undefined;
  return { name, type, hook, priority: prio, policy, rules: [] };
};

/** The kind and body of one object of the listing. */
const itemsOf = (json: unknown): readonly (readonly [string, Json])[] => {
  const list = isRecord(json) ? json.nftables : undefined;
  if (!Array.isArray(list)) throw new Error('this is not a listing of nft -j');
  return list.flatMap((item: unknown) =>
    isRecord(item)
      ? Object.entries(item).flatMap(([kind, body]) => (isRecord(body) ? [[kind, body] as const] : []))
      : [],
  );
};

export const readNft = (json: unknown): NftReading => {
  const tables = new Map<string, Map<string, ChainDraft>>();
  const unknown: string[] = [];
  for (const [kind, body] of itemsOf(json)) {
    const { family, table, name, chain, handle } = body;
    if (kind === 'metainfo') continue;
    const where = kind === 'table' ? String(name) : `${String(table)} ${String(kind === 'rule' ? chain : name)}`;
    if (family !== 'inet') unknown.push(`${kind} ${String(family)} ${where}: only the inet family is read`);
    else if (kind === 'table') tables.set(String(name), new Map());
    else if (kind === 'chain') {
      const draft = readChain(body);
      if (draft === undefined) unknown.push(`chain ${where}: it is no filter or nat chain of a known hook`);
      else tables.get(String(table))?.set(draft.name, draft);
    } else if (kind === 'rule') {
      const draft = tables.get(String(table))?.get(String(chain));
      const rule = draft && readRule(body);
      if (rule === undefined) unknown.push(`rule ${where} handle ${String(handle)}: ${JSON.stringify(body.expr)}`);
      else draft?.rules.push(rule);
    } else unknown.push(`${kind} ${where}: not read`);
  }
  const read = [...tables].map(([name, chains]): FilterTable => ({
    family: 'inet',
    name,
    chains: [...chains.values()],
  }));
  return { tables: normalFilter(read), unknown };
};
