/**
 * The tables of one family as the parts that ufw(8) makes them of. Chains that already hang as its start script hangs them are
 * taken apart; any other filter becomes the same decisions in ufw's order: what its command line has words for in the middle,
 * the rest before and after.
 */
import { type Family } from '../../net/address.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { readIptables } from '../iptables/read.ts';
import { type BeforePart, type RulesByWay } from './framework-files.ts';
import { prefixFor, ways, type UfwRule, type Way } from './rule.ts';
import { ruleAt, rulesOfChain } from './recover-rules.ts';
import { skeletonOf, type Policies, type Policy } from './skeleton.ts';
import { limitLines, loggingLines, logLevels, type LogLevel, type UserPart } from './user-file.ts';

export interface FamilyParts extends BeforePart, UserPart {
  readonly after: RulesByWay;
  readonly policies: Policies;
  /** Says just what it was made of: no rule has another place. */
  readonly isWhole: boolean;
}

const nothing: RulesByWay = { input: [], output: [], forward: [] };

export const byWay = <T>(make: (way: Way) => T): Readonly<Record<Way, T>> => ({
  input: make('input'),
  output: make('output'),
  forward: make('forward'),
});

const jumpsTo = ({ matches, verdict }: FilterRule, chain: string): boolean =>
  matches.length === 0 && verdict.kind === 'jump' && verdict.chain === chain;

const hangingParts = ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'];

/** Where the jumps of ufw begin in a chain of the kernel's. */
const hookOf = (rules: readonly FilterRule[], prefix: string, way: Way): number =>
  rules.findIndex((_, at) =>
    hangingParts.every((part, index) => {
      const rule = rules[at + index];
      return rule !== undefined && jumpsTo(rule, `${prefix}-${part}-${way}`);
    }),
  );

const subchainOf = (table: FilterTable, name: string): readonly FilterRule[] =>
  table.subchains?.find((chain) => chain.name === name)?.rules ?? [];

const chainOf = (table: FilterTable, way: Way): FilterChain | undefined =>
  table.chains.find(({ hook }) => hook === way);

const policyOf = (chain: FilterChain | undefined, isRejecting: boolean): Policy =>
  isRejecting ? 'REJECT' : chain?.policy === 'drop' ? 'DROP' : 'ACCEPT';

const ownChains = (family: Family): ReadonlySet<string> => {
  const { chains } = skeletonOf(prefixFor(family), { input: 'DROP', output: 'DROP', forward: 'DROP' });
  return new Set(chains.map((line) => line.slice(1).split(' ')[0] ?? ''));
};

/** Lines of ufw's own chains as they are read again. */
const readLines = (family: Family, lines: readonly string[]): FilterTable | undefined =>
  readIptables(
    ['*filter', ...[...ownChains(family)].map((chain) => `:${chain} -`), ...lines, 'COMMIT'].join('\n'),
    family,
  ).tables[0];

const loggingChains = ['before-logging', 'after-logging'].flatMap((part) => ways.map((way) => `${part}-${way}`));

const levelOf = (family: Family, table: FilterTable, policies: Policies): LogLevel | undefined => {
  const names = [...loggingChains, 'logging-deny', 'logging-allow'].map((name) => `${prefixFor(family)}-${name}`);
  const spelt = (it: FilterTable | undefined): string =>
    JSON.stringify(names.map((name) => (it === undefined ? [] : subchainOf(it, name))));
  const own = spelt(table);
  if (own === JSON.stringify(names.map(() => []))) {
    const [first] = subchainOf(table, `${prefixFor(family)}-user-logging-input`);
    return first?.matches.length === 0 && first.verdict.kind === 'return' ? 'off' : undefined;
  }
  return logLevels.find((level) => spelt(readLines(family, loggingLines(family, level, policies))) === own);
};

const limitsOf = (family: Family, table: FilterTable): UserPart['limits'] => {
  const { length } = subchainOf(table, `${prefixFor(family)}-user-limit`);
  if (length === 0) return undefined;
  return length === limitLines(family, 'logged').length - 1 ? 'logged' : 'silent';
};

/** The middle of all rules of a way that the command line of ufw has words for, the longest there is. */
const splitRules = (
  family: Family,
  way: Way,
  rules: readonly FilterRule[],
): {
  readonly before: readonly FilterRule[];
  readonly user: readonly UfwRule[];
  readonly after: readonly FilterRule[];
} => {
  let best: { readonly begin: number; readonly end: number; readonly user: readonly UfwRule[] } = { begin: rules.length, end: rules.length, user: [] }; // prettier-ignore
  for (let begin = 0; begin < rules.length;) {
    const user: UfwRule[] = [];
    let end = begin;
    for (
      let next = ruleAt({ family, way }, rules, end);
      next !== undefined;
      next = ruleAt({ family, way }, rules, end)
    ) {
      // Rules about loopback stand with those that ufw brings.
      if (next.rule.iif === 'lo' || next.rule.oif === 'lo') break;
      user.push(next.rule);
      end += next.count;
    }
    if (user.length > best.user.length) best = { begin, end, user };
    begin = end + 1;
  }
  return { before: rules.slice(0, best.begin), user: best.user, after: rules.slice(best.end) };
};

/** Absent where the chains do not hang as ufw hangs them. */
export const partsOfUfw = (family: Family, tables: readonly FilterTable[]): FamilyParts | undefined => {
  const prefix = prefixFor(family);
  const table = tables.find(({ name }) => name === 'filter');
  if (table === undefined) return undefined;
  const hooks = byWay((way) => hookOf(chainOf(table, way)?.rules ?? [], prefix, way));
  const befores = byWay((way) => subchainOf(table, `${prefix}-before-${way}`));
  const isHung = ways.every((way) => hooks[way] >= 0 && befores[way].filter((rule) => jumpsTo(rule, `${prefix}-user-${way}`)).length === 1 && jumpsTo(befores[way].at(-1) ?? { matches: [], verdict: { kind: 'drop' } }, `${prefix}-user-${way}`)); // prettier-ignore
  if (!isHung) return undefined;
  const policies = byWay((way) =>
    policyOf(chainOf(table, way), subchainOf(table, `${prefix}-reject-${way}`).length > 0),
  );
  const logLevel = levelOf(family, table, policies);
  const built = byWay((way) => chainOf(table, way)?.rules ?? []);
  const users = byWay((way) => {
    const rules = subchainOf(table, `${prefix}-user-${way}`);
    const logging = subchainOf(table, `${prefix}-user-logging-${way}`).slice(logLevel === 'off' ? 1 : 0);
    const whole = rulesOfChain({ family, way }, rules, logging);
    return whole === undefined
      ? { isWhole: false, ...splitRules(family, way, rules) }
      : { isWhole: true, before: [], user: whole, after: [] };
  });
  const own = ownChains(family);
  const rules = ways.flatMap((way) => users[way].user);
  const limits = limitsOf(family, table);
  return {
    ...{ policies, rules },
    ...(limits === undefined ? {} : { limits }),
    ...(logLevel === undefined ? {} : { logLevel }),
    before: byWay((way) => [...built[way].slice(0, hooks[way]), ...befores[way].slice(0, -1), ...users[way].before]),
    after: byWay((way) => [
      ...users[way].after,
      ...subchainOf(table, `${prefix}-after-${way}`),
      ...built[way].slice(hooks[way] + hangingParts.length),
    ]),
    chains: (table.subchains ?? []).filter(({ name }) => !own.has(name)),
    tables: tables.filter((it) => it !== table),
    isWhole: ways.every((way) => users[way].isWhole && built[way].length === hangingParts.length),
  };
};

/** A rule about several prefixes as one for each. */
const spread = (rule: FilterRule): readonly FilterRule[] => {
  const at = rule.matches.findIndex((match) => (match.kind === 'source' || match.kind === 'destination') && match.negate !== true && match.prefixes.length > 1); // prettier-ignore
  const match = rule.matches[at];
  if (match?.kind !== 'source' && match?.kind !== 'destination') return [rule];
  return match.prefixes.flatMap((prefix) =>
    spread({ ...rule, matches: rule.matches.with(at, { ...match, prefixes: [prefix] }) }),
  );
};

const isSayable = (family: Family, way: Way, rules: readonly FilterRule[]): boolean =>
  splitRules(family, way, rules).user.length > 0 && splitRules(family, way, rules).before.length + splitRules(family, way, rules).after.length === 0; // prettier-ignore

const policyVerdicts = (rule: FilterRule): Policy | undefined => {
  const { matches, verdict, comment } = rule;
  if (matches.length > 0 || comment !== undefined) return undefined;
  if (verdict.kind === 'accept') return 'ACCEPT';
  if (verdict.kind === 'drop') return 'DROP';
  return verdict.kind === 'reject' && verdict.with === 'port-unreachable' ? 'REJECT' : undefined;
};

/** Up to the first rule that decides about all packets, which is a policy. */
const decisionsOf = (
  chain: FilterChain | undefined,
): { readonly rules: readonly FilterRule[]; readonly policy: Policy } => {
  const rules = chain?.rules ?? [];
  const end = rules.findIndex((rule) => policyVerdicts(rule) !== undefined);
  const last = rules[end];
  return last === undefined
    ? { rules, policy: policyOf(chain, false) }
    : { rules: rules.slice(0, end), policy: policyVerdicts(last) ?? 'DROP' };
};

/** Chains that others have under the names of ufw's. */
const withOtherNames = (table: FilterTable): FilterTable => {
  const taken = new Set(table.subchains?.map(({ name }) => name));
  const renamed = new Map<string, string>();
  for (const name of taken) {
    if (!/^ufw6?-/.test(name)) continue;
    let fresh = name.replace(/^ufw/, 'own');
    while (taken.has(fresh)) fresh = `${fresh.slice(0, 26)}x`;
    taken.add(fresh);
    renamed.set(name, fresh);
  }
  const rule = (it: FilterRule): FilterRule =>
    it.verdict.kind === 'jump' || it.verdict.kind === 'goto'
      ? { ...it, verdict: { ...it.verdict, chain: renamed.get(it.verdict.chain) ?? it.verdict.chain } }
      : it;
  if (renamed.size === 0) return table;
  return {
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(rule) })),
    subchains: (table.subchains ?? []).map(({ name, rules }) => ({
      name: renamed.get(name) ?? name,
      rules: rules.map(rule),
    })),
  };
};

/** Tables as iptables has them, in ufw's order. */
export const partsOfOthers = (family: Family, tables: readonly FilterTable[]): FamilyParts => {
  const found = tables.find(({ name }) => name === 'filter');
  const table = found && withOtherNames(found);
  const decisions = byWay((way) => decisionsOf(table && chainOf(table, way)));
  const split = byWay((way) => {
    const rules = decisions[way].rules.flatMap((rule) => {
      const each = spread(rule);
      return each.length > 1 && isSayable(family, way, each) ? each : [rule];
    });
    return splitRules(family, way, rules);
  });
  const rules = ways.flatMap((way) => split[way].user);
  return {
    policies: byWay((way) => decisions[way].policy),
    ...{ rules, logLevel: 'low', limits: 'logged' },
    before: table === undefined ? nothing : byWay((way) => split[way].before),
    after: byWay((way) => split[way].after),
    chains: table?.subchains ?? [],
    tables: tables.filter((it) => it !== found),
    isWhole: false,
  };
};
