/**
 * Which texts systemd-networkd reads, and in what order: by the name of the file alone, whatever its folder; of two with
 * one name the folder under /etc counts; `NAME.d/*.conf` beside a file adds to it (systemd.network(5)).
 */
import { compareText } from '../../state/spelling.ts';
import { readIni, type IniText } from '../ini/ini-text.ts';
import { type ConfigText, type Remark } from '../dialect.ts';
import { remarksOn } from '../text.ts';

const folders = [
  'etc/systemd/network',
  'run/systemd/network',
  'usr/local/lib/systemd/network',
  'usr/lib/systemd/network',
  'lib/systemd/network',
] as const;

export const kinds = ['link', 'netdev', 'network'] as const;
export type FileKind = (typeof kinds)[number];

/** One file with what was added to it. */
export interface NetworkdFile {
  readonly kind: FileKind;
  /** Without its folder. */
  readonly name: string;
  readonly texts: readonly IniText[];
}

interface Placed {
  readonly kind: FileKind;
  readonly name: string;
  readonly dropIn?: string;
  /** Of its folder; a text from elsewhere counts like one in /etc. */
  readonly rank: number;
  readonly text: ConfigText;
}

const pattern = /(?:^|\/)([^/]+\.(link|netdev|network))(?:\.d\/([^/]+\.conf))?$/;

const placed = (text: ConfigText): Placed | undefined => {
  const found = pattern.exec(text.path);
  if (found === null) return undefined;
  const [, name = '', kind, dropIn] = found;
  const rank = folders.findIndex((folder) => text.path.startsWith(`${folder}/`));
  return {
    kind: kind as FileKind,
    name,
    ...(dropIn === undefined ? {} : { dropIn }),
    rank: Math.max(0, rank),
    text,
  };
};

export const ownsPath = (path: string): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`)) && pattern.test(path);

/** A text without a telling name is taken for what its sections say. */
const kindOf = ({ text }: ConfigText): FileKind => {
  if (/^\s*\[NetDev\]/m.test(text)) return 'netdev';
  return /^\s*\[Match\]/m.test(text) &&
    !/^\s*\[(Network|Address|Route)\]/m.test(text) &&
    /^\s*(Name|NamePolicy)=/m.test(text.replace(/^\s*\[Match\][^[]*/m, ''))
    ? 'link'
    : 'network';
};

const hiddenBy = (texts: readonly Placed[], tell: (hidden: Placed, by: Placed) => void): readonly Placed[] => {
  const kept = new Map<string, Placed>();
  for (const text of [...texts].sort((a, b) => a.rank - b.rank)) {
    const key = `${text.name}\n${text.dropIn ?? ''}`;
    const known = kept.get(key);
    if (known === undefined) kept.set(key, text);
    else tell(text, known);
  }
  return [...kept.values()];
};

/** In the order in which networkd looks at them. */
export const filesOf = (texts: readonly ConfigText[], remarks: Remark[]): readonly NetworkdFile[] => {
  const all = texts.map(
    (text): Placed => placed(text) ?? { kind: kindOf(text), name: `${text.path}.${kindOf(text)}`, rank: 0, text },
  );
  const kept = hiddenBy(all, ({ text }, by) =>
    remarksOn(text.path, remarks)('ignored', 'hidden-file', `\`${text.path}\` is hidden by \`${by.text.path}\``, {
      line: 1,
    }),
  );
  // A file that is empty, or a link to /dev/null, switches off what has its name elsewhere.
  const mains = kept.filter(({ dropIn, text }) => dropIn === undefined && text.text.trim() !== '');
  return mains
    .sort((a, b) => compareText(a.name, b.name))
    .map(({ kind, name, text }) => {
      const added = kept
        .filter((other) => other.name === name && other.dropIn !== undefined)
        .sort((a, b) => compareText(a.dropIn ?? '', b.dropIn ?? ''));
      return {
        kind,
        name,
        texts: [text, ...added.map((other) => other.text)].map(({ path, text: body }) =>
          readIni(path, body, 'systemd'),
        ),
      };
    });
};
