/** The rules as a page (docs/lint.md), and one by one (`lint --explain`). */
import { guides } from './guide-faults.ts';
import { type LintRule } from './rule.ts';
import { lintRules } from './rules.ts';

export const ruleText = ({ code, severity, title, explanation }: LintRule): string =>
  `${code} (${severity}): ${title}\n\n${explanation}\n`;

const head = `# Lint

\`lanwright lint PATH…\` reads configuration files, \`lanwright lint lab.yaml\` a lab, \`lanwright lint --live\` what the kernel of this machine has.
Each finding has the place in the file, what comes of it, and what mends it. What comes of it is shown, not guessed: all pings between the machines
(of at most 16) are walked through the model of the kernel as things are, and once more as they are mended. Where nothing is said of it, it does not
show in who reaches whom, or the network is too large.

A repair is offered as an edit where one can say it. \`--fix\` writes the repairs of errors and warnings into the files of the dialects that can edit:
comments and all that is not concerned stay. One that would break what works is told in words, with what it breaks, and not made.

Errors do not work, or not as they are written. Warnings work by accident, or will surprise. Notes are for people to judge; the exit status is 0 where
there is nothing else. Of labs, lint leaves out what \`check\` says itself: addresses and MACs that are taken, two default routes, gateways outside of
subnets, loops, two servers; and documentation prefixes, which harm nobody in a lab.

What no file says can be told: \`--one-mac host/eth0\` for an uplink where one MAC address is let through, \`--wireless host/eth1\` for a radio
interface whose name does not tell.

There is no rule about rollbacks of tools that keep checkpoints: whether the connection that sets an address survives it is in no file. Identities of
clones besides MAC addresses (machine-id, host keys) are not network configuration either.

## Rules
`;

const ruleEntry = ({ code, severity, title, explanation }: LintRule): string =>
  `### ${code}\n\n**${severity}**: ${title}.\n\n${explanation}\n`;

const guidesHead = `## Faults of guides

Five how-to guides that people copy from, and which rule finds which of their faults in their own files (\`test/lint/guides\`).
`;

const guideEntries = (): readonly string[] =>
  guides.map(
    ({ title, faults }) =>
      `### ${title}\n\n| fault | found by |\n| --- | --- |\n${faults
        .map(
          ({ text, rules, why }) =>
            `| ${text} | ${rules.length === 0 ? `nobody: ${why ?? ''}` : rules.map((code) => `\`${code}\``).join(', ')} |`,
        )
        .join('\n')}\n`,
  );

/** docs/lint.md, before it is laid out. */
export const lintReference = (): string =>
  [head, ...lintRules.map(ruleEntry), guidesHead, ...guideEntries()].join('\n');
