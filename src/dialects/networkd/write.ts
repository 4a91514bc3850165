/** A stack as files of systemd-networkd, and what they cannot say. */
import { type Interface, type NetworkState, type Stack } from '../../state/network-state.ts';
import { compareText } from '../../state/spelling.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { printIni } from '../ini/ini-text.ts';
import { stackIn } from '../reading.ts';
import { networkOf as subnetOf, printPrefix } from '../../net/prefix.ts';
import { netdevOf } from './write-netdev.ts';
import { interfaceSysctls, networkOf } from './write-network.ts';
import { forwardingSysctl } from './read-services.ts';
import { masqueradedBy, serving } from './write-services.ts';
import { isOnInterface, nameOfService } from '../../state/service.ts';

const folder = 'etc/systemd/network';

/** What a loopback has of itself needs no file. */
const isPlainLoopback = ({ kind, addresses, mtuBytes }: Interface): boolean =>
  kind === 'loopback' &&
  mtuBytes === 65536 &&
  addresses.every(({ address }) => address === '127.0.0.1' || address === '::1');

const isWritten = (key: string, value: string): boolean => {
  if (key === 'net/ipv4/ip_forward' || key === 'net/ipv6/conf/all/forwarding') return value === '1';
  return interfaceSysctls.some(({ path, words }) => {
    const [before = '', after = ''] = path.split('%');
    if (!key.startsWith(before) || !key.endsWith(after) || words[value] === undefined) return false;
    const name = key.slice(before.length, key.length - after.length);
    return name !== 'all' && name !== 'default';
  });
};

const subnetsOf = (stack: Stack): ReadonlySet<string> =>
  new Set(
    Object.values(stack.interfaces).flatMap(({ addresses }) =>
      addresses.map(({ address, prefixLength }) => printPrefix(subnetOf(address, prefixLength))),
    ),
  );

const omissionsOf = (name: string, stack: Stack, hasFiles: boolean): readonly Omission[] => {
  const omissions: Omission[] = [];
  const omit = (what: string, why: string): void => void omissions.push({ stack: name, what, why });
  for (const [key, it] of Object.entries(stack.interfaces)) {
    if ((it.bridge?.vlans ?? it.port?.vlans) !== undefined)
      omit(`interfaces/${key}`, 'VLANs of a bridge and its ports are not written yet');
    if ((it.vxlan?.remotes.length ?? 0) > 1) omit(`interfaces/${key}`, 'only the first far end of a VXLAN is written');
    if (it.tunnel?.sixRd?.relayPrefix !== undefined) omit(`interfaces/${key}`, 'networkd has no relay prefix for 6rd');
  }
  for (const [key, value] of Object.entries(stack.sysctls)) {
    const owner = interfaceSysctls
      .map(({ path }) => path.split('%'))
      .find(([before = '', after = '']) => key.startsWith(before) && key.endsWith(after));
    const dev = owner === undefined ? undefined : key.slice(owner[0]?.length, key.length - (owner[1]?.length ?? 0));
    const hasFile = dev === undefined || dev === 'all' ? hasFiles : stack.interfaces[dev] !== undefined;
    if (!isWritten(key, value) || !hasFile)
      omit(`sysctls/${key}`, 'networkd has no key for it; it belongs into a file of sysctl.d(5)');
  }
  const subnets = subnetsOf(stack);
  for (const table of stack.filter) {
    const prefixes = masqueradedBy(table);
    const forwards = stack.sysctls[forwardingSysctl[table.family === 'ip6' ? 6 : 4]] === '1';
    if (prefixes === undefined || !forwards || !prefixes.every((prefix) => subnets.has(prefix)))
      omit(`filter/${table.family} ${table.name}`, 'networkd filters nothing; it belongs into a file of nftables');
  }
  for (const { family, address, dev } of stack.neighbourProxies)
    if (family === 4) omit(`neighbourProxies/${address} dev ${dev}`, 'networkd proxies single addresses for IPv6 only');
  for (const service of stack.services) {
    if (!isOnInterface(service)) omit(`services/${nameOfService(service)}`, 'networkd serves no such thing');
    else if (stack.interfaces[service.interface] === undefined)
      omit(`services/${nameOfService(service)}`, 'there is no such interface');
    else if (service.kind === 'virtual-router')
      omit(`services/${nameOfService(service)}`, 'networkd shares no addresses');
    else if (service.kind === 'dhcp-client' && (service.ignoresRouter === true || service.setsResolver === true))
      omit(
        `services/${nameOfService(service)}`,
        'whether a lease brings a default route or sets the resolver is not written',
      );
    else if (service.kind === 'dhcp6-server' || service.kind === 'dhcp6-client')
      omit(`services/${nameOfService(service)}`, 'who asks for IPv6 addresses, and who gives them out, is not written');
    else if (service.kind === 'relayed-dhcp-server' || service.kind === 'relayed-dhcp6-server')
      omit(`services/${nameOfService(service)}`, 'networkd serves no links behind relays here');
    else if (service.kind === 'router-advertiser') {
      if (service.isManaged === true || service.isOnLinkOnly === true)
        omit(`services/${nameOfService(service)}`, 'that addresses are given out by DHCPv6 is not written');
      if (service.resolver !== undefined)
        omit(`services/${nameOfService(service)}`, 'whom hosts are told to ask for names is not written');
      if (service.routes !== undefined)
        omit(`services/${nameOfService(service)}`, 'the ways that hosts are told are not written');
      if (service.preference !== undefined)
        omit(`services/${nameOfService(service)}`, 'whether hosts are to prefer it is not written');
      if (service.mtuBytes !== undefined)
        omit(`services/${nameOfService(service)}`, 'the MTU that hosts are told is not written');
    } else if (service.kind === 'advertised-resolver')
      omit(`services/${nameOfService(service)}`, 'whether advertisements set the resolver is not written');
    else if (service.kind === 'dhcp-server') {
      const it = stack.interfaces[service.interface];
      if (it === undefined || serving(service, it) === undefined)
        omit(`services/${nameOfService(service)}`, 'networkd serves the subnet of the first address only');
      if (service.reservations.some((reservation) => reservation.name !== ''))
        omit(`services/${nameOfService(service)}`, 'names of reserved addresses are left out');
      if (service.resolver !== undefined)
        omit(`services/${nameOfService(service)}`, 'whom clients are told to ask for names is not written');
      if (service.mtuBytes !== undefined)
        omit(`services/${nameOfService(service)}`, 'the MTU that clients are told is not written');
      if (service.routes !== undefined)
        omit(`services/${nameOfService(service)}`, 'the routes that clients are told are not written');
      if (service.relayed !== undefined)
        omit(`services/${nameOfService(service)}`, 'what it gives out on links behind relays is not written');
      if (service.timeServers !== undefined)
        omit(`services/${nameOfService(service)}`, 'whom clients are told to ask for the time is not written');
      if (service.program !== undefined) omit(`services/${nameOfService(service)}`, 'that Kea serves is not written');
      if (service.isOneOfSeveral === true)
        omit(`services/${nameOfService(service)}`, 'whether others serve there, too, is not written');
    }
  }
  for (const route of stack.routes) {
    if (route.nexthops?.some(({ onlink, via }) => onlink === true || via === undefined) === true)
      omit(`routes/${route.to}`, 'next hops of several need a gateway, and take no `onlink`');
    if (route.type === 'local' && route.dev === undefined) omit(`routes/${route.to}`, 'a local route needs a device');
  }
  if (!hasFiles && stack.rules.length + stack.routes.length > 0)
    omit('rules', 'there is no interface whose file they could stand in');
  return omissions;
};

/** Lower ones first, so that the names of files tell the order in which things come about. */
const rankOf = ({ kind }: Interface): number => (kind === 'loopback' ? 0 : kind === 'ethernet' ? 1 : 2);

export const writeNetworkd = (state: NetworkState, name: string): Writing => {
  const stack = stackIn(state, name);
  const names = Object.keys(stack.interfaces)
    .filter((key) => !isPlainLoopback(stack.interfaces[key] as Interface))
    .sort(
      (a, b) =>
        rankOf(stack.interfaces[a] as Interface) - rankOf(stack.interfaces[b] as Interface) || compareText(a, b),
    );
  // What is the machine's waits for the carrier of the interface in whose file it stands.
  const first = names.find((key) => stack.interfaces[key]?.up === true) ?? names[0];
  const files = names.flatMap((key): readonly ConfigText[] => {
    const it = stack.interfaces[key] as Interface;
    const netdev = netdevOf(key, it, stack.interfaces);
    const network = networkOf(key, it, key === first, stack, name);
    return [
      ...(netdev === undefined ? [] : [{ path: `${folder}/10-${key}.netdev`, text: printIni(netdev) }]),
      { path: `${folder}/20-${key}.network`, text: printIni(network) },
    ];
  });
  return { files, omissions: omissionsOf(name, stack, files.length > 0) };
};
