/** A stack as one netplan file, and what netplan cannot say. */
import { Document } from 'yaml';
import {
  type Interface,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../state/network-state.ts';
import { compareText, field } from '../../state/spelling.ts';
import { isMtuTold, unsaidMtuBytes } from '../born-mtu.ts';
import { type Omission, type Writing } from '../dialect.ts';
import { bornMetric, everything } from '../default-route.ts';
import { wholeMark } from './read-addressing.ts';
import { stackIn } from '../reading.ts';
import { type DeviceSection } from './device.ts';
import { nameOfService } from '../../state/service.ts';

export const writtenPath = 'etc/netplan/60-lanwright.yaml';

/** Plain data, as it stands in the file. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };
type Body = Readonly<Record<string, Plain>>;

const sections: Readonly<Partial<Record<Interface['kind'], DeviceSection>>> = {
  ethernet: 'ethernets',
  loopback: 'ethernets',
  bridge: 'bridges',
  bond: 'bonds',
  vlan: 'vlans',
  vrf: 'vrfs',
  dummy: 'dummy-devices',
  tunnel: 'tunnels',
  vxlan: 'tunnels',
  wireguard: 'tunnels',
};

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

const membersOf = (name: string, stack: Stack): readonly string[] =>
  Object.keys(stack.interfaces)
    .filter((member) => stack.interfaces[member]?.master === name)
    .sort(compareText);

const bondParameters = ({ bond }: Interface): Body => ({
  ...field('mode', bond?.mode),
  ...field('mii-monitor-interval', bond?.miimonMilliseconds),
  ...field('primary', bond?.primary),
  ...field('lacp-rate', bond?.lacpRate),
  ...field('transmit-hash-policy', bond?.hashPolicy),
});

const wireguardBody = ({ wireguard }: Interface): Body => ({
  mode: 'wireguard',
  ...field('key', wireguard?.privateKeyFile),
  ...field('port', wireguard?.listenPort),
  ...field(
    'peers',
    some(
      (wireguard?.peers ?? []).map((peer) => ({
        keys: { public: peer.publicKey },
        ...field('endpoint', peer.endpoint),
        'allowed-ips': peer.allowedPrefixes,
        ...field('keepalive', peer.keepaliveSeconds),
      })),
    ),
  ),
});

const natureBody = (name: string, it: Interface, stack: Stack): Body => {
  switch (it.kind) {
    case 'bridge':
      return {
        interfaces: membersOf(name, stack),
        parameters: { stp: it.bridge?.stp ?? false, 'forward-delay': it.bridge?.forwardDelaySeconds ?? 15 },
      };
    case 'bond':
      return { interfaces: membersOf(name, stack), parameters: bondParameters(it) };
    case 'vrf':
      return { table: it.vrf?.table ?? 0, interfaces: membersOf(name, stack) };
    case 'vlan':
      return { id: it.vlan?.id ?? 0, link: it.vlan?.link ?? '' };
    case 'tunnel':
      return {
        mode: it.tunnel?.mode ?? 'sit',
        ...field('local', it.tunnel?.local),
        ...field('remote', it.tunnel?.remote),
        ...field('ttl', it.tunnel?.ttl),
      };
    case 'vxlan':
      return {
        mode: 'vxlan',
        id: it.vxlan?.id ?? 0,
        ...field('local', it.vxlan?.local),
        ...field('remote', it.vxlan?.remotes[0]),
        ...field('port', it.vxlan?.port),
      };
    case 'wireguard':
      return wireguardBody(it);
    default:
      return {};
  }
};

const tableOf = (it: Interface, stack: Stack): number =>
  it.vrf?.table ?? (it.master === undefined ? undefined : stack.interfaces[it.master]?.vrf?.table) ?? 254;

const routeBody = (route: Route, table: number): Body => ({
  // netplan ends where `default` has no gateway that tells its family.
  to: route.to === everything[route.family] && route.via !== undefined ? 'default' : route.to,
  ...field('via', route.via),
  ...field('type', route.type === 'unicast' ? undefined : route.type),
  ...field('scope', route.type === 'unicast' && route.via === undefined ? 'link' : undefined),
  ...field('metric', route.metric === bornMetric[route.family] ? undefined : route.metric),
  ...field('table', route.table === table ? undefined : route.table),
  ...field('from', route.source),
  ...field('on-link', route.onlink),
});

const ruleBody = (rule: PolicyRule): Body => ({
  ...field('from', rule.from ?? (rule.to === undefined ? everything[rule.family] : undefined)),
  ...field('to', rule.to),
  priority: rule.priority,
  ...field('mark', rule.mark?.value),
  table: rule.table,
});

/** Of a rule, netplan has words for these alone. */
const isSayable = (rule: PolicyRule): boolean =>
  rule.iif === undefined && rule.oif === undefined && rule.protocol === undefined && rule.sourcePorts === undefined &&
  rule.destinationPorts === undefined && rule.not === undefined && rule.action === undefined &&
  rule.suppressPrefixLength === undefined && (rule.mark === undefined || rule.mark.mask === wholeMark); // prettier-ignore

const deviceBody = (name: string, it: Interface, isFirst: boolean, stack: Stack, own: string): Body => {
  const table = tableOf(it, stack);
  const client = stack.services.find((service) => service.kind === 'dhcp-client' && service.interface === name);
  const accepts = { '0': false, '2': true }[stack.sysctls[`net/ipv6/conf/${name}/accept_ra`] ?? ''];
  const overrides: Body =
    client?.kind === 'dhcp-client'
      ? {
          ...field('hostname', client.hostname === own ? undefined : client.hostname),
          ...field('route-metric', client.metric === 100 ? undefined : client.metric),
          ...field('use-routes', client.ignoresRouter === true ? false : undefined),
        }
      : {};
  const routes = stack.routes.filter(
    ({ dev, nexthops }) => nexthops === undefined && (dev === name || (dev === undefined && isFirst)),
  );
  const resolver = isFirst ? stack.resolver : undefined;
  const hasLabels = it.addresses.some(({ label }) => label !== undefined);
  const isBusy = it.addresses.length > 0 || (isFirst && stack.rules.length > 0);
  const names: Body = {
    ...field('addresses', some(resolver?.nameservers ?? [])),
    ...field('search', some(resolver?.search ?? [])),
  };
  const policy = isFirst ? some(stack.rules.filter(isSayable).map(ruleBody)) : undefined;
  const ways: Body = {
    ...field('routes', some(routes.map((route) => routeBody(route, table)))),
    ...field('routing-policy', policy),
  };
  if (it.kind === 'vrf') return { ...natureBody(name, it, stack), ...ways };
  return {
    ...natureBody(name, it, stack),
    ...field('macaddress', it.mac),
    ...field('mtu', isMtuTold(name, it, stack.interfaces) ? it.mtuBytes : undefined),
    ...field('activation-mode', it.up ? undefined : 'off'),
    ...field('ignore-carrier', it.kind === 'ethernet' && !it.up && isBusy ? true : undefined),
    ...field('dhcp4', client === undefined ? undefined : true),
    ...field('dhcp4-overrides', Object.keys(overrides).length === 0 ? undefined : overrides),
    ...field('accept-ra', accepts),
    ...field(
      'addresses',
      some(
        it.addresses.map(({ address, prefixLength, label, family }) => {
          // Those with options come last: where order is meaning, all have one.
          const told = label ?? (family === 4 && hasLabels ? name : undefined);
          const key = `${address}/${prefixLength}`;
          return told === undefined ? key : { [key]: { label: told } };
        }),
      ),
    ),
    ...ways,
    ...field('nameservers', Object.keys(names).length === 0 ? undefined : names),
  };
};

const isPlainLoopback = ({ kind, addresses, mtuBytes }: Interface): boolean =>
  kind === 'loopback' &&
  mtuBytes === 65536 &&
  addresses.every(({ address }) => address === '127.0.0.1' || address === '::1');

const omissionsOf = (name: string, stack: Stack, hasDevices: boolean): readonly Omission[] => {
  const omissions: Omission[] = [];
  const omit = (what: string, why: string): void => void omissions.push({ stack: name, what, why });
  for (const [key, it] of Object.entries(stack.interfaces)) {
    if (sections[it.kind] === undefined) omit(`interfaces/${key}`, `netplan makes no ${it.kind}`);
    if (it.kind === 'vrf' && (!it.up || it.mac !== undefined || it.addresses.length > 0))
      omit(`interfaces/${key}`, 'netplan gives a VRF no addresses and no MAC, and brings it up');
    const born = it.kind === 'bridge' ? unsaidMtuBytes(key, it, stack.interfaces) : undefined;
    if (born !== undefined && born !== it.mtuBytes)
      omit(`interfaces/${key}`, 'networkd leaves a bridge that netplan describes the least MTU of its ports');
    if (it.port !== undefined) omit(`interfaces/${key}`, 'settings of a bridge port are not written');
    if (it.bridge?.vlanFiltering === true) omit(`interfaces/${key}`, 'netplan does not filter VLANs in bridges');
    if (it.tunnel?.sixRd !== undefined) omit(`interfaces/${key}`, 'netplan has no 6rd prefix');
    if ((it.vxlan?.remotes.length ?? 0) > 1) omit(`interfaces/${key}`, 'only the first far end of a VXLAN is written');
  }
  for (const [key, value] of Object.entries(stack.sysctls)) {
    const dev = /^net\/ipv6\/conf\/(.+)\/accept_ra$/.exec(key)?.[1];
    const isWritten = dev !== undefined && stack.interfaces[dev] !== undefined && (value === '0' || value === '2');
    if (!isWritten) omit(`sysctls/${key}`, 'netplan sets no kernel parameters; it belongs into a file of sysctl.d(5)');
  }
  for (const { family, name: table } of stack.filter)
    omit(`filter/${family} ${table}`, 'netplan filters nothing; it belongs into a file of nftables');
  for (const { address, dev } of stack.neighbourProxies)
    omit(`neighbourProxies/${address} dev ${dev}`, 'netplan has no proxies');
  for (const { address, dev } of stack.neighbours ?? [])
    omit(`neighbours/${address} dev ${dev}`, 'netplan has no neighbours');
  for (const service of stack.services)
    if (service.kind !== 'dhcp-client') omit(`services/${nameOfService(service)}`, 'netplan serves nothing');
    else if (service.setsResolver === true)
      omit(`services/${nameOfService(service)}`, 'whether a lease sets the resolver is not written');
  for (const route of stack.routes)
    if (route.nexthops !== undefined) omit(`routes/${route.to}`, 'netplan has no routes with several next hops');
    else if (
      route.via !== undefined &&
      route.onlink !== true &&
      stack.interfaces[route.dev ?? '']?.addresses.length === 0
    )
      omit(`routes/${route.to}`, 'networkd takes the gateway of an interface without an address to be on the link');
    else if (route.dev === undefined && !hasDevices) omit(`routes/${route.to}`, 'there is no device it could stand at');
  for (const rule of stack.rules)
    if (!isSayable(rule)) omit(`rules/${rule.priority}`, 'netplan has no words for what this rule asks about');
  return omissions;
};

/** The whole of `network:`, section by section. */
export const bodyOf = (state: NetworkState, own: string): Body => {
  const stack = stackIn(state, own);
  const names = Object.keys(stack.interfaces).filter((name) => {
    const it = stack.interfaces[name];
    return it !== undefined && !isPlainLoopback(it) && sections[it.kind] !== undefined;
  });
  const order: readonly DeviceSection[] = [
    'ethernets',
    'dummy-devices',
    'bonds',
    'vlans',
    'bridges',
    'tunnels',
    'vrfs',
  ];
  const sorted = names.sort((a, b) => {
    const rank = (name: string): number =>
      order.indexOf(sections[stack.interfaces[name]?.kind ?? 'ethernet'] ?? 'vrfs');
    return rank(a) - rank(b) || compareText(a, b);
  });
  const body: Record<string, Record<string, Plain>> = {};
  // What is the machine's waits for the carrier of the device where it stands.
  const hosts = sorted.filter((name) => stack.interfaces[name]?.kind !== 'vrf');
  const first = hosts.find((name) => stack.interfaces[name]?.up === true) ?? hosts[0];
  for (const name of sorted) {
    const it = stack.interfaces[name];
    const section = it === undefined ? undefined : sections[it.kind];
    if (it === undefined || section === undefined) continue;
    const devices = (body[section] ??= {});
    devices[name] = deviceBody(name, it, name === first, stack, own);
  }
  return { version: 2, renderer: 'networkd', ...body };
};

export const printYaml = (plain: Plain): string => new Document(plain).toString({ lineWidth: 0 });

export const writeNetplan = (state: NetworkState, own: string): Writing => {
  const body = bodyOf(state, own);
  const hasDevices = Object.keys(body).length > 2;
  return {
    files: hasDevices ? [{ path: writtenPath, text: printYaml({ network: body }) }] : [],
    omissions: omissionsOf(own, stackIn(state, own), hasDevices),
  };
};
