/**
 * ufw(8): its rules (`user.rules`, `before.rules`, `after.rules`, each also for IPv6), its policies (`default/ufw`), its
 * kernel parameters, and what `ufw status` prints, to the tables of iptables that it loads and to what it sets.
 */
import { type Family } from '../../net/address.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { readIptables } from '../iptables/read.ts';
import { type ConfigText, type Dialect, type Place, type Remark } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { linesOf, remarksOn } from '../text.ts';
import { sysctl } from '../sysctl/dialect.ts';
import { settingsIn, sysctlPath, type Settings } from './settings.ts';
import { closedIpv6, skeletonOf, usualBefore, type Policies } from './skeleton.ts';
import { isProfilePath, profilesIn } from './profiles.ts';
import { isStatus, readStatus, type Status } from './status.ts';

const rulesPath = /^(?:etc|lib|var\/lib)\/ufw\/(?:user|before|after)6?\.rules$/;
const owned = (path: string): boolean =>
  rulesPath.test(path) ||
  /^etc\/(?:default\/ufw|ufw\/ufw\.conf)$/.test(path) ||
  path === sysctlPath ||
  isProfilePath(path);

const resembles = (text: string): number => {
  if (isStatus(text)) return 0.95;
  if (/^[:*-].*\bufw6?-(?:user|before|after)-/m.test(text)) return 1;
  return /^DEFAULT_(?:INPUT|FORWARD)_POLICY=/m.test(text) ? 0.95 : 0;
};

/** One line for iptables-restore, and where it is from; undefined: ufw makes it itself. */
interface MadeLine {
  readonly text: string;
  readonly at: Place | undefined;
}

const builtIn = /^:(?:INPUT|OUTPUT|FORWARD)\s/;

/**
 * Lines of a file by table: declarations of chains, and rules. To declare a chain again empties it
 * (iptables-restore(8) with `--noflush`); policies of built-in chains are ufw's own, which it sets last.
 */
const addFile = (tables: Map<string, MadeLine[]>, { path, text }: ConfigText): void => {
  let table = 'filter';
  for (const line of linesOf(text)) {
    const whole = line.text.trim();
    if (whole === '' || whole.startsWith('#') || whole === 'COMMIT') continue;
    if (whole.startsWith('*')) table = whole.slice(1);
    else if (table !== 'filter' || !builtIn.test(whole)) {
      const column = line.text.length - line.text.trimStart().length + 1;
      const chain = /^:(\S+)\s+-(?:\s|$)/.exec(whole)?.[1];
      const before = (tables.get(table) ?? []).filter(
        (known) => chain === undefined || /^(?:-[AI]|--append|--insert)\s+(\S+)/.exec(known.text)?.[1] !== chain,
      );
      tables.set(table, [...before, { text: whole, at: { path, line: line.number, column } }]);
    }
  }
};

/** A pasted text is the user's rules, or whatever its chains are named after. */
const stemOf = ({ path, text }: ConfigText): string => {
  const stem = /\/(user|before|after)6?\.rules$/.exec(path)?.[1];
  return stem ?? /^:ufw6?-(user|before|after)-/m.exec(text)?.[1] ?? 'user';
};

const familyOf = ({ path, text }: ConfigText): Family =>
  rulesPath.test(path) ? (path.endsWith('6.rules') ? 6 : 4) : /\bufw6-/.test(text) ? 6 : 4;

const named = (texts: readonly ConfigText[], stem: string, family: Family): readonly ConfigText[] =>
  texts.filter((it) => stemOf(it) === stem && familyOf(it) === family);

interface Files {
  readonly rules: readonly ConfigText[];
  readonly statuses: readonly { readonly path: string; readonly status: Status }[];
  readonly policies: Policies;
  readonly hasIpv6: boolean;
}

/** All lines of one family in the order in which ufw loads them. */
const linesFor = (family: Family, files: Files): ReadonlyMap<string, readonly MadeLine[]> => {
  const { rules, statuses, policies } = files;
  const prefix = family === 4 ? 'ufw' : 'ufw6';
  const made = (texts: readonly string[]): MadeLine[] => texts.map((text) => ({ text, at: undefined }));
  if (family === 6 && !files.hasIpv6) return new Map([['filter', made(closedIpv6)]]);
  const { chains, first, last } = skeletonOf(prefix, policies);
  const before = named(rules, 'before', family);
  const tables = new Map<string, MadeLine[]>([['filter', made([...chains, ...first])]]);
  if (before.length === 0) tables.get('filter')?.push(...made(usualBefore(prefix)));
  for (const file of [...before, ...named(rules, 'after', family), ...named(rules, 'user', family)])
    addFile(tables, file);
  for (const { path, status } of statuses)
    for (const rule of status.rules)
      if (rule.family === family)
        tables.get('filter')?.push({ text: rule.text, at: { path, line: rule.line, column: 1 } });
  tables.get('filter')?.push(...made(last));
  return tables;
};

interface Sorted {
  readonly statuses: Files['statuses'];
  readonly rules: readonly ConfigText[];
  readonly sysctls: readonly ConfigText[];
  readonly settings: Settings;
  /** Texts are there that say more than kernel parameters. */
  readonly hasFilter: boolean;
}

const sorted = (texts: readonly ConfigText[], remarks: Remark[]): Sorted => {
  const sysctls = texts.filter(({ path }) => path === sysctlPath);
  const profiles = profilesIn(texts.filter(({ path }) => isProfilePath(path)));
  const others = texts.filter(({ path }) => path !== sysctlPath && !isProfilePath(path));
  const files = others.filter(({ text }) => !isStatus(text));
  return {
    statuses: others
      .filter(({ text }) => isStatus(text))
      .map(({ path, text }) => ({ path, status: readStatus(linesOf(text), profiles, remarksOn(path, remarks)) })),
    rules: files.filter(({ path, text }) => rulesPath.test(path) || /^\*(?:filter|nat|mangle|raw)/m.test(text)),
    sysctls,
    settings: settingsIn(files),
    hasFilter: others.length > 0,
  };
};

const read: Dialect['read'] = (texts, { stack }) => {
  const remarks: Remark[] = [];
  const first = texts[0];
  if (first === undefined) return nothingRead();
  const start: Place = { path: first.path, line: 1, column: 1 };
  const { statuses, rules, sysctls, settings, hasFilter } = sorted(texts, remarks);
  if (!settings.isEnabled || statuses.some(({ status }) => !status.isActive)) {
    const message = 'ufw is not enabled: none of its rules is loaded';
    remarks.push({ kind: 'ignored', code: 'inactive', message, at: start });
    return nothingRead(remarks);
  }
  const set = settings.setsSysctls ? sysctl.read(sysctls, { stack }) : nothingRead();
  remarks.push(...set.remarks);
  const origins: Record<string, Place> = { ...set.origins };
  const { sysctls: parameters = {} } = set.stacks[stack] ?? {};
  if (!hasFilter) return readingOf(stack, { sysctls: parameters }, remarks, origins);
  if (settings.arePoliciesAssumed && statuses.length === 0)
    remarks.push({
      ...{ kind: 'assumed', code: 'policies-unsaid', at: start },
      message: 'incoming is taken to be denied, outgoing allowed, routed denied',
      help: 'give `/etc/default/ufw` too',
    });
  if (named(rules, 'before', 4).length === 0)
    remarks.push({
      ...{ kind: 'assumed', code: 'usual-before-rules', at: start },
      message: '`before.rules` was not read: answers, `lo`, pings and DHCP are taken to be let in, as ufw brings it',
    });
  const { policies } = statuses[0]?.status ?? settings;
  const filter: FilterTable[] = [];
  for (const family of [4, 6] as const) {
    const tables = linesFor(family, { rules, statuses, policies, hasIpv6: settings.hasIpv6 });
    const lines: MadeLine[] = [];
    for (const [table, own] of tables) {
      const isDeclaration = ({ text }: MadeLine): boolean => text.startsWith(':');
      lines.push(
        { text: `*${table}`, at: undefined },
        ...own.filter(isDeclaration),
        ...own.filter((line) => !isDeclaration(line)),
        { text: 'COMMIT', at: undefined },
      );
    }
    const reading = readIptables(lines.map(({ text }) => text).join('\n'), family, true);
    filter.push(...reading.tables);
    const placeAt = (line: number): Place | undefined => lines[line - 1]?.at;
    for (const { line, text, why } of reading.errors) {
      const at = placeAt(line);
      if (at !== undefined)
        remarks.push({
          kind: 'error',
          code: 'not-a-rule',
          message: why ?? `\`${text.slice(0, 80)}\` is no chain and no rule of iptables`,
          at,
        });
    }
    for (const { line, text } of reading.unknown) {
      const at = placeAt(line);
      if (at !== undefined)
        remarks.push({
          kind: 'not-said',
          code: 'unsaid-match',
          message: `\`${text}\` is kept as it is: whether a packet passes it is not modelled`,
          at,
        });
    }
    for (const [key, line] of Object.entries(reading.lines)) {
      const at = placeAt(line);
      if (at !== undefined) origins[`${stack}/filter/${key}`] = at;
    }
  }
  return readingOf(stack, { filter, sysctls: parameters }, remarks, origins);
};

export const ufw: Dialect = { name: 'ufw', owns: owned, resembles, read };
