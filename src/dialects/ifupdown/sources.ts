/**
 * The stanzas of all files in the order in which ifup(8) meets them: `source` and `source-directory` bring in others
 * where they stand. Files that nothing brings in are not read by it.
 */
import { type ConfigText, type Place, type Remark } from '../dialect.ts';
import { compareText } from '../../state/spelling.ts';
import { parseInterfaces, type Parsed, type Stanza } from './parse.ts';

export const mainPath = 'etc/network/interfaces';
export const folder = 'etc/network/interfaces.d';

const escaped = (text: string): string => text.replaceAll(/[\\^$.|+(){}]/g, '\\$&');

/** A pattern of shell names (glob(7)); undefined where it is none that can be read. */
export const globbed = (pattern: string): RegExp | undefined => {
  const body = escaped(pattern).replaceAll('*', '[^/]*').replaceAll('?', '[^/]').replaceAll('[!', '[^');
  try {
    return new RegExp(`^${body}$`);
  } catch {
    return undefined;
  }
};

/** Paths without a leading slash are seen from the folder of the file that names them. */
const absolute = (path: string, from: string): string => {
  const whole = path.startsWith('/') ? path.slice(1) : `${from.slice(0, Math.max(0, from.lastIndexOf('/')))}/${path}`;
  return whole.replaceAll(/\/+/g, '/').replaceAll('/./', '/').replace(/\/$/, '');
};

/** Names that `source-directory` takes (run-parts(8)). */
const partName = /^[a-zA-Z0-9_-]+$/;

const named = (texts: readonly ConfigText[], keyword: string, value: string, from: string): readonly ConfigText[] => {
  const patterns = value.split(/\s+/).flatMap((word) => {
    const path = absolute(word, from);
    return [globbed(path), ...(keyword === 'source' ? [] : [globbed(`${path}/*`)])];
  });
  return texts
    .filter(({ path }) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const isInFolder = patterns.some((pattern, index) => index % 2 === 1 && pattern?.test(path) === true);
      if (keyword !== 'source') return isInFolder && partName.test(name);
      return patterns.some((pattern) => pattern?.test(path) === true);
    })
    .sort((a, b) => compareText(a.path, b.path));
};

export interface AllStanzas {
  readonly stanzas: readonly Stanza[];
  readonly remarks: readonly Remark[];
}

export const stanzasIn = (texts: readonly ConfigText[]): AllStanzas => {
  const remarks: Remark[] = [];
  const stanzas: Stanza[] = [];
  const parsed = new Map<string, Parsed>(texts.map((text) => [text.path, parseInterfaces(text)]));
  const seen = new Set<string>();
  const tell = (kind: Remark['kind'], code: string, message: string, at: Place): void => {
    remarks.push({ kind, code, message, at });
  };
  const take = ({ path }: ConfigText): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const { stanzas: own = [], errors = [] } = parsed.get(path) ?? {};
    for (const { at, code, message } of errors) tell('error', code, message, at);
    for (const stanza of own) {
      const { name, value } = stanza.head;
      if (!/^source(?:-dir(?:ectory)?)?$/.test(name)) {
        stanzas.push(stanza);
        continue;
      }
      for (const text of named(texts, name, value, path)) take(text);
    }
  };
  const main = texts.find(({ path }) => path === mainPath);
  if (main !== undefined) take(main);
  for (const text of texts) {
    const isBelow = text.path.startsWith(`${folder}/`) && main !== undefined;
    if (isBelow && !seen.has(text.path))
      tell(
        'ignored',
        'not-sourced',
        `\`${text.path}\` is brought in by no \`source\` line that stands in the other files`,
        {
          path: text.path,
          line: 1,
          column: 1,
        },
      );
    else take(text);
  }
  return { stanzas, remarks };
};
