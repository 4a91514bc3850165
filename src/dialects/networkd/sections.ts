/**
 * Sections of networkd's files as settings: of a key that is given several times the last counts, or all do where it is
 * a list, and an empty value forgets those before it (systemd.syntax(7)).
 */
import { type IniText } from '../ini/ini-text.ts';
import { type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { unsaidKeys, saidKeys, unsaidSections, type SectionName } from './keys.ts';
import { type FileKind } from './files.ts';

export interface Setting {
  readonly text: string;
  readonly at: Place;
}

export interface Section {
  readonly name: string;
  readonly at: Place;
  /** Only keys that were given, each with the values that count. */
  readonly settings: ReadonlyMap<string, readonly Setting[]>;
}

export const allOf = (section: Section, key: string): readonly Setting[] => section.settings.get(key) ?? [];
export const lastOf = (section: Section, key: string): Setting | undefined => section.settings.get(key)?.at(-1);

/** Sections of which each stands for one thing of its own; of the others all of a name are one. */
const repeated = new Set([
  'Address', 'Route', 'RoutingPolicyRule', 'Neighbor', 'NextHop', 'BridgeVLAN', 'BridgeFDB', 'BridgeMDB', 'IPv6Prefix',
  'IPv6RoutePrefix', 'DHCPServerStaticLease', 'WireGuardPeer', 'VXLANDestination', 'IPv6AddressLabel',
]); // prettier-ignore

const checkKey = (kind: FileKind, section: string, key: string, value: string, at: Place, tell: Tell): boolean => {
  const name: SectionName = `${kind}:${section}`;
  if (saidKeys[name]?.includes(key) === true) return true;
  if (unsaidKeys[name]?.includes(key) === true) {
    if (value !== '')
      tell('not-said', 'no-words-for', `\`${key}=${value}\` in [${section}] has no place in the model`, at);
    return false;
  }
  tell('ignored', 'unknown-key', `\`${key}\` is no key of [${section}] that is known here`, at);
  return false;
};

/** Sections that this reader knows nothing about, each told once. */
const isKnownSection = (kind: FileKind, section: string): boolean => {
  const name: SectionName = `${kind}:${section}`;
  return saidKeys[name] !== undefined || unsaidKeys[name] !== undefined;
};

export const sectionsOf = (kind: FileKind, texts: readonly IniText[], tell: Tell): readonly Section[] => {
  const sections: { name: string; at: Place; settings: Map<string, Setting[]> }[] = [];
  for (const { path, sections: written, strays } of texts) {
    for (const stray of strays)
      tell('error', 'not-a-setting', `\`${stray.text.trim()}\` is neither \`[Section]\` nor \`Key=value\``, {
        path,
        line: stray.number,
        column: 1,
      });
    for (const { name, entries } of written) {
      const at = { path, line: name.line, column: name.column };
      // A section whose name begins with X- is for other programs.
      if (name.text.startsWith('X-')) continue;
      if (unsaidSections[kind].includes(name.text)) {
        tell('not-said', 'no-words-for', `[${name.text}] has no place in the model`, at);
        continue;
      }
      if (!isKnownSection(kind, name.text)) {
        tell('ignored', 'unknown-section', `[${name.text}] is no section of a .${kind} file that is known here`, at);
        continue;
      }
      const known = repeated.has(name.text) ? undefined : sections.find((other) => other.name === name.text);
      const section = known ?? { name: name.text, at, settings: new Map<string, Setting[]>() };
      if (known === undefined) sections.push(section);
      for (const { key, value } of entries) {
        const place = { path, line: key.line, column: key.column };
        if (!checkKey(kind, name.text, key.text, value.text, place, tell)) continue;
        if (value.text === '') section.settings.delete(key.text);
        else
          section.settings.set(key.text, [
            ...(section.settings.get(key.text) ?? []),
            { text: value.text, at: { path, line: value.line, column: value.column } },
          ]);
      }
    }
  }
  return sections;
};

export const sectionsNamed = (sections: readonly Section[], name: string): readonly Section[] =>
  sections.filter((section) => section.name === name);

/** A section that holds nothing where the file has none. */
export const sectionNamed = (sections: readonly Section[], name: string): Section =>
  sections.find((section) => section.name === name) ?? {
    name,
    at: { path: '', line: 1, column: 1 },
    settings: new Map(),
  };
