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
const addressOf = (options: readonly Option[]): string | undefined => {
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

/** `lines`: those of the whole text. */
export const stanzaEdits = (
  lines: readonly string[],
  stanza: Stanza,
  wanted: NewStanza,
  kept: ReadonlySet<string>,
): readonly LineEdit[] => {
  const { path } = stanza.head.at;
  const edits: LineEdit[] = [];
  const own = stanza.options.filter(({ at }) => at.path === path);
  const missing: OptionPair[] = [...wanted.options];
  const take = (fits: (pair: OptionPair) => boolean): OptionPair | undefined => {
    const index = missing.findIndex(fits);
    return index < 0 ? undefined : missing.splice(index, 1)[0];
  };
  const same = new Set<Option>();
  const address = addressOf(own);
  if (address !== undefined && take(([name, value]) => name === 'address' && value === address) !== undefined)
    for (const option of own) if (partsOfAddress.has(option.name)) same.add(option);
  for (const option of own) {
    const text = plainValue(option.name, option.value, wanted.name);
    if (!same.has(option) && take(([name, value]) => plainValue(name, value, wanted.name) === text) !== undefined)
      same.add(option);
  }
  for (const option of own) {
    if (same.has(option)) continue;
    const isCommand = commandNames.has(option.name);
    const pair = isCommand ? undefined : take(([name]) => plainName(name) === plainName(option.name));
    const span = { path, from: option.at.line, to: option.lastLine };
    if (pair !== undefined)
      edits.push({ ...span, lines: [replacedValue(lines[option.at.line - 1] ?? '', option, pair[1])] });
    else if (isManaged(option, kept)) edits.push({ ...span, lines: [] });
  }
  const { head } = stanza;
  const [name = wanted.name, family, method] = head.value.split(/\s+/);
  if (family !== wanted.family || method !== wanted.method) {
    const rest = head.value.split(/\s+/).slice(3).join(' ');
    const line = `iface ${name} ${wanted.family} ${wanted.method}${rest === '' ? '' : ` ${rest}`}`;
    edits.push({ path, from: head.at.line, to: head.lastLine, lines: [line] });
  }
  // How long to wait for ports is nobody's business but the writer's of the file.
  const added = missing.filter(([key]) => key !== 'bridge_maxwait' && !(key === 'bridge_stp' && isOff(missing, own)));
  const behind = (own.at(-1) ?? head).lastLine + 1;
  const indent = indentOf(lines, stanza);
  if (added.length > 0)
    edits.push({ path, from: behind, to: behind - 1, lines: added.map(([key, value]) => `${indent}${key} ${value}`) });
  return edits;
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
