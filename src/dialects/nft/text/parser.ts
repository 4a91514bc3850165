/** What the parts of the parser of nft(8) share: where it is, what it has read, and how it goes on behind a fault. */
import { type Cursor, Fault } from './cursor.ts';
import { type Json, kindOfItem, type Scope } from './removal.ts';
import { type Site } from './sites.ts';

export interface TextPlace {
  readonly path: string;
  readonly offset: number;
}

export interface Parser {
  readonly cursor: Cursor;
  readonly items: Json[];
  readonly places: Map<number, TextPlace>;
  readonly faults: (TextPlace & { message: string })[];
  readonly unsaid: (TextPlace & { message: string })[];
  sites: Site[];
  handle: number;
  /** How many commands were begun: what one of them names, it declares itself, or one before it. */
  command: number;
}

const families = new Set(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']);

const familyHere = (cursor: Cursor): string => {
  const isFamily = cursor.token.kind === 'word' && families.has(cursor.token.text);
  return isFamily && !cursor.ahead(1).text.startsWith('{') ? cursor.next().text : 'ip';
};

export const scopeHere = (cursor: Cursor): Scope => {
  const family = familyHere(cursor);
  return { family, table: cursor.word('a table') };
};

/** A fault ends its statement: what follows is read on. */
export const guarded = ({ cursor, faults }: Parser, read: () => void): void => {
  const begin = cursor.mark;
  try {
    read();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { path, offset } = error.token;
    faults.push({ message: error.message, path, offset });
    cursor.rest();
    if (cursor.mark === begin && !cursor.isDone) cursor.next();
  }
};

export const declareChain = ({ items, command }: Parser, scope: Scope, name: string, hook: Json): void => {
  const known = kindOfItem(items, 'chain', scope, name);
  if (known === undefined) items.push({ chain: { ...scope, name, ...hook, command } });
  else Object.assign(known, hook);
};

export const declareTable = ({ items }: Parser, { family, table }: Scope): void => {
  const isKnown = items.some((item) => {
    const body = item['table'] as Json | undefined;
    return body?.['family'] === family && body['name'] === table;
  });
  if (!isKnown) items.push({ table: { family, name: table } });
};
