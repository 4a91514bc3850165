/**
 * Edits the files of a dialect that has one file, or two, for each interface: each change goes into the file of its
 * interface, entry by entry; a file that cannot be brought to say what is wanted is written anew.
 */
import { type ConfigText } from '../dialect.ts';
import { applyEdits, changesBetween, type Elsewhere } from './edit-ini.ts';
import { readIni, type IniDraft, type IniStyle, type IniText } from './ini-text.ts';

export interface IniDialect {
  readonly style: IniStyle;
  /** Whether a file is for the same thing as the canonical file of that path. */
  readonly isFor: (file: ConfigText, read: IniText, canonicalPath: string) => boolean;
  readonly elsewhere: Elsewhere;
}

const draftsOf = (text: ConfigText, style: IniStyle): readonly IniDraft[] =>
  readIni(text.path, text.text, style).sections.map(({ name, entries }) => ({
    name: name.text,
    entries: entries.map(({ key, value }) => [key.text, value.text] as const),
  }));

/** `before`, `after`: what would be written for what `texts` say now, and for what they are to say. */
export const editFiles = (
  texts: readonly ConfigText[],
  before: readonly ConfigText[],
  after: readonly ConfigText[],
  { style, isFor, elsewhere }: IniDialect,
): readonly ConfigText[] => {
  const files = new Map(texts.map((text) => [text.path, text]));
  for (const path of new Set([...before, ...after].map((file) => file.path))) {
    const was = before.find((file) => file.path === path);
    const is = after.find((file) => file.path === path);
    if (was?.text === is?.text) continue;
    const own = [...files.values()].find((file) => isFor(file, readIni(file.path, file.text, style), path));
    if (is === undefined) {
      if (own !== undefined) files.delete(own.path);
    } else if (own === undefined || was === undefined) files.set(own?.path ?? path, { ...is, path: own?.path ?? path });
    else {
      const edited = applyEdits(own, changesBetween(draftsOf(was, style), draftsOf(is, style)), elsewhere, style);
      files.set(own.path, { path: own.path, text: edited ?? is.text });
    }
  }
  return [...files.values()];
};
