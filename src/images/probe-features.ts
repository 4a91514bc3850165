/**
 * What a stack asks of a guest's kernel and programs, so that a guest carries and loads no more than that: each feature
 * is a handful of kernel modules and programs. Module names are those of Linux; those that are built in do no harm.
 */
import { type Stack } from '../state/network-state.ts';

interface Parts {
  /** Loaded at boot. */
  readonly modules: readonly string[];
  /** There when the kernel asks for them. */
  readonly onDemand?: readonly string[];
  readonly programs?: readonly string[];
}

const nftModules = [
  ...[
    'nft_ct',
    'nft_chain_nat',
    'nft_nat',
    'nft_masq',
    'nft_redir',
    'nft_reject',
    'nft_reject_inet',
    'nft_reject_ipv4',
  ],
  ...['nft_reject_ipv6', 'nft_reject_netdev', 'nft_fib', 'nft_fib_inet', 'nft_fib_ipv4', 'nft_fib_ipv6', 'nft_limit'],
  ...['nft_log', 'nft_numgen', 'nft_hash', 'nft_quota', 'nft_connlimit', 'nft_objref', 'nft_queue', 'nft_tproxy'],
  ...['nft_socket', 'nft_synproxy', 'nft_dup_ipv4', 'nft_dup_ipv6', 'nft_dup_netdev', 'nft_fwd_netdev', 'nft_compat'],
  ...['nf_log_syslog', 'nf_conntrack_ftp', 'nf_nat_ftp', 'nfnetlink_log', 'nft_meta_bridge', 'nft_reject_bridge'],
];

const features = {
  // Clients of DHCP read raw frames (packet(7)).
  base: { modules: ['virtio_pci', 'virtio_console', 'virtio_net', 'af_packet'], programs: ['perl'] },
  'advertised-resolver': { modules: [], programs: ['rdisc6'] },
  bond: { modules: ['bonding'] },
  bridge: { modules: ['bridge'] },
  'bridge-filter': { modules: ['br_netfilter', 'nf_conntrack_bridge'] },
  'dhcp-relay': { modules: [], programs: ['dnsmasq'] },
  'dhcp-server': { modules: [], programs: ['dnsmasq'] },
  'dhcp6-client': { modules: [], programs: ['dhclient'] },
  'dhcp6-server': { modules: [], programs: ['dnsmasq'] },
  disks: { modules: ['virtio_blk', 'isofs'] },
  dummy: { modules: ['dummy'] },
  // These two run on a system of their own.
  'file-server': { modules: [] },
  filter: { modules: ['nf_tables'], onDemand: nftModules, programs: ['nft'] },
  gre: { modules: ['ip_gre'] },
  ipip: { modules: ['ipip'] },
  macvlan: { modules: ['macvlan'] },
  'mail-server': { modules: [] },
  'name-server': { modules: [], programs: ['unbound', 'unbound-checkconf', 'unbound-control'] },
  'name-transfer': { modules: [], programs: ['named', 'named-checkconf', 'rndc'] },
  'relayed-dhcp-server': { modules: [], programs: ['dnsmasq'] },
  'relayed-dhcp6-server': { modules: [], programs: ['dnsmasq'] },
  'router-advertiser': { modules: [], programs: ['radvd'] },
  'routing-daemon': { modules: [], programs: ['bird'] },
  sit: { modules: ['sit'] },
  'time-server': { modules: [], programs: ['chronyd'] },
  veth: { modules: ['veth'] },
  'virtual-router': { modules: [], programs: ['keepalived'] },
  vlan: { modules: ['8021q'] },
  vrf: { modules: ['vrf'] },
  'web-server': { modules: [], programs: ['nginx'] },
  vxlan: { modules: ['vxlan'] },
  wireguard: { modules: ['wireguard'] },
} as const satisfies Readonly<Record<string, Parts>>;

export type GuestFeature = Exclude<keyof typeof features, 'base'>;

export const allFeatures: readonly GuestFeature[] = Object.keys(features).filter(
  (name): name is GuestFeature => name !== 'base',
);

/** Modules that are loaded at boot, modules that are there to be asked for, and programs, base included. */
export const partsOf = (wanted: readonly GuestFeature[]): Required<Parts> => {
  const parts: readonly Parts[] = ['base' as const, ...wanted].map((name) => features[name]);
  const union = (key: keyof Parts): readonly string[] => [...new Set(parts.flatMap((part) => part[key] ?? []))];
  return { modules: union('modules'), onDemand: union('onDemand'), programs: union('programs') };
};

const tunnelFeatures = { sit: 'sit', ipip: 'ipip', gre: 'gre' } as const;

const interfaceFeatures = (stack: Stack): readonly GuestFeature[] =>
  Object.values(stack.interfaces).flatMap(({ kind, tunnel }) => {
    if (kind === 'ethernet' || kind === 'loopback') return [];
    if (kind === 'tunnel') return tunnel === undefined ? [] : [tunnelFeatures[tunnel.mode]];
    return [kind];
  });

const isFeature = (kind: string): kind is GuestFeature => kind in features && kind !== 'base';

const serviceFeatures = (stack: Stack): readonly GuestFeature[] =>
  stack.services.flatMap((service) => {
    if (service.kind === 'name-server' && service.transfers !== undefined) return ['name-transfer'];
    return isFeature(service.kind) ? [service.kind] : [];
  });

/** What the stack's configuration needs, in alphabetical order, each once. */
export const featuresOf = (stack: Stack): readonly GuestFeature[] => {
  const filter: readonly GuestFeature[] = stack.filter.length === 0 ? [] : ['filter'];
  const isBridgeFiltered =
    stack.filter.some(({ family }) => family === 'bridge') ||
    Object.keys(stack.sysctls).some((path) => path.startsWith('net/bridge/'));
  const bridgeFilter: readonly GuestFeature[] = isBridgeFiltered ? ['bridge-filter'] : [];
  return [...new Set([...interfaceFeatures(stack), ...serviceFeatures(stack), ...filter, ...bridgeFilter])].sort();
};
