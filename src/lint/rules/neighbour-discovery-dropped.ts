/** An IPv6 filter that lets no neighbour discovery in: nobody finds the machine any more. */
import { type HookChain } from '../../reach/model/model.ts';
import { type FilterMatch, type FilterRule } from '../../state/packet-filter.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { ruleSubject, stackSubject } from '../subject.ts';

const solicitation = 135;

/** Whether a neighbour solicitation can meet it: where it comes from is not asked. */
const isMet = (match: FilterMatch): boolean => {
  switch (match.kind) {
    case 'iif':
    case 'source':
    case 'destination':
    case 'other':
      return true;
    case 'family':
      return match.family === 6;
    case 'protocol':
      return match.protocols.includes(58) !== (match.negate === true);
    case 'icmp':
      return match.types === 'neighbour-discovery';
    case 'icmp-type':
      return match.family === 6 && match.types.includes(solicitation) !== (match.negate === true);
    // Neighbour discovery is not tracked (nf_conntrack_icmpv6).
    case 'conntrack':
      return match.states.includes('untracked') !== (match.negate === true);
    default:
      return false;
  }
};

const mayAccept = ({ verdict, matches }: FilterRule): boolean =>
  (verdict.kind === 'accept' || verdict.kind === 'jump' || verdict.kind === 'goto' || verdict.kind === 'return') &&
  matches.every(isMet);

const isClosed = ({ chain }: HookChain): boolean =>
  chain.policy === 'drop' ||
  chain.rules.some(
    ({ verdict, matches }) =>
      (verdict.kind === 'drop' || verdict.kind === 'reject') && matches.every((match) => match.kind === 'family'),
  );

export const neighbourDiscoveryDropped: LintRule = {
  code: 'neighbour-discovery-dropped',
  severity: 'error',
  title: 'an IPv6 filter that takes no neighbour discovery',
  explanation:
    'What ARP is to IPv4, ICMPv6 neighbour discovery is to IPv6, and it passes the INPUT chain like any packet. It belongs to no connection: “accept what is established and related, drop the rest” drops it, the neighbours get no answer to “who has this address”, and after ' +
    'half a minute nothing reaches the machine over IPv6. RFC 4890 lists what must pass: types 133 to 136 on a link, and 1 to 4 from anywhere.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      (stack.hooks.get('6 input') ?? []).flatMap((hook): readonly RawFinding[] => {
        const { chain, table } = hook;
        if (chain.type !== 'filter' || !isClosed(hook) || chain.rules.some(mayAccept)) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` drops neighbour solicitations in \`${chain.name}\` (${table.family} ${table.name}): nobody can find its IPv6 addresses`,
            at: chain.rules.length === 0 ? stackSubject(stack.name) : ruleSubject(stack.name, table, chain.name, 0),
            repair: {
              words: 'accept neighbour discovery before anything is dropped',
              edits: [
                {
                  ...{ kind: 'insert-rule', stack: stack.name, chain: chain.name, index: 0 },
                  table: { family: table.family, name: table.name },
                  rule: {
                    matches: [{ kind: 'icmp-type', family: 6, types: [133, 134, 135, 136] }],
                    verdict: { kind: 'accept' },
                    comment: 'neighbour discovery',
                  },
                },
              ],
            },
          },
        ];
      }),
    ),
};
