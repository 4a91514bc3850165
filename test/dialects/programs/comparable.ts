/** What a kernel shows of a stack that is held to what its files were to say. */
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../../../src/state/packet-filter.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { stackIn } from '../../../src/dialects/reading.ts';

/** A MAC that nobody asked for is the kernel's or the program's own affair. */
const withMacOf = (it: Interface, wanted: Interface | undefined): Interface => {
  const { mac, ...rest } = it;
  return mac === undefined || wanted?.mac === undefined ? rest : { ...rest, mac };
};

const does = ({ rules, policy }: FilterChain): boolean => rules.length > 0 || policy !== 'accept';

/** libvirt chooses the ports of TCP and UDP in rules that stand before the one for all that goes the same way. */
const choosesPorts = ({ matches, verdict }: FilterRule): boolean =>
  verdict.kind === 'masquerade' && matches.some((match) => match.kind === 'port' && match.ports.length === 0);

/** Without chains that do nothing, and what libvirt does that the model has no words for: it mends checksums of DHCP. */
const bareTable = (table: FilterTable): FilterTable => {
  const subchains = (table.subchains ?? [])
    .map((chain) => ({ ...chain, rules: chain.rules.filter((rule) => !choosesPorts(rule)) }))
    .filter(({ rules }) => rules.length > 0);
  const leadsSomewhere = ({ verdict }: FilterRule): boolean =>
    verdict.kind !== 'jump' || subchains.some(({ name }) => name === verdict.chain);
  const chains = table.chains.map((chain) => ({ ...chain, rules: chain.rules.filter(leadsSomewhere) })).filter(does);
  const { subchains: _, ...rest } = table;
  return { ...rest, chains, ...(subchains.length === 0 ? {} : { subchains }) };
};

const bareTables = (tables: readonly FilterTable[]): readonly FilterTable[] =>
  tables
    .filter(({ name }) => name !== 'mangle')
    .map(bareTable)
    .filter(({ chains, subchains = [] }) => chains.length + subchains.length > 0);

/** networkd and NetworkManager listen to advertisements themselves, and tell the kernel not to. */
const isOwnEar = (key: string): boolean => key.endsWith('/accept_ra');

/**
 * `observed` as far as the kernel knows what `wanted` speaks of: it does not know whom a machine asks for names, and
 * which programs serve. Interfaces that nobody speaks of stay.
 */
export const comparable = (observed: NetworkState, wanted: NetworkState): NetworkState => {
  const [seen, asked] = [stackIn(observed, 'host'), stackIn(wanted, 'host')];
  const host: Stack = {
    interfaces: Object.fromEntries(
      Object.entries(seen.interfaces)
        .filter(([, { kind, addresses }]) => kind !== 'loopback' || addresses.length > 0)
        .map(([name, it]) => [name, withMacOf(it, asked.interfaces[name])]),
    ),
    routes: seen.routes,
    rules: seen.rules,
    neighbourProxies: seen.neighbourProxies,
    ...(seen.neighbours === undefined ? {} : { neighbours: seen.neighbours }),
    sysctls: Object.fromEntries(
      Object.entries(seen.sysctls).filter(([key]) => asked.sysctls[key] !== undefined && !isOwnEar(key)),
    ),
    filter: bareTables(seen.filter),
    services: [],
  };
  return normalize({ version: 1, stacks: { host }, cables: [] });
};
