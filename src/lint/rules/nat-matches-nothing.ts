/** A rule that translates, for sources that are nowhere behind the machine. */
import { overlaps, prefix } from '../../net/prefix.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { rulesOf } from '../filters.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, isDefault, stacksIn, subnetOf } from '../stacks.ts';
import { ruleSubject } from '../subject.ts';
import { maskMissing } from './mask-missing.ts';

/** What can come from behind it: its subnets, and what it has routes to besides the default one. */
const isBehind = (stack: StackModel, text: string): boolean => {
  const block = prefix(text);
  return (
    addressesOf(stack, block.family).some((own) => overlaps(subnetOf(own), block)) ||
    stack.stack.routes.some(
      (route) => route.family === block.family && !isDefault(route) && overlaps(prefix(route.to), block),
    )
  );
};

export const natMatchesNothing: LintRule = {
  code: 'nat-matches-nothing',
  severity: 'warning',
  title: 'a rule that translates the source of packets which never come',
  explanation:
    'A masquerade or SNAT rule for a subnet that the machine is not in and has no route to matches nothing: the guests have another subnet than the rule, and leave under their own addresses, which nobody outside can answer.',
  find: (input) => {
    const masks = new Set(maskMissing.find(input).map(({ at }) => JSON.stringify(at)));
    return stacksIn(input).flatMap((stack) =>
      rulesOf(stack.stack).flatMap(({ table, chain, index, rule }): readonly RawFinding[] => {
        if (rule.verdict.kind !== 'masquerade' && rule.verdict.kind !== 'snat') return [];
        const at = ruleSubject(stack.name, table, chain, index);
        const sources = rule.matches.flatMap((match) =>
          match.kind === 'source' && match.negate !== true ? [match.prefixes] : [],
        );
        const dead = sources.find((prefixes) =>
          prefixes.every((text) => addressesOf(stack, prefix(text).family).length > 0 && !isBehind(stack, text)),
        );
        // Without an address of its own it is a filter’s file alone.
        if (dead === undefined || addressesOf(stack, 4).length === 0 || masks.has(JSON.stringify(at))) return [];
        const subnets = [
          ...new Set(addressesOf(stack, 4).map((own) => `${own.it.name} ${own.text}/${own.prefixLength}`)),
        ].join(', ');
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` translates what comes from ${dead.join(', ')}, and nothing there is behind it (${subnets})`,
            at,
            repair: { words: 'name the subnet of the guests, or add the route to it', edits: [] },
          },
        ];
      }),
    );
  },
};
