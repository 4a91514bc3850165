/**
 * ufw(8): its rules (`user.rules`, `before.rules`, `after.rules`, each also for IPv6), its policies (`default/ufw`), and
 * what `ufw status` prints, to the tables of iptables that it loads.
 */
import { type Family } from '../../net/address.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { readIptables } from '../iptables/read.ts';
import { type ConfigText, type Dialect, type Place, type Remark } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { linesOf, remarksOn } from '../text.ts';
import { skeletonOf, usualBefore, type Policies, type Policy } from './skeleton.ts';
import { readStatus, type Status } from './status.ts';

const rulesPath = /^(?:etc|lib|var\/lib)\/ufw\/(?:user|before|after)6?\.rules$/;
const owned = (path: string): boolean =>
  rulesPath.test(path) || path === 'etc/default/ufw' || path === 'etc/ufw/ufw.conf';

const isStatus = (text: string): boolean => /^Status: (?:active|inactive)\s*$/m.test(text);

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

/** Lines of a file by table: declarations of chains, and rules. */
const addFile = (tables: Map<string, MadeLine[]>, { path, text }: ConfigText): void => {
  let table = 'filter';
  for (const line of linesOf(text)) {
    const whole = line.text.trim();
    if (whole === '' || whole.startsWith('#') || whole === 'COMMIT') continue;
    if (whole.startsWith('*')) table = whole.slice(1);
    else {
      const column = line.text.length - line.text.trimStart().length + 1;
      tables.set(table, [...(tables.get(table) ?? []), { text: whole, at: { path, line: line.number, column } }]);
    }
  }
};

const settingIn = (texts: readonly ConfigText[], key: string): string | undefined =>
  texts
    .flatMap(({ text }) => [...text.matchAll(new RegExp(`^\\s*${key}\\s*=\\s*"?([^"\\n#]*)"?`, 'gm'))])
    .at(-1)?.[1]
    ?.trim();

const policyIn = (texts: readonly ConfigText[], key: string, usual: Policy): Policy => {
  const word = settingIn(texts, key)?.toUpperCase();
  return word === 'ACCEPT' || word === 'DROP' || word === 'REJECT' ? word : usual;
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
}

/** All lines of one family in the order in which ufw loads them. */
const linesFor = (family: Family, { rules, statuses, policies }: Files): ReadonlyMap<string, readonly MadeLine[]> => {
  const prefix = family === 4 ? 'ufw' : 'ufw6';
  const made = (texts: readonly string[]): MadeLine[] => texts.map((text) => ({ text, at: undefined }));
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

const read: Dialect['read'] = (texts, { stack }) => {
  const remarks: Remark[] = [];
  const origins: Record<string, Place> = {};
  const statuses = texts
    .filter(({ text }) => isStatus(text))
    .map(({ path, text }) => ({ path, status: readStatus(linesOf(text), remarksOn(path, remarks)) }));
  const files = texts.filter(({ text }) => !isStatus(text));
  const rules = files.filter(({ path, text }) => rulesPath.test(path) || /^\*(?:filter|nat|mangle|raw)/m.test(text));
  const first = texts[0];
  if (first === undefined) return nothingRead();
  const isOff = settingIn(files, 'ENABLED')?.toLowerCase() === 'no' || statuses.some(({ status }) => !status.isActive);
  if (isOff) {
    remarks.push({
      kind: 'ignored',
      code: 'inactive',
      message: 'ufw is not enabled: none of its rules is loaded',
      at: { path: first.path, line: 1, column: 1 },
    });
    return nothingRead(remarks);
  }
  const [status] = statuses;
  const policies: Policies = status?.status.policies ?? {
    input: policyIn(files, 'DEFAULT_INPUT_POLICY', 'DROP'),
    output: policyIn(files, 'DEFAULT_OUTPUT_POLICY', 'ACCEPT'),
    forward: policyIn(files, 'DEFAULT_FORWARD_POLICY', 'DROP'),
  };
  if (named(rules, 'before', 4).length === 0)
    remarks.push({
      ...{ kind: 'assumed', code: 'usual-before-rules', at: { path: first.path, line: 1, column: 1 } },
      message: '`before.rules` was not read: answers, `lo`, pings and DHCP are taken to be let in, as ufw brings it',
    });
  const hasIpv6 = settingIn(files, 'IPV6')?.toLowerCase() !== 'no';
  const filter: FilterTable[] = [];
  for (const family of hasIpv6 ? ([4, 6] as const) : ([4] as const)) {
    const tables = linesFor(family, { rules, statuses, policies });
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
    const reading = readIptables(lines.map(({ text }) => text).join('\n'), family);
    filter.push(...reading.tables);
    const placeAt = (line: number): Place | undefined => lines[line - 1]?.at;
    for (const { line, text } of reading.errors) {
      const at = placeAt(line);
      if (at !== undefined)
        remarks.push({
          kind: 'error',
          code: 'not-a-rule',
          message: `\`${text.slice(0, 80)}\` is no chain and no rule of iptables`,
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
  return readingOf(stack, { filter }, remarks, origins);
};

export const ufw: Dialect = { name: 'ufw', owns: owned, resembles, read };
