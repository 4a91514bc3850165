/**
 * nft(8): the files that it loads when a machine starts, with what they include and define, and what it prints, as text
 * or as JSON. All of it is read into one listing first; the rules of the normal form are written back as text.
 */
import { type FilterTable } from '../../state/packet-filter.ts';
import { type Dialect, type Writing } from '../dialect.ts';
import { namesOf } from '../filter-differences.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { nothingRead, readingOf, stackIn } from '../reading.ts';
import { linesOf } from '../text.ts';
import { editTexts } from './edit/edit.ts';
import { isListing, mainPaths, partPaths, readFiles } from './read-files.ts';
import { writeNft } from './write.ts';

const resembles = (text: string): number => {
  if (isListing(text)) return 1;
  if (/^#!\s*\S*\bnft\b/.test(text)) return 1;
  const hasTable =
    /^[ \t]*(?:add[ \t]+|create[ \t]+)?table[ \t]+(?:(?:ip6?|inet|arp|bridge|netdev)[ \t]+)?[\w./-]+[ \t]*(?:\{|$)/m.test(
      text,
    );
  if (!hasTable)
    return /^[ \t]*(?:nft[ \t]+)?add[ \t]+(?:rule|chain)[ \t]+(?:ip6?|inet|arp|bridge|netdev)[ \t]/m.test(text)
      ? 0.7
      : 0;
  return linesOf(text).some((line) => /^\s*(?:chain|set|map)\s+\S+\s*\{/.test(line.text)) ? 0.95 : 0.6;
};

const read: Dialect['read'] = (texts, { stack }) => {
  const { tables, remarks, origins } = readFiles(texts);
  if (tables.length === 0) return nothingRead(remarks);
  const placed = Object.entries(origins).map(([key, place]) => [`${stack}/filter/${key}`, place] as const);
  return readingOf(stack, { filter: tables }, remarks, Object.fromEntries(placed));
};

/** Text of all tables that can be written; rules that nft has no words for are left out, and told. */
const writtenTables = (
  tables: readonly FilterTable[],
  stack: string,
): { readonly text: string; readonly omissions: Writing['omissions'] } => {
  const omissions: { stack: string; what: string; why: string }[] = [];
  const isWritable = (table: FilterTable): boolean => {
    try {
      writeNft([table]);
      return true;
    } catch {
      return false;
    }
  };
  const whole = tables.map((table): FilterTable => {
    if (isWritable(table)) return table;
    const kept = <C extends { readonly name: string; readonly rules: FilterTable['chains'][number]['rules'] }>(
      chain: C,
    ): C => ({
      ...chain,
      rules: chain.rules.filter((rule, index) => {
        const alone: FilterTable = {
          family: table.family,
          name: 'one',
          chains: [],
          subchains: [{ name: 'one', rules: [rule] }],
        };
        if (isWritable(alone)) return true;
        omissions.push({
          ...{ stack, what: `filter/${table.family} ${table.name} ${chain.name} ${index}` },
          why: 'nftables has no words for it, or it is kept from another program as it was',
        });
        return false;
      }),
    });
    const { subchains } = table;
    return {
      ...table,
      chains: table.chains.map(kept),
      ...(subchains === undefined ? {} : { subchains: subchains.map(kept) }),
    };
  });
  const writable = whole.filter((table) => {
    if (isWritable(table)) return true;
    omissions.push({
      stack,
      what: `filter/${table.family} ${table.name}`,
      why: 'its name, or that of a chain, is none for nftables',
    });
    return false;
  });
  return { text: writeNft(writable), omissions };
};

const write: NonNullable<Dialect['write']> = (state, stack) => {
  const { filter } = stackIn(state, stack);
  if (filter.length === 0) return { files: [], omissions: [] };
  const { text, omissions } = writtenTables(filter, stack);
  return { files: [{ path: 'etc/nftables.conf', text: `#!/usr/sbin/nft -f\n${text}` }], omissions };
};

const why = 'no change of single statements says it surely: the files are left as they are there';

/** What `nft -j` printed is nobody's handwriting. */
const anew: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const { filter } = stackIn(state, stack);
  if (JSON.stringify(readFiles(texts).tables) === JSON.stringify(filter)) return { files: texts, omissions: [] };
  const { text, omissions } = writtenTables(filter, stack);
  return { files: texts.map((it, at) => (at === 0 ? { path: it.path, text } : it)), omissions };
};

/** Statements, elements, chains and tables that differ are changed where they stand; what cannot be is told. */
const edit: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const { filter } = stackIn(state, stack);
  if (texts.length === 0) return write(state, stack);
  if (texts.every(({ text }) => isListing(text))) return anew(texts, state, stack);
  const edited = editTexts(texts, filter);
  const left = edited.left.flatMap(namesOf);
  return { files: edited.texts, omissions: left.map((name) => ({ stack, what: `filter/${name}`, why })) };
};

export const nft: Dialect = {
  name: 'nft',
  owns: (path) => mainPaths.includes(path) || partPaths.test(path),
  resembles,
  read,
  write,
  edit: keepingLineEnds(edit),
};
