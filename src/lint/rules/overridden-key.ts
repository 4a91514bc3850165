/** A setting that a later line or program says again: what stood there first is forgotten. */
import { ownCodes, remarkFindings } from '../remarks.ts';
import { type LintRule } from '../rule.ts';

const codes: ReadonlySet<string> = new Set(ownCodes.overridden);

export const overriddenKey: LintRule = {
  code: 'overridden-key',
  severity: 'warning',
  title: 'a setting that a later line, or another program, says again',
  explanation:
    "Of two lines with one key the later one counts, and nothing is said about the first: two `vif=` lines are one network card, the second `network-script` is the one that runs, and net.ipv4.ip_forward has the value of the file that sysctl read last. Where two programs have one interface, each undoes what the other did. Several cards are one list: vif = [ '…', '…' ].",
  find: (input) => remarkFindings(input, ({ code }) => codes.has(code)),
};
