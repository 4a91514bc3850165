/**
 * Masquerade on the routers that the request has passed: whoever is beyond then answers to the router, which it knows
 * the way to.
 */
import { type Family } from '../../net/address.ts';
import { prefixOf, printPrefix } from '../../net/prefix.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { type StackModel } from '../model/model.ts';
import { type StopReason } from '../walk.ts';
import { type Edit } from './edit.ts';
import { type Proposal } from './proposal.ts';
import { type RoutedHop, type Situation } from './situation.ts';
import { ownerOf } from './terrain.ts';

const holds = ({ family }: FilterTable, wanted: Family): boolean =>
  family === 'inet' || family === (wanted === 4 ? 'ip' : 'ip6');

const isNatChain = ({ type, hook }: FilterChain): boolean => type === 'nat' && hook === 'postrouting';

/** In the chain that translates sources already; else in a new one, in a table of all IP where there is one. */
const ruleAt = ({ name: stack, stack: { filter } }: StackModel, family: Family, rule: FilterRule): Edit => {
  for (const table of filter) {
    const chain = holds(table, family) ? table.chains.find(isNatChain) : undefined;
    if (chain === undefined) continue;
    const index = chain.rules.length;
    return {
      kind: 'insert-rule',
      stack,
      table: { family: table.family, name: table.name },
      chain: chain.name,
      index,
      rule,
    };
  }
  const table: FilterTable = filter.find((it) => it.family === 'inet') ?? {
    family: 'inet',
    name: 'lanwright',
    chains: [],
  };
  const taken = new Set([...table.chains, ...(table.subchains ?? [])].map((it) => it.name));
  const name = taken.has('postrouting') ? 'postrouting-nat' : 'postrouting';
  const chain: FilterChain = { name, type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept', rules: [rule] };
  return { kind: 'add-chain', stack, table: { family: table.family, name: table.name }, chain };
};

/** Whether it gives others its address there already. */
const isTranslating = ({ stack: { filter } }: StackModel, family: Family, out: string): boolean =>
  filter.some(
    (table) =>
      holds(table, family) &&
      table.chains
        .filter(isNatChain)
        .some(({ rules }) =>
          rules.some(
            ({ matches, verdict }) =>
              (verdict.kind === 'masquerade' || verdict.kind === 'snat') &&
              matches.some((it) => it.kind === 'oif' && it.negate !== true && it.names.includes(out)),
          ),
        ),
  );

const masqueradeAt = ({ terrain, model, family, stop }: Situation, hop: RoutedHop): readonly Proposal[] => {
  const stack = model.stacks.get(hop.stack);
  const client = hop.source === undefined ? undefined : ownerOf(terrain, family, hop.source);
  if (stack === undefined || client === undefined || client.stack === hop.stack || hop.in === null || hop.out === null)
    return [];
  const network = printPrefix(prefixOf(client.address, client.address.prefixLength));
  const rule: FilterRule = {
    matches: [
      { kind: 'oif', names: [hop.out] },
      { kind: 'source', family, prefixes: [network] },
    ],
    verdict: { kind: 'masquerade' },
    comment: `${network} leaves by ${hop.out} under its address`,
  };
  const isUsual = isTranslating(stack, family, hop.out);
  const effort = (stop.direction === 'reply' ? 5.5 : 7.5) + (family === 6 ? 3 : 0) - (isUsual ? 1.5 : 0);
  return [
    {
      kind: 'translation',
      edits: [ruleAt(stack, family, rule)],
      change: `masquerade ${network} on ${hop.out} of ${hop.stack}: whoever is beyond then answers to ${hop.stack}`,
      effort,
      sideEffects: [`machines beyond ${hop.out} of ${hop.stack} see its address instead of those of ${network}`],
    },
  ];
};

/** Where it is not for the network beyond that the packet stops, another source address changes nothing. */
const helped = new Set<StopReason>([
  ...(['no_route', 'no_neighbour', 'ttl_loop', 'route_unreachable', 'route_blackhole', 'route_prohibit'] as const),
  ...(['nf_drop', 'nf_reject', 'ct_invalid', 'rp_filter', 'martian', 'not_forwarding', 'no_listener'] as const),
]);

/** Of a request that stops, the routers before the place; of a reply, all that the request has passed. */
export const proposeTranslation = (situation: Situation): readonly Proposal[] => {
  const { stop, request } = situation;
  if (!helped.has(stop.reason)) return [];
  const routers = stop.direction === 'reply' ? request : request.slice(0, -1);
  return routers.flatMap((hop) => masqueradeAt(situation, hop));
};
