/**
 * The one spelling of a packet filter: tables by family and name, base chains by hook and priority, chains that are
 * jumped to by name. The order of rules is meaning and stays; rules that no packet passes are left out.
 */
import { normalRule } from './normal-rule.ts';
import { type FilterChain, type FilterSubchain, type FilterTable } from './packet-filter.ts';
import { compareText, field } from './spelling.ts';

const familyOrder = ['inet', 'ip', 'ip6', 'arp', 'bridge', 'netdev'] as const;
const hookOrder = ['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

const normalChain = (chain: FilterChain, family: FilterTable['family']): FilterChain => ({
  name: chain.name,
  type: chain.type,
  hook: chain.hook,
  priority: chain.priority,
  policy: chain.policy,
  ...field('device', chain.device),
  rules: chain.rules.flatMap((rule) => normalRule(rule, family)),
});

const normalSubchain = ({ name, rules }: FilterSubchain, family: FilterTable['family']): FilterSubchain => ({
  name,
  rules: rules.flatMap((rule) => normalRule(rule, family)),
});

const compareChains = (a: FilterChain, b: FilterChain): number =>
  hookOrder.indexOf(a.hook) - hookOrder.indexOf(b.hook) || a.priority - b.priority || compareText(a.name, b.name);

const normalTable = ({ family, name, chains, subchains = [] }: FilterTable): FilterTable => {
  const normalSubchains = subchains
    .map((chain) => normalSubchain(chain, family))
    .sort((a, b) => compareText(a.name, b.name));
  return {
    family,
    name,
    chains: chains.map((chain) => normalChain(chain, family)).sort(compareChains),
    ...field('subchains', normalSubchains.length === 0 ? undefined : normalSubchains),
  };
};

export const normalFilter = (tables: readonly FilterTable[]): readonly FilterTable[] =>
  tables
    .map(normalTable)
    .sort((a, b) => familyOrder.indexOf(a.family) - familyOrder.indexOf(b.family) || compareText(a.name, b.name));
