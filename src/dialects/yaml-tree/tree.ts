/** YAML texts as trees of which every node knows its place; several texts laid over each other. */
import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument, type Node } from 'yaml';
import { type ConfigText, type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { placesIn } from '../text.ts';

export type Tree = Scalar | List | Mapping;

export interface Scalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly at: Place;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly at: Place;
}

export interface Mapping {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Place;
}

export interface Entry {
  readonly keyAt: Place;
  readonly value: Tree;
}

const deepest = 40;
const largestText = 1024 * 1024;

interface Reader {
  readonly placeOf: (offset: number) => Place;
  readonly tell: Tell;
}

/** A key that is there twice is read twice, as by readers that go from node to node: lists and maps are joined. */
const addEntry = (entries: Map<string, Entry>, key: string, entry: Entry, tell: Tell): void => {
  const known = entries.get(key);
  if (known !== undefined) tell('assumed', 'key-twice', `\`${key}\` is there twice: both were taken`, entry.keyAt);
  entries.set(key, known === undefined ? entry : { keyAt: entry.keyAt, value: overlay(known.value, entry.value) });
};

const treeOf = (node: Node | null | undefined, reader: Reader, fallback: Place, depth: number): Tree => {
  const { placeOf, tell } = reader;
  const at = node?.range === undefined || node.range === null ? fallback : placeOf(node.range[0]);
  const empty: Scalar = { kind: 'scalar', value: null, at };
  if (depth > deepest || node === null || node === undefined || isAlias(node)) return empty;
  if (isSeq(node))
    return { kind: 'list', items: node.items.map((item) => treeOf(item as Node, reader, at, depth + 1)), at };
  if (isMap(node)) {
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const range = pair.key.range;
      const keyAt = range === undefined || range === null ? at : placeOf(range[0]);
      const value = treeOf(pair.value as Node | null, reader, keyAt, depth + 1);
      addEntry(entries, String(pair.key.value), { keyAt, value }, tell);
    }
    return { kind: 'map', entries, at };
  }
  if (!isScalar(node)) return empty;
  const { value } = node;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? { kind: 'scalar', value, at }
    : empty;
};

/** So many opening brackets or list marks in a row lead nowhere but into a parser's depths. */
const absurdNesting = /(?:[[{]\s*){64}|(?:[-?] +){64}/;

/** Undefined where the text is no YAML; what is wrong with it is told. */
export const parseTree = ({ path, text }: ConfigText, tell: Tell): Tree | undefined => {
  if (text.length > largestText || absurdNesting.test(text)) {
    tell('error', 'not-yaml', 'the file is too large, or too deeply nested, to be read', { path, line: 1, column: 1 });
    return undefined;
  }
  const document = parseDocument(text, { uniqueKeys: false, logLevel: 'silent', version: '1.1', schema: 'core' });
  const placeOf = placesIn(path, text);
  for (const error of document.errors) {
    const [message = ''] = error.message.split(/\n| at line /);
    tell('error', 'not-yaml', message.replace(/[.:]$/, ''), placeOf(error.pos[0]));
  }
  if (document.errors.length > 0) return undefined;
  return treeOf(document.contents, { placeOf, tell }, { path, line: 1, column: 1 }, 0);
};

/** What comes later goes before, maps are joined, and lists are one behind the other. */
export const overlay = (under: Tree | undefined, over: Tree): Tree => {
  if (under?.kind === 'map' && over.kind === 'map') {
    const entries = new Map(under.entries);
    for (const [key, { keyAt, value }] of over.entries) {
      const known = entries.get(key);
      entries.set(key, known === undefined ? { keyAt, value } : { keyAt, value: overlay(known.value, value) });
    }
    return { ...under, entries };
  }
  if (under?.kind === 'list' && over.kind === 'list') return { ...under, items: [...under.items, ...over.items] };
  return over;
};

export const entriesOf = (tree: Tree | undefined): readonly (readonly [key: string, entry: Entry])[] =>
  tree?.kind === 'map' ? [...tree.entries] : [];

export const itemsOf = (tree: Tree | undefined): readonly Tree[] => {
  if (tree === undefined || tree.kind === 'map' || (tree.kind === 'scalar' && tree.value === null)) return [];
  return tree.kind === 'list' ? tree.items : [tree];
};

export const childOf = (tree: Tree | undefined, key: string): Tree | undefined =>
  tree?.kind === 'map' ? tree.entries.get(key)?.value : undefined;

/** A scalar as text; undefined where it is none, or empty. */
export const textOf = (tree: Tree | undefined): string | undefined =>
  tree?.kind === 'scalar' && tree.value !== null ? String(tree.value) : undefined;
