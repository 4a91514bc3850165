/**
 * Sysctls of a pool's stacks. Every value that could matter is written once, because namespaces inherit some from the
 * machine; after that only what differs from the variant before.
 */
import { writeFileSync } from 'node:fs';

type Values = Readonly<Record<string, string>>;

/** The kernel's own defaults, or (below the empty line) what keeps variants short and apart. */
const perInterface4: Values = {
  forwarding: '0',
  rp_filter: '0',
  arp_ignore: '0',
  arp_announce: '0',
  arp_filter: '0',
  proxy_arp: '0',
  proxy_arp_pvlan: '0',
  accept_local: '0',
  route_localnet: '0',
  src_valid_mark: '0',
  bc_forwarding: '0',
  ignore_routes_with_linkdown: '0',
  promote_secondaries: '0',

  send_redirects: '0',
  accept_redirects: '0',
  log_martians: '0',
};

const perInterface6: Values = {
  disable_ipv6: '0',
  forwarding: '0',
  proxy_ndp: '0',
  force_forwarding: '0',
  ignore_routes_with_linkdown: '0',

  accept_dad: '0',
  dad_transmits: '0',
  accept_ra: '0',
  accept_redirects: '0',
  router_solicitations: '0',
};

/** A silent neighbour has failed after one question and this long. */
const neighbourPatienceMs = 24;

const perNeighbourTable: Values = {
  mcast_solicit: '1',
  ucast_solicit: '1',
  retrans_time_ms: String(neighbourPatienceMs),
  proxy_delay: '0',
  anycast_delay: '0',
};

const ofStack: Values = {
  'net/ipv4/ip_forward': '0',
  'net/ipv4/icmp_echo_ignore_all': '0',
  'net/ipv4/icmp_echo_ignore_broadcasts': '1',
  'net/ipv4/fib_multipath_use_neigh': '0',
  'net/ipv6/icmp/echo_ignore_all': '0',
  'net/bridge/bridge-nf-call-iptables': '1',
  'net/bridge/bridge-nf-call-ip6tables': '1',
  'net/bridge/bridge-nf-call-arptables': '1',

  // Not even asked about the limit of its kind, an error leaves the tokens be that errors about routes are sent for
  // (inet_peer_xrlim_allow, ip_error).
  'net/ipv4/icmp_ratemask': '0',
  'net/ipv4/icmp_ratelimit': '0',
  'net/ipv4/icmp_msgs_per_sec': '1000000',
  'net/ipv4/icmp_msgs_burst': '1000000',
  'net/ipv6/icmp/ratelimit': '0',
};

const prefixed = (values: Values, path: string): [string, string][] =>
  Object.entries(values).map(([name, value]) => [`${path}/${name}`, value]);

/** All values of a stack with these interfaces; `all` and `default` first. */
const baselineOf = (interfaces: readonly string[]): Map<string, string> =>
  new Map([
    ...Object.entries(ofStack),
    ...['all', 'default', ...interfaces].flatMap((name) => [
      ...prefixed(perInterface4, `net/ipv4/conf/${name}`),
      ...prefixed(perInterface6, `net/ipv6/conf/${name}`),
    ]),
    ...['default', ...interfaces].flatMap((name) => [
      ...prefixed(perNeighbourTable, `net/ipv4/neigh/${name}`),
      ...prefixed(perNeighbourTable, `net/ipv6/neigh/${name}`),
    ]),
  ]);

export interface SysctlDesk {
  readonly interfaces: readonly string[];
  readonly baseline: ReadonlyMap<string, string>;
  readonly current: Map<string, string>;
  /** Keys that the last variant set. */
  touched: ReadonlySet<string>;
}

/** A key that this kernel does not have is left out, as if it were never asked for. */
const tryWrite = (key: string, value: string): boolean => {
  try {
    writeFileSync(`/proc/sys/${key}`, value);
    return true;
  } catch {
    return false;
  }
};

/** Writes the baseline; with the thread in the stack's namespace. */
export const openSysctls = (interfaces: readonly string[]): SysctlDesk => {
  const baseline = baselineOf(interfaces);
  for (const [key, value] of baseline) if (!tryWrite(key, value)) baseline.delete(key);
  return { interfaces, baseline, current: new Map(baseline), touched: new Set() };
};

const wholeOf4 = 'net/ipv4/ip_forward';
const wholeOf6 = 'net/ipv6/conf/all/forwarding';

/** Writing the whole writes every interface. */
const spread = (desk: SysctlDesk, key: string, value: string): void => {
  const family = key === wholeOf4 ? 'ipv4' : key === wholeOf6 ? 'ipv6' : undefined;
  if (family === undefined) return;
  for (const name of ['all', 'default', ...desk.interfaces])
    desk.current.set(`net/${family}/conf/${name}/forwarding`, value);
};

const isWhole = (key: string): boolean => key === wholeOf4 || key === wholeOf6;

const targetOf = (desk: SysctlDesk, wanted: Values, key: string): string => {
  const family = /^net\/(ipv4|ipv6)\/conf\/[^/]+\/forwarding$/.exec(key)?.[1];
  const whole = family === undefined ? undefined : wanted[family === 'ipv4' ? wholeOf4 : wholeOf6];
  return wanted[key] ?? whole ?? desk.baseline.get(key) ?? '0';
};

/** Makes the stack's values those of `wanted` and else the baseline; the keys that were refused. In the namespace. */
export const setSysctls = (desk: SysctlDesk, wanted: Values): readonly string[] => {
  const keys = new Set([...desk.touched, ...Object.keys(wanted)]);
  const refused: string[] = [];
  const write = (key: string): void => {
    const value = targetOf(desk, wanted, key);
    if (desk.current.get(key) === value) return;
    if (tryWrite(key, value)) {
      desk.current.set(key, value);
      spread(desk, key, value);
    } else refused.push(key);
  };
  for (const key of keys) if (isWhole(key)) write(key);
  for (const key of keys) if (!isWhole(key)) write(key);
  desk.touched = new Set(Object.keys(wanted));
  return refused;
};
