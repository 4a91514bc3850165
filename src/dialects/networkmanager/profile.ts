/** One key file as a profile: its sections with the last value of each key. */
import { readIni, type IniText } from '../ini/ini-text.ts';
import { type ConfigText, type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { ownEntry } from '../plain-values.ts';

export interface Value {
  readonly text: string;
  readonly at: Place;
}

export interface Profile {
  readonly path: string;
  readonly at: Place;
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, Value>>;
}

export const valueIn = ({ sections }: Profile, section: string, key: string): Value | undefined =>
  sections.get(section)?.get(key);

/** Older and newer names of one section or key; the first that is given counts. */
export const eitherIn = (profile: Profile, section: string, ...keys: readonly string[]): Value | undefined => {
  for (const key of keys) {
    const value = valueIn(profile, section, key);
    if (value !== undefined) return value;
  }
  return undefined;
};

const oldNames: Readonly<Record<string, string>> = { '802-3-ethernet': 'ethernet' };

const gathered = ({ path, sections }: IniText): Map<string, Map<string, Value>> => {
  const all = new Map<string, Map<string, Value>>();
  for (const { name, entries } of sections) {
    const key = ownEntry(oldNames, name.text) ?? name.text;
    const section = all.get(key) ?? new Map<string, Value>();
    all.set(key, section);
    for (const entry of entries)
      section.set(entry.key.text, {
        text: entry.value.text,
        at: { path, line: entry.value.line, column: entry.value.column },
      });
  }
  return all;
};

export const readProfile = ({ path, text }: ConfigText, tell: Tell): Profile => {
  const ini = readIni(path, text, 'glib');
  for (const stray of ini.strays)
    tell('error', 'not-a-setting', `\`${stray.text.trim()}\` is neither \`[section]\` nor \`key=value\``, {
      path,
      line: stray.number,
      column: 1,
    });
  const [first] = ini.sections;
  return {
    path,
    at: { path, line: first?.name.line ?? 1, column: first?.name.column ?? 1 },
    sections: gathered(ini),
  };
};

export const checked = <T>(
  value: Value | undefined,
  what: string,
  reader: (text: string) => T | undefined,
  tell: Tell,
): T | undefined => {
  if (value === undefined) return undefined;
  const read = reader(value.text);
  if (read === undefined)
    tell('error', 'bad-value', `\`${value.text}\` is not ${what}; NetworkManager refuses the profile`, value.at);
  return read;
};

export const readBoolean = (text: string): boolean | undefined =>
  /^(true|1|yes|on)$/i.test(text) ? true : /^(false|0|no|off)$/i.test(text) ? false : undefined;
