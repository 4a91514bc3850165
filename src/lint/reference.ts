/** The rules as a page (docs/lint.md) and one by one (`lint --explain`). */
import { type LintRule } from './rule.ts';

export const ruleText = ({ code, severity, title, explanation }: LintRule): string =>
  `${code} (${severity}): ${title}\n\n${explanation}\n`;
