/** A rule of a packet filter that names a network without its mask, which is one address that no machine has. */
import { firstOf, parsePrefix, prefixOf, printPrefix, type Prefix } from '../../net/prefix.ts';
import { ip, printIp } from '../../net/address.ts';
import { type FilterMatch, type FilterRule } from '../../state/packet-filter.ts';
import { type RawFinding } from '../finding.ts';
import { replacedRule, rulesOf, type PlacedRule } from '../filters.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { addressesOf, stacksIn, subnetOf } from '../stacks.ts';
import { ruleSubject } from '../subject.ts';

type AddressMatch = Extract<FilterMatch, { kind: 'source' | 'destination' }>;

const isAddressMatch = (match: FilterMatch): match is AddressMatch =>
  match.kind === 'source' || match.kind === 'destination';

/** Trailing zeros of an IPv4 address as the length of the network that it looks like; whole bytes only. */
const lookedLike = (value: bigint): number => {
  for (const length of [8, 16, 24]) if ((value & ((1n << BigInt(32 - length)) - 1n)) === 0n) return length;
  return 32;
};

/** The network that was meant: one that somebody is in, else what the zeros look like; undefined where it is an address. */
const meant = (text: string, subnets: readonly Prefix[]): Prefix | undefined => {
  const single = parsePrefix(text);
  if (single?.family !== 4 || single.length !== 32) return undefined;
  const known = subnets.find(({ family, value, length }) => family === 4 && length < 31 && value === single.value);
  if (known !== undefined) return known;
  const length = lookedLike(single.value);
  return length === 32 || single.value === 0n ? undefined : prefixOf(ip(printIp(firstOf(single))), length);
};

const subnetsIn = (input: LintInput): readonly Prefix[] =>
  [...input.model.stacks.values()].flatMap((stack) => [
    ...addressesOf(stack, 4).map(subnetOf),
    ...stack.stack.routes.flatMap(({ family, to }) => (family === 4 ? (parsePrefix(to) ?? []) : [])),
  ]);

const withMask = (rule: FilterRule, text: string, right: string): FilterRule => ({
  ...rule,
  matches: rule.matches.map((match) =>
    isAddressMatch(match) ? { ...match, prefixes: match.prefixes.map((it) => (it === text ? right : it)) } : match,
  ),
});

const findingFor = (stack: string, placed: PlacedRule, subnets: readonly Prefix[]): readonly RawFinding[] => {
  const { table, chain, index, rule } = placed;
  return rule.matches.filter(isAddressMatch).flatMap(({ prefixes, kind }) =>
    prefixes.flatMap((text): readonly RawFinding[] => {
      const block = meant(text, subnets);
      if (block === undefined) return [];
      const right = printPrefix(block);
      const bare = text.slice(0, text.indexOf('/'));
      return [
        {
          stack,
          message: `\`${stack}\` has a rule for the ${kind} ${bare}, which is one address and the number of a network: without a mask it means ${text}`,
          at: ruleSubject(stack, table, chain, index),
          repair: {
            words: `write ${right}`,
            edits: [],
            mend: (state) => replacedRule(state, stack, placed, [withMask(rule, text, right)]),
          },
        },
      ];
    }),
  );
};

export const maskMissing: LintRule = {
  code: 'mask-missing',
  severity: 'warning',
  title: 'a rule that names a network without its mask',
  explanation:
    'iptables and nft take an address without a mask for that address alone (/32). The first address of a network is nobody’s, so that the rule never matches: ' +
    'what it should translate leaves as it is, what it should drop passes.',
  find: (input) => {
    const subnets = subnetsIn(input);
    return stacksIn(input).flatMap(({ name, stack }) =>
      rulesOf(stack).flatMap((placed) => findingFor(name, placed, subnets)),
    );
  },
};
