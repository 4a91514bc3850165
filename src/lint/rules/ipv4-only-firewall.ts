/** A firewall for IPv4 on a machine that speaks IPv6, which nothing filters. */
import { type HookChain, type StackModel } from '../../reach/model/model.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, forwards, interfacesOf, stacksIn } from '../stacks.ts';
import { ruleSubject, stackSubject } from '../subject.ts';

/** Base chains of filters that take something away. */
const filters = (stack: StackModel, key: string): readonly HookChain[] =>
  (stack.hooks.get(key) ?? []).filter(
    ({ chain, subchains }) =>
      chain.type === 'filter' &&
      (chain.policy === 'drop' ||
        [...chain.rules, ...[...subchains.values()].flatMap(({ rules }) => rules)].some(
          ({ verdict }) => verdict.kind === 'drop' || verdict.kind === 'reject',
        )),
  );

const findingFor = (stack: StackModel, hook: 'input' | 'forward', chain: HookChain): RawFinding => {
  const isReached = hook === 'input' ? addressesOf(stack, 6).length > 0 : forwards(stack, 6);
  return {
    stack: stack.name,
    ...(isReached ? {} : { severity: 'note' as const }),
    message: `\`${stack.name}\` filters IPv4 in \`${chain.chain.name}\` (${chain.table.family} ${chain.table.name}), and ${
      isReached ? 'lets all IPv6 pass there' : `nothing filters IPv6 there: link-local addresses reach it as they like`
    }`,
    at:
      chain.chain.rules.length === 0
        ? stackSubject(stack.name)
        : ruleSubject(stack.name, chain.table, chain.chain.name, 0),
    repair: {
      words:
        'write the same for IPv6 (ip6tables, or one inet table of nft), with ICMPv6 let through; or switch IPv6 off where nobody uses it',
      edits: [],
    },
  };
};

export const ipv4OnlyFirewall: LintRule = {
  code: 'ipv4-only-firewall',
  severity: 'warning',
  title: 'IPv4 is filtered and IPv6 is not',
  explanation:
    'iptables and tables of family ip see no IPv6 at all. A machine has IPv6 from the moment an interface is up: a link-local address by itself, a global one as soon as somebody on the wire advertises a prefix. What IPv4 closes is open by that way. ' +
    'Where there is no global address and no forwarding this is a note.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      if (interfacesOf(stack).every(({ settings, it }) => it.kind === 'loopback' || !settings.ipv6)) return [];
      return (['input', 'forward'] as const).flatMap((hook): readonly RawFinding[] => {
        const [four] = filters(stack, `4 ${hook}`);
        if (four === undefined || filters(stack, `6 ${hook}`).length > 0) return [];
        if (hook === 'forward' && !forwards(stack, 6)) return [];
        return [findingFor(stack, hook, four)];
      });
    }),
};
