/** An IPv6 filter that lets no neighbour discovery in: nobody finds the machine any more. */
import { type HookChain, type StackModel } from '../../reach/model/model.ts';
import { type FilterMatch, type FilterRule } from '../../state/packet-filter.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, interfacesOf, named, stacksIn } from '../stacks.ts';
import { ruleSubject, stackSubject } from '../subject.ts';

const solicitation = 135;

/** Whether a neighbour solicitation that comes in there can meet it. */
const isMet = (match: FilterMatch, dev: string): boolean => {
  switch (match.kind) {
    case 'iif':
      return (
        match.names.some((name) => name === dev || (name.endsWith('*') && dev.startsWith(name.slice(0, -1)))) !==
        (match.negate === true)
      );
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

const mayAccept = ({ verdict, matches }: FilterRule, dev: string): boolean =>
  (verdict.kind === 'accept' || verdict.kind === 'jump' || verdict.kind === 'goto' || verdict.kind === 'return') &&
  matches.every((match) => isMet(match, dev));

/** Interfaces that neighbours ask on. */
const wiresOf = (stack: StackModel): readonly string[] =>
  interfacesOf(stack)
    .filter(({ it, isUp, settings }) => isUp && settings.ipv6 && it.master === undefined && !unasked.has(it.kind))
    .map(({ name }) => name);

const unasked: ReadonlySet<string> = new Set(['loopback', 'tunnel', 'wireguard', 'dummy']);

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
        if (chain.type !== 'filter' || !isClosed(hook)) return [];
        const deaf = wiresOf(stack).filter((dev) => !chain.rules.some((rule) => mayAccept(rule, dev)));
        if (deaf.length === 0) return [];
        const own = new Set(addressesOf(stack, 6).map(({ text }) => text));
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` drops neighbour solicitations on ${named(deaf)} in \`${chain.name}\` (${table.family} ${table.name}): nobody there can find its IPv6 addresses`,
            at: chain.rules.length === 0 ? stackSubject(stack.name) : ruleSubject(stack.name, table, chain.name, 0),
            stops: (stop, flow) => stop.reason === 'no_neighbour' && own.has(flow.destination),
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
