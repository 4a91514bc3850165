/** Chains of nft(8): what stands between their braces, and rules that commands put into them. */
import { readHook } from './hook.ts';
import { declareChain, guarded, type Parser } from './parser.ts';
import { type Json, type Scope } from './removal.ts';
import { phraseOf, type Phrase, type RuleSite, type StatementPhrase } from './sites.ts';
import { readStatement } from './statement.ts';

/** Where a rule goes that no block holds: before or behind the rule in this place, else before or behind all. */
export interface RulePosition {
  readonly isInsert: boolean;
  readonly index?: number;
}

const isRuleOf = (item: Json, { family, table }: Scope, chain: string): boolean => {
  const body = item['rule'] as Json | undefined;
  return body?.['family'] === family && body['table'] === table && body['chain'] === chain;
};

const putRule = (
  { items }: Parser,
  scope: Scope,
  chain: string,
  rule: Json,
  { isInsert, index }: RulePosition,
): void => {
  const places = items.flatMap((item, at) => (isRuleOf(item, scope, chain) ? [at] : []));
  const at = index === undefined ? (isInsert ? places[0] : undefined) : places[index];
  if (at === undefined) items.push(rule);
  else items.splice(isInsert ? at : at + 1, 0, rule);
};

/** `begin`: where the command began that this rule is the end of. */
export const readRuleBody = (
  parser: Parser,
  scope: Scope,
  chain: string,
  position?: RulePosition & { readonly begin: number },
): void => {
  const { cursor, places } = parser;
  const { path, offset } = cursor.token;
  const start = cursor.mark;
  const expr: Json[] = [];
  const statements: StatementPhrase[] = [];
  let comment: { readonly text: string; readonly phrase: Phrase } | undefined;
  while (!cursor.isAtEnd) {
    const { mark } = cursor;
    if (cursor.accepts('comment')) {
      const text = cursor.word('a comment');
      comment = { text, phrase: phraseOf(cursor.since(mark)) };
    } else {
      const json = readStatement(cursor);
      expr.push(json);
      statements.push({ ...phraseOf(cursor.since(mark)), json });
    }
  }
  parser.handle += 1;
  const { handle, command } = parser;
  places.set(handle, { path, offset });
  const rule = {
    rule: { ...scope, chain, handle, command, expr, ...(comment === undefined ? {} : { comment: comment.text }) },
  };
  putRule(parser, scope, chain, rule, position ?? { isInsert: false });
  const site: RuleSite = {
    ...{ kind: 'rule', form: position === undefined ? 'block' : position.isInsert ? 'insert' : 'add', scope, chain },
    ...{ handle, statements, whole: phraseOf(cursor.since(position?.begin ?? start)) },
    body: phraseOf(cursor.since(start)),
    ...(comment === undefined ? {} : { comment: comment.phrase }),
  };
  parser.sites.push(site);
};

export interface ChainHead {
  readonly hook?: Phrase;
  readonly policy?: Phrase;
}

/** Past the closing brace. */
export const readChainBody = (parser: Parser, scope: Scope, chain: string): ChainHead => {
  const { cursor } = parser;
  let head: ChainHead = {};
  for (;;) {
    cursor.skipEnds();
    if (cursor.isDone || cursor.accepts('}')) return head;
    guarded(parser, () => {
      const { mark } = cursor;
      if (cursor.accepts('type')) {
        declareChain(parser, scope, chain, readHook(cursor, scope.family));
        head = { ...head, hook: phraseOf(cursor.since(mark)) };
      } else if (cursor.sees('policy') && ['accept', 'drop'].includes(cursor.ahead(1).text)) {
        cursor.next();
        declareChain(parser, scope, chain, { policy: cursor.next().text });
        head = { ...head, policy: phraseOf(cursor.since(mark)) };
      } else if (cursor.sees('comment') && cursor.ahead(1).kind === 'quoted') {
        cursor.next();
        cursor.next();
      } else if (cursor.sees('flags') && cursor.ahead(1).text === 'offload') cursor.rest();
      else readRuleBody(parser, scope, chain);
    });
  }
};
