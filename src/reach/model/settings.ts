/**
 * Effective kernel settings (Documentation/networking/ip-sysctl.rst): what is written for one interface stands before
 * what is written for `all` or `default` where the kernel copies them, and is combined with `all` where it combines.
 */
import { type Stack } from '../../state/network-state.ts';
import { type InterfaceSettings, type StackSettings } from './model.ts';

type Sysctls = Stack['sysctls'];

const numberAt = (sysctls: Sysctls, key: string): number | undefined => {
  const text = sysctls[key];
  return text === undefined ? undefined : Number(text);
};

/** Own value or that of `default`; `all` has to say yes or be greater on its own. */
const own = (sysctls: Sysctls, family: 'ipv4' | 'ipv6', dev: string, name: string, fallback: number): number =>
  numberAt(sysctls, `net/${family}/conf/${dev}/${name}`) ??
  numberAt(sysctls, `net/${family}/conf/default/${name}`) ??
  fallback;

const all = (sysctls: Sysctls, family: 'ipv4' | 'ipv6', name: string): number =>
  numberAt(sysctls, `net/${family}/conf/all/${name}`) ?? 0;

/** Writing `all` writes every interface. */
const copied = (sysctls: Sysctls, family: 'ipv4' | 'ipv6', dev: string, name: string, whole: string[]): number =>
  [
    `net/${family}/conf/${dev}/${name}`,
    ...whole,
    `net/${family}/conf/all/${name}`,
    `net/${family}/conf/default/${name}`,
  ]
    .map((key) => numberAt(sysctls, key))
    .find((value) => value !== undefined) ?? 0;

const rpFilters = [0, 1, 2] as const;

const interfaceSettings = (sysctls: Sysctls, dev: string): InterfaceSettings => {
  const either = (name: string): boolean => own(sysctls, 'ipv4', dev, name, 0) > 0 || all(sysctls, 'ipv4', name) > 0;
  const greater = (name: string): number => Math.max(own(sysctls, 'ipv4', dev, name, 0), all(sysctls, 'ipv4', name));
  return {
    forwarding4: copied(sysctls, 'ipv4', dev, 'forwarding', ['net/ipv4/ip_forward']) > 0,
    forwarding6: copied(sysctls, 'ipv6', dev, 'forwarding', []) > 0,
    forceForwarding6: copied(sysctls, 'ipv6', dev, 'force_forwarding', []) > 0,
    rpFilter: rpFilters.find((value) => value === greater('rp_filter')) ?? 0,
    arpIgnore: greater('arp_ignore'),
    arpAnnounce: greater('arp_announce'),
    arpFilter: either('arp_filter'),
    proxyArp: either('proxy_arp'),
    proxyArpPvlan: either('proxy_arp_pvlan'),
    proxyNdp: all(sysctls, 'ipv6', 'proxy_ndp') > 0 || own(sysctls, 'ipv6', dev, 'proxy_ndp', 0) > 0,
    acceptLocal: either('accept_local'),
    routeLocalnet: either('route_localnet'),
    sendRedirects:
      own(sysctls, 'ipv4', dev, 'send_redirects', 1) > 0 ||
      (numberAt(sysctls, 'net/ipv4/conf/all/send_redirects') ?? 1) > 0,
    sourceValidMark: either('src_valid_mark'),
    ignoreRoutesWithLinkdown: {
      4: either('ignore_routes_with_linkdown'),
      6: copied(sysctls, 'ipv6', dev, 'ignore_routes_with_linkdown', []) > 0,
    },
    ipv6: copied(sysctls, 'ipv6', dev, 'disable_ipv6', []) === 0,
    broadcastForwarding: own(sysctls, 'ipv4', dev, 'bc_forwarding', 0) > 0 && all(sysctls, 'ipv4', 'bc_forwarding') > 0,
  };
};

const confOf = /^net\/ipv[46]\/conf\/([^/]+)\//;

const ofNothing = interfaceSettings({}, '');

/** Interfaces that nothing is written for have the same settings. */
export const readSettings = (sysctls: Sysctls): ((dev: string) => InterfaceSettings) => {
  if (Object.keys(sysctls).length === 0) return () => ofNothing;
  const named = new Set(Object.keys(sysctls).flatMap((key) => confOf.exec(key)?.[1] ?? []));
  let others: InterfaceSettings | undefined;
  return (dev) => (named.has(dev) ? interfaceSettings(sysctls, dev) : (others ??= interfaceSettings(sysctls, '')));
};

/** `hadRules`: whether there have been policy rules before. */
export const stackSettings = ({ sysctls, rules, routes, interfaces }: Stack, hadRules: boolean): StackSettings => {
  const isOn = (key: string, fallback = 0): boolean => (numberAt(sysctls, key) ?? fallback) > 0;
  return {
    forwarding6: isOn('net/ipv6/conf/all/forwarding'),
    proxyNdp: isOn('net/ipv6/conf/all/proxy_ndp'),
    acceptsFromVrf: { tcp: isOn('net/ipv4/tcp_l3mdev_accept'), udp: isOn('net/ipv4/udp_l3mdev_accept') },
    echoIgnoreAll: { 4: isOn('net/ipv4/icmp_echo_ignore_all'), 6: isOn('net/ipv6/icmp/echo_ignore_all') },
    // The rule that comes with VRFs counts.
    hasCustomRules4:
      hadRules || rules.some(({ family }) => family === 4) || Object.values(interfaces).some(({ vrf }) => vrf),
    hasCustomLocal4: routes.some(({ family, type, table }) => family === 4 && (type === 'local' || table === 255)),
    bridgeFilter: {
      4: isOn('net/bridge/bridge-nf-call-iptables', 1),
      6: isOn('net/bridge/bridge-nf-call-ip6tables', 1),
      arp: isOn('net/bridge/bridge-nf-call-arptables', 1),
    },
  };
};
