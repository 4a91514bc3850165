/** A network number or broadcast address that does not belong to the address beside it. */
import { ownCodes, remarkFindings } from '../remarks.ts';
import { type LintRule } from '../rule.ts';

const codes: ReadonlySet<string> = new Set(ownCodes.network);

export const networkMismatch: LintRule = {
  code: 'network-mismatch',
  severity: 'warning',
  title: 'a network or broadcast address that does not fit address and mask',
  explanation:
    'ifup computes both from address and netmask: `network` is read by nobody, and a wrong `broadcast` is set as it stands, so that broadcasts of this machine go to an address which is nobody’s or somebody’s. More often the line tells that the address, the mask or the gateway beside it was copied from another network.',
  find: (input) =>
    remarkFindings(
      input,
      ({ code }) => codes.has(code),
      () => ({ repair: { words: 'leave the line out: it is computed', edits: [] } }),
    ),
};
