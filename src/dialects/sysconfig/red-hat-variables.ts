/**
 * What an ifcfg-* of Red Hat says of its device, as the initscripts read it: ifup-eth with network-functions, ifup-ipv6,
 * ifup-tunnel and ifup-sit. What these do nothing with is not written.
 */
import { ip } from '../../net/address.ts';
import { containsIp, networkOf } from '../../net/prefix.ts';
import { type Interface, type InterfaceAddress, type Route, type Stack } from '../../state/network-state.ts';
import { bondText, bornMtu, type VariablePair } from './write.ts';

const yesNo = (is: boolean): string => (is ? 'yes' : 'no');

const optional = (name: string, value: string | number | undefined): readonly VariablePair[] =>
  value === undefined || value === '' ? [] : [[name, String(value)]];

const typeOf = (it: Interface): string | undefined => {
  switch (it.kind) {
    case 'ethernet':
      return 'Ethernet';
    case 'bridge':
      return 'Bridge';
    case 'bond':
      return 'Bond';
    case 'vlan':
      return 'Vlan';
    case 'tunnel':
      return it.tunnel?.mode === 'gre' ? 'GRE' : it.tunnel?.mode === 'ipip' ? 'IPIP' : 'sit';
    default:
      return undefined;
  }
};

/** Whether a script makes it, or finds it there. */
export const isMade = (it: Interface): boolean => it.kind === 'loopback' || typeOf(it) !== undefined;

export const hasLabel = ({ label }: InterfaceAddress): boolean => label !== undefined;

const masterKind = ({ master }: Interface, stack: Stack): Interface['kind'] | undefined =>
  master === undefined ? undefined : stack.interfaces[master]?.kind;

/** ifup ends where something became a port or member: its addresses, routes and rules are not looked at. */
export const isPort = (it: Interface, stack: Stack): boolean =>
  masterKind(it, stack) === 'bridge' || masterKind(it, stack) === 'bond';

/** What ifup comes to the end of. */
export const isDone = (it: Interface | undefined, stack: Stack): boolean =>
  it !== undefined && it.up && isMade(it) && !isPort(it, stack);

const isClient = (name: string, { services }: Stack): boolean =>
  services.some((service) => service.kind === 'dhcp-client' && service.interface === name);

/** DELAY is seconds to brctl and hundredths to `ip link`, by the age of the scripts; files of sysfs have hundredths always. */
const bridgeVariables = ({ bridge }: Interface): readonly VariablePair[] => {
  const { stp = false, forwardDelaySeconds = 15, vlanFiltering } = bridge ?? {};
  const isUsual = forwardDelaySeconds === 15;
  const options = [
    ...(isUsual || forwardDelaySeconds === 0 ? [] : [`forward_delay=${Math.round(forwardDelaySeconds * 100)}`]),
    ...(vlanFiltering === true ? ['vlan_filtering=1'] : []),
  ];
  return [
    ['STP', stp ? 'on' : 'off'],
    ...optional('DELAY', isUsual || !Number.isInteger(forwardDelaySeconds) ? undefined : forwardDelaySeconds),
    ...optional('BRIDGING_OPTS', options.join(' ')),
  ];
};

const tunnelVariables = ({ tunnel, addresses }: Interface): readonly VariablePair[] => {
  const { mode, local, remote, ttl } = tunnel ?? { mode: 'sit' as const };
  if (mode === 'sit') return [['IPV6TUNNELIPV4', remote ?? 'any'], ...optional('IPV6TUNNELIPV4LOCAL', local)];
  const inner = addresses.find((address) => address.family === 4 && !hasLabel(address));
  return [
    ...optional('MY_OUTER_IPADDR', local),
    ...optional('PEER_OUTER_IPADDR', remote),
    ...optional('TTL', ttl),
    ...optional('MY_INNER_IPADDR', inner && `${inner.address}/${inner.prefixLength}`),
  ];
};

const natureOf = (it: Interface): readonly VariablePair[] => {
  switch (it.kind) {
    case 'bridge':
      return bridgeVariables(it);
    case 'bond':
      return [['BONDING_MASTER', 'yes'], ['BONDING_OPTS', bondText(it.bond)]]; // prettier-ignore
    case 'vlan': {
      const { link, id } = it.vlan ?? { link: '', id: 0 };
      // ifup reads VID, NetworkManager VLAN_ID.
      return [['VLAN', 'yes'], ['PHYSDEV', link], ['VID', String(id)], ['VLAN_ID', String(id)]]; // prettier-ignore
    }
    case 'tunnel':
      return tunnelVariables(it);
    default:
      return [];
  }
};

const portWords = ({ port }: Interface): string =>
  [
    ...(port?.hairpin === true ? ['hairpin_mode=1'] : []),
    ...(port?.isolated === true ? ['isolated=1'] : []),
    ...(port?.learning === false ? ['learning=0'] : []),
    ...(port?.flood === false ? ['unicast_flood=0'] : []),
  ].join(' ');

const masterOf = (it: Interface, stack: Stack): readonly VariablePair[] => {
  if (it.master === undefined || !isPort(it, stack)) return [];
  return masterKind(it, stack) === 'bond'
    ? [['MASTER', it.master], ['SLAVE', 'yes']]
    : [['BRIDGE', it.master], ...optional('BRIDGING_OPTS', portWords(it))]; // prettier-ignore
};

/** Those that ifup gives: dhclient's are there instead, and tunnels have one inside. */
export const addresses4 = (name: string, stack: Stack): readonly InterfaceAddress[] => {
  const it = stack.interfaces[name];
  if (it === undefined || it.kind === 'tunnel' || isPort(it, stack) || isClient(name, stack)) return [];
  const own = it.addresses.filter((address) => address.family === 4 && !hasLabel(address));
  return name === 'lo' ? [{ family: 4, address: '127.0.0.1', prefixLength: 8 }, ...own] : own;
};

/** The first has no number, the second has 1. */
export const suffixes = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => (index === 0 ? '' : String(index)));

const addressVariables4 = (addresses: readonly InterfaceAddress[]): readonly VariablePair[] =>
  suffixes(addresses.length).flatMap((suffix, index): readonly VariablePair[] => {
    const it = addresses[index];
    return it === undefined
      ? []
      : [[`IPADDR${suffix}`, it.address], [`PREFIX${suffix}`, String(it.prefixLength)]]; // prettier-ignore
  });

export const addresses6 = (name: string, stack: Stack): readonly InterfaceAddress[] => {
  const it = stack.interfaces[name];
  return it === undefined || isPort(it, stack) ? [] : it.addresses.filter(({ family }) => family === 6);
};

const addressVariables6 = (addresses: readonly InterfaceAddress[]): readonly VariablePair[] => {
  const [first, ...others] = addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  if (first === undefined) return [];
  return [['IPV6INIT', 'yes'], ['IPV6ADDR', first], ...optional('IPV6ADDR_SECONDARIES', others.join(' '))]; // prettier-ignore
};

/** Two parameters at once; who forwards hears advertisements with 2 only. */
const autoconfOf = (name: string, { sysctls }: Stack): readonly VariablePair[] => {
  const [accepts, configures] = ['accept_ra', 'autoconf'].map((leaf) => sysctls[`net/ipv6/conf/${name}/${leaf}`]);
  const on = sysctls['net/ipv6/conf/all/forwarding'] === '1' ? '2' : '1';
  if (accepts === '0' && configures === '0') return [['IPV6_AUTOCONF', 'no']];
  return accepts === on && configures === '1' ? [['IPV6_AUTOCONF', 'yes']] : [];
};

const clientOf = (name: string, own: string, { services }: Stack): readonly VariablePair[] => {
  const client = services.find((service) => service.kind === 'dhcp-client' && service.interface === name);
  if (client?.kind !== 'dhcp-client') return [['BOOTPROTO', 'none']];
  return [
    ['BOOTPROTO', 'dhcp'],
    ...optional('DHCP_HOSTNAME', client.hostname === own ? undefined : client.hostname),
    ...optional('METRIC', client.metric === 0 ? undefined : client.metric),
  ];
};

const isNear = (via: string, addresses: readonly InterfaceAddress[]): boolean =>
  addresses.some(
    ({ family, address, prefixLength }) => family === 4 && containsIp(networkOf(address, prefixLength), ip(via)),
  );

/**
 * The route that GATEWAY may say: ifup takes a gateway in the subnet of the first address only, lets the kernel find the
 * device, and replaces whatever default route there is.
 */
export const isByGateway = (
  { to, type, via, dev = '', metric, table, source, onlink }: Route,
  stack: Stack,
): boolean => {
  if (to !== '0.0.0.0/0' || type !== 'unicast' || via === undefined || metric !== 0 || table !== 254) return false;
  if (source !== undefined || onlink !== undefined || !isDone(stack.interfaces[dev], stack)) return false;
  const isOnly = stack.routes.filter((route) => route.to === to && route.table === table).length === 1;
  const others = Object.entries(stack.interfaces).flatMap(([name, { addresses }]) => (name === dev ? [] : addresses));
  return isOnly && isNear(via, addresses4(dev, stack).slice(0, 1)) && !isNear(via, others);
};

/** All of one file but GATEWAY and whom to ask for names; none where nothing makes the device. */
export const variablesOf = (name: string, stack: Stack, own: string): readonly VariablePair[] => {
  const it = stack.interfaces[name];
  if (it === undefined || !isMade(it)) return [];
  const isSit = it.tunnel?.mode === 'sit';
  return [
    ['DEVICE', name],
    ...optional('TYPE', typeOf(it)),
    ['ONBOOT', yesNo(it.up)],
    ...natureOf(it),
    ...masterOf(it, stack),
    ...(it.kind === 'tunnel' || name === 'lo' ? [] : clientOf(name, own, stack)),
    ...addressVariables4(addresses4(name, stack)),
    ...addressVariables6(addresses6(name, stack)),
    ...(isPort(it, stack) ? [] : autoconfOf(name, stack)),
    ...optional(isSit ? 'IPV6_MTU' : 'MTU', it.mtuBytes === bornMtu(it, stack) ? undefined : it.mtuBytes),
    ...optional('MACADDR', it.kind === 'tunnel' ? undefined : it.mac),
  ];
};
