/** What `flush`, `delete` and `destroy` of nft(8) take away of what was said before them. */
import { type Cursor } from './cursor.ts';
import { readElements } from './sets.ts';
import { type ValueKind } from './expression.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Scope {
  readonly family: string;
  readonly table: string;
}

export const kindOfItem = (
  items: readonly Json[],
  kind: string,
  { family, table }: Scope,
  name: string,
): Json | undefined =>
  items
    .map((item) => item[kind] as Json | undefined)
    .find((body) => body?.['family'] === family && body['table'] === table && body['name'] === name);

const keepOnly = (items: Json[], isKept: (kind: string, body: Json) => boolean): void => {
  const kept = items.filter((item) => {
    const [kind, body] = Object.entries(item)[0] ?? ['', {}];
    return isKept(kind, body as Json);
  });
  items.splice(0, items.length, ...kept);
};

/** All of one family, or of any. */
const flushRuleset = (items: Json[], family: string | undefined): void =>
  keepOnly(items, (_, body) => family !== undefined && body['family'] !== family);

const isIn = (body: Json, { family, table }: Scope): boolean => body['family'] === family && body['table'] === table;

const dropTable = (items: Json[], scope: Scope): void =>
  keepOnly(
    items,
    (_, body) => !isIn(body, scope) && !(body['family'] === scope.family && body['name'] === scope.table),
  );

const flushTable = (items: Json[], scope: Scope): void =>
  keepOnly(items, (kind, body) => kind !== 'rule' || !isIn(body, scope));

const flushChain = (items: Json[], scope: Scope, name: string): void =>
  keepOnly(items, (kind, body) => kind !== 'rule' || !isIn(body, scope) || body['chain'] !== name);

const dropNamed = (items: Json[], what: string, scope: Scope, name: string): void =>
  keepOnly(items, (kind, body) => kind !== what || !isIn(body, scope) || body['name'] !== name);

const elementsOf = (body: Json | undefined): unknown[] => (body?.['elem'] as unknown[] | undefined) ?? [];

const kindsOf = (body: Json | undefined): readonly ValueKind[] =>
  (body?.['kinds'] as readonly ValueKind[] | undefined) ?? [];

const dropElements = (cursor: Cursor, body: Json | undefined): void => {
  cursor.expect('{');
  const gone = new Set(readElements(cursor, kindsOf(body)).map((element) => JSON.stringify(element)));
  const elements = elementsOf(body);
  const kept = elements.filter((element) => !gone.has(JSON.stringify(element)));
  elements.splice(0, elements.length, ...kept);
};

/** What was taken away that nothing said before: it is on the machine, or nowhere. */
export type Unsaid = string | undefined;

/** Behind `flush`. */
export const readFlush = (cursor: Cursor, items: Json[], scopeHere: () => Scope): Unsaid => {
  if (cursor.accepts('ruleset')) {
    flushRuleset(items, cursor.isAtEnd ? undefined : cursor.word('a family'));
    return undefined;
  }
  const what = cursor.word('what is flushed');
  if (what === 'table') {
    flushTable(items, scopeHere());
    return undefined;
  }
  if (what !== 'chain' && what !== 'set' && what !== 'map') {
    cursor.rest();
    return undefined;
  }
  const scope = scopeHere();
  const name = cursor.word('a name');
  const body = kindOfItem(items, what, scope, name);
  if (what === 'chain') flushChain(items, scope, name);
  else elementsOf(body).splice(0);
  return body === undefined ? `what the ${what} \`${name}\` had before is not known here` : undefined;
};

/** Behind `delete`, or `destroy`, which does not mind what is not there. */
export const readDelete = (cursor: Cursor, items: Json[], scopeHere: () => Scope, mayBeMissing: boolean): Unsaid => {
  const what = cursor.word('what is deleted');
  if (what === 'rule') {
    cursor.rest();
    return 'which rule has this handle is not known before it is loaded';
  }
  if (!['table', 'chain', 'set', 'map', 'element'].includes(what)) {
    cursor.rest();
    return undefined;
  }
  const scope = scopeHere();
  if (what === 'table') {
    dropTable(items, scope);
    return undefined;
  }
  const name = cursor.word('a name');
  const kinds = what === 'element' ? ['set', 'map'] : [what];
  const body = kinds.map((kind) => kindOfItem(items, kind, scope, name)).find((found) => found !== undefined);
  if (what === 'element') dropElements(cursor, body);
  else {
    if (what === 'chain') flushChain(items, scope, name);
    dropNamed(items, what, scope, name);
  }
  return body !== undefined || mayBeMissing
    ? undefined
    : `there is no ${kinds[0] ?? what} \`${name}\` among those said here`;
};
