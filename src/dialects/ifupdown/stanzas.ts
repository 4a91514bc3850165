/**
 * One interface of a stack as the stanzas of interfaces(5) that make it: what has an option of its own is said by it, all
 * else by `up` lines, which are carried out once the interface is there.
 */
import { ip } from '../../net/address.ts';
import { networkOf, containsIp } from '../../net/prefix.ts';
import { type Interface, type InterfaceAddress, type Route, type Stack } from '../../state/network-state.ts';
import { bornMtuBytes, unsaidMtuBytes } from '../born-mtu.ts';
import { wgCommands } from '../shell-commands/wg.ts';
import { makeCommand, portCommands, routeCommand, settingCommand, vlanCommands } from '../shell-commands/say.ts';

export type OptionPair = readonly [name: string, value: string];

export interface NewStanza {
  /** `eth0`, or `eth0:1` for an alias. */
  readonly name: string;
  readonly family: 'inet' | 'inet6';
  readonly method: string;
  readonly options: readonly OptionPair[];
}

const up = (command: string): OptionPair => ['up', command];

/** Ports of a bridge and members of a bond, by name. */
const membersOf = (stack: Stack, master: string): readonly string[] =>
  Object.keys(stack.interfaces).filter((name) => stack.interfaces[name]?.master === master);

const isDefault = ({ to }: Route): boolean => to === '0.0.0.0/0' || to === '::/0';

const isNear = (route: Route, addresses: readonly InterfaceAddress[]): boolean =>
  route.via !== undefined &&
  (/^fe[89ab]/.test(route.via) ||
    addresses.some(
      ({ address, prefixLength, family }) =>
        family === route.family && containsIp(networkOf(address, prefixLength), ip(route.via ?? '')),
    ));

/** What `gateway` and `metric` say: nothing else of a route but its gateway, and `onlink` just where it is needed. */
const gatewayOf = (
  routes: readonly Route[],
  family: 4 | 6,
  addresses: readonly InterfaceAddress[],
): Route | undefined =>
  routes.find(
    (route) =>
      route.family === family &&
      isDefault(route) &&
      route.type === 'unicast' &&
      route.table === 254 &&
      route.source === undefined &&
      route.via !== undefined &&
      isNear(route, addresses) === (route.onlink === undefined) &&
      addresses.length > 0,
  );

const gatewayOptions = (route: Route | undefined): readonly OptionPair[] => {
  if (route?.via === undefined) return [];
  const born = route.family === 4 ? 0 : 1024;
  return [['gateway', route.via], ...(route.metric === born ? [] : [['metric', String(route.metric)] as const])];
};

const bridgeOptions = (name: string, it: Interface, stack: Stack): readonly OptionPair[] => {
  const ports = membersOf(stack, name);
  const { stp = false, forwardDelaySeconds = 15, vlanFiltering } = it.bridge ?? {};
  return [
    ['bridge_ports', ports.length === 0 ? 'none' : ports.join(' ')],
    ['bridge_stp', stp ? 'on' : 'off'],
    ...(forwardDelaySeconds === 15 ? [] : [['bridge_fd', String(forwardDelaySeconds)] as const]),
    ...(vlanFiltering === true ? [['bridge_vlan_aware', 'yes'] as const] : []),
    // Nobody waits for ports that have nothing to listen to.
    ...(stp ? [] : [['bridge_maxwait', '0'] as const]),
  ];
};

const bondOptions = (name: string, it: Interface, stack: Stack): readonly OptionPair[] => {
  const { mode, miimonMilliseconds, primary, lacpRate, hashPolicy } = it.bond ?? { mode: 'balance-rr' as const };
  const members = membersOf(stack, name);
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['bond-slaves', members.length === 0 ? 'none' : members.join(' ')],
    ['bond-mode', mode],
    ['bond-miimon', miimonMilliseconds?.toString()],
    ['bond-primary', primary],
    ['bond-lacp-rate', lacpRate],
    ['bond-xmit-hash-policy', hashPolicy],
  ];
  return pairs.flatMap(([key, value]): OptionPair[] => (value === undefined ? [] : [[key, value]]));
};

/** `eth0.5` and `vlan5` tell their number. */
const vlanOptions = (name: string, it: Interface): readonly OptionPair[] | undefined => {
  if (it.vlan === undefined) return undefined;
  const { link, id } = it.vlan;
  if (name === `${link}.${id}`) return [];
  return name === `vlan${id}` ? [['vlan-raw-device', link]] : undefined;
};

/** What makes the device, in front of all else. */
const makingOptions = (name: string, it: Interface, stack: Stack): readonly OptionPair[] => {
  if (it.kind === 'bridge') return bridgeOptions(name, it, stack);
  if (it.kind === 'bond') return bondOptions(name, it, stack);
  const vlan = vlanOptions(name, it);
  if (vlan !== undefined) return vlan;
  const command = makeCommand(name, it);
  return [
    ...(command === undefined ? [] : [['pre-up', command] as const]),
    ...(it.wireguard === undefined ? [] : wgCommands(name, it.wireguard)).map((line) => ['pre-up', line] as const),
    ...(it.vxlan?.remotes ?? []).map(
      (remote) => ['pre-up', `bridge fdb append 00:00:00:00:00:00 dev ${name} dst ${remote}`] as const,
    ),
  ];
};

/** `mtu` of a bridge is that of its ports too: where theirs is another, a command says it. Members have that of their bond. */
const mtuOptions = (name: string, it: Interface, stack: Stack): readonly OptionPair[] => {
  const master = stack.interfaces[it.master ?? ''];
  if (master?.kind === 'bond' && master.mtuBytes === it.mtuBytes) return [];
  if (it.mtuBytes === (unsaidMtuBytes(name, it, stack.interfaces) ?? bornMtuBytes(it))) return [];
  const isBridge = it.kind === 'bridge' && membersOf(stack, name).length > 0;
  return isBridge ? [up(`ip link set dev $IFACE mtu ${it.mtuBytes}`)] : [['mtu', String(it.mtuBytes)]];
};

const linkOptions = (name: string, it: Interface, stack: Stack): readonly OptionPair[] => [
  ...(it.mac === undefined ? [] : [['hwaddress', it.mac] as const]),
  ...mtuOptions(name, it, stack),
];

const withLength = ({ address, prefixLength }: InterfaceAddress): string => `${address}/${prefixLength}`;

/** Sysctls of one interface. */
export const sysctlsOf = (stack: Stack, name: string): readonly string[] =>
  Object.keys(stack.sysctls).filter((key) => key.split('/')[3] === name && /^net\/ipv[46]\/(?:conf|neigh)\//.test(key));

/** Bridges, bonds and VLANs bring up what they are made of. */
export const isRaisedByOthers = (stack: Stack, name: string): boolean => {
  const master = stack.interfaces[stack.interfaces[name]?.master ?? ''];
  return (
    master?.kind === 'bridge' ||
    master?.kind === 'bond' ||
    Object.values(stack.interfaces).some(({ vlan }) => vlan?.link === name)
  );
};

/** The rest of what is said about one interface, as commands. */
const laterCommands = (
  name: string,
  stack: Stack,
  routes: readonly Route[],
  saidKeys: ReadonlySet<string>,
): readonly string[] => {
  const it = stack.interfaces[name];
  const master = it?.master;
  const isMember = master !== undefined && ['bridge', 'bond'].includes(stack.interfaces[master]?.kind ?? '');
  const ordered = [...routes].sort((a, b) => Number(a.via !== undefined) - Number(b.via !== undefined));
  return [
    ...(master === undefined || isMember ? [] : [`ip link set dev $IFACE master ${master}`]),
    ...(it?.bridge?.vlanFiltering === true ? vlanCommands('$IFACE', it.bridge.vlans, true) : []),
    ...(it?.kind === 'bridge'
      ? membersOf(stack, name).flatMap((port) => {
          const member = stack.interfaces[port];
          return member === undefined ? [] : portCommands(port, member);
        })
      : []),
    ...sysctlsOf(stack, name)
      .filter((key) => !saidKeys.has(key))
      .map((key) => settingCommand(key, stack.sysctls[key] ?? '')),
    ...ordered.map((route) => routeCommand(route, '$IFACE')),
    ...(stack.neighbours ?? [])
      .filter(({ dev }) => dev === name)
      .map(({ address, mac }) => `ip neigh replace ${address} lladdr ${mac} nud permanent dev $IFACE`),
    ...stack.neighbourProxies
      .filter(({ dev }) => dev === name)
      .map(({ address }) => `ip neigh add proxy ${address} dev $IFACE`),
    ...(it?.up === false && !isRaisedByOthers(stack, name) ? ['ip link set dev $IFACE down'] : []),
  ];
};

interface Six {
  readonly stanzas: readonly NewStanza[];
  readonly commands: readonly string[];
  readonly saidKeys: ReadonlySet<string>;
  readonly gateway: Route | undefined;
}

/**
 * `inet6 static` and `inet6 auto` set accept_ra and autoconf, whatever else they say: where the stack leaves those as
 * they are, addresses are commands.
 */
const ipv6Of = (name: string, stack: Stack, routes: readonly Route[]): Six => {
  const addresses = (stack.interfaces[name]?.addresses ?? []).filter(({ family }) => family === 6);
  const keys = [`net/ipv6/conf/${name}/accept_ra`, `net/ipv6/conf/${name}/autoconf`] as const;
  const [accept, autoconf] = keys.map((key) => stack.sysctls[key]);
  const saidKeys = new Set<string>(keys);
  const isNumber = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text);
  if (!isNumber(accept) || !isNumber(autoconf) || name === 'lo')
    return {
      stanzas: [],
      commands: addresses.map((address) => `ip -6 addr add ${withLength(address)} dev $IFACE`),
      saidKeys: new Set(),
      gateway: undefined,
    };
  const told = (born: string, bornAutoconf: string): readonly OptionPair[] => [
    ...(accept === born ? [] : [['accept_ra', accept] as const]),
    ...(autoconf === bornAutoconf ? [] : [['autoconf', autoconf] as const]),
  ];
  const [first, ...more] = addresses;
  if (first === undefined)
    return {
      stanzas: accept === '0' ? [] : [{ name, family: 'inet6', method: 'auto', options: told('2', '1') }],
      commands: [],
      saidKeys: accept === '0' ? new Set() : saidKeys,
      gateway: undefined,
    };
  const gateway = gatewayOf(routes, 6, [first]);
  return {
    stanzas: [
      {
        name,
        family: 'inet6',
        method: 'static',
        options: [['address', withLength(first)], ...told('0', '0'), ...gatewayOptions(gateway)],
      },
    ],
    commands: more.map((address) => `ip -6 addr add ${withLength(address)} dev $IFACE`),
    saidKeys,
    gateway,
  };
};

/** Labels that are aliases of their own, where they come behind all addresses that have none. */
const areAliases = (name: string, addresses: readonly InterfaceAddress[]): boolean => {
  const first = addresses.findIndex(({ label }) => label !== undefined);
  const labels = addresses.flatMap(({ label }) => label ?? []);
  return (
    first > 0 &&
    addresses
      .slice(first)
      .every(({ label }) => label?.startsWith(`${name}:`) === true && /^[^\s:]+:[\w-]+$/.test(label)) &&
    new Set(labels).size === labels.length
  );
};

const addressCommand = (address: InterfaceAddress): string =>
  `ip addr add ${withLength(address)} dev $IFACE${address.label === undefined ? '' : ` label ${address.label}`}`;

/** `routes`: those by this interface. */
export const stanzasOf = (name: string, stack: Stack): readonly NewStanza[] => {
  const it = stack.interfaces[name];
  if (it === undefined) return [];
  const routes = stack.routes.filter((route) => route.dev === name);
  const client = stack.services.find((service) => service.kind === 'dhcp-client' && service.interface === name);
  const addresses = it.addresses.filter(({ family }) => family === 4);
  const hasAliases = areAliases(name, addresses) && client === undefined;
  const plain = hasAliases ? addresses.filter(({ label }) => label === undefined) : addresses;
  const [first, ...more] = plain;
  const isStatic = client === undefined && first !== undefined && first.label === undefined;
  const gateway = isStatic ? gatewayOf(routes, 4, [first]) : undefined;
  const six = ipv6Of(name, stack, routes);
  const restRoutes = routes.filter((route) => route !== gateway && route !== six.gateway);
  const commands = [
    ...(isStatic ? more : plain).map(addressCommand),
    ...six.commands,
    ...laterCommands(name, stack, restRoutes, six.saidKeys),
  ];
  const method = client !== undefined ? 'dhcp' : isStatic ? 'static' : 'manual';
  const head: NewStanza = {
    name,
    family: 'inet',
    method,
    options: [
      ...makingOptions(name, it, stack),
      ...(isStatic ? [['address', withLength(first)] as const] : []),
      ...gatewayOptions(gateway),
      ...linkOptions(name, it, stack),
      ...(client?.kind === 'dhcp-client' && client.metric !== 0 ? [['metric', String(client.metric)] as const] : []),
      ...(client?.kind === 'dhcp-client' && client.hostname !== '' ? [['hostname', client.hostname] as const] : []),
      // Commands that need what later stanzas give stand in the last one.
      ...(six.stanzas.length === 0 ? commands.map(up) : []),
    ],
  };
  const last = six.stanzas.at(-1);
  return [
    head,
    ...(last === undefined
      ? []
      : [...six.stanzas.slice(0, -1), { ...last, options: [...last.options, ...commands.map(up)] }]),
    ...(hasAliases
      ? addresses
          .filter(({ label }) => label !== undefined)
          .map((address): NewStanza => ({
            name: address.label ?? name,
            family: 'inet',
            method: 'static',
            options: [['address', withLength(address)]],
          }))
      : []),
  ];
};
