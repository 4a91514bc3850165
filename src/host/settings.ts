/** Kernel settings that decide about reachability (ip-sysctl), and which of them say more than what a kernel is born with. */
const stackKeys = [
  'net/ipv4/ip_forward',
  'net/ipv6/conf/all/forwarding',
  'net/ipv4/icmp_echo_ignore_all',
  'net/ipv6/icmp/echo_ignore_all',
  'net/bridge/bridge-nf-call-iptables',
  'net/bridge/bridge-nf-call-ip6tables',
  'net/bridge/bridge-nf-call-arptables',
];

const interfaceKeys = {
  ipv4: [
    ...['forwarding', 'rp_filter', 'arp_ignore', 'arp_announce', 'arp_filter', 'proxy_arp', 'proxy_arp_pvlan'],
    ...['accept_local', 'route_localnet', 'send_redirects', 'src_valid_mark', 'ignore_routes_with_linkdown'],
    'bc_forwarding',
  ],
  ipv6: [
    ...['forwarding', 'disable_ipv6', 'proxy_ndp', 'accept_ra', 'autoconf', 'force_forwarding'],
    'ignore_routes_with_linkdown',
  ],
} as const;

export const settingKeys = (interfaces: readonly string[]): readonly string[] => [
  ...stackKeys,
  ...(['ipv4', 'ipv6'] as const).flatMap((family) =>
    ['all', 'default', ...interfaces].flatMap((dev) =>
      interfaceKeys[family].map((name) => `net/${family}/conf/${dev}/${name}`),
    ),
  ),
];

const born: Readonly<Record<string, string>> = { send_redirects: '1', accept_ra: '1', autoconf: '1' };

/** What an interface has where nothing was written for it. */
const inherited = (key: string, values: Readonly<Record<string, string>>): string | undefined => {
  const [, family = '', dev = '', name = ''] = /^net\/(ipv[46])\/conf\/(.+)\/([^/]+)$/.exec(key) ?? [];
  if (name === '') return key.startsWith('net/bridge/') ? undefined : '0';
  if (dev === 'all' || dev === 'default') {
    const isSpread = dev === 'default' && (name === 'forwarding' || name === 'disable_ipv6');
    return isSpread ? values[`net/${family}/conf/all/${name}`] : (born[name] ?? '0');
  }
  const from = name === 'forwarding' || name === 'disable_ipv6' ? 'all' : 'default';
  return values[`net/${family}/conf/${from}/${name}`];
};

/** Those that differ from what they would be if nobody had written them; whether it forwards is always told. */
export const meantSettings = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).filter(
      ([key, value]) =>
        key === 'net/ipv4/ip_forward' || key === 'net/ipv6/conf/all/forwarding' || value !== inherited(key, values),
    ),
  );
