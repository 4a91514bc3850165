/** Named sets and maps of nft(8): what stands between their braces, and elements that commands put into them. */
import { Fault } from './cursor.ts';
import { type ValueKind } from './expression.ts';
import { guarded, type Parser } from './parser.ts';
import { kindOfItem, type Scope } from './removal.ts';
import { readElements } from './sets.ts';
import { phraseOf } from './sites.ts';
import { type Token } from './tokens.ts';

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

/** With the braces, noting where they are. */
const readBraces = (
  { cursor, sites }: Parser,
  scope: Scope,
  set: string,
  kinds: readonly ValueKind[],
  hasIntervals: boolean,
): readonly unknown[] => {
  const { mark } = cursor;
  cursor.expect('{');
  const elements = readElements(cursor, kinds);
  sites.push({ kind: 'elements', scope, set, hasIntervals, whole: phraseOf(cursor.since(mark)) });
  return elements;
};

export const readSetBody = (parser: Parser, scope: Scope, kind: 'set' | 'map', name: string): void => {
  const { cursor, items } = parser;
  const body: Record<string, unknown> = { ...scope, name, command: parser.command };
  let kinds: readonly ValueKind[] = ['plain'];
  let flags: readonly string[] = [];
  const elements: unknown[] = [];
  for (;;) {
    cursor.skipEnds();
    if (cursor.isDone || cursor.accepts('}')) break;
    guarded(parser, () => {
      const word = cursor.word('a property of a set');
      if (word === 'type' || word === 'typeof') kinds = kindsOf(cursor.rest());
      else if (word === 'flags') {
        flags = cursor
          .rest()
          .filter((token) => token.kind === 'word')
          .map(({ text }) => text);
        body['flags'] = flags;
      } else if (word === 'elements') {
        cursor.expect('=');
        elements.push(...readBraces(parser, scope, name, kinds, flags.includes('interval')));
      } else cursor.rest();
    });
  }
  items.push({ [kind]: { ...body, elem: elements, kinds } });
};

/** Behind `add element <table> <set>`. */
export const readAddedElements = (parser: Parser, scope: Scope, name: string, at: Token): void => {
  const { items } = parser;
  const body = kindOfItem(items, 'set', scope, name) ?? kindOfItem(items, 'map', scope, name);
  if (body === undefined) throw new Fault(`the table has no set \`${name}\``, at);
  const kinds = (body['kinds'] as readonly ValueKind[] | undefined) ?? [];
  const flags = (body['flags'] as readonly string[] | undefined) ?? [];
  (body['elem'] as unknown[]).push(...readBraces(parser, scope, name, kinds, flags.includes('interval')));
};
