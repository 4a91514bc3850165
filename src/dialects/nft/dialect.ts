/**
 * nft(8): the files that it loads when a machine starts, with what they include and define, and what it prints, as text
 * or as JSON. All of it is read into one listing first; the rules of the normal form are written back as text.
 */
import { type FilterTable } from '../../state/packet-filter.ts';
import { type ConfigText, type Dialect, type Place, type Reading, type Remark, type Writing } from '../dialect.ts';
import { nothingRead, readingOf, stackIn } from '../reading.ts';
import { linesOf, placeOfOffset } from '../text.ts';
import { readListing, type ListingReading } from './read.ts';
import { parseRuleset } from './text/parse-ruleset.ts';
import { writeNft } from './write.ts';

const mainPaths = ['etc/nftables.conf', 'etc/sysconfig/nftables.conf'];
const partPaths = /^etc\/(?:nftables(?:\.d)?|sysconfig\/nftables)\/[^/]+(?:\/[^/]+)*$/;

const isListing = (text: string): boolean => /^\s*\{\s*"nftables"\s*:/.test(text);

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

interface OneFile {
  readonly reading: ListingReading;
  readonly placeOf: (handle: number | undefined) => Place;
}

const readText = (
  main: ConfigText,
  texts: readonly ConfigText[],
  remarks: Remark[],
  included: Set<string>,
): OneFile => {
  const parsed = parseRuleset(main, texts);
  const textOf = new Map(texts.map(({ path, text }) => [path, text]));
  const placeAt = ({ path, offset }: { readonly path: string; readonly offset: number }): Place =>
    placeOfOffset(path, textOf.get(path) ?? '', offset);
  for (const path of parsed.included) included.add(path);
  for (const fault of parsed.faults)
    remarks.push({
      kind: 'error',
      code: 'not-nft',
      message: `${fault.message}: nft loads nothing of a file with a fault`,
      at: placeAt(fault),
    });
  for (const { message, ...at } of parsed.unsaid)
    remarks.push({ kind: 'not-said', code: 'unsaid-command', message, at: placeAt(at) });
  for (const { pattern, ...at } of parsed.missing)
    remarks.push({
      kind: /[*?]/.test(pattern) ? 'assumed' : 'error',
      code: 'not-included',
      message: `no file that was read is \`${pattern}\``,
      at: placeAt(at),
    });
  return {
    reading: readListing(parsed.listing),
    placeOf: (handle) => {
      const place = handle === undefined ? undefined : parsed.places.get(handle);
      return place === undefined ? { path: main.path, line: 1, column: 1 } : placeAt(place);
    },
  };
};

const emptyListing: ListingReading = { tables: [], notes: [], handles: {} };

const readJson = ({ path, text }: ConfigText, remarks: Remark[]): OneFile => {
  const placeOf = (): Place => ({ path, line: 1, column: 1 });
  try {
    return { reading: readListing(JSON.parse(text) as unknown), placeOf };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
    remarks.push({
      kind: 'error',
      code: 'not-json',
      message: 'this is not a listing of `nft -j`',
      at: placeOfOffset(path, text, offset),
    });
    return { reading: emptyListing, placeOf };
  }
};

/** Files that others include are read where they are included. */
const read: Dialect['read'] = (texts, { stack }) => {
  const remarks: Remark[] = [];
  const origins: Record<string, Place> = {};
  const filter: FilterTable[] = [];
  const included = new Set<string>();
  const mains = texts.filter(({ path }) => mainPaths.includes(path));
  const others = texts.filter(({ path }) => !mainPaths.includes(path));
  const hasMain = mains.length > 0;
  for (const text of [...mains, ...others]) {
    if (included.has(text.path)) continue;
    if (hasMain && partPaths.test(text.path) && !mains.includes(text)) {
      remarks.push({
        ...{ kind: 'ignored', code: 'not-loaded', message: `\`${text.path}\` is included by no file that is loaded` },
        at: { path: text.path, line: 1, column: 1 },
      });
      continue;
    }
    const { reading, placeOf } = isListing(text.text)
      ? readJson(text, remarks)
      : readText(text, texts, remarks, included);
    filter.push(...reading.tables);
    for (const { text: words, handle } of reading.notes)
      remarks.push({
        ...{ kind: 'not-said', code: 'unsaid-rule', at: placeOf(handle) },
        message: `${words.replace(/^rule (\S+) (\S+) handle \d+: /, 'in the chain `$2` of `$1`: ')}: kept as it is, and not modelled`,
      });
    for (const [key, handle] of Object.entries(reading.handles)) origins[`${stack}/filter/${key}`] = placeOf(handle);
  }
  return filter.length === 0 ? nothingRead(remarks) : readingOf(stack, { filter }, remarks, origins);
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

const isEqual = (a: Reading, b: readonly FilterTable[], stack: string): boolean =>
  JSON.stringify(a.stacks[stack]?.filter ?? []) === JSON.stringify(b);

/**
 * A ruleset that says the same stays; else the main file is written anew below its first comments, and files that it
 * included stay where they are and are no longer asked for.
 */
const edit: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const { filter } = stackIn(state, stack);
  const main = texts.find(({ path }) => mainPaths.includes(path)) ?? texts[0];
  if (main === undefined) return write(state, stack);
  if (isEqual(read(texts, { stack }), filter, stack)) return { files: texts, omissions: [] };
  const { text, omissions } = writtenTables(filter, stack);
  const head = /^(?:[ \t]*#[^\n]*\n|[ \t]*\n)*/.exec(main.text)?.[0] ?? '';
  const files = texts.map((it) => (it === main ? { path: it.path, text: `${head}${text}` } : it));
  return { files, omissions };
};

export const nft: Dialect = {
  name: 'nft',
  owns: (path) => mainPaths.includes(path) || partPaths.test(path),
  resembles,
  read,
  write,
  edit,
};
