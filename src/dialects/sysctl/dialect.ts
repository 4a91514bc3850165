/**
 * sysctl.conf(5) and sysctl.d(5): `key = value` lines about the network become kernel parameters, of which the state
 * holds those below `net/`. Files are read as systemd-sysctl(8) and `sysctl --system` read them: sorted by name, a later
 * line wins, /etc/sysctl.conf last.
 */
import { compareText } from '../../state/spelling.ts';
import { type ConfigText, type Dialect, type Place, type Reading, type Remark, type Writing } from '../dialect.ts';
import { nothingRead, readingOf, stackIn } from '../reading.ts';
import { keyAndValue, linesOf, remarksOn, placeIn, type Line, type Remarks } from '../text.ts';
import { editSysctl } from './edit.ts';
import { isAct, isKnownKey, isOfBsd, pathOf, splitMinus, valueOf } from './keys.ts';
import { isPattern, keysOf, type Pattern } from './patterns.ts';

const mainFile = 'etc/sysctl.conf';
const folders = ['etc/sysctl.d', 'run/sysctl.d', 'usr/local/lib/sysctl.d', 'usr/lib/sysctl.d', 'lib/sysctl.d'] as const;

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const owns = (path: string): boolean =>
  path === mainFile || (path.endsWith('.conf') && folders.some((folder) => folderOf(path) === folder));

const comment = /^\s*[#;]/;

const resembles = (text: string): number => {
  const lines = linesOf(text).filter((line) => line.text.trim() !== '' && !comment.test(line.text));
  const like = lines.filter((line) => /^\s*-?(?:net|kernel|vm|fs)[./][\w./*-]+\s*=/.test(line.text));
  return lines.length === 0 ? 0 : like.length / lines.length;
};

/** A file hides those of the same name in folders that count less. */
const inReadingOrder = (texts: readonly ConfigText[], tell: (text: ConfigText, by: string) => void): ConfigText[] => {
  const byName = new Map<string, ConfigText>();
  const others: ConfigText[] = [];
  const rank = (path: string): number => folders.findIndex((folder) => folderOf(path) === folder);
  for (const text of texts) {
    if (rank(text.path) < 0) {
      others.push(text);
      continue;
    }
    const name = nameOf(text.path);
    const known = byName.get(name);
    const [kept, hidden] = known !== undefined && rank(known.path) <= rank(text.path) ? [known, text] : [text, known];
    byName.set(name, kept);
    if (hidden !== undefined) tell(hidden, kept.path);
  }
  return [...[...byName.values()].sort((a, b) => compareText(nameOf(a.path), nameOf(b.path))), ...others];
};

interface Found {
  readonly sysctls: Record<string, string>;
  readonly origins: Record<string, Place>;
  readonly patterns: Pattern[];
  /** What patterns do not set: `-key` without a value. */
  readonly excepted: Set<string>;
}

const readLine = (line: Line, path: string, stack: string, found: Found, tell: Remarks): void => {
  const pair = keyAndValue(line);
  const first = { line: line.number, column: line.text.length - line.text.trimStart().length + 1 };
  // A line with a minus and no value keeps a glob from being set (sysctl.d(5)).
  if (pair === undefined && /^\s*-\S+\s*$/.test(line.text)) {
    found.excepted.add(pathOf(splitMinus(line.text.trim()).name));
    return;
  }
  if (pair === undefined || pair.key.text === '') {
    tell('error', 'not-a-setting', `\`${line.text.trim()}\` is not \`key = value\``, first);
    return;
  }
  const { name } = splitMinus(pair.key.text);
  const key = pathOf(name);
  if (!key.startsWith('net/')) return;
  if (isPattern(key) && keysOf(key).length === 0) {
    tell('not-said', 'glob', `\`${name}\` is a pattern: which parameters it sets depends on the machine`, first);
    return;
  }
  if (isOfBsd(key)) {
    tell('error', 'other-system', `\`${name}\` is a parameter of BSD, which Linux does not have`, first);
    return;
  }
  if (isAct(key)) return;
  if (!isKnownKey(key) && !isPattern(key)) {
    tell('error', 'not-a-parameter', `\`${name}\` is not the name of a kernel parameter`, first);
    return;
  }
  if (pair.value.text === '') {
    tell('ignored', 'no-value', `\`${name}\` is given no value`, first);
    return;
  }
  const value = valueOf(keysOf(key)[0] ?? key, pair.value.text);
  if (value === undefined) {
    tell('error', 'not-a-number', `\`${pair.value.text}\` is no number: the kernel refuses it for \`${name}\``, first);
    return;
  }
  if (value !== pair.value.text)
    tell('ignored', 'comment-in-value', `\`#\` begins no comment behind a value: the kernel reads \`${value}\``, first);
  if (isPattern(key)) {
    tell(
      'assumed',
      'glob',
      `\`${name}\` is a pattern: it was read for \`all\` and \`default\`, as far as it fits them; which interfaces it fits depends on the machine`,
      first,
    );
    found.patterns.push({ key, value, at: placeIn(path, first) });
    return;
  }
  found.sysctls[key] = value;
  found.origins[`${stack}/sysctls/${key}`] = placeIn(path, first);
};

/** Whatever a line names by itself counts more than a pattern, wherever that stands (systemd-sysctl(8)). */
const applyPatterns = ({ sysctls, origins, patterns, excepted }: Found, stack: string): void => {
  const said = new Set([...Object.keys(sysctls), ...excepted]);
  for (const { key: pattern, value, at } of patterns)
    for (const key of keysOf(pattern)) {
      if (said.has(key)) continue;
      sysctls[key] = value;
      origins[`${stack}/sysctls/${key}`] = at;
    }
};

const read = (texts: readonly ConfigText[], { stack }: { readonly stack: string }): Reading => {
  const remarks: Remark[] = [];
  const found: Found = { sysctls: {}, origins: {}, patterns: [], excepted: new Set() };
  const hide = (text: ConfigText, by: string): void =>
    remarksOn(text.path, remarks)('ignored', 'hidden-file', `\`${text.path}\` is hidden by \`${by}\``, { line: 1 });
  for (const { path, text } of inReadingOrder(texts, hide)) {
    const tell = remarksOn(path, remarks);
    for (const line of linesOf(text)) {
      if (line.text.trim() === '' || comment.test(line.text)) continue;
      readLine(line, path, stack, found, tell);
    }
  }
  applyPatterns(found, stack);
  const isEmpty = Object.keys(found.sysctls).length === 0;
  return isEmpty ? nothingRead(remarks) : readingOf(stack, { sysctls: found.sysctls }, remarks, found.origins);
};

/** The file that Lanwright writes: behind what distributions bring. */
export const writtenPath = 'etc/sysctl.d/90-lanwright.conf';

/** Names of interfaces may hold dots: with slashes first, sysctl(8) leaves them alone. */
export const settingLine = (key: string, value: string): string => `${key} = ${value.trim().replaceAll(/\s+/g, ' ')}`;

const write = (state: Parameters<NonNullable<Dialect['write']>>[0], stack: string): Writing => {
  const { sysctls } = stackIn(state, stack);
  const lines = Object.keys(sysctls)
    .sort(compareText)
    .map((key) => settingLine(key, sysctls[key] ?? ''));
  return { files: lines.length === 0 ? [] : [{ path: writtenPath, text: `${lines.join('\n')}\n` }], omissions: [] };
};

export const sysctl: Dialect = {
  name: 'sysctl',
  owns,
  resembles,
  read,
  write,
  edit: (texts, state, stack) => editSysctl(texts, stackIn(state, stack).sysctls, read(texts, { stack })),
};
