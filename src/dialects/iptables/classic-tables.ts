/** The tables that iptables(8) has, with the hooks and priorities that the kernel gives their chains. */
import { type FilterChain, type FilterTable } from '../../state/packet-filter.ts';
import { ownEntry } from '../plain-values.ts';

export type Hook = Exclude<FilterChain['hook'], 'ingress'>;
type Priorities = Readonly<Partial<Record<Hook, number>>>;

const sameFor = (priority: number, hooks: readonly Hook[]): Priorities =>
  Object.fromEntries(hooks.map((hook) => [hook, priority]));

/** NF_IP_PRI_RAW and so on (linux/netfilter_ipv4.h). */
export const priorities: Readonly<Record<string, Priorities>> = {
  raw: sameFor(-300, ['prerouting', 'output']),
  mangle: sameFor(-150, ['prerouting', 'input', 'forward', 'output', 'postrouting']),
  nat: { prerouting: -100, input: 100, output: -100, postrouting: 100 },
  filter: sameFor(0, ['input', 'forward', 'output']),
  security: sameFor(50, ['input', 'forward', 'output']),
};

export const hookNames: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

export const chainTypeOf = (table: string, hook: Hook): FilterChain['type'] => {
  if (table === 'nat') return 'nat';
  // A mark or an address that the output of mangle changes is routed anew.
  return table === 'mangle' && hook === 'output' ? 'route' : 'filter';
};

/** Whether all base chains hang where those of iptables' own table of this name do. */
export const isClassic = ({ name, chains }: FilterTable): boolean =>
  ownEntry(priorities, name) !== undefined &&
  chains.every((chain) => {
    const hook = ownEntry(hookNames, chain.name);
    if (hook === undefined || hook !== chain.hook) return false;
    return priorities[name]?.[hook] === chain.priority && chainTypeOf(name, hook) === chain.type;
  });
