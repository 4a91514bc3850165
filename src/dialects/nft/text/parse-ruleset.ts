/**
 * Files of nft(8) to a listing as `nft -j list ruleset` prints it (libnftables-json(5)), so that both are read by one
 * reader. Each rule has a number in place of the kernel's handle, and its place.
 */
import { type ConfigText } from '../../dialect.ts';
import { Cursor, Fault } from './cursor.ts';
import { type ValueKind } from './expression.ts';
import { preprocess, type Preprocessed } from './preprocess.ts';
import { readHook } from './hook.ts';
import { missingReferences } from './missing-references.ts';
import { type Json, kindOfItem, readDelete, readFlush, type Scope, type Unsaid } from './removal.ts';
import { readElements } from './sets.ts';
import { readStatement } from './statement.ts';
import { type Token } from './tokens.ts';

export interface TextPlace {
  readonly path: string;
  readonly offset: number;
}

export interface ParsedRuleset {
  readonly listing: { readonly nftables: readonly Json[] };
  /** By the handle of a rule. */
  readonly places: ReadonlyMap<number, TextPlace>;
  readonly faults: readonly (TextPlace & { readonly message: string })[];
  /** Commands that take away what nothing here has said. */
  readonly unsaid: readonly (TextPlace & { readonly message: string })[];
  readonly missing: Preprocessed['missing'];
  readonly included: ReadonlySet<string>;
}

interface Parser {
  readonly cursor: Cursor;
  readonly items: Json[];
  readonly places: Map<number, TextPlace>;
  readonly faults: (TextPlace & { message: string })[];
  readonly unsaid: (TextPlace & { message: string })[];
  handle: number;
}

const families = new Set(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']);

const familyHere = (cursor: Cursor): string => {
  const isFamily = cursor.token.kind === 'word' && families.has(cursor.token.text);
  return isFamily && !cursor.ahead(1).text.startsWith('{') ? cursor.next().text : 'ip';
};

/** A fault ends its statement: what follows is read on. */
const guarded = ({ cursor, faults }: Parser, read: () => void): void => {
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

const declareChain = ({ items }: Parser, scope: Scope, name: string, hook: Json): void => {
  const known = kindOfItem(items, 'chain', scope, name);
  if (known === undefined) items.push({ chain: { ...scope, name, ...hook } });
  else Object.assign(known, hook);
};

const declareTable = ({ items }: Parser, { family, table }: Scope): void => {
  const isKnown = items.some((item) => {
    const body = item['table'] as Json | undefined;
    return body?.['family'] === family && body['name'] === table;
  });
  if (!isKnown) items.push({ table: { family, name: table } });
};

const readRuleBody = (parser: Parser, scope: Scope, chain: string, isInsert = false): void => {
  const { cursor, items, places } = parser;
  const { path, offset } = cursor.token;
  const expr: Json[] = [];
  let comment: string | undefined;
  while (!cursor.isAtEnd) {
    if (cursor.accepts('comment')) comment = cursor.word('a comment');
    else expr.push(readStatement(cursor));
  }
  parser.handle += 1;
  places.set(parser.handle, { path, offset });
  const rule = {
    rule: { ...scope, chain, handle: parser.handle, expr, ...(comment === undefined ? {} : { comment }) },
  };
  const first = items.findIndex((item) => {
    const body = item['rule'] as Json | undefined;
    return body?.['family'] === scope.family && body['table'] === scope.table && body['chain'] === chain;
  });
  if (isInsert && first >= 0) items.splice(first, 0, rule);
  else items.push(rule);
};

const readChainBody = (parser: Parser, scope: Scope, chain: string): void => {
  const { cursor } = parser;
  for (;;) {
    cursor.skipEnds();
    if (cursor.isDone || cursor.accepts('}')) return;
    guarded(parser, () => {
      if (cursor.accepts('type')) declareChain(parser, scope, chain, readHook(cursor, scope.family));
      else if (cursor.sees('policy') && ['accept', 'drop'].includes(cursor.ahead(1).text)) {
        cursor.next();
        declareChain(parser, scope, chain, { policy: cursor.next().text });
      } else if (cursor.sees('comment') && cursor.ahead(1).kind === 'quoted') {
        cursor.next();
        cursor.next();
      } else if (cursor.sees('flags') && cursor.ahead(1).text === 'offload') cursor.rest();
      else readRuleBody(parser, scope, chain);
    });
  }
};

const namesOfPorts = new Set(['inet_service', 'dport', 'sport']);

/** How values of each part of `type ipv4_addr . inet_service` or `typeof ip saddr . tcp dport` are read. */
const kindsOf = (tokens: readonly Token[]): readonly ValueKind[] => {
  const parts: ValueKind[] = ['plain'];
  for (const { text } of tokens) {
    if (text === ':') break;
    if (text === '.') parts.push('plain');
    else if (namesOfPorts.has(text)) parts[parts.length - 1] = 'port';
  }
  return parts;
};

const readSetBody = (parser: Parser, scope: Scope, kind: 'set' | 'map', name: string): void => {
  const { cursor, items } = parser;
  const body: Record<string, unknown> = { ...scope, name };
  let kinds: readonly ValueKind[] = ['plain'];
  const elements: unknown[] = [];
  for (;;) {
    cursor.skipEnds();
    if (cursor.isDone || cursor.accepts('}')) break;
    guarded(parser, () => {
      const word = cursor.word('a property of a set');
      if (word === 'type' || word === 'typeof') kinds = kindsOf(cursor.rest());
      else if (word === 'flags')
        body['flags'] = cursor
          .rest()
          .filter((token) => token.kind === 'word')
          .map(({ text }) => text);
      else if (word === 'elements') {
        cursor.expect('=');
        cursor.expect('{');
        elements.push(...readElements(cursor, kinds));
      } else cursor.rest();
    });
  }
  items.push({ [kind]: { ...body, elem: elements, kinds } });
};

const skipBlock = (cursor: Cursor): void => {
  cursor.rest();
};

const readTableBody = (parser: Parser, scope: Scope): void => {
  const { cursor, items } = parser;
  for (;;) {
    cursor.skipEnds();
    if (cursor.isDone || cursor.accepts('}')) return;
    guarded(parser, () => {
      const { token } = cursor;
      const word = cursor.word('a chain or a set');
      switch (word) {
        case 'chain': {
          const name = cursor.word('a name');
          declareChain(parser, scope, name, {});
          cursor.expect('{');
          readChainBody(parser, scope, name);
          return;
        }
        case 'set':
        case 'map': {
          const name = cursor.word('a name');
          cursor.expect('{');
          readSetBody(parser, scope, word, name);
          return;
        }
        case 'flags': {
          const flags = cursor
            .rest()
            .filter(({ kind }) => kind === 'word')
            .map(({ text }) => text);
          const own = items.map((item) => item['table'] as Record<string, unknown> | undefined);
          const table = own.find((body) => body?.['family'] === scope.family && body['name'] === scope.table);
          if (table !== undefined) table['flags'] = flags;
          return;
        }
        case 'comment':
          cursor.rest();
          return;
        case 'flowtable':
        case 'counter':
        case 'quota':
        case 'limit':
        case 'ct':
        case 'secmark':
        case 'synproxy': {
          const name = cursor.token.text;
          skipBlock(cursor);
          if (word === 'flowtable' || word === 'synproxy') items.push({ [word]: { ...scope, name } });
          return;
        }
        default:
          throw new Fault(`\`${word}\` is nothing that a table holds`, token);
      }
    });
  }
};

const scopeHere = (cursor: Cursor): Scope => {
  const family = familyHere(cursor);
  return { family, table: cursor.word('a table') };
};

const readAdd = (parser: Parser, isInsert: boolean): void => {
  const { cursor, items } = parser;
  const { token } = cursor;
  const what = cursor.sees('rule', 'chain', 'table', 'set', 'map', 'element') ? cursor.next().text : 'rule';
  const scope = scopeHere(cursor);
  declareTable(parser, scope);
  switch (what) {
    case 'table':
      if (cursor.accepts('{')) readTableBody(parser, scope);
      return;
    case 'chain': {
      const name = cursor.word('a name');
      declareChain(parser, scope, name, {});
      if (cursor.accepts('{')) readChainBody(parser, scope, name);
      return;
    }
    case 'set':
    case 'map': {
      const name = cursor.word('a name');
      cursor.expect('{');
      readSetBody(parser, scope, what, name);
      return;
    }
    case 'element': {
      const name = cursor.word('a set');
      const body = kindOfItem(items, 'set', scope, name) ?? kindOfItem(items, 'map', scope, name);
      if (body === undefined) throw new Fault(`the table has no set \`${name}\``, token);
      cursor.expect('{');
      (body['elem'] as unknown[]).push(
        ...readElements(cursor, (body['kinds'] as readonly ValueKind[] | undefined) ?? []),
      );
      return;
    }
    default: {
      const chain = cursor.word('a chain');
      if (cursor.sees('position', 'index', 'handle')) {
        cursor.next();
        cursor.word('a number');
      }
      if (kindOfItem(items, 'chain', scope, chain) === undefined)
        throw new Fault(`the table has no chain \`${chain}\``, token);
      readRuleBody(parser, scope, chain, isInsert);
    }
  }
};

const readCommand = (parser: Parser): void => {
  const { cursor, items } = parser;
  const { token } = cursor;
  const word = cursor.word('a command');
  const tellUnsaid = (message: Unsaid): void => {
    if (message !== undefined) parser.unsaid.push({ message, path: token.path, offset: token.offset });
  };
  switch (word) {
    case 'table': {
      const scope = scopeHere(cursor);
      declareTable(parser, scope);
      if (cursor.accepts('{')) readTableBody(parser, scope);
      return;
    }
    case 'flush':
      tellUnsaid(readFlush(cursor, items, () => scopeHere(cursor)));
      return;
    case 'delete':
    case 'destroy':
      tellUnsaid(readDelete(cursor, items, () => scopeHere(cursor), word === 'destroy'));
      return;
    case 'add':
    case 'create':
      readAdd(parser, false);
      return;
    case 'insert':
      readAdd(parser, true);
      return;
    case 'list':
    case 'reset':
    case 'monitor':
      cursor.rest();
      return;
    default:
      throw new Fault(`\`${word}\` is no command of nft`, token);
  }
};

/** `texts`: all files that `main` may include. */
export const parseRuleset = (main: ConfigText, texts: readonly ConfigText[]): ParsedRuleset => {
  const { tokens, faults, missing, included } = preprocess(main, texts);
  const parser: Parser = {
    cursor: new Cursor(tokens),
    items: [],
    places: new Map(),
    faults: [...faults],
    unsaid: [],
    handle: 0,
  };
  const { cursor } = parser;
  for (;;) {
    cursor.skipEnds();
    if (cursor.isDone) break;
    guarded(parser, () => readCommand(parser));
    if (cursor.sees('}')) {
      const { path, offset } = cursor.next();
      parser.faults.push({ message: '`}` closes nothing here', path, offset });
    }
  }
  for (const { handle, message } of missingReferences(parser.items)) {
    const place = parser.places.get(handle);
    if (place !== undefined) parser.faults.push({ message, ...place });
  }
  return {
    listing: { nftables: parser.items },
    places: parser.places,
    faults: parser.faults,
    unsaid: parser.unsaid,
    missing,
    included,
  };
};
