/**
 * Files of nft(8) to a listing as `nft -j list ruleset` prints it (libnftables-json(5)), so that both are read by one
 * reader. Each rule has a number in place of the kernel's handle, and its place.
 */
import { type ConfigText } from '../../dialect.ts';
import { type ChainHead, readChainBody, readRuleBody } from './chain-body.ts';
import { Cursor, Fault } from './cursor.ts';
import { missingReferences } from './missing-references.ts';
import { declareChain, declareTable, guarded, type Parser, scopeHere, type TextPlace } from './parser.ts';
import { preprocess, type Preprocessed } from './preprocess.ts';
import { type Json, kindOfItem, readDelete, readFlush, type Scope, type Unsaid } from './removal.ts';
import { readAddedElements, readSetBody } from './set-body.ts';
import { phraseOf, type Site, sitesLeft } from './sites.ts';

export interface ParsedRuleset {
  readonly listing: { readonly nftables: readonly Json[] };
  /** By the handle of a rule. */
  readonly places: ReadonlyMap<number, TextPlace>;
  readonly faults: readonly (TextPlace & { readonly message: string })[];
  /** Commands that take away what nothing here has said. */
  readonly unsaid: readonly (TextPlace & { readonly message: string })[];
  readonly missing: Preprocessed['missing'];
  readonly included: ReadonlySet<string>;
  /** In the order in which nft reads them. */
  readonly sites: readonly Site[];
  readonly lastHandle: number;
}

const skipBlock = (cursor: Cursor): void => {
  cursor.rest();
};

/** `begin`: where it begins; `head` is absent for a chain without a block. */
const noteChain = (
  parser: Parser,
  scope: Scope,
  chain: string,
  begin: number,
  head?: ChainHead,
  isCommand = false,
): void => {
  parser.sites.push({
    ...{ kind: 'chain', form: isCommand ? 'command' : 'block', scope, chain, hasBlock: head !== undefined, ...head },
    whole: phraseOf(parser.cursor.since(begin)),
  });
};

const readTableBody = (parser: Parser, scope: Scope): void => {
  const { cursor, items } = parser;
  for (;;) {
    cursor.skipEnds();
    if (cursor.isDone || cursor.accepts('}')) return;
    guarded(parser, () => {
      const { token, mark } = cursor;
      const word = cursor.word('a chain or a set');
      switch (word) {
        case 'chain': {
          const name = cursor.word('a name');
          declareChain(parser, scope, name, {});
          cursor.expect('{');
          noteChain(parser, scope, name, mark, readChainBody(parser, scope, name));
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

const readTable = (parser: Parser, scope: Scope, begin: number): void => {
  const { cursor, sites } = parser;
  const hasBlock = cursor.accepts('{');
  if (hasBlock) readTableBody(parser, scope);
  sites.push({ kind: 'table', scope, hasBlock, whole: phraseOf(cursor.since(begin)) });
};

/** `index 3`; what `position` and `handle` name is not known before it is loaded. */
const positionHere = (cursor: Cursor): number | undefined => {
  if (!cursor.sees('position', 'index', 'handle')) return undefined;
  const word = cursor.next().text;
  const number = Number(cursor.word('a number'));
  return word === 'index' && Number.isInteger(number) ? number : undefined;
};

/** `begin`: where the command begins. */
const readAdd = (parser: Parser, isInsert: boolean, begin: number): void => {
  const { cursor, items } = parser;
  const { token } = cursor;
  const what = cursor.sees('rule', 'chain', 'table', 'set', 'map', 'element') ? cursor.next().text : 'rule';
  const scope = scopeHere(cursor);
  declareTable(parser, scope);
  switch (what) {
    case 'table':
      readTable(parser, scope, begin);
      return;
    case 'chain': {
      const name = cursor.word('a name');
      declareChain(parser, scope, name, {});
      const head = cursor.accepts('{') ? readChainBody(parser, scope, name) : undefined;
      noteChain(parser, scope, name, begin, head, true);
      return;
    }
    case 'set':
    case 'map': {
      const name = cursor.word('a name');
      cursor.expect('{');
      readSetBody(parser, scope, what, name);
      parser.sites.push({ kind: 'command', scope, whole: phraseOf(cursor.since(begin)) });
      return;
    }
    case 'element':
      readAddedElements(parser, scope, cursor.word('a set'), token);
      parser.sites.push({ kind: 'command', scope, whole: phraseOf(cursor.since(begin)) });
      return;
    default: {
      const chain = cursor.word('a chain');
      const index = positionHere(cursor);
      if (kindOfItem(items, 'chain', scope, chain) === undefined)
        throw new Fault(`the table has no chain \`${chain}\``, token);
      readRuleBody(parser, scope, chain, { isInsert, begin, ...(index === undefined ? {} : { index }) });
    }
  }
};

const readCommand = (parser: Parser): void => {
  const { cursor, items } = parser;
  const { token, mark } = cursor;
  const word = cursor.word('a command');
  parser.command += 1;
  const tellUnsaid = (message: Unsaid): void => {
    if (message !== undefined) parser.unsaid.push({ message, path: token.path, offset: token.offset });
  };
  switch (word) {
    case 'table': {
      const scope = scopeHere(cursor);
      declareTable(parser, scope);
      readTable(parser, scope, mark);
      return;
    }
    case 'flush':
    case 'delete':
    case 'destroy': {
      let scope: Scope | undefined;
      const scopeThere = (): Scope => (scope = scopeHere(cursor));
      tellUnsaid(
        word === 'flush'
          ? readFlush(cursor, items, scopeThere)
          : readDelete(cursor, items, scopeThere, word === 'destroy'),
      );
      if (scope !== undefined) parser.sites.push({ kind: 'command', scope, whole: phraseOf(cursor.since(mark)) });
      parser.sites = [...sitesLeft(parser.sites, items)];
      return;
    }
    case 'add':
    case 'create':
      readAdd(parser, false, mark);
      return;
    case 'insert':
      readAdd(parser, true, mark);
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

/** `texts`: all files that `main` may include. Rules are numbered from behind `lastHandle`. */
export const parseRuleset = (main: ConfigText, texts: readonly ConfigText[], lastHandle = 0): ParsedRuleset => {
  const { tokens, faults, missing, included } = preprocess(main, texts);
  const parser: Parser = {
    cursor: new Cursor(tokens),
    items: [],
    places: new Map(),
    faults: [...faults],
    unsaid: [],
    sites: [],
    handle: lastHandle,
    command: 0,
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
    sites: parser.sites,
    lastHandle: parser.handle,
  };
};
