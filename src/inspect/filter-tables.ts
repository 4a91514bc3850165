/** Whose packet filter it is, table by table: by the names that programs give to tables and chains. */
import { type FilterTable } from '../state/packet-filter.ts';
import { type NetworkState } from '../state/network-state.ts';

export const tablesOf = ({ stacks }: NetworkState, stack: string): readonly FilterTable[] =>
  stacks[stack]?.filter ?? [];

const chainsIn = ({ chains, subchains = [] }: FilterTable): readonly string[] =>
  [...chains, ...subchains].map(({ name }) => name);

export const chainNames = (state: NetworkState, stack: string): readonly string[] =>
  tablesOf(state, stack).flatMap(chainsIn);

const byTable: readonly (readonly [pattern: RegExp, program: string])[] = [
  [/^firewalld/, 'firewalld'],
  [/^libvirt_network$/, 'libvirt'],
  [/^lanwright/, 'Lanwright'],
  [/^docker-/, 'Docker'],
  [/^f2b-/, 'fail2ban'],
  [/^(?:lxd|incus)$/, 'LXD or Incus'],
  [/^netavark$/, 'Podman'],
  [/^(?:kube-|calico)/, 'Kubernetes'],
  [/^io\.systemd\.nat$/, 'systemd-networkd'],
];

const byChain: readonly (readonly [pattern: RegExp, program: string])[] = [
  [/^LIBVIRT_/, 'libvirt'],
  [/^DOCKER(?:-|$)/, 'Docker'],
  [/^ufw6?-/, 'ufw'],
  [/^f2b-/, 'fail2ban'],
  [/^(?:KUBE-|cali-)/, 'Kubernetes'],
  [/^(?:NETAVARK|CNI-)/, 'Podman'],
  [/^(?:IN|FWD[IO]?|PRE|POST)_(?:public|trusted|internal|dmz|libvirt)/, 'firewalld'],
  [/^ts-(?:input|forward|postrouting)$/, 'Tailscale'],
];

/** Tables that iptables-nft(8) makes. */
const classic = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);

const isClassic = ({ family, name, chains }: FilterTable): boolean =>
  (family === 'ip' || family === 'ip6' || family === 'bridge') &&
  classic.has(name) &&
  chains.every((chain) => chain.name === chain.name.toUpperCase());

/** Programs with something in the table; empty where the names tell of nobody. */
const programsOf = (table: FilterTable): readonly string[] => {
  const [whole] = byTable.filter(([pattern]) => pattern.test(table.name)).map(([, program]) => program);
  if (whole !== undefined) return [whole];
  const found = chainsIn(table).flatMap((chain) => byChain.find(([pattern]) => pattern.test(chain))?.[1] ?? []);
  return [...new Set(found)].sort();
};

export interface FilterOwner {
  /** Family and name, as in `ip filter`. */
  readonly table: string;
  readonly by: 'nft' | 'iptables';
  readonly programs: readonly string[];
  readonly rules: number;
}

const rulesIn = ({ chains, subchains = [] }: FilterTable): number =>
  [...chains, ...subchains].reduce((sum, { rules }) => sum + rules.length, 0);

export const filterOwners = (state: NetworkState, stack: string): readonly FilterOwner[] =>
  tablesOf(state, stack).map((table) => ({
    table: `${table.family} ${table.name}`,
    by: isClassic(table) ? 'iptables' : 'nft',
    programs: programsOf(table),
    rules: rulesIn(table),
  }));
