/**
 * Edits libvirt's networks and domains: of those of which something else is wanted, the elements and attributes that say
 * it. What comes out is read again; a network that cannot be brought to say what is wanted is written anew.
 */
import { type NetworkState } from '../../state/network-state.ts';
import { normalize } from '../../state/normal-form.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { omissionsBetween } from '../differences.ts';
import { newDraft } from '../draft.ts';
import { mergeReadings } from '../merge-readings.ts';
import { spliced } from '../xml/edit-xml.ts';
import { attributeOf, childOf, parseXml, printXml, type Element, type ElementDraft } from '../xml/tree.ts';
import { draftsOf, type LibvirtDrafts, type NetworkNames } from './drafts.ts';
import { documentSplices, type Manner } from './edit-document.ts';
import { bridgesOf, nameOf, readLibvirt } from './read.ts';
import { domainPath, networkPath, writeLibvirt } from './write.ts';

const stateOf = (texts: readonly ConfigText[], stack: string): NetworkState =>
  mergeReadings([{ dialect: 'libvirt', reading: readLibvirt(texts, { stack }) }]).state;

/** A text with the network or the guest that it is for. */
interface Document {
  readonly text: ConfigText;
  readonly root: Element;
  readonly kind: 'networks' | 'domains';
  readonly key: string;
}

interface Library {
  readonly documents: readonly Document[];
  readonly names: NetworkNames;
}

const libraryOf = (texts: readonly ConfigText[], stack: string): Library => {
  const silent = newDraft(stack, () => undefined);
  const parsed = texts.flatMap((text) => {
    const root = parseXml(text, () => undefined);
    return root === undefined ? [] : [{ text, root }];
  });
  const bridges = bridgesOf(
    parsed.map(({ root }) => root),
    silent,
  );
  const names = new Map<string, string>();
  const documents: Document[] = [];
  for (const { text, root } of parsed) {
    const bridge = bridges.get(root);
    const used = bridge ?? attributeOf(childOf(root, 'bridge'), 'name');
    if (root.name === 'network' && used !== undefined && !names.has(used)) names.set(used, nameOf(root));
    if (bridge !== undefined) documents.push({ text, root, kind: 'networks', key: bridge });
    if (root.name === 'domain') documents.push({ text, root, kind: 'domains', key: nameOf(root) || 'guest' });
  }
  return { documents, names };
};

interface Job {
  readonly texts: readonly ConfigText[];
  readonly library: Library;
  readonly before: LibvirtDrafts;
  readonly after: LibvirtDrafts;
}

const isSame = (a: ElementDraft | undefined, b: ElementDraft | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Undefined: the file goes, since nothing that it speaks of is left. */
const editedText = (
  { text, root, kind, key }: Document,
  { before, after }: Job,
  manner: Manner | 'anew',
): ConfigText | undefined => {
  const [was, is] = [before[kind].get(key), after[kind].get(key)];
  if (isSame(was, is)) return text;
  if (is === undefined) return undefined;
  // A domain is much more than its interfaces.
  const isAnew = manner === 'anew' && kind === 'networks';
  if (was === undefined || isAnew) return { path: text.path, text: printXml(is) };
  const changes = documentSplices(text.text, root, was, is, manner === 'changes' ? manner : 'all');
  return { path: text.path, text: spliced(text.text, changes) };
};

const edited = (job: Job, manner: Manner | 'anew'): readonly ConfigText[] => {
  const { texts, library, after } = job;
  const known = new Set(library.documents.map(({ kind, key }) => `${kind} ${key}`));
  const fresh = (['networks', 'domains'] as const).flatMap((kind) =>
    [...after[kind]].flatMap(([key, draft]): readonly ConfigText[] =>
      known.has(`${kind} ${key}`) || isSame(job.before[kind].get(key), draft)
        ? []
        : [{ path: kind === 'networks' ? networkPath(key) : domainPath(key), text: printXml(draft) }],
    ),
  );
  return [
    ...texts.flatMap((text) => {
      const document = library.documents.find((one) => one.text === text);
      return document === undefined ? [text] : (editedText(document, job, manner) ?? []);
    }),
    ...fresh,
  ];
};

const why = 'libvirt’s networks and domains have no words for it';

export const editLibvirt = (texts: readonly ConfigText[], asked: NetworkState, stack: string): Writing => {
  const state = normalize(asked);
  if (texts.length === 0) return writeLibvirt(state, stack);
  const present = stateOf(texts, stack);
  const library = libraryOf(texts, stack);
  const guests = library.documents.flatMap(({ kind, key }) => (kind === 'domains' ? [key] : []));
  const drafts = (of: NetworkState): LibvirtDrafts => draftsOf(of, stack, library.names, guests);
  const [before, after] = [drafts(present), drafts(state)];
  const isAs = (files: readonly ConfigText[]): boolean => {
    const said = drafts(stateOf(files, stack));
    return (['networks', 'domains'] as const).every(
      (kind) => JSON.stringify([...said[kind]].sort()) === JSON.stringify([...after[kind]].sort()),
    );
  };
  let files = texts;
  for (const manner of ['changes', 'all', 'anew'] as const) {
    files = edited({ texts, library, before, after }, manner);
    if (isAs(files)) break;
  }
  return { files, omissions: omissionsBetween(state, stateOf(files, stack), why) };
};
