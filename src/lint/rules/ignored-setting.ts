/** A line that its program reads over. */
import { ownCodes, remarkFindings } from '../remarks.ts';
import { type LintRule } from '../rule.ts';

const others: ReadonlySet<string> = new Set([...ownCodes.overridden, ...ownCodes.network, ...ownCodes.elsewhere]);

export const ignoredSetting: LintRule = {
  code: 'ignored-setting',
  severity: 'warning',
  title: 'a line that the program ignores',
  explanation:
    'The program knows no such key, or does not look there: the line is without effect, and nothing says so. A slip of the pen in a key reads just like it.',
  find: (input) => remarkFindings(input, ({ kind, code }) => kind === 'ignored' && !others.has(code)),
};
