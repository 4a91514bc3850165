/** A rule that no packet comes to, because an earlier one of its chain takes all that it matches. */
import { replacedRule, rulesOf, type PlacedRule } from '../filters.ts';
import { applyEdits } from '../../reach/repair/apply-edit.ts';
import { type RawFinding } from '../finding.ts';
import { isFinal, isWithin } from '../implies.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { ruleSubject } from '../subject.ts';

const verdictText = ({ rule: { verdict } }: PlacedRule): string =>
  'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind;

const findingFor = (stack: string, placed: PlacedRule, first: PlacedRule): RawFinding => {
  const { table, chain, index } = placed;
  const isSame = JSON.stringify(placed.rule.verdict) === JSON.stringify(first.rule.verdict);
  // Of two that are for the same packets neither is the other's exception.
  const isEqual = isWithin(first.rule, placed.rule);
  return {
    stack,
    ...(isSame ? { severity: 'note' as const } : {}),
    message: `\`${stack}\`: no packet comes to rule ${index + 1} of \`${chain}\` (${verdictText(placed)}): rule ${first.index + 1} takes all that it is for (${verdictText(first)})`,
    at: ruleSubject(stack, table, chain, index),
    // An exception that closes something is meant to.
    ...(placed.rule.verdict.kind === 'drop' || placed.rule.verdict.kind === 'reject' ? { closes: true as const } : {}),
    notes: [{ message: 'the earlier rule is here', at: ruleSubject(stack, table, chain, first.index) }],
    repair:
      isSame || isEqual
        ? {
            words: isSame
              ? 'leave it out: the earlier rule does the same'
              : 'leave one of the two out: they are for the same packets',
            edits: [],
            mend: (state) => replacedRule(state, stack, placed, []),
          }
        : {
            words: 'put it before the earlier rule, if it is the exception to it; else leave it out',
            mend: (state) =>
              applyEdits(replacedRule(state, stack, placed, []), [
                {
                  ...{ kind: 'insert-rule', stack, chain, index: first.index, rule: placed.rule },
                  table: { family: table.family, name: table.name },
                },
              ]),
            edits: [
              {
                kind: 'insert-rule',
                stack,
                table: { family: table.family, name: table.name },
                chain,
                index: first.index,
                rule: placed.rule,
              },
            ],
          },
  };
};

export const shadowedRule: LintRule = {
  code: 'shadowed-rule',
  severity: 'warning',
  title: 'a rule that an earlier one of its chain leaves nothing for',
  explanation:
    'Rules of a chain are read in order, and the first verdict counts. A rule behind one that matches the same and more is never read: an exception that was added at the end (`iptables -A`, `ufw deny` after `ufw allow`) does nothing. ' +
    'Rules that are repeated are told as notes.',
  find: (input) =>
    stacksIn(input).flatMap(({ name, stack }) => {
      const all = rulesOf(stack);
      return all.flatMap((placed): readonly RawFinding[] => {
        const before = all.filter(
          (other) => other.table === placed.table && other.chain === placed.chain && other.index < placed.index,
        );
        const first = before.find((other) => isFinal(other.rule) && isWithin(placed.rule, other.rule));
        return first === undefined ? [] : [findingFor(name, placed, first)];
      });
    }),
};
