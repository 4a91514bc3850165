/** Tables and chains that go, come, or hang elsewhere. */
import { type FilterTable } from '../../../state/packet-filter.ts';
import { hookText, identifier, ruleText } from '../write.ts';
import { type Phrase, type Site, type Span } from '../text/sites.ts';
import { type Candidate, type SiteOf, type Standing, wordsOr } from './candidate.ts';
import { type Chain, chainsOf, type Difference } from '../../filter-differences.ts';
import { chainInside } from './inside.ts';
import {
  endsLine,
  type Inside,
  insertionAtBegin,
  insertionAtEnd,
  insertionBehind,
  removal,
  type Splice,
  unitOf,
} from './layout.ts';

/** Rules that nft has no words for are left out. */
const chainText = (chain: Chain, family: FilterTable['family'], unit: string): string => {
  const head = 'hook' in chain ? [`${hookText(chain)}; policy ${chain.policy};`] : [];
  const rules = chain.rules.flatMap((rule) => wordsOr(() => ruleText(rule, family)) ?? []);
  return [`chain ${identifier(chain.name)} {`, ...[...head, ...rules].map((line) => `${unit}${line}`), '}'].join('\n');
};

const tableText = (table: FilterTable, chains: readonly Chain[], unit: string): string => {
  const texts = chains.flatMap((chain) => wordsOr(() => chainText(chain, table.family, unit)) ?? []);
  const blocks = texts.map((text) => `${unit}${text.replaceAll('\n', `\n${unit}`)}`).join('\n\n');
  return `table ${table.family} ${identifier(table.name)} {\n${blocks === '' ? '' : `${blocks}\n`}}`;
};

const inTable = (sites: readonly Site[], { family, name }: FilterTable): readonly Site[] =>
  sites.filter(({ scope }) => scope.family === family && scope.table === name);

const spansOf = (sites: readonly Site[]): readonly Span[] => sites.flatMap(({ whole }) => whole.span ?? []);

/** Those that lie in no other. */
const outermost = (spans: readonly Span[]): readonly Span[] =>
  spans.filter(
    (span, at) =>
      !spans.some(
        (other, index) =>
          index !== at &&
          other.path === span.path &&
          other.from <= span.from &&
          span.to <= other.to &&
          (other.to - other.from > span.to - span.from || index < at),
      ),
  );

const removals = (sites: readonly Site[], { textOf }: Standing): Candidate =>
  outermost(spansOf(sites)).map((span) => removal(textOf(span.path), span));

/** At the end of a file, on lines of its own; the last one ends as the file did. */
const atFileEnd = (path: string, text: string, words: string): Splice => {
  const gap = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n';
  const end = text === '' || text.endsWith('\n') ? '\n' : '';
  return { path, from: text.length, to: text.length, text: `${gap}${words}${end}` };
};

function* newTable(table: FilterTable, { main, textOf }: Standing): Generator<Candidate> {
  if (main === undefined) return;
  const words = wordsOr(() => tableText(table, chainsOf(table), unitOf(textOf(main))));
  if (words !== undefined) yield [atFileEnd(main, textOf(main), words)];
}

/** Chains that are jumped to come first: a rule further up may name them. */
function* newChains(table: FilterTable, chains: readonly Chain[], standing: Standing): Generator<Candidate> {
  const { textOf, main } = standing;
  const own = inTable(standing.reading.sites, table).filter((site): site is SiteOf<'table'> => site.kind === 'table');
  const insides = own.flatMap((site) => chainInside(site) ?? []);
  const [first, last] = [insides[0], insides.at(-1)];
  const put = (some: readonly Chain[], inside: Inside, at: typeof insertionAtEnd): Candidate => {
    const text = textOf(inside.path);
    const words = some.flatMap((chain) => wordsOr(() => chainText(chain, table.family, unitOf(text))) ?? []);
    return words.length === 0 ? [] : [at(text, inside, words)];
  };
  const isBase = (chain: Chain): boolean => 'hook' in chain;
  if (first !== undefined && last !== undefined) {
    const jumpedTo = chains.filter((chain) => !isBase(chain));
    yield [...put(jumpedTo, first, insertionAtBegin), ...put(chains.filter(isBase), last, insertionAtEnd)];
    yield put(chains, last, insertionAtEnd);
    yield put(chains, first, insertionAtBegin);
  }
  const commands = inTable(standing.reading.sites, table).filter(
    (site) => site.kind === 'table' || (site.kind === 'chain' && site.form === 'command'),
  );
  const isAtLineEnd = ({ path, to }: Span): boolean => endsLine(textOf(path), to);
  const spans = spansOf(commands);
  for (const span of [...spans.filter(isAtLineEnd), ...spans.filter((it) => !isAtLineEnd(it))]) {
    const text = textOf(span.path);
    const words = wordsOr(() => tableText(table, chains, unitOf(text)));
    if (words !== undefined) yield [insertionBehind(text, span, [words])];
  }
  const words = main === undefined ? undefined : wordsOr(() => tableText(table, chains, unitOf(textOf(main))));
  if (main !== undefined && words !== undefined) yield [atFileEnd(main, textOf(main), words)];
}

/** Commands that empty or take away a chain name it last. */
const isOf = (site: Site, chain: Chain): boolean => {
  if (site.kind !== 'command') return 'chain' in site && site.chain === chain.name;
  const { tokens } = site.whole;
  return tokens[1]?.text === 'chain' && tokens.at(-1)?.text === chain.name;
};

const phrases = (sites: readonly SiteOf<'chain'>[], part: 'hook' | 'policy'): readonly Span[] =>
  sites.flatMap((site) => {
    const phrase: Phrase | undefined = site[part];
    return phrase?.span ?? [];
  });

function* newHead(
  difference: Extract<Difference, { readonly kind: 'head' }>,
  standing: Standing,
): Generator<Candidate> {
  const { table, before, wanted } = difference;
  const { textOf } = standing;
  const sites = inTable(standing.reading.sites, table).filter(
    (site): site is SiteOf<'chain'> => site.kind === 'chain' && isOf(site, before),
  );
  const [hooks, policies] = [phrases(sites, 'hook'), phrases(sites, 'policy')];
  if (!('hook' in wanted)) {
    yield [...hooks, ...policies].map((span) => removal(textOf(span.path), span));
    return;
  }
  const words = wordsOr(() => hookText(wanted));
  if (words === undefined) return;
  const [first] = hooks;
  if (first === undefined) {
    for (const site of sites) {
      const inside = chainInside(site);
      if (inside !== undefined)
        yield [insertionAtBegin(textOf(inside.path), inside, [`${words}; policy ${wanted.policy};`])];
    }
    return;
  }
  const isSameHook = 'hook' in before && hookText(before) === words;
  const hookSplices = isSameHook ? [] : hooks.map((span): Splice => ({ ...span, text: words }));
  const isSamePolicy = 'hook' in before && before.policy === wanted.policy;
  const policy = `policy ${wanted.policy}`;
  const policySplices = isSamePolicy
    ? []
    : policies.length > 0
      ? policies.map((span): Splice => ({ ...span, text: policy }))
      : [{ path: first.path, from: first.to, to: first.to, text: `; ${policy}` }];
  yield [...hookSplices, ...policySplices];
}

type OfTables = Exclude<Difference, { readonly kind: 'rules' }>;

export function* tableCandidates(difference: OfTables, standing: Standing): Generator<Candidate> {
  const { table } = difference;
  const own = inTable(standing.reading.sites, table);
  switch (difference.kind) {
    case 'table-gone':
      yield removals(own, standing);
      return;
    case 'table-new':
      yield* newTable(table, standing);
      return;
    case 'chains-new':
      yield* newChains(table, difference.chains, standing);
      return;
    case 'chain-gone':
      yield removals(
        own.filter((site) => isOf(site, difference.chain)),
        standing,
      );
      return;
    case 'head':
      yield* newHead(difference, standing);
  }
}
