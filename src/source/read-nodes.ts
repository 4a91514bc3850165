/**
 * A parsed YAML document to its plain value and the place of everything in it, in one walk. Keys become text as they
 * are written; references are followed, within a bound; duplicate keys, merges and recursion are told.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, type Document, type Node, type ParsedNode } from 'yaml';
import { type Diagnostic, type Note, type Span } from '../diagnostics/diagnostic.ts';
import { type Place } from './locate.ts';

/** Bounds on what references may expand to ("billion laughs"), and on nesting. */
const mostExpandedNodes = 100_000;
const deepestNesting = 64;

export interface ReadDocument {
  readonly value: unknown;
  readonly place: Place;
  readonly diagnostics: readonly Diagnostic[];
}

interface Read {
  readonly value: unknown;
  readonly place: Place;
}

/** Keys that JavaScript objects own: a machine of this name would be found where there is none. */
const reservedKeys = new Set(['__proto__', 'constructor', 'prototype']);

const plainNumber = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** Reads the contents of a document of `text` in `file`. */
export const readDocument = (file: string, text: string, document: Document.Parsed): ReadDocument => {
  const diagnostics: Diagnostic[] = [];
  const anchors = new Map<string, Node>();
  let expandedNodes = 0;

  const tell = (code: string, message: string, at: Span, help: string, notes: readonly Note[] = []): void => {
    diagnostics.push({ code, severity: 'error', message, at, help, notes });
  };

  /** The span of a node without the line ends that block collections take along. */
  const spanOf = (node: Node | null | undefined, otherwise: Span): Span => {
    const range = node?.range;
    if (range === null || range === undefined) return otherwise;
    const end = range[0] + text.slice(range[0], range[1]).trimEnd().length;
    return end === range[0] ? otherwise : { file, start: range[0], end };
  };

  const keyText = (key: unknown, at: Span): string | undefined => {
    if (isScalar(key)) {
      if (typeof key.value === 'string') return key.value;
      const written = key.source;
      if (written !== undefined && written !== '') return written;
    }
    tell(
      'yaml-key',
      'a key is a word or a number; this one is a list, a map, a reference or nothing',
      at,
      'write `key: value`',
    );
    return undefined;
  };

  const readScalar = (node: Node, at: Span): unknown => {
    const value: unknown = isScalar(node) ? node.value : undefined;
    if (typeof value === 'bigint') return Number(value);
    const written = isScalar(node) ? node.source : undefined;
    if (typeof value !== 'number' || written === undefined || !Number.isInteger(value) || plainNumber.test(written)) {
      return value;
    }
    diagnostics.push({
      code: 'number-spelling',
      severity: 'warning',
      message: `\`${written}\` is read as the number ${value}`,
      at,
      help: `write \`${value}\`, or put it in quotes if it is meant as text`,
    });
    return value;
  };

  const readAlias = (node: Node, at: Span, depth: number, within: readonly Node[]): Read => {
    const name = isAlias(node) ? node.source : '';
    const target = anchors.get(name);
    const nothing: Read = { value: undefined, place: { value: at, children: new Map() } };
    if (target === undefined) {
      tell(
        'yaml-alias',
        `\`*${name}\` refers to an anchor that no line above it sets`,
        at,
        `set it with \`&${name}\` before a value; a star that is meant as text stands in quotes`,
      );
      return nothing;
    }
    if (within.includes(target)) {
      tell('yaml-alias', `\`*${name}\` refers to what it is itself a part of`, at, 'write the value out');
      return nothing;
    }
    const { value, place } = read(target, at, depth + 1, [...within, target], true);
    return { value, place: { value: at, children: place.children } };
  };

  const readPair = (
    pair: unknown,
    map: Map<string, Read>,
    at: Span,
    depth: number,
    within: readonly Node[],
    expanding: boolean,
  ): void => {
    if (!isPair<ParsedNode, ParsedNode | null>(pair)) return;
    const keySpan = spanOf(pair.key, spanOf(pair.value, at));
    const key = keyText(pair.key, keySpan);
    if (key === undefined) return;
    const first = map.get(key);
    if (key === '<<') {
      if (!expanding)
        tell(
          'yaml-merge',
          '`<<` merges maps in an older YAML, and is not part of YAML 1.2',
          keySpan,
          'write the keys out, or use one reference for the whole value',
        );
    } else if (reservedKeys.has(key))
      tell('reserved-name', `\`${key}\` cannot be used as a name`, keySpan, 'choose another name');
    else if (first !== undefined) {
      const notes = [{ message: `\`${key}\` is given here first`, at: first.place.key ?? first.place.value }];
      if (!expanding)
        tell(
          'yaml-duplicate-key',
          `\`${key}\` is given twice in one map`,
          keySpan,
          'keep one of the two, or give the second another name',
          notes,
        );
    } else {
      const { value, place } = read(pair.value, keySpan, depth + 1, within, expanding);
      map.set(key, { value, place: { ...place, key: keySpan } });
    }
  };

  const read = (
    node: Node | null | undefined,
    otherwise: Span,
    depth: number,
    within: readonly Node[],
    expanding: boolean,
  ): Read => {
    const at = spanOf(node, otherwise);
    if (expanding) expandedNodes += 1;
    if (node === null || node === undefined) return { value: null, place: { value: at, children: new Map() } };
    if (expandedNodes > mostExpandedNodes || depth > deepestNesting) {
      const isRepeated = diagnostics.some(({ code }) => code === 'yaml-alias' || code === 'yaml-nesting');
      if (!isRepeated && depth > deepestNesting) {
        tell('yaml-nesting', 'lists and maps are nested too deeply here', at, 'a lab needs fewer than 10 levels');
      } else if (!isRepeated) {
        tell(
          'yaml-alias',
          `references make more than ${mostExpandedNodes} values of this file`,
          at,
          'write `count:` for many machines of one kind',
        );
      }
      return { value: undefined, place: { value: at, children: new Map() } };
    }
    const anchor = isAlias(node) ? undefined : (node as { readonly anchor?: string }).anchor;
    if (anchor !== undefined) anchors.set(anchor, node);
    if (isAlias(node)) return readAlias(node, at, depth, within);
    const inner = anchor === undefined ? within : [...within, node];
    if (isMap(node)) {
      const entries = new Map<string, Read>();
      for (const pair of node.items) readPair(pair, entries, at, depth, inner, expanding);
      return {
        value: Object.fromEntries([...entries].map(([key, entry]) => [key, entry.value])),
        place: { value: at, children: new Map([...entries].map(([key, entry]) => [key, entry.place])) },
      };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) =>
        read(isPair(item) ? null : (item as Node), at, depth + 1, inner, expanding),
      );
      return {
        value: items.map(({ value }) => value),
        place: { value: at, children: new Map(items.map(({ place }, index) => [String(index), place])) },
      };
    }
    return { value: readScalar(node, at), place: { value: at, children: new Map() } };
  };

  const { value, place } = read(document.contents, { file, start: 0, end: 0 }, 0, [], false);
  return { value, place, diagnostics };
};
