/**
 * The files of ufw-framework(8) beside the user's rules: `before.rules` and `after.rules` with what the command line of ufw
 * has no words for, translations of addresses in `before.rules`, policies, and kernel parameters.
 */
import { type Family } from '../../net/address.ts';
import { type FilterRule, type FilterSubchain, type FilterTable } from '../../state/packet-filter.ts';
import { compareText } from '../../state/spelling.ts';
import { ruleTexts, tableLines } from '../iptables/write.ts';
import { prefixFor, ways, type Way } from './rule.ts';
import { type Policies } from './skeleton.ts';
import { type LogLevel } from './user-file.ts';

export type RulesByWay = Readonly<Record<Way, readonly FilterRule[]>>;

/** Rules that iptables has no words for are no lines; reading the file again shows that they are missing. */
const linesOf = (family: Family, chain: string, rules: readonly FilterRule[]): readonly string[] =>
  rules.flatMap((rule) => {
    const texts = ruleTexts(rule, family);
    return 'why' in texts ? [] : texts.map((text) => `-A ${chain}${text === '' ? '' : ` ${text}`}`);
  });

const wholeText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const section = (
  family: Family,
  part: 'before' | 'after',
  rules: RulesByWay,
  chains: readonly FilterSubchain[],
): readonly string[] => {
  const chainOf = (way: Way): string => `${prefixFor(family)}-${part}-${way}`;
  return [
    '*filter',
    '# chains that ufw asks for',
    ...ways.map((way) => `:${chainOf(way)} - [0:0]`),
    ...chains.map(({ name }) => `:${name} - [0:0]`),
    '',
    ...ways.flatMap((way) => linesOf(family, chainOf(way), rules[way])),
    ...chains.flatMap(({ name, rules: own }) => linesOf(family, name, own)),
    '',
    'COMMIT',
  ];
};

export interface BeforePart {
  readonly before: RulesByWay;
  /** Chains that are jumped to. */
  readonly chains: readonly FilterSubchain[];
  /** Other tables than `filter`. */
  readonly tables: readonly FilterTable[];
}

export const beforeText = (family: Family, { before, chains, tables }: BeforePart): string =>
  wholeText([
    `# What comes before the rules of ufw's command line, for IPv${family}`,
    '',
    ...tables.flatMap((table) => [...tableLines(table, family), '']),
    ...section(family, 'before', before, chains),
  ]);

export const afterText = (family: Family, after: RulesByWay): string =>
  wholeText([
    `# What comes after the rules of ufw's command line, for IPv${family}`,
    '',
    ...section(family, 'after', after, []),
  ]);

export const defaultText = (policies: Policies, hasIpv6: boolean): string =>
  wholeText([
    '# Whether there are rules for IPv6; without, it is let through on loopback alone',
    `IPV6=${hasIpv6 ? 'yes' : 'no'}`,
    '',
    '# What becomes of what no rule is about: ACCEPT, DROP or REJECT',
    `DEFAULT_INPUT_POLICY="${policies.input}"`,
    `DEFAULT_OUTPUT_POLICY="${policies.output}"`,
    `DEFAULT_FORWARD_POLICY="${policies.forward}"`,
    'DEFAULT_APPLICATION_POLICY="SKIP"',
    '',
    '# Rules of others in the chains of the kernel stay',
    'MANAGE_BUILTINS=no',
    '',
    '# Kernel parameters that are set when ufw starts, and modules that are loaded',
    'IPT_SYSCTL=/etc/ufw/sysctl.conf',
    'IPT_MODULES=""',
  ]);

export const confText = (logLevel: LogLevel | undefined): string =>
  wholeText(['# Whether ufw starts with the machine', 'ENABLED=yes', '', '# off, low, medium, high or full', `LOGLEVEL=${logLevel ?? 'off'}`]); // prettier-ignore

export const parametersText = (sysctls: Readonly<Record<string, string>>): string =>
  wholeText([
    '# Kernel parameters that are set when ufw starts',
    ...Object.keys(sysctls)
      .sort(compareText)
      .map((key) => `${key}=${(sysctls[key] ?? '').trim().replaceAll(/\s+/g, ' ')}`),
  ]);
