/** Where the kernel puts a policy rule that asks for no place. */
import { type Family } from '../net/address.ts';
import { type PolicyRule } from '../state/network-state.ts';

/** In front of the second one there is (fib_default_rule_pref); 32766 is that of the main table. */
export const nextPriority = (rules: readonly PolicyRule[], family: Family): number =>
  Math.min(
    32_766,
    ...rules.filter((rule) => rule.family === family && rule.priority > 0).map(({ priority }) => priority),
  ) - 1;
