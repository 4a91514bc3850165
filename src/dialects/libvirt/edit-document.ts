/**
 * One network or domain that shall say something else: what would be written for what it says now is held to what would
 * be written for what is wanted, and each difference goes into the element of the text that stands for it.
 */
import { networkOf, netmaskOf, printPrefix } from '../../net/prefix.ts';
import { readAddress } from '../plain-values.ts';
import { attributeSplices, insertion, removal, type Splice } from '../xml/edit-xml.ts';
import { printXml, type Element, type ElementDraft } from '../xml/tree.ts';
import { netmaskLength } from './read-network.ts';

/** What is told from others of its name by more than that. */
const keyOf = (name: string, attribute: (key: string) => string | undefined): string => {
  const address = (key: string): string => readAddress(attribute(key) ?? '')?.address ?? '';
  switch (name) {
    case 'ip':
      return address('address');
    case 'host':
      return (attribute('mac') ?? '').toLowerCase();
    case 'route': {
      const length = Number(attribute('prefix') ?? netmaskLength(attribute('netmask') ?? '') ?? Number.NaN);
      const to = address('address');
      const isWhole = to !== '' && length >= 0 && length <= (to.includes(':') ? 128 : 32);
      return `${isWhole ? printPrefix(networkOf(to, length)) : to} ${address('gateway')}`;
    }
    default:
      return '';
  }
};

const draftKey = ({ name, key, attributes = {} }: ElementDraft): string =>
  `${name} ${key ?? keyOf(name, (attribute) => attributes[attribute])}`;

/** Interfaces of a domain are known by their numbers. */
const elementKeys = (children: readonly Element[]): ReadonlyMap<string, Element> => {
  const keys = new Map<string, Element>();
  let interfaces = 0;
  for (const child of children) {
    const key =
      child.name === 'interface' ? `eth${interfaces++}` : keyOf(child.name, (name) => child.attributes.get(name));
    if (!keys.has(`${child.name} ${key}`)) keys.set(`${child.name} ${key}`, child);
  }
  return keys;
};

/** What the writer says for want of knowledge. */
const unknown: ReadonlySet<string> = new Set(['name', 'memory', 'vcpu', 'os', 'serial', 'model']);

/** How much is touched: attributes that are to change, or all that say something else than would be written. */
export type Manner = 'changes' | 'all';

interface Job {
  readonly text: string;
  readonly manner: Manner;
  readonly splices: Splice[];
}

/** A length is said by a mask where the text has one. */
const saidAs = (element: Element, name: string, value: string): readonly [name: string, value: string] =>
  name === 'prefix' && !element.attributes.has('prefix') && element.attributes.has('netmask')
    ? ['netmask', netmaskOf(Number(value))]
    : [name, value];

const editAttributes = (job: Job, element: Element, before: ElementDraft | undefined, after: ElementDraft): void => {
  const [was, is] = [before?.attributes ?? {}, after.attributes ?? {}];
  const isMoved = element.name === 'ip' && was['address'] !== is['address'];
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const value = is[name];
    // A domain is of whatever type it is; without a length an address has that of its class.
    const isLength = name === 'prefix' && isMoved && !element.attributes.has('netmask');
    if ((was[name] === value && job.manner === 'changes' && !isLength) || element.name === 'domain') continue;
    if (value === undefined) {
      job.splices.push(...attributeSplices(job.text, element, name, undefined));
      continue;
    }
    if (name === 'family' && value === 'ipv4' && !element.attributes.has(name)) continue;
    job.splices.push(...attributeSplices(job.text, element, ...saidAs(element, name, value)));
  }
};

interface Pair {
  readonly element: Element;
  readonly before: ElementDraft | undefined;
  readonly after: ElementDraft;
}

const isAlike = (a: ElementDraft, b: ElementDraft): boolean =>
  a.name === b.name &&
  a.key === b.key &&
  Object.entries(a.attributes ?? {}).some(([name, value]) => b.attributes?.[name] === value);

/** Children that stay, whatever else they are to say; with those that go for others of which a part is the same. */
const pairsOf = (
  elements: ReadonlyMap<string, Element>,
  before: readonly ElementDraft[],
  after: readonly ElementDraft[],
): readonly Pair[] => {
  const asked = new Set(after.map(draftKey));
  const leaving = before.filter((draft) => !asked.has(draftKey(draft)));
  const used = new Set<Element>();
  const pair = (draft: ElementDraft, was: ElementDraft | undefined): readonly Pair[] => {
    const element = elements.get(draftKey(was ?? draft));
    if (element === undefined || used.has(element)) return [];
    used.add(element);
    return [{ element, before: was, after: draft }];
  };
  return after.flatMap((draft) => {
    const same = before.find((one) => draftKey(one) === draftKey(draft));
    if (same !== undefined || elements.has(draftKey(draft))) return pair(draft, same);
    const index = leaving.findIndex((one) => isAlike(one, draft));
    return index < 0 ? [] : pair(draft, leaving.splice(index, 1)[0]);
  });
};

const editElement = (job: Job, { element, before, after }: Pair): void => {
  editAttributes(job, element, before, after);
  const known = ({ name }: ElementDraft): boolean => !unknown.has(name);
  const [was, is] = [(before?.children ?? []).filter(known), (after.children ?? []).filter(known)];
  const elements = elementKeys(element.children);
  const pairs = pairsOf(elements, was, is);
  const staying = new Map(pairs.map((pair) => [pair.after, pair]));
  const kept = new Set(pairs.map((pair) => pair.element));
  const gone = was.flatMap((draft) => elements.get(draftKey(draft)) ?? []).filter((it) => !kept.has(it));
  for (const it of gone) job.splices.push(removal(job.text, it));
  const children = element.children.filter((child) => !gone.includes(child));
  let last: Element | undefined;
  for (const draft of is) {
    const pair = staying.get(draft);
    if (pair !== undefined) {
      editElement(job, pair);
      last = pair.element;
      continue;
    }
    // Beside the others of its name; else behind what would be written in front of it, or at the beginning.
    const alike = children.findLast(({ name }) => name === draft.name);
    job.splices.push(insertion(job.text, element, alike ?? last ?? firstAnchor(children), printXml(draft)));
  }
};

/** Nothing comes in front of the name. */
const firstAnchor = (children: readonly Element[]): Element | undefined =>
  children.findLast(({ name }) => ['name', 'uuid', 'title', 'description'].includes(name));

/** What a document is to say instead of what it says, put into its text. */
export const documentSplices = (
  text: string,
  root: Element,
  before: ElementDraft,
  after: ElementDraft,
  manner: Manner,
): readonly Splice[] => {
  const job: Job = { text, manner, splices: [] };
  editElement(job, { element: root, before, after });
  return job.splices;
};
