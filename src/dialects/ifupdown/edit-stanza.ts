/**
 * One `iface` stanza that shall say other options: lines that say what is wanted stay as they are, others get a new value,
 * go, or come behind the last one. Options that no reader here understands stay.
 */
import { deviceOf } from '../shell-commands/ip-address.ts';
import { lengthIn } from '../shell-commands/values.ts';
import { plainName } from './options.ts';
import { commandNames, type Option, type Stanza } from './parse.ts';
import { type NewStanza, type OptionPair } from './stanzas.ts';

/** What takes the place of the lines `from` to `to`, both included; `to` below `from`: in front of `from`. */
export interface LineEdit {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** Options that the writer says; it takes them away where they are no longer so. */
const managed =
  /^(?:address|netmask|network|broadcast|gateway|metric|pointopoint|hwaddress|mtu|hostname|accept-ra|autoconf|vlan-raw-device|vlan-id|slaves|bridge-(?:ports|stp|fd|vlan-aware|hw|vids|pvid|access)|bond-(?:slaves|master|mode|miimon|primary|lacp-rate|xmit-hash-policy)|ip-rp-filter|ip-proxy-arp|dns-(?:nameservers?|search|domain))$/;

/** Commands of these the writer says too. */
const spoken = /^(?:\/\S*\/)?(?:ip|ifconfig|route|brctl|vconfig|bridge|sysctl|echo)\s/;

/** `kept`: lines with something that the reader could not make out, as `path:line`. */
export const isManaged = ({ name, value, at }: Option, kept: ReadonlySet<string>): boolean => {
  if (kept.has(`${at.path}:${at.line}`)) return false;
  if (name === 'pre-up' || name === 'up') return spoken.test(value) && !/^echo\s[^>]*$/.test(value);
  return !commandNames.has(name) && managed.test(plainName(name));
};

const plainValue = (name: string, value: string, iface: string): string =>
  `${plainName(name)} ${value.replaceAll(/\$\{?IFACE\}?/g, deviceOf(iface)).replaceAll(/\s+/g, ' ')}`;

/** An address with `netmask` is one with a length. */
export const addressOf = (options: readonly Option[]): string | undefined => {
  const address = options.find(({ name }) => name === 'address')?.value;
  const mask = options.find(({ name }) => name === 'netmask')?.value;
  if (address === undefined || mask === undefined || address.includes('/')) return address;
  const length = lengthIn(mask, address.includes(':') ? 6 : 4);
  return length === undefined ? undefined : `${address}/${length}`;
};

const partsOfAddress = new Set(['address', 'netmask', 'network', 'broadcast']);

const replacedValue = (line: string, option: Option, value: string): string => {
  const begin = option.at.column - 1;
  const name = /^\S+\s+/.exec(line.slice(begin))?.[0] ?? `${option.name} `;
  return `${line.slice(0, begin)}${name}${value}${line.endsWith('\r') ? '\r' : ''}`;
};

const indentOf = (lines: readonly string[], { options }: Stanza): string => {
  const last = options.at(-1);
  return last === undefined ? '    ' : (lines[last.at.line - 1] ?? '').slice(0, last.at.column - 1);
};

/** The longest common course of both: pairs of places. */
const commonCourse = (a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] => {
  const rows: number[][] = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  const at = (x: number, y: number): number => rows[x]?.[y] ?? 0;
  for (let x = a.length - 1; x >= 0; x -= 1)
    for (let y = b.length - 1; y >= 0; y -= 1) {
      const row = rows[x];
      if (row !== undefined) row[y] = a[x] === b[y] ? at(x + 1, y + 1) + 1 : Math.max(at(x + 1, y), at(x, y + 1));
    }
  const pairs: (readonly [number, number])[] = [];
  for (let x = 0, y = 0; x < a.length && y < b.length;) {
    if (a[x] === b[y]) pairs.push([x++, y++]);
    else if (at(x + 1, y) >= at(x, y + 1)) x += 1;
    else y += 1;
  }
  return pairs;
};

interface StanzaPart {
  readonly path: string;
  readonly own: readonly Option[];
  readonly name: string;
  readonly indent: string;
  /** Where what comes last is put. */
  readonly behind: number;
}

const isCommand = (name: string): boolean => commandNames.has(name);

/** Commands keep their order, for one may need another. */
const commandEdits = (
  { path, own, name, indent, behind }: StanzaPart,
  wanted: readonly OptionPair[],
): readonly LineEdit[] => {
  const text = (key: string, value: string): string => plainValue(key, value, name);
  const course = commonCourse(
    own.map((option) => text(option.name, option.value)),
    wanted.map(([key, value]) => text(key, value)),
  );
  const staying = new Set(course.map(([index]) => own[index]));
  const gone = own.filter((option) => !staying.has(option));
  const ends = [...course, [own.length, wanted.length] as const];
  const fresh = ends.flatMap(([index, upTo], place): LineEdit[] => {
    const lines = wanted.slice(place === 0 ? 0 : (ends[place - 1]?.[1] ?? 0) + 1, upTo);
    const from = own[index]?.at.line ?? behind;
    return lines.length === 0
      ? []
      : [{ path, from, to: from - 1, lines: lines.map(([key, value]) => `${indent}${key} ${value}`) }];
  });
  return [...gone.map((option) => ({ path, from: option.at.line, to: option.lastLine, lines: [] })), ...fresh];
};

const settingEdits = (
  { path, own, name, indent, behind }: StanzaPart,
  wanted: readonly OptionPair[],
  lines: readonly string[],
  kept: ReadonlySet<string>,
): readonly LineEdit[] => {
  const edits: LineEdit[] = [];
  const missing: OptionPair[] = [...wanted];
  const take = (fits: (pair: OptionPair) => boolean): OptionPair | undefined => {
    const index = missing.findIndex(fits);
    return index < 0 ? undefined : missing.splice(index, 1)[0];
  };
  const same = new Set<Option>();
  const address = addressOf(own);
  if (address !== undefined && take(([key, value]) => key === 'address' && value === address) !== undefined)
    for (const option of own) if (partsOfAddress.has(option.name)) same.add(option);
  for (const option of own) {
    const text = plainValue(option.name, option.value, name);
    if (!same.has(option) && take(([key, value]) => plainValue(key, value, name) === text) !== undefined)
      same.add(option);
  }
  for (const option of own) {
    if (same.has(option)) continue;
    const pair = take(([key]) => plainName(key) === plainName(option.name));
    const span = { path, from: option.at.line, to: option.lastLine };
    if (pair !== undefined)
      edits.push({ ...span, lines: [replacedValue(lines[option.at.line - 1] ?? '', option, pair[1])] });
    else if (isManaged(option, kept)) edits.push({ ...span, lines: [] });
  }
  // How long to wait for ports is nobody's business but the writer's of the file.
  const added = missing.filter(([key]) => key !== 'bridge_maxwait' && !(key === 'bridge_stp' && isOff(missing, own)));
  if (added.length > 0)
    edits.push({ path, from: behind, to: behind - 1, lines: added.map(([key, value]) => `${indent}${key} ${value}`) });
  return edits;
};

/** `lines`: those of the whole text. */
export const stanzaEdits = (
  lines: readonly string[],
  stanza: Stanza,
  wanted: NewStanza,
  kept: ReadonlySet<string>,
): readonly LineEdit[] => {
  const { head, options } = stanza;
  const { path } = head.at;
  const own = options.filter(({ at }) => at.path === path);
  const part = {
    path,
    name: wanted.name,
    indent: indentOf(lines, stanza),
    behind: (own.at(-1) ?? head).lastLine + 1,
  };
  const settings = own.filter(({ name }) => !isCommand(name));
  const commands = own.filter((option) => isCommand(option.name) && isManaged(option, kept));
  const edits = [
    ...settingEdits(
      { ...part, own: settings },
      wanted.options.filter(([key]) => !isCommand(key)),
      lines,
      kept,
    ),
    ...commandEdits(
      { ...part, own: commands },
      wanted.options.filter(([key]) => isCommand(key)),
    ),
  ];
  const [name = wanted.name, family, method, ...rest] = head.value.split(/\s+/);
  if (family === wanted.family && method === wanted.method) return edits;
  const line = ['iface', name, wanted.family, wanted.method, ...rest].join(' ');
  return [...edits, { path, from: head.at.line, to: head.lastLine, lines: [line] }];
};

/** The spanning tree is off where nobody says anything. */
const isOff = (missing: readonly OptionPair[], own: readonly Option[]): boolean =>
  missing.some(([name, value]) => name === 'bridge_stp' && value === 'off') &&
  own.some(({ name }) => plainName(name) === 'bridge-ports');

/** A stanza that is no longer wanted goes; with something in it that is not understood, it does nothing else than that. */
export const removalEdits = (stanza: Stanza, kept: ReadonlySet<string>): readonly LineEdit[] => {
  const { head, options } = stanza;
  const { path } = head.at;
  const own = options.filter(({ at }) => at.path === path);
  const staying = own.filter(
    (option) => !isManaged(option, kept) && option.name !== 'down' && option.name !== 'post-down',
  );
  const gone = staying.length === 0 ? own : own.filter((option) => isManaged(option, kept));
  const [name = '', family = 'inet'] = head.value.split(/\s+/);
  return [
    {
      path,
      from: head.at.line,
      to: head.lastLine,
      lines: staying.length === 0 ? [] : [`iface ${name} ${family} ${name === 'lo' ? 'loopback' : 'manual'}`],
    },
    ...gone.map((option) => ({ path, from: option.at.line, to: option.lastLine, lines: [] })),
  ];
};
