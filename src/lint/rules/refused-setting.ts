/** A line that its program or the kernel refuses, or takes for something else. */
import { isGatewayRemark, ownCodes, remarkFindings } from '../remarks.ts';
import { type LintRule } from '../rule.ts';

const others: ReadonlySet<string> = new Set([...ownCodes.overridden, ...ownCodes.network, ...ownCodes.elsewhere]);

export const refusedSetting: LintRule = {
  code: 'refused-setting',
  severity: 'error',
  title: 'a line that the program refuses, or the kernel',
  explanation:
    'The program that reads the file stops there, leaves the line out, or does something else than was meant; what that is, is in the message. The rest of the file is read as the program reads it.',
  find: (input) =>
    remarkFindings(input, (remark) => remark.kind === 'error' && !others.has(remark.code) && !isGatewayRemark(remark)),
};
