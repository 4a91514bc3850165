/** Traffic that one table accepts for an interface by name, and another table drops. */
import { type HookChain, type StackModel } from '../../reach/model/model.ts';
import { type FilterMatch, type FilterRule } from '../../state/packet-filter.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { families, interfacesOf, stacksIn } from '../stacks.ts';
import { ruleSubject, stackSubject } from '../subject.ts';

const namesIt = (match: FilterMatch, kind: 'iif' | 'oif', name: string): boolean =>
  match.kind === kind &&
  match.negate !== true &&
  match.names.some((own) => own === name || (own.endsWith('*') && name.startsWith(own.slice(0, -1))));

/** New connections from an interface: replies and what is already known do not count. */
const acceptsFrom = ({ verdict, matches }: FilterRule, name: string, isLoose: boolean): boolean =>
  verdict.kind === 'accept' &&
  (matches.some((match) => namesIt(match, 'iif', name)) || (isLoose && !matches.some(({ kind }) => kind === 'iif'))) &&
  !matches.some((match) => match.kind === 'conntrack' && !match.states.includes('new'));

const isClosed = ({ chain }: HookChain): boolean =>
  chain.policy === 'drop' ||
  chain.rules.some(
    ({ matches, verdict }) => matches.length === 0 && (verdict.kind === 'drop' || verdict.kind === 'reject'),
  );

const ruleSets = ({ chain, subchains }: HookChain): readonly FilterRule[] => [
  ...chain.rules,
  ...[...subchains.values()].flatMap(({ rules }) => rules),
];

const findIn = (stack: StackModel, family: 4 | 6, hook: 'forward' | 'input'): readonly RawFinding[] => {
  const chains = (stack.hooks.get(`${family} ${hook}`) ?? []).filter(({ chain }) => chain.type === 'filter');
  return interfacesOf(stack).flatMap(({ name, it }): readonly RawFinding[] => {
    if (it.kind === 'loopback' || it.master !== undefined) return [];
    const opener = chains.find((own) => ruleSets(own).some((rule) => acceptsFrom(rule, name, false)));
    const closer = chains.find(
      (own) =>
        own !== opener &&
        own.table !== opener?.table &&
        isClosed(own) &&
        !ruleSets(own).some((rule) => acceptsFrom(rule, name, true)),
    );
    if (opener === undefined || closer === undefined) return [];
    return [
      {
        stack: stack.name,
        message: `\`${stack.name}\`: ${opener.table.family} ${opener.table.name} accepts in \`${opener.chain.name}\` what comes from \`${name}\`, and ${closer.table.family} ${closer.table.name} drops it in \`${closer.chain.name}\``,
        at:
          closer.chain.rules.length === 0
            ? stackSubject(stack.name)
            : ruleSubject(stack.name, closer.table, closer.chain.name, 0),
        notes: [{ message: 'it is accepted here', at: ruleSubject(stack.name, opener.table, opener.chain.name, 0) }],
        repair: {
          words: `accept it there too`,
          edits: [
            {
              ...{ kind: 'insert-rule', stack: stack.name, chain: closer.chain.name, index: 0 },
              table: { family: closer.table.family, name: closer.table.name },
              rule: {
                matches: [{ kind: 'iif', names: [name] }],
                verdict: { kind: 'accept' },
                comment: `as ${opener.table.name} does`,
              },
            },
          ],
        },
        stops: (stop) =>
          stop.stack === stack.name &&
          (stop.reason === 'nf_drop' || stop.reason === 'nf_reject') &&
          stop.because.key.startsWith(`${closer.table.family} ${closer.table.name} ${closer.chain.name}`),
      },
    ];
  });
};

export const acceptedAndDropped: LintRule = {
  code: 'accepted-and-dropped',
  severity: 'warning',
  title: 'one table accepts what another one drops',
  explanation:
    'A packet must be accepted by every base chain of a hook, in the order of their priorities; “accept” ends one chain only, “drop” ends all. libvirt’s rules for virbr0 in one table do not help guests against a firewalld, ufw or hand-written table whose policy is drop: ' +
    'no DHCP, no way out. The rule has to stand in the table that drops.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      families.flatMap((family) => (['forward', 'input'] as const).flatMap((hook) => findIn(stack, family, hook))),
    ),
};
