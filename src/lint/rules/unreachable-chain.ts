/** A chain with rules that nothing jumps to, or a jump to a chain that is not there. */
import { rulesOf } from '../filters.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { ruleSubject } from '../subject.ts';

export const unreachableChain: LintRule = {
  code: 'unreachable-chain',
  severity: 'warning',
  title: 'a chain with rules that nothing jumps to',
  explanation:
    'Only chains on a hook are read by themselves. A chain that was made and filled, and that no rule jumps to from one of those, does nothing; the rule that led there was flushed, or never written.',
  find: (input) =>
    stacksIn(input).flatMap(({ name, stack }) => {
      const all = rulesOf(stack);
      return stack.filter.flatMap((table) => {
        const reached = new Set(table.chains.map((chain) => chain.name));
        for (let isGrowing = true; isGrowing;) {
          const before = reached.size;
          for (const { table: own, chain, rule } of all)
            if (own === table && reached.has(chain) && 'chain' in rule.verdict) reached.add(rule.verdict.chain);
          isGrowing = reached.size > before;
        }
        return (table.subchains ?? []).flatMap((chain): readonly RawFinding[] =>
          reached.has(chain.name) || chain.rules.length === 0
            ? []
            : [
                {
                  stack: name,
                  message: `\`${name}\`: nothing leads to the chain \`${chain.name}\` of ${table.family} ${table.name}, so that its rules do nothing`,
                  at: ruleSubject(name, table, chain.name, 0),
                  repair: { words: `jump to it from a chain on a hook, or leave it out`, edits: [] },
                },
              ],
        );
      });
    }),
};
