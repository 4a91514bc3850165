/** A stack as the files of SUSE below /etc/sysconfig/network: one ifcfg each, `routes`, `ifsysctl`, `ifndp-proxy`, `config`. */
import { type Interface, type NetworkState, type Route, type Stack } from '../../state/network-state.ts';
import { bornMtuBytes } from '../born-mtu.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { differencesOf, normalPart } from '../differences.ts';
import { withPlainNames } from '../plain-part.ts';
import { stackIn } from '../reading.ts';
import { quotedValue } from '../shell-commands/variables.ts';
import { type Flavour, suseFolder } from './files.ts';
import { readSysconfig } from './read.ts';

export type VariablePair = readonly [name: string, value: string];

const membersOf = (stack: Stack, master: string): readonly string[] =>
  Object.keys(stack.interfaces).filter((name) => stack.interfaces[name]?.master === master);

const onOff = (is: boolean): string => (is ? 'on' : 'off');

/** The options of a bond as both kinds of ifcfg files have them. */
export const bondText = (bond: Interface['bond']): string => {
  const { mode, miimonMilliseconds, primary, lacpRate, hashPolicy } = bond ?? { mode: 'balance-rr' as const };
  return [
    `mode=${mode}`,
    ...(miimonMilliseconds === undefined ? [] : [`miimon=${miimonMilliseconds}`]),
    ...(primary === undefined ? [] : [`primary=${primary}`]),
    ...(lacpRate === undefined ? [] : [`lacp_rate=${lacpRate}`]),
    ...(hashPolicy === undefined ? [] : [`xmit_hash_policy=${hashPolicy}`]),
  ].join(' ');
};

const natureOf = (name: string, it: Interface, stack: Stack): readonly VariablePair[] => {
  const members = membersOf(stack, name);
  switch (it.kind) {
    case 'bridge':
      return [
        ['BRIDGE', 'yes'],
        ['BRIDGE_PORTS', members.join(' ')],
        ['BRIDGE_STP', onOff(it.bridge?.stp === true)],
        ...(it.bridge?.forwardDelaySeconds === 15
          ? []
          : [['BRIDGE_FORWARDDELAY', String(it.bridge?.forwardDelaySeconds ?? 15)] as const]),
      ];
    case 'bond':
      return [
        ['BONDING_MASTER', 'yes'],
        ['BONDING_MODULE_OPTS', bondText(it.bond)],
        ...members.map((member, index) => [`BONDING_SLAVE_${index}`, member] as const),
      ];
    case 'vlan':
      return it.vlan === undefined
        ? []
        : [
            ['ETHERDEVICE', it.vlan.link],
            ['VLAN_ID', String(it.vlan.id)],
          ];
    case 'dummy':
      return [['INTERFACETYPE', 'dummy']];
    case 'tunnel': {
      const { mode = 'sit', local, remote, ttl } = it.tunnel ?? {};
      return [
        ['TUNNEL', mode],
        ...(local === undefined ? [] : [['TUNNEL_LOCAL_IPADDR', local] as const]),
        ...(remote === undefined ? [] : [['TUNNEL_REMOTE_IPADDR', remote] as const]),
        ...(ttl === undefined ? [] : [['TUNNEL_TTL', String(ttl)] as const]),
      ];
    }
    default:
      return [];
  }
};

export const bornMtu = (it: Interface, stack: Stack): number =>
  it.vlan === undefined ? bornMtuBytes(it) : (stack.interfaces[it.vlan.link]?.mtuBytes ?? 1500);

/** The variables of one ifcfg file. */
export const variablesOf = (name: string, stack: Stack): readonly VariablePair[] => {
  const it = stack.interfaces[name];
  if (it === undefined) return [];
  const hasClient = stack.services.some((service) => service.kind === 'dhcp-client' && service.interface === name);
  const isPort = it.master !== undefined && it.addresses.length === 0;
  return [
    ['STARTMODE', 'auto'],
    ['BOOTPROTO', hasClient ? 'dhcp4' : isPort ? 'none' : 'static'],
    ...it.addresses.flatMap(({ address, prefixLength, label }, index): VariablePair[] => {
      const suffix = index === 0 ? '' : `_${index}`;
      const own: VariablePair = [`IPADDR${suffix}`, `${address}/${prefixLength}`];
      return label === undefined ? [own] : [own, [`LABEL${suffix}`, label.replace(`${name}:`, '')]];
    }),
    ...natureOf(name, it, stack),
    ...(it.mtuBytes === bornMtu(it, stack) ? [] : [['MTU', String(it.mtuBytes)] as const]),
    ...(it.mac === undefined ? [] : [['LLADDR', it.mac] as const]),
  ];
};

/** One line of `routes`; columns are not aligned, as many leave them. */
export const routeLine = (route: Route): string => {
  const { family, to, type, via, dev, metric, table, source, onlink } = route;
  const isDefault = to === '0.0.0.0/0' || (to === '::/0' && via !== undefined);
  const columns = [
    isDefault ? 'default' : to,
    via ?? '-',
    '-',
    dev ?? '-',
    ...(type === 'unicast' ? [] : [type]),
    ...(metric === (family === 4 ? 0 : 1024) ? [] : ['metric', String(metric)]),
    ...(table === 254 ? [] : ['table', String(table)]),
    ...(source === undefined ? [] : ['src', source]),
    ...(onlink === true ? ['onlink'] : []),
  ];
  const hasOptions = columns.length > 4 && type === 'unicast';
  return (hasOptions ? [...columns.slice(0, 4), '-', ...columns.slice(4)] : columns).join(' ');
};

/** Routes without a gateway first: a gateway may be found by them. */
export const orderedRoutes = (routes: readonly Route[]): readonly Route[] =>
  routes
    .filter(({ nexthops }) => nexthops === undefined)
    .toSorted((a, b) => Number(a.via !== undefined) - Number(b.via !== undefined));

export const sysctlLine = (key: string, value: string): string => `${key} = ${value}`;

export const proxyLine = (stack: Stack, { address, dev }: Stack['neighbourProxies'][number]): string => {
  const route = stack.routes.find(({ to }) => to.replace(/\/(?:32|128)$/, '') === address);
  return `${address} ${route?.dev ?? '-'} ${dev}`;
};

export const resolverVariables = ({ resolver }: Stack): readonly VariablePair[] => [
  ...(resolver === undefined || resolver.nameservers.length === 0
    ? []
    : [['NETCONFIG_DNS_STATIC_SERVERS', resolver.nameservers.join(' ')] as const]),
  ...(resolver === undefined || resolver.search.length === 0
    ? []
    : [['NETCONFIG_DNS_STATIC_SEARCHLIST', resolver.search.join(' ')] as const]),
];

export const assignmentText = ([name, value]: VariablePair): string => `${name}=${quotedValue(value, "'")}`;

const file = (name: string, lines: readonly string[]): readonly ConfigText[] =>
  lines.length === 0 ? [] : [{ path: `${suseFolder}/${name}`, text: `${lines.join('\n')}\n` }];

const isPlainLoopback = (it: Interface | undefined): boolean => it?.kind === 'loopback' && it.addresses.length === 0;

const whyNot = (what: string, flavour: Flavour): string => {
  if (what.startsWith('filter/')) return 'packet filters stand in files of nft or iptables';
  if (what.startsWith('services/'))
    return 'programs that serve have files of their own, and DHCP its own metric and name';
  if (what.startsWith('rules/') && flavour === 'suse') return 'ifcfg files of SUSE have no policy rules';
  if (what.startsWith('sysctls/') && flavour === 'red-hat') return 'it belongs into a file of sysctl.d(5)';
  return 'no variable or line of sysconfig says it as it is';
};

/** A plain `lo` is there without being said. */
export const wantedOf = (stack: Stack): Stack => {
  const { lo, ...others } = stack.interfaces;
  return isPlainLoopback(lo) ? { ...stack, interfaces: others } : stack;
};

/** What may stand in files that a shell reads; `said`: by them already. */
export const writableOf = (stack: Stack, said?: Stack): Stack => withPlainNames(wantedOf(stack), said);

/** What the files do not say of `state`, found by reading them. */
export const omissionsOf = (
  texts: readonly ConfigText[],
  state: NetworkState,
  stack: string,
  flavour: Flavour = 'suse',
): readonly Omission[] => {
  const said = normalPart(readSysconfig(texts, stack).stacks[stack]);
  return differencesOf(normalPart(wantedOf(stackIn(state, stack))), said).map((what) => ({
    stack,
    what,
    why: whyNot(what, flavour),
  }));
};

export const suseFiles = (stack: Stack): readonly ConfigText[] => [
  ...Object.keys(stack.interfaces)
    .filter((name) => !isPlainLoopback(stack.interfaces[name]))
    .flatMap((name) => file(`ifcfg-${name}`, variablesOf(name, stack).map(assignmentText))),
  ...file('routes', orderedRoutes(stack.routes).map(routeLine)),
  ...file(
    'ifsysctl',
    Object.entries(stack.sysctls).map(([key, value]) => sysctlLine(key, value)),
  ),
  ...file(
    'ifndp-proxy',
    stack.neighbourProxies.map((proxy) => proxyLine(stack, proxy)),
  ),
  ...file('config', resolverVariables(stack).map(assignmentText)),
];

export const writeSysconfig = (state: NetworkState, stack: string): Writing => {
  const files = suseFiles(writableOf(stackIn(state, stack)));
  return { files, omissions: omissionsOf(files, state, stack) };
};
