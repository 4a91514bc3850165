/**
 * Changes of files of ufw(8): each file by itself, where reading all of them shows that they come nearer to what is wanted.
 * Comments, order and whatever is not about a change stay; what no change says is told.
 */
import { type Family } from '../../net/address.ts';
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { normalFilter } from '../../state/normal-filter.ts';
import { type FilterRule, type FilterSubchain, type FilterTable } from '../../state/packet-filter.ts';
import { normalPart } from '../differences.ts';
import { type ConfigText, type Omission, type Reading, type Writing } from '../dialect.ts';
import { differencesBetween, namesOf, weightOf } from '../filter-differences.ts';
import { withTablesEdited } from '../iptables/edit-lines.ts';
import { readIptables } from '../iptables/read.ts';
import { plainLines, withLineEdits } from '../line-edits.ts';
import { stackIn } from '../reading.ts';
import { sysctl } from '../sysctl/dialect.ts';
import { editSysctl } from '../sysctl/edit.ts';
import { withUserRules } from './edit-user.ts';
import { familyOfText, textsNamed } from './load.ts';
import { prefixFor, ways, type Way } from './rule.ts';
import { settingsIn, sysctlPath } from './settings.ts';
import { skeletonOf, type Policy } from './skeleton.ts';

/** Reads all texts as ufw does. */
type Read = (texts: readonly ConfigText[]) => Reading;

const tableOf = (filter: readonly FilterTable[], family: Family, name: string): FilterTable | undefined =>
  filter.find((table) => table.family === (family === 4 ? 'ip' : 'ip6') && table.name === name);

const chainsIn = (filter: readonly FilterTable[], family: Family): readonly string[] =>
  (tableOf(filter, family, 'filter')?.subchains ?? []).map(({ name }) => name);

const usualPolicies = { input: 'DROP', output: 'DROP', forward: 'DROP' } as const;

/** All that a table may hold before a file is loaded. */
const knownChains = (filter: readonly FilterTable[], family: Family): readonly string[] => [
  ...skeletonOf(prefixFor(family), usualPolicies).chains.map((line) => line.slice(1).split(' ')[0] ?? ''),
  ...chainsIn(filter, family),
];

/** Of a chain what its file says: ufw itself adds the jump to the user's rules. */
const ownRules = (family: Family, { name, rules }: FilterSubchain): readonly FilterRule[] => {
  const way = ways.find((one) => name === `${prefixFor(family)}-before-${one}`);
  const last = rules.at(-1)?.verdict;
  return way !== undefined && last?.kind === 'jump' && last.chain === `${prefixFor(family)}-user-${way}`
    ? rules.slice(0, -1)
    : rules;
};

interface Asked {
  readonly wanted: readonly FilterTable[];
  /** `before.rules` and `after.rules` of the family, in the order in which they are loaded. */
  readonly own: readonly ConfigText[];
}

const wantedTables = (
  it: ConfigText,
  tables: readonly FilterTable[],
  { wanted, own }: Asked,
): readonly FilterTable[] => {
  const family = familyOfText(it);
  const known = knownChains(wanted, family);
  const declaring = own.map((text) => readIptables(text.text, family, true, known).tables);
  const later = declaring.slice(own.indexOf(it) + 1);
  const isLater = (chain: string): boolean => later.some((each) => chainsIn(each, family).includes(chain));
  const skeleton = new Set(knownChains([], family));
  const filter = tableOf(wanted, family, 'filter');
  const fresh = (filter?.subchains ?? []).filter(
    ({ name }) => !skeleton.has(name) && !declaring.some((each) => chainsIn(each, family).includes(name)),
  );
  const others = wanted.filter(
    ({ family: of, name }) =>
      of === (family === 4 ? 'ip' : 'ip6') && name !== 'filter' && !declaring.some((each) => each.some((table) => table.name === name)), // prettier-ignore
  );
  const isFirst = own[0] === it;
  return [
    ...tables.flatMap((table): readonly FilterTable[] => {
      if (table.name !== 'filter') {
        const asked = tableOf(wanted, family, table.name);
        return later.some((each) => each.some(({ name }) => name === table.name)) ? [table] : asked === undefined ? [] : [asked]; // prettier-ignore
      }
      const subchains = (table.subchains ?? []).flatMap((chain): readonly FilterSubchain[] => {
        if (isLater(chain.name)) return [chain];
        const asked = filter?.subchains?.find(({ name }) => name === chain.name);
        if (asked === undefined) return skeleton.has(chain.name) ? [{ name: chain.name, rules: [] }] : [];
        return [{ name: chain.name, rules: ownRules(family, asked) }];
      });
      return [{ ...table, subchains: [...subchains, ...(isFirst ? fresh : [])] }];
    }),
    ...(isFirst ? others : []),
  ];
};

const editFramework = (it: ConfigText, asked: Asked): string => {
  const family = familyOfText(it);
  const known = knownChains(asked.wanted, family);
  const { tables } = readIptables(it.text, family, false, known);
  return withTablesEdited(it.text, family, normalFilter(wantedTables(it, tables, asked)), known);
};

const policyKeys: Readonly<Record<Way, string>> = {
  input: 'DEFAULT_INPUT_POLICY',
  output: 'DEFAULT_OUTPUT_POLICY',
  forward: 'DEFAULT_FORWARD_POLICY',
};

const policyIn = (filter: readonly FilterTable[], way: Way): Policy => {
  const table = tableOf(filter, 4, 'filter');
  const isRejecting = table?.subchains?.some(({ name, rules }) => name === `ufw-reject-${way}` && rules.length > 0);
  if (isRejecting === true) return 'REJECT';
  return table?.chains.find(({ hook }) => hook === way)?.policy === 'drop' ? 'DROP' : 'ACCEPT';
};

/** The last line that sets a policy counts; one that nothing sets is set in the last line. */
const editPolicies = ({ text }: ConfigText, texts: readonly ConfigText[], wanted: readonly FilterTable[]): string => {
  const lines = plainLines(text);
  const instead = new Map<number, readonly string[]>();
  const fresh: string[] = [];
  const { policies } = settingsIn(texts);
  for (const way of ways) {
    const policy = policyIn(wanted, way);
    if (policy === policies[way]) continue;
    const at = lines.findLastIndex((line) => new RegExp(`^\\s*${policyKeys[way]}=`).test(line));
    if (at < 0) fresh.push(`${policyKeys[way]}="${policy}"`);
    else
      instead.set(at, [(lines[at] ?? '').replace(/=(["']?)\w*\1/, (_, quote: string) => `=${quote}${policy}${quote}`)]);
  }
  return withLineEdits(text, {
    instead,
    behind: fresh.length === 0 ? new Map() : new Map([[lines.length - 1, fresh]]),
  });
};

const isSettings = ({ path, text }: ConfigText): boolean =>
  path === 'etc/default/ufw' || /^\s*DEFAULT_(?:INPUT|OUTPUT|FORWARD)_POLICY=/m.test(text);

interface Said {
  readonly filter: readonly FilterTable[];
  readonly sysctls: Stack['sysctls'];
}

const saidBy = (texts: readonly ConfigText[], read: Read, stack: string): Said => normalPart(read(texts).stacks[stack]);

const sysctlsBetween = (a: Stack['sysctls'], b: Stack['sysctls']): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);

const distance = (a: Said, b: Said): number =>
  weightOf(differencesBetween(a.filter, b.filter)) + sysctlsBetween(a.sysctls, b.sysctls).length;

/** What a text becomes; itself where it has no part in what changes. */
const edited = (it: ConfigText, texts: readonly ConfigText[], wanted: Said, stack: string): string => {
  if (it.path === sysctlPath) {
    const own = texts.filter(({ path }) => path === sysctlPath);
    return editSysctl(own, wanted.sysctls, sysctl.read(own, { stack })).files[own.indexOf(it)]?.text ?? it.text;
  }
  const family = familyOfText(it);
  const rules = texts.filter(({ text }) => /^\*\w+\s*$/m.test(text));
  const own = [...textsNamed(rules, 'before', family), ...textsNamed(rules, 'after', family)];
  if (own.includes(it)) return editFramework(it, { wanted: wanted.filter, own });
  const filter = tableOf(wanted.filter, family, 'filter');
  if (textsNamed(rules, 'user', family).includes(it) && filter !== undefined)
    return withUserRules(it.text, family, filter, knownChains(wanted.filter, family));
  return isSettings(it) ? editPolicies(it, texts, wanted.filter) : it.text;
};

const why = 'no change of the files of ufw that are there says it surely: they are left as they are there';

/** `read`: of all texts together. */
export const editUfw = (texts: readonly ConfigText[], state: NetworkState, stack: string, read: Read): Writing => {
  const wanted: Said = normalPart(stackIn(state, stack));
  let current = texts;
  let left = distance(saidBy(texts, read, stack), wanted);
  for (const index of texts.keys()) {
    const it = current[index];
    if (left === 0 || it === undefined) break;
    const text = edited(it, current, wanted, stack);
    if (text === it.text) continue;
    const candidate = current.with(index, { path: it.path, text });
    const rest = distance(saidBy(candidate, read, stack), wanted);
    if (rest >= left) continue;
    current = candidate;
    left = rest;
  }
  const said = saidBy(current, read, stack);
  const omissions: readonly Omission[] = [
    ...differencesBetween(said.filter, wanted.filter).flatMap(namesOf).map((name) => ({ stack, what: `filter/${name}`, why })), // prettier-ignore
    ...sysctlsBetween(said.sysctls, wanted.sysctls).map((key) => ({ stack, what: `sysctls/${key}`, why })),
  ];
  return { files: current, omissions };
};
