/**
 * Rewrites the files below /etc/network to say another state. Only stanzas of interfaces of which something else is
 * wanted are touched, and of those only the lines that say it. What comes out is read again: if it does not say what is
 * wanted, all stanzas are brought in line; what still differs is listed.
 */
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { differencesOf, normalPart } from '../differences.ts';
import { stackIn } from '../reading.ts';
import { deviceOf } from '../shell-commands/ip-address.ts';
import { type LineEdit, removalEdits, stanzaEdits } from './edit-stanza.ts';
import { withDownLines } from './down-lines.ts';
import { withLinesEdited } from './edit-lines.ts';
import { saidIn } from './line-of-item.ts';
import { type Stanza } from './parse.ts';
import { itemsOf } from './said-items.ts';
import { readInterfaces } from './read.ts';
import { mainPath, stanzasIn } from './sources.ts';
import { type NewStanza } from './stanzas.ts';
import { allStanzas, omissionsOf, sectionText, stanzaText, wantedOf, writeInterfaces } from './write.ts';

type Sections = ReadonlyMap<string, readonly NewStanza[]>;

const headWords = ({ head }: Stanza): readonly string[] => head.value.split(/\s+/);

const keyOf = (name: string, family: string): string => `${name} ${family}`;

/**
 * How much is touched: only what changed, with new interfaces at the end or in front of those that need them; all stanzas;
 * or all of them said anew in an order that works.
 */
type Manner = 'at-end' | 'in-order' | 'all' | 'anew';

interface Job {
  readonly manner: Manner;
  /** All interfaces, in the order in which they are to come up. */
  readonly order: readonly string[];
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly stanzas: readonly Stanza[];
  /** Lines with something that the reader could not make out. */
  readonly kept: ReadonlySet<string>;
  readonly edits: LineEdit[];
}

/** The stanzas of one interface and its aliases; the i-th of a name and family is taken for the i-th that is wanted. */
const editInterface = (job: Job, name: string, wanted: readonly NewStanza[]): void => {
  const own = job.stanzas.filter(
    ({ head }) => head.name === 'iface' && deviceOf(head.value.split(/\s+/)[0] ?? '') === name,
  );
  const missing = [...wanted];
  if (job.manner === 'anew') {
    for (const stanza of own) job.edits.push(...removalEdits(stanza, job.kept));
    append(job, `\n${sectionText(missing)}`);
    return;
  }
  let last: Stanza | undefined;
  for (const stanza of own) {
    const [label = '', family = 'inet'] = headWords(stanza);
    const index = missing.findIndex((it) => keyOf(it.name, it.family) === keyOf(label, family));
    const [fits] = index < 0 ? [] : missing.splice(index, 1);
    if (fits === undefined) {
      job.edits.push(...removalEdits(stanza, job.kept));
      continue;
    }
    job.edits.push(...stanzaEdits(job.lines.get(stanza.head.at.path) ?? [], stanza, fits, job.kept));
    last = stanza;
  }
  if (missing.length === 0) return;
  if (last === undefined) {
    place(job, name, sectionText(missing));
    return;
  }
  const known = new Set(own.map((stanza) => headWords(stanza)[0]));
  const texts = missing.map(
    (stanza) => `\n${known.has(stanza.name) ? '' : `auto ${stanza.name}\n`}${stanzaText(stanza)}`,
  );
  const behind = (last.options.filter(({ at }) => at.path === last.head.at.path).at(-1) ?? last.head).lastLine + 1;
  job.edits.push({
    path: last.head.at.path,
    from: behind,
    to: behind - 1,
    lines: texts.flatMap((text) => text.split('\n')),
  });
};

/** To the end of the main file, or of the last. */
const append = (job: Job, text: string): void => {
  const path = job.lines.has(mainPath) ? mainPath : ([...job.lines.keys()].at(-1) ?? mainPath);
  const lines = job.lines.get(path) ?? [];
  const end = lines.at(-1) === '' ? lines.length : lines.length + 1;
  job.edits.push({ path, from: end, to: end - 1, lines: text.replace(/\n$/, '').split('\n') });
};

/** A new interface: behind all others, or in front of the next one that the file names. */
const place = (job: Job, name: string, text: string): void => {
  const later = job.order.slice(job.order.indexOf(name) + 1);
  const next = job.stanzas.find(
    ({ head }) =>
      head.name !== 'mapping' &&
      head.value.split(/\s+/).some((word) => later.includes(deviceOf(word)) && word !== 'lo'),
  );
  if (job.manner !== 'in-order' || next === undefined) append(job, `\n${text}`);
  else {
    const { path, line } = next.head.at;
    job.edits.push({ path, from: line, to: line - 1, lines: text.split('\n') });
  }
};

/** Names that nothing brings up any more leave their `auto`; ones that are wanted and not listed get one. */
const editAutos = (job: Job, wanted: Sections): void => {
  const names = new Set([...wanted.values()].flat().map(({ name }) => name));
  const declared = new Set(
    job.stanzas.filter(({ head }) => head.name === 'iface').map((stanza) => headWords(stanza)[0] ?? ''),
  );
  const listed = new Set<string>();
  for (const { head } of job.stanzas) {
    if (!/^(?:auto|allow-auto|allow-hotplug)$/.test(head.name)) continue;
    const words = head.value.split(/\s+/);
    for (const word of words) listed.add(word.split('=')[0] ?? word);
    const staying = words.filter((word) => (names.has(word) && job.manner !== 'anew') || !declared.has(word));
    if (staying.length === words.length) continue;
    const line = (job.lines.get(head.at.path)?.[head.at.line - 1] ?? '').slice(0, head.at.column - 1);
    const lines = staying.length === 0 ? [] : [`${line}${head.name} ${staying.join(' ')}`];
    job.edits.push({ path: head.at.path, from: head.at.line, to: head.lastLine, lines });
  }
  if (job.manner === 'anew') return;
  const isPattern = [...listed].some((word) => word.includes('/'));
  for (const stanza of job.stanzas) {
    const [name = ''] = headWords(stanza);
    if (stanza.head.name !== 'iface' || !names.has(name) || listed.has(name) || name === 'lo' || isPattern) continue;
    listed.add(name);
    const { path, line } = stanza.head.at;
    job.edits.push({ path, from: line, to: line - 1, lines: [`auto ${name}`] });
  }
};

const carriedOut = (texts: readonly ConfigText[], edits: readonly LineEdit[]): readonly ConfigText[] =>
  texts.map((it) => {
    const own = edits.filter(({ path }) => path === it.path);
    if (own.length === 0) return it;
    const hasEnd = it.text.endsWith('\n') || it.text === '';
    const lines = (hasEnd ? it.text.replace(/\n$/, '') : it.text).split('\n');
    // From the end, so that the numbers of lines above stay right; of several at one place, the first comes to stand first.
    const ordered = own.toReversed().sort((a, b) => b.from - a.from || b.to - a.to);
    for (const { from, to, lines: fresh } of ordered) lines.splice(from - 1, Math.max(0, to - from + 1), ...fresh);
    return { path: it.path, text: `${lines.join('\n')}${hasEnd ? '\n' : ''}` };
  });

const edited = (
  texts: readonly ConfigText[],
  before: Sections,
  wanted: Sections,
  stack: string,
  manner: Manner,
): readonly ConfigText[] => {
  const job: Job = {
    manner,
    order: [...wanted.keys()],
    lines: new Map(texts.map(({ path, text }) => [path, text.split('\n')])),
    stanzas: stanzasIn(texts).stanzas,
    kept: new Set(
      readInterfaces(texts, stack)
        .remarks.filter(({ kind }) => kind === 'not-said')
        .map(({ at }) => `${at.path}:${at.line}`),
    ),
    edits: [],
  };
  const isWhole = manner === 'all' || manner === 'anew';
  // What is said anew comes up in the order of what is wanted, whatever the files had first.
  const [first, then] = manner === 'anew' ? [wanted, before] : [before, wanted];
  for (const name of new Set([...first.keys(), ...then.keys()])) {
    const asked = wanted.get(name) ?? [];
    if (!isWhole && JSON.stringify(before.get(name) ?? []) === JSON.stringify(asked)) continue;
    editInterface(job, name, asked);
  }
  editAutos(job, wanted);
  return carriedOut(texts, job.edits);
};

/** `lo` needs no stanza as long as nothing is said of it. */
const sectionsOf = (stack: Stack): Sections => {
  const sections = new Map(allStanzas(stack));
  const lo = sections.get('lo') ?? [];
  if (lo.every(({ options }) => options.length === 0)) sections.delete('lo');
  return sections;
};

const withLoopback = (sections: Sections, texts: readonly ConfigText[]): Sections => {
  const isSaid = stanzasIn(texts).stanzas.some(
    (stanza) => stanza.head.name === 'iface' && headWords(stanza)[0] === 'lo',
  );
  if (sections.has('lo') || !isSaid) return sections;
  return new Map([['lo', [{ name: 'lo', family: 'inet', method: 'loopback', options: [] }]], ...sections]);
};

/** Lines that ifup would stumble over. */
const errorsIn = (texts: readonly ConfigText[], stack: string): number =>
  readInterfaces(texts, stack).remarks.filter(({ kind }) => kind === 'error').length;

const upLinesEdited = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  const wanted = normalPart(wantedOf(stackIn(state, stack)));
  const before = normalPart(readInterfaces(texts, stack).stacks[stack]);
  if (differencesOf(wanted, before).length === 0) return { files: texts, omissions: [] };
  const [old, asked] = [sectionsOf(before), sectionsOf(wanted)].map((sections) => withLoopback(sections, texts));
  const said = saidIn(texts, stack, (its) => withLoopback(sectionsOf(its), texts));
  const stanzas = [...(asked ?? new Map<string, readonly NewStanza[]>()).values()].flat();
  const items = itemsOf(asked ?? new Map());
  for (const isAnew of [false, true]) {
    const files = withLinesEdited(said, { items, stanzas }, isAnew);
    const isRight = files !== undefined && omissionsOf(files, state, stack).length === 0;
    if (isRight && errorsIn(files, stack) <= errorsIn(texts, stack)) return { files, omissions: [] };
  }
  let best: { files: readonly ConfigText[]; omissions: readonly Omission[] } | undefined;
  for (const manner of ['at-end', 'in-order', 'all', 'anew'] as const) {
    const files = edited(texts, old ?? new Map(), asked ?? new Map(), stack, manner);
    const omissions = omissionsOf(files, state, stack);
    if (best === undefined || omissions.length < best.omissions.length) best = { files, omissions };
    if (omissions.length === 0) break;
  }
  return best ?? { files: texts, omissions: [] };
};

export const editInterfaces = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  if (texts.length === 0) return writeInterfaces(state, stack);
  const { files, omissions } = upLinesEdited(texts, state, stack);
  return { files: withDownLines(texts, files), omissions };
};
