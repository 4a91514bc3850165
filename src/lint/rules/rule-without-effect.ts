/** Rules that accept in a chain which accepts anyway: they look like a filter, and keep nobody out. */
import { type FilterChain } from '../../state/packet-filter.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { placeOfSubject, ruleSubject } from '../subject.ts';

const acceptsAnyway = ({ type, policy, rules }: FilterChain): boolean =>
  type === 'filter' &&
  policy === 'accept' &&
  rules.length > 0 &&
  rules.every(({ verdict }) => verdict.kind === 'accept');

/** What hypervisors write is there in case that somebody else closes the chain. */
const precautious: ReadonlySet<string> = new Set(['libvirt', 'xen', 'ufw']);

export const ruleWithoutEffect: LintRule = {
  code: 'rule-without-effect',
  severity: 'note',
  title: 'rules that accept in a chain which drops nothing',
  explanation:
    'Where the policy is to accept and no rule drops, a rule that accepts changes nothing: `-s 192.168.0.6 -m physdev --physdev-in vif1.0 -j ACCEPT` of Xen’s vif-bridge reads as if the guest could use that address only, and it may use any. The chain has to drop the rest.',
  find: (input) =>
    stacksIn(input).flatMap(({ name, stack }) =>
      stack.filter.flatMap((table) =>
        table.chains.flatMap((chain): readonly RawFinding[] => {
          const at = ruleSubject(name, table, chain.name, 0);
          const place = placeOfSubject(input.origins, at);
          if (!acceptsAnyway(chain) || precautious.has(input.dialectOf.get(place?.path ?? '') ?? '')) return [];
          return [
            {
              stack: name,
              message: `\`${name}\`: ${chain.rules.length === 1 ? 'the rule' : `all ${chain.rules.length} rules`} of \`${chain.name}\` (${table.family} ${table.name}) accept, and so does the chain: they keep nobody out`,
              at,
              repair: {
                words: 'let the chain drop what no rule accepts, if they were meant to be the only ones',
                edits: [],
              },
            },
          ];
        }),
      ),
    ),
};
