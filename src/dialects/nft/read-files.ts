/**
 * Files of nft(8) as they are loaded, with what they include: what they say together, what is to be told of them, and
 * where each part stands in them.
 */
import { type FilterTable } from '../../state/packet-filter.ts';
import { type ConfigText, type Place, type Remark } from '../dialect.ts';
import { placeOfOffset } from '../text.ts';
import { type NamedSets } from './expand.ts';
import { readListing, type ListingReading } from './read.ts';
import { parseRuleset } from './text/parse-ruleset.ts';
import { type Site } from './text/sites.ts';

export const mainPaths: readonly string[] = ['etc/nftables.conf', 'etc/sysconfig/nftables.conf'];
export const partPaths = /^etc\/(?:nftables(?:\.d)?|sysconfig\/nftables)\/[^/]+(?:\/[^/]+)*$/;

export const isListing = (text: string): boolean => /^\s*\{\s*"nftables"\s*:/.test(text);

export interface FilesReading {
  readonly tables: readonly FilterTable[];
  readonly remarks: readonly Remark[];
  /** By `<family> <table> <chain> <index>`, as `handles`: those of the rules in the listing and in `sites`. */
  readonly origins: Readonly<Record<string, Place>>;
  readonly handles: Readonly<Record<string, number>>;
  /** Of what is text, and not a listing in JSON. */
  readonly sites: readonly Site[];
  readonly sets: ReadonlyMap<string, NamedSets>;
}

interface OneFile {
  readonly reading: ListingReading;
  readonly sites: readonly Site[];
  readonly lastHandle: number;
  readonly placeOf: (handle: number | undefined) => Place;
}

const readText = (
  main: ConfigText,
  texts: readonly ConfigText[],
  remarks: Remark[],
  included: Set<string>,
  lastHandle: number,
): OneFile => {
  const parsed = parseRuleset(main, texts, lastHandle);
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
    ...{ sites: parsed.sites, lastHandle: parsed.lastHandle },
    placeOf: (handle) => {
      const place = handle === undefined ? undefined : parsed.places.get(handle);
      return place === undefined ? { path: main.path, line: 1, column: 1 } : placeAt(place);
    },
  };
};

const emptyListing: ListingReading = { tables: [], notes: [], handles: {}, sets: new Map() };

const readJson = ({ path, text }: ConfigText, remarks: Remark[], lastHandle: number): OneFile => {
  const nothingPlaced = { sites: [], lastHandle };
  const placeOf = (): Place => ({ path, line: 1, column: 1 });
  try {
    return { reading: readListing(JSON.parse(text) as unknown), placeOf, ...nothingPlaced };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
    remarks.push({
      kind: 'error',
      code: 'not-json',
      message: 'this is not a listing of `nft -j`',
      at: placeOfOffset(path, text, offset),
    });
    return { reading: emptyListing, placeOf, ...nothingPlaced };
  }
};

/** Files that others include are read where they are included. */
export const readFiles = (texts: readonly ConfigText[]): FilesReading => {
  const remarks: Remark[] = [];
  const tables: FilterTable[] = [];
  const origins: Record<string, Place> = {};
  const handles: Record<string, number> = {};
  const sites: Site[] = [];
  const sets = new Map<string, NamedSets>();
  const included = new Set<string>();
  const mains = texts.filter(({ path }) => mainPaths.includes(path));
  const others = texts.filter(({ path }) => !mainPaths.includes(path));
  let lastHandle = 0;
  for (const text of [...mains, ...others]) {
    if (included.has(text.path)) continue;
    if (mains.length > 0 && partPaths.test(text.path) && !mains.includes(text)) {
      remarks.push({
        ...{ kind: 'ignored', code: 'not-loaded', message: `\`${text.path}\` is included by no file that is loaded` },
        at: { path: text.path, line: 1, column: 1 },
      });
      continue;
    }
    const one = isListing(text.text)
      ? readJson(text, remarks, lastHandle)
      : readText(text, texts, remarks, included, lastHandle);
    const { reading, placeOf } = one;
    lastHandle = one.lastHandle;
    tables.push(...reading.tables);
    sites.push(...one.sites);
    for (const [key, own] of reading.sets) sets.set(key, own);
    for (const { text: words, handle } of reading.notes)
      remarks.push({
        ...{ kind: 'not-said', code: 'unsaid-rule', at: placeOf(handle) },
        message: `${words.replace(/^rule (\S+) (\S+) handle \d+: /, 'in the chain `$2` of `$1`: ')}: kept as it is, and not modelled`,
      });
    for (const [key, handle] of Object.entries(reading.handles)) {
      origins[key] = placeOf(handle);
      if (one.sites.length > 0) handles[key] = handle;
    }
  }
  return { tables, remarks, origins, handles, sites, sets };
};
