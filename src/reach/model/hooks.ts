/** Packet-filter chains by the hook they hang on, in the order they run, and whether connections are tracked. */
import { parseIp, type Family } from '../../net/address.ts';
import { type Stack } from '../../state/network-state.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { type HookChain, type HookKey } from './model.ts';

const familiesOf: Readonly<Record<FilterTable['family'], readonly (Family | 'arp' | 'bridge' | 'netdev')[]>> = {
  inet: [4, 6],
  ip: [4],
  ip6: [6],
  arp: ['arp'],
  bridge: ['bridge'],
  netdev: ['netdev'],
};

/** NF_IP_PRI_NAT_DST and NF_IP_PRI_NAT_SRC. */
const natPriority = ({ hook }: FilterChain): number => (hook === 'prerouting' || hook === 'output' ? -100 : 100);

const keysOf = ({ family }: FilterTable, chain: FilterChain): HookKey[] =>
  chain.hook === 'ingress'
    ? [`netdev ingress ${chain.device ?? ''}`]
    : familiesOf[family].map((layer) => `${layer} ${chain.hook}`);

type Hooks = ReadonlyMap<HookKey, readonly HookChain[]>;

const none: Hooks = new Map();

export const buildHooks = ({ filter }: Pick<Stack, 'filter'>): Hooks => {
  if (filter.length === 0) return none;
  const hooks = new Map<HookKey, HookChain[]>();
  for (const table of filter) {
    const subchains = new Map((table.subchains ?? []).map((chain) => [chain.name, chain]));
    for (const chain of table.chains) {
      const priority = chain.type === 'nat' ? natPriority(chain) : chain.priority;
      for (const key of keysOf(table, chain)) {
        const list = hooks.get(key) ?? [];
        list.push({ table, chain, subchains, priority });
        hooks.set(key, list);
      }
    }
  }
  for (const list of hooks.values())
    list.sort((a, b) => a.priority - b.priority || a.chain.priority - b.chain.priority);
  return hooks;
};

const trackingMatches = new Set(['conntrack', 'dnatted', 'snatted', 'connection-mark']);
const trackingVerdicts = new Set(['masquerade', 'redirect', 'set-connection-mark', 'restore-mark', 'save-mark']);

/** A translation to an address asks for the family of that alone, whatever its table is for (nft_nat_init). */
const asksForTracking = ({ verdict, matches }: FilterRule, family: Family): boolean =>
  trackingVerdicts.has(verdict.kind) ||
  matches.some(({ kind }) => trackingMatches.has(kind)) ||
  ((verdict.kind === 'snat' || verdict.kind === 'dnat') && parseIp(verdict.address)?.family === family);

/**
 * Connections are tracked for a family once any rule in its tables asks (nf_ct_netns_get); a chain of type nat by itself
 * does not, and then its rules are never asked (nf_nat_inet_fn).
 */
export const tracksOf = ({ filter }: Pick<Stack, 'filter'>, family: Family): boolean =>
  filter.some(
    ({ family: layer, chains, subchains = [] }) =>
      familiesOf[layer].includes(family) &&
      [...chains, ...subchains].some(({ rules }) => rules.some((rule) => asksForTracking(rule, family))),
  );
