/**
 * Where the parts of a ruleset stand in the texts of nft(8): tables, chains, rules with their statements, and the elements
 * of sets. What later commands take away is not among them.
 */
import { type Json, type Scope } from './removal.ts';
import { type Token } from './tokens.ts';

/** From one offset of a text up to another. */
export interface Span {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** Tokens that belong together; absent span: they begin in one file and end in another. */
export interface Phrase {
  readonly tokens: readonly Token[];
  readonly span: Span | undefined;
}

/** One statement of a rule, as the listing has it. */
export interface StatementPhrase extends Phrase {
  readonly json: Json;
}

interface SiteBase {
  readonly scope: Scope;
  /** All of it, from the first word of a declaration or command to its end. */
  readonly whole: Phrase;
}

/** A block of a table, or a command that declares it. */
export interface TableSite extends SiteBase {
  readonly kind: 'table';
  readonly hasBlock: boolean;
}

/** A block of a chain inside of one of its table (`block`), or a command. */
export interface ChainSite extends SiteBase {
  readonly kind: 'chain';
  readonly form: 'block' | 'command';
  readonly chain: string;
  readonly hasBlock: boolean;
  /** `type … hook … priority …`, and `policy …`. */
  readonly hook?: Phrase;
  readonly policy?: Phrase;
}

export interface RuleSite extends SiteBase {
  readonly kind: 'rule';
  readonly form: 'block' | 'add' | 'insert';
  readonly chain: string;
  readonly handle: number;
  /** Behind the chain of a command. */
  readonly body: Phrase;
  readonly statements: readonly StatementPhrase[];
  readonly comment?: Phrase;
}

/** The braces of a named set or map, with what is between them. */
export interface ElementsSite extends SiteBase {
  readonly kind: 'elements';
  readonly set: string;
  readonly hasIntervals: boolean;
}

/** Any other command that names a table: what empties it, or a part of it, or puts elements into a set. */
export interface CommandSite extends SiteBase {
  readonly kind: 'command';
}

export type Site = TableSite | ChainSite | RuleSite | ElementsSite | CommandSite;

export const phraseOf = (tokens: readonly Token[]): Phrase => {
  const [first, last] = [tokens[0], tokens.at(-1)];
  const isWhole = first !== undefined && last !== undefined && first.path === last.path;
  return {
    tokens,
    span: isWhole ? { path: first.path, from: first.offset, to: last.offset + last.length } : undefined,
  };
};

const isKnown = (items: readonly Json[], kind: string, { family, table }: Scope, name: string): boolean =>
  items.some((item) => {
    const body = item[kind] as Json | undefined;
    const isThere = kind === 'table' || body?.['table'] === table;
    return body?.['family'] === family && isThere && body['name'] === name;
  });

/** Those whose tables, chains and rules are still there. */
export const sitesLeft = (sites: readonly Site[], items: readonly Json[]): readonly Site[] => {
  const handles = new Set(items.map((item) => (item['rule'] as Json | undefined)?.['handle']));
  return sites.filter((site) => {
    if (!isKnown(items, 'table', site.scope, site.scope.table)) return false;
    if (site.kind === 'rule') return handles.has(site.handle);
    return site.kind !== 'chain' || isKnown(items, 'chain', site.scope, site.chain);
  });
};
