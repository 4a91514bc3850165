/**
 * Takes entries out of a text of sections and puts entries in, keeping every other byte. Changes are found between two
 * drafts: what the text means now, and what it is to mean.
 */
import { type ConfigText } from '../dialect.ts';
import { type IniDraft, type IniSection, type IniStyle, readIni } from './ini-text.ts';

export interface IniChanges {
  /** Entries of a section that is one whole, or all entries of one of several sections of a name. */
  readonly removed: readonly IniDraft[];
  readonly added: readonly IniDraft[];
}

const isOneOfSeveral = (name: string, drafts: readonly IniDraft[]): boolean =>
  drafts.filter((draft) => draft.name === name).length > 1;

/** Sections of which a text has several, each a thing of its own. */
const standsAlone = /^(Address|Route|RoutingPolicyRule|Neighbor|IPv6Prefix|DHCPServerStaticLease|WireGuardPeer)$/;

const spelled = ({ name, entries }: IniDraft): string => JSON.stringify([name, entries]);

const without = (all: readonly IniDraft[], others: readonly IniDraft[]): readonly IniDraft[] => {
  const known = others.map(spelled);
  return all.filter((draft) => {
    const at = known.indexOf(spelled(draft));
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
};

/** Sections of one entry each, so that they are compared entry by entry. */
const singly = (drafts: readonly IniDraft[]): readonly IniDraft[] =>
  drafts.flatMap((draft) =>
    standsAlone.test(draft.name) || isOneOfSeveral(draft.name, drafts)
      ? [draft]
      : draft.entries.map((entry) => ({ name: draft.name, entries: [entry] })),
  );

export const changesBetween = (before: readonly IniDraft[], after: readonly IniDraft[]): IniChanges => {
  const [was, is] = [singly(before), singly(after)];
  return { removed: without(was, is), added: without(is, was) };
};

interface Lines {
  readonly first: number;
  readonly last: number;
}

const holds = (section: IniSection, draft: IniDraft): boolean =>
  draft.entries.every(([key, value]) =>
    section.entries.some((entry) => entry.key.text === key && entry.value.text === value),
  );

/** The lines of one entry, alone or as one word of a list that holds nothing else. */
const entryLines = (sections: readonly IniSection[], name: string, key: string, value: string): Lines | undefined => {
  for (const section of sections) {
    if (section.name.text !== name) continue;
    const found = section.entries.find((entry) => entry.key.text === key && entry.value.text === value);
    if (found !== undefined) return { first: found.firstLine, last: found.lastLine };
  }
  return undefined;
};

/** A key that stands once in the text: whatever its value is spelled like, this is what is meant. */
const onlyLines = (sections: readonly IniSection[], name: string, key: string): Lines | undefined => {
  const found = sections
    .filter((section) => section.name.text === name)
    .flatMap(({ entries }) => entries.filter((entry) => entry.key.text === key));
  const [only] = found;
  return only === undefined || found.length > 1 ? undefined : { first: only.firstLine, last: only.lastLine };
};

const sectionLines = ({ name, lastLine }: IniSection): Lines => ({ first: name.line, last: lastLine });

/** Keys that may as well stand in a section of their own, under this key there. */
export type Elsewhere = Readonly<Record<string, readonly [section: string, key: string]>>;

const linesOfRemoval = (sections: readonly IniSection[], draft: IniDraft, elsewhere: Elsewhere): Lines | undefined => {
  if (standsAlone.test(draft.name)) {
    const whole = sections.find((section) => section.name.text === draft.name && holds(section, draft));
    return whole === undefined ? undefined : sectionLines(whole);
  }
  const [[key, value] = ['', '']] = draft.entries;
  const exact = entryLines(sections, draft.name, key, value);
  if (exact !== undefined) return exact;
  const [otherSection, otherKey] = elsewhere[key] ?? [];
  const whole = sections.find(
    (section) =>
      section.name.text === otherSection &&
      section.entries.some((entry) => entry.key.text === otherKey && entry.value.text === value),
  );
  return whole === undefined ? onlyLines(sections, draft.name, key) : sectionLines(whole);
};

const addedTo = (
  lines: string[],
  sections: readonly IniSection[],
  draft: IniDraft,
  gone: ReadonlySet<number>,
): void => {
  const text = draft.entries.map(([key, value]) => `${key}=${value}`);
  const place = standsAlone.test(draft.name)
    ? undefined
    : sections.findLast((section) => section.name.text === draft.name && !gone.has(section.name.line));
  if (place === undefined) {
    const last = lines.at(-1) ?? '';
    lines[lines.length - 1] = `${last === '' ? '' : `${last}\n`}\n[${draft.name}]\n${text.join('\n')}\n`;
    return;
  }
  const at = place.lastLine - 1;
  lines[at] = `${lines[at] ?? ''}\n${text.join('\n')}`;
};

/** Undefined where something that is to go is not found. */
export const applyEdits = (
  { path, text }: ConfigText,
  changes: IniChanges,
  elsewhere: Elsewhere,
  style: IniStyle,
): string | undefined => {
  const { sections } = readIni(path, text, style);
  const lines = text.split('\n');
  const gone = new Set<number>();
  for (const draft of changes.removed) {
    const found = linesOfRemoval(sections, draft, elsewhere);
    if (found === undefined) return undefined;
    for (let line = found.first; line <= found.last; line += 1) gone.add(line);
  }
  const marker = '\u0000';
  for (const line of gone) lines[line - 1] = marker;
  const fresh = new Map<string, (readonly [string, string])[]>();
  for (const draft of changes.added) {
    if (standsAlone.test(draft.name) || sections.some((section) => section.name.text === draft.name)) {
      addedTo(lines, sections, draft, gone);
      continue;
    }
    fresh.set(draft.name, [...(fresh.get(draft.name) ?? []), ...draft.entries]);
  }
  for (const [name, entries] of fresh) addedTo(lines, [], { name, entries }, gone);
  return lines
    .flatMap((line) => {
      if (!line.startsWith(marker)) return [line];
      return line === marker ? [] : [line.slice(marker.length).replace(/^\n/, '')];
    })
    .join('\n');
};
