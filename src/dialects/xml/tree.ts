/** XML texts as trees of which every element knows its place. Entities are the five of XML itself: none is expanded. */
import { SaxesParser } from 'saxes';
import { type ConfigText, type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { placesIn } from '../text.ts';

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** Its own text, blanks around it cut. */
  readonly text: string;
  readonly at: Place;
  /** Offsets of its first and behind its last character. */
  readonly start: number;
  readonly end: number;
}

interface Growing {
  name: string;
  attributes: Map<string, string>;
  children: Element[];
  text: string;
  at: Place;
  start: number;
  end: number;
}

const deepest = 60;
const largestText = 4 * 1024 * 1024;

/** Undefined where the text is no XML; what is wrong with it is told. */
export const parseXml = ({ path, text }: ConfigText, tell: Tell): Element | undefined => {
  const refuse = (message: string, at: Place): void => tell('error', 'not-xml', message, at);
  const placeOf = placesIn(path, text);
  const top: Place = { path, line: 1, column: 1 };
  if (text.length > largestText) {
    refuse('the file is too large to be read', top);
    return undefined;
  }
  if (/<!DOCTYPE/i.test(text)) {
    refuse('a document type has no place in these files', placeOf(text.search(/<!DOCTYPE/i)));
    return undefined;
  }
  const parser = new SaxesParser({ xmlns: false });
  const open: Growing[] = [];
  let root: Element | undefined;
  let failure: { message: string; at: Place } | undefined;
  parser.on('error', (error) => {
    failure ??= {
      message: error.message.replace(/^.*?\d+:\d+: /, '').replace(/\.$/, ''),
      at: placeOf(Math.min(parser.position, text.length)),
    };
  });
  parser.on('opentag', ({ name, attributes }) => {
    const start = text.lastIndexOf('<', parser.position - 1);
    open.push({
      name,
      attributes: new Map(Object.entries(attributes)),
      children: [],
      text: '',
      at: placeOf(Math.max(0, start)),
      start,
      end: start,
    });
    if (open.length > deepest) failure ??= { message: 'elements are nested too deeply', at: top };
  });
  parser.on('text', (words) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += words;
  });
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed === undefined) return;
    closed.end = parser.position;
    closed.text = closed.text.trim();
    const parent = open.at(-1);
    if (parent === undefined) root ??= closed;
    else parent.children.push(closed);
  });
  parser.write(text).close();
  failure ??= root === undefined ? { message: 'there is no element in it', at: top } : undefined;
  if (failure === undefined) return root;
  refuse(failure.message, failure.at);
  return undefined;
};

export const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.filter((child) => child.name === name) ?? [];

export const childOf = (element: Element | undefined, name: string): Element | undefined =>
  childrenOf(element, name)[0];

export const attributeOf = (element: Element | undefined, name: string): string | undefined =>
  element?.attributes.get(name);

/** An element to be written. */
export interface ElementDraft {
  readonly name: string;
  /** What tells it from others of its name in the same element; not written. */
  readonly key?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly ElementDraft[];
  readonly text?: string;
}

export const escapedXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;');

const printed = ({ name, attributes = {}, children = [], text = '' }: ElementDraft, indent: string): string => {
  const head = [name, ...Object.entries(attributes).map(([key, value]) => `${key}='${escapedXml(value)}'`)].join(' ');
  if (children.length === 0)
    return text === '' ? `${indent}<${head}/>` : `${indent}<${head}>${escapedXml(text)}</${name}>`;
  const inner = children.map((child) => printed(child, `${indent}  `)).join('\n');
  return `${indent}<${head}>\n${inner}\n${indent}</${name}>`;
};

export const printXml = (draft: ElementDraft): string => `${printed(draft, '')}\n`;
