/**
 * Reads all files of systemd-networkd of one machine: devices first, then for each interface the first .network file
 * that matches it. Interfaces are those that are made, and those that a file names in full.
 */
import { type ConfigText, type ReadContext, type Reading, type Remark } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { newDraft, partOf, tellInto, type Draft } from '../draft.ts';
import { filesOf, type NetworkdFile } from './files.ts';
import { namesIn, readNetdev, valueOf } from './read-netdev.ts';
import { readDefaultVlan } from './read-bridge-vlans.ts';
import { readNetwork } from './read-network.ts';
import { namingKeys } from './keys.ts';
import { allOf, lastOf, sectionNamed, sectionsOf, type Section } from './sections.ts';
import { isInterfaceName, readMac } from '../plain-values.ts';
import { readBoolean, wordsOf } from './values.ts';

interface ReadFile {
  readonly file: NetworkdFile;
  readonly path: string;
  readonly sections: readonly Section[];
}

const isGlob = (text: string): boolean => /[*?[\]]/.test(text);

/** fnmatch(3) without a path's rules. */
const globPattern = (glob: string): RegExp => {
  const body = glob
    .split(/(\[[^\]]+\]|[*?])/)
    .map((part) => {
      if (part === '*') return '.*';
      if (part === '?') return '.';
      return /^\[[^\]]+\]$/.test(part)
        ? part.replace(/^\[[!^]/, '[^').replaceAll('\\', '\\\\')
        : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  try {
    return new RegExp(`^(?:${body})$`);
  } catch {
    return /^(?!)/;
  }
};

/** Any of the names, unless the list begins with `!`. */
const matchesName = (patterns: readonly string[], name: string): boolean => {
  const isNegative = patterns[0]?.startsWith('!') === true;
  const globs = patterns.map((pattern, index) => (isNegative && index === 0 ? pattern.slice(1) : pattern));
  return globs.some((glob) => globPattern(glob).test(name)) !== isNegative;
};

const macsOf = (match: Section): readonly string[] =>
  ['MACAddress', 'PermanentMACAddress'].flatMap((key) =>
    allOf(match, key).flatMap(({ text }) => wordsOf(text).flatMap((word) => readMac(word) ?? [])),
  );

/** Names that .link files give NICs, by MAC. */
const namesByMac = (links: readonly ReadFile[], draft: Draft): ReadonlyMap<string, string> => {
  const names = new Map<string, string>();
  for (const { sections } of links) {
    const name = lastOf(sectionNamed(sections, 'Link'), 'Name');
    if (name === undefined || !isInterfaceName(name.text)) continue;
    for (const mac of macsOf(sectionNamed(sections, 'Match'))) names.set(mac, name.text);
  }
  for (const { sections } of links) {
    const own = sectionNamed(sections, 'Link');
    for (const key of ['MACAddress', 'MTUBytes'])
      for (const { at } of allOf(own, key))
        draft.tell('not-said', 'set-by-udev', `\`${key}=\` of a .link file is set by udev, before networkd runs`, at);
  }
  return names;
};

/** Interfaces that files name in full, or by a MAC whose name is known. */
const namedBy = (match: Section, byMac: ReadonlyMap<string, string>): readonly string[] => [
  ...namesIn(match, 'Name').flatMap(({ text }) => (isGlob(text) || text.startsWith('!') ? [] : [text])),
  ...macsOf(match).flatMap((mac) => byMac.get(mac) ?? []),
];

const matches = (match: Section, name: string, byMac: ReadonlyMap<string, string>): boolean => {
  if (namingKeys.every((key) => allOf(match, key).length === 0)) return false;
  const patterns = namesIn(match, 'Name').map(({ text }) => text);
  const macs = macsOf(match);
  const own = [...byMac].find(([, known]) => known === name)?.[0];
  return (
    (patterns.length === 0 || matchesName(patterns, name)) &&
    (macs.length === 0 || (own !== undefined && macs.includes(own)))
  );
};

/** The file was taken for the interfaces that it names, whatever else it asks of them. */
const tellOtherMatches = ({ sections }: ReadFile, draft: Draft): void => {
  for (const [key, settings] of sectionNamed(sections, 'Match').settings)
    if (!namingKeys.includes(key))
      for (const { text, at } of settings)
        draft.tell('not-said', 'no-words-for', `\`${key}=${text}\` in [Match] has no place in the model`, at);
};

const tellUnmatched = ({ sections, path }: ReadFile, draft: Draft): void => {
  const match = sectionNamed(sections, 'Match');
  const at = match.at.path === '' ? { path, line: 1, column: 1 } : match.at;
  if (match.settings.size === 0)
    draft.tell(
      'error',
      'no-match',
      'networkd ignores a .network file whose [Match] says nothing that is known here',
      at,
    );
  else
    draft.tell(
      'not-said',
      'unknown-interfaces',
      'which interfaces this matches depends on the machine; none is named',
      at,
    );
};

/** What bridges say of the VLAN of their ports. */
const defaultVlansOf = (netdevs: readonly ReadFile[], draft: Draft): ReadonlyMap<string, number> =>
  new Map(
    netdevs.flatMap(({ sections }) => {
      const name = lastOf(sectionNamed(sections, 'NetDev'), 'Name')?.text;
      return name === undefined ? [] : [[name, readDefaultVlan(sectionNamed(sections, 'Bridge'), draft)] as const];
    }),
  );

const applied = (
  networks: readonly ReadFile[],
  byMac: ReadonlyMap<string, string>,
  defaultVlans: ReadonlyMap<string, number>,
  draft: Draft,
): void => {
  const devices = [...draft.interfaces.keys()];
  const names = [
    ...new Set([...devices, ...networks.flatMap(({ sections }) => namedBy(sectionNamed(sections, 'Match'), byMac))]),
  ].filter(isInterfaceName);
  const used = new Set<ReadFile>();
  // Lower interfaces are known before what is stacked upon them: devices were all made.
  for (const name of names) {
    const file = networks.find(({ sections }) => matches(sectionNamed(sections, 'Match'), name, byMac));
    if (file === undefined) continue;
    const isManaged =
      valueOf(lastOf(sectionNamed(file.sections, 'Link'), 'Unmanaged'), 'yes or no', readBoolean, draft.tell) !== true;
    if (isManaged) readNetwork(file.sections, name, { isFirst: !used.has(file), defaultVlans }, draft);
    used.add(file);
  }
  for (const file of networks) (used.has(file) ? tellOtherMatches : tellUnmatched)(file, draft);
};

/** A device that lies on another, and that no file puts there, networkd never makes. */
const dropBaseless = (draft: Draft): void => {
  for (const [name, it] of [...draft.interfaces]) {
    if (it.vlan?.link !== '' && it.macvlan?.link !== '') continue;
    draft.interfaces.delete(name);
    const at = draft.origins[`${draft.stack}/interfaces/${name}`] ?? { path: '', line: 1, column: 1 };
    draft.tell('error', 'no-lower-interface', `no .network file says on which interface \`${name}\` lies`, at);
  }
};

export const readNetworkd = (texts: readonly ConfigText[], { stack }: ReadContext): Reading => {
  const remarks: Remark[] = [];
  const draft = newDraft(stack, tellInto(remarks));
  const files = filesOf(texts, remarks).map((file): ReadFile => ({
    file,
    path: file.texts[0]?.path ?? '',
    sections: sectionsOf(file.kind, file.texts, draft.tell),
  }));
  const ofKind = (kind: NetworkdFile['kind']): readonly ReadFile[] => files.filter(({ file }) => file.kind === kind);
  const byMac = namesByMac(ofKind('link'), draft);
  for (const { sections, path } of ofKind('netdev')) readNetdev(sections, path, draft);
  applied(ofKind('network'), byMac, defaultVlansOf(ofKind('netdev'), draft), draft);
  dropBaseless(draft);
  const part = partOf(draft);
  return Object.keys(part).length === 0 ? nothingRead(remarks) : readingOf(stack, part, remarks, draft.origins);
};
