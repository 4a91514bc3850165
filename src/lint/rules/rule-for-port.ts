/** A rule for an interface that is a port of a bridge: IP packets come in and leave by the bridge. */
import { replacedRule, rulesOf, type PlacedRule } from '../filters.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { ruleSubject } from '../subject.ts';
import { type FilterRule } from '../../state/packet-filter.ts';

const renamed = (rule: FilterRule, from: string, to: string): FilterRule => ({
  ...rule,
  matches: rule.matches.map((match) =>
    match.kind === 'iif' || match.kind === 'oif'
      ? { ...match, names: [...new Set(match.names.map((name) => (name === from ? to : name)))] }
      : match,
  ),
});

export const ruleForPort: LintRule = {
  code: 'rule-for-port',
  severity: 'error',
  title: 'a rule of the IP filter for a port of a bridge',
  explanation:
    'Once eth0 is a port of br0, packets come in by br0 and leave by br0 as far as iptables and nft’s ip, ip6 and inet tables see: `-o eth0 -j MASQUERADE`, written before the bridge was made, matches nothing any more. ' +
    'For frames that are bridged, `-m physdev` and nft’s bridge family know ports.',
  find: (input) =>
    stacksIn(input).flatMap(({ name: stack, stack: own }) =>
      rulesOf(own).flatMap((placed: PlacedRule): readonly RawFinding[] => {
        const { table, chain, index, rule } = placed;
        if (table.family === 'bridge' || table.family === 'netdev' || table.family === 'arp') return [];
        return rule.matches.flatMap((match) =>
          (match.kind !== 'iif' && match.kind !== 'oif') || match.negate === true
            ? []
            : match.names.flatMap((name): readonly RawFinding[] => {
                const master = own.interfaces[name]?.master;
                if (master === undefined || own.interfaces[master]?.kind !== 'bridge') return [];
                return [
                  {
                    stack,
                    message: `\`${stack}\` has a rule of \`${chain}\` for \`${name}\`, which is a port of \`${master}\`: no IP packet ${match.kind === 'iif' ? 'comes in' : 'leaves'} by it`,
                    at: ruleSubject(stack, table, chain, index),
                    repair: {
                      words: `name \`${master}\``,
                      edits: [],
                      mend: (state) => replacedRule(state, stack, placed, [renamed(rule, name, master)]),
                    },
                  },
                ];
              }),
        );
      }),
    ),
};
