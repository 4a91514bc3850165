/**
 * `user.rules` and `user6.rules` as ufw(8) 0.36 writes them: each rule as a tuple and the lines that it makes, then what is
 * logged, then where connections go that are too many.
 */
import { type Family } from '../../net/address.ts';
import { linesOfRule, logLimit, prefixFor, tupleLine, ways, type UfwRule, type Way } from './rule.ts';
import { type Policies } from './skeleton.ts';

export const logLevels = ['off', 'low', 'medium', 'high', 'full'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface UserPart {
  readonly rules: readonly UfwRule[];
  /** Absent: nothing of a file says how much is logged, as before ufw wrote it for the first time. */
  readonly logLevel?: LogLevel;
  /** What is beyond a limit is refused, and logged or not. */
  readonly limits?: 'logged' | 'silent';
}

const isAtLeast = (level: LogLevel, least: LogLevel): boolean => logLevels.indexOf(level) >= logLevels.indexOf(least);

const afterLines = (prefix: string, level: LogLevel, policies: Policies): readonly string[] =>
  ways.flatMap((way: Way) => {
    const isRefusing = policies[way] !== 'ACCEPT';
    if (!isRefusing && !isAtLeast(level, 'medium')) return [];
    const limit = isAtLeast(level, 'high') ? '' : ` ${logLimit}`;
    return [`-A ${prefix}-after-logging-${way} -j LOG --log-prefix "[UFW ${isRefusing ? 'BLOCK' : 'ALLOW'}] "${limit}`];
  });

const beforeLines = (prefix: string, level: LogLevel): readonly string[] => {
  if (!isAtLeast(level, 'medium')) return [];
  const limit = level === 'full' ? '' : ` ${level === 'medium' ? '-m conntrack --ctstate NEW ' : ''}${logLimit}`;
  return ways.map((way) => `-I ${prefix}-before-logging-${way} -j LOG --log-prefix "[UFW AUDIT] "${limit}`);
};

/** What each level logs of what no rule of the user's asks to be logged. */
export const loggingLines = (family: Family, level: LogLevel, policies: Policies): readonly string[] => {
  const prefix = prefixFor(family);
  if (level === 'off') return ways.map((way) => `-I ${prefix}-user-logging-${way} -j RETURN`);
  const limit = isAtLeast(level, 'high') ? '' : ` ${logLimit}`;
  const invalid = `${prefix}-logging-deny -m conntrack --ctstate INVALID`;
  return [
    ...afterLines(prefix, level, policies),
    isAtLeast(level, 'medium')
      ? `-A ${invalid} -j LOG --log-prefix "[UFW AUDIT INVALID] "${limit}`
      : `-I ${invalid} -j RETURN${limit}`,
    `-A ${prefix}-logging-deny -j LOG --log-prefix "[UFW BLOCK] "${limit}`,
    `-A ${prefix}-logging-allow -j LOG --log-prefix "[UFW ALLOW] "${limit}`,
    ...beforeLines(prefix, level),
  ];
};

export const limitLines = (family: Family, limits: UserPart['limits']): readonly string[] => {
  const prefix = prefixFor(family);
  return [
    ...(limits === 'logged'
      ? [`-A ${prefix}-user-limit -m limit --limit 3/minute -j LOG --log-prefix "[UFW LIMIT BLOCK] "`]
      : []),
    `-A ${prefix}-user-limit -j REJECT`,
    `-A ${prefix}-user-limit-accept -j ACCEPT`,
  ];
};

const chainsOf = (family: Family): readonly string[] => {
  const prefix = prefixFor(family);
  return [
    ...['user', 'before-logging', 'user-logging', 'after-logging'].flatMap((part) =>
      ways.map((way) => `${prefix}-${part}-${way}`),
    ),
    ...['logging-deny', 'logging-allow', 'user-limit', 'user-limit-accept'].map((part) => `${prefix}-${part}`),
  ];
};

export const blockOfRule = (rule: UfwRule): readonly string[] => [tupleLine(rule), ...linesOfRule(rule)];

export const userText = (family: Family, { rules, logLevel, limits }: UserPart, policies: Policies): string =>
  [
    '*filter',
    ...chainsOf(family).map((chain) => `:${chain} - [0:0]`),
    '### RULES ###',
    ...rules.flatMap((rule) => ['', ...blockOfRule(rule)]),
    '',
    '### END RULES ###',
    '',
    '### LOGGING ###',
    ...(logLevel === undefined ? [] : loggingLines(family, logLevel, policies)),
    '### END LOGGING ###',
    ...(limits === undefined ? [] : ['', '### RATE LIMITING ###', ...limitLines(family, limits), '### END RATE LIMITING ###']), // prettier-ignore
    'COMMIT',
  ]
    .map((line) => `${line}\n`)
    .join('');
