/** Parts of a stack as the commands that make them: what `run-line.ts` reads back. */
import { type Interface, type NextHop, type PolicyRule, type PortVlan, type Route } from '../../state/network-state.ts';

const hopWords = ({ via, dev, weight, onlink }: NextHop): string =>
  [
    'nexthop',
    ...(via === undefined ? [] : ['via', via]),
    'dev',
    dev,
    'weight',
    String(weight),
    ...(onlink === true ? ['onlink'] : []),
  ].join(' ');

/** `device`: how the route's own device is spelled, as in `$IFACE`. */
export const routeCommand = (route: Route, device = route.dev): string => {
  const { family, type, to, via, nexthops, metric, table, source, onlink } = route;
  const isDefault = to === '0.0.0.0/0' || to === '::/0';
  return [
    family === 6 ? 'ip -6 route add' : 'ip route add',
    ...(type === 'unicast' ? [] : [type]),
    isDefault ? 'default' : to,
    ...(via === undefined ? [] : ['via', via]),
    ...(device === undefined ? [] : ['dev', device]),
    ...(metric === (family === 6 ? 1024 : 0) ? [] : ['metric', String(metric)]),
    ...(table === (type === 'local' ? 255 : 254) ? [] : ['table', String(table)]),
    ...(source === undefined ? [] : ['src', source]),
    ...(onlink === true ? ['onlink'] : []),
    ...(nexthops ?? []).map(hopWords),
  ].join(' ');
};

const portsText = ([first, last]: readonly [number, number]): string =>
  first === last ? String(first) : `${first}-${last}`;

export const ruleCommand = (rule: PolicyRule): string => {
  const { family, priority, mark, protocol, sourcePorts, destinationPorts, action, suppressPrefixLength, table } = rule;
  const pair = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [name, String(value)];
  return [
    family === 6 ? 'ip -6 rule add' : 'ip rule add',
    ...(rule.not === true ? ['not'] : []),
    ...pair('from', rule.from ?? 'all'),
    ...pair('to', rule.to),
    ...pair('iif', rule.iif),
    ...pair('oif', rule.oif),
    ...pair(
      'fwmark',
      mark === undefined ? undefined : mark.mask === 0xffff_ffff ? mark.value : `${mark.value}/${mark.mask}`,
    ),
    ...pair('ipproto', protocol),
    ...pair('sport', sourcePorts && portsText(sourcePorts)),
    ...pair('dport', destinationPorts && portsText(destinationPorts)),
    ...pair('suppress_prefixlength', suppressPrefixLength),
    'pref',
    String(priority),
    ...(action === undefined ? ['table', String(table)] : [action]),
  ].join(' ');
};

/** What makes a device that is no NIC, bridge, bond or VLAN; undefined for those, and for what commands do not make. */
export const makeCommand = (name: string, it: Interface): string | undefined => {
  const add = `ip link add`;
  switch (it.kind) {
    case 'dummy':
      return `${add} name ${name} type dummy`;
    case 'vrf':
      return it.vrf && `${add} name ${name} type vrf table ${it.vrf.table}`;
    case 'vlan':
      return it.vlan && `${add} link ${it.vlan.link} name ${name} type vlan id ${it.vlan.id}`;
    case 'macvlan':
      return it.macvlan && `${add} link ${it.macvlan.link} name ${name} type macvlan mode ${it.macvlan.mode}`;
    case 'wireguard':
      return `${add} name ${name} type wireguard`;
    case 'vxlan': {
      if (it.vxlan === undefined) return undefined;
      const { id, local, port } = it.vxlan;
      return `${add} name ${name} type vxlan id ${id}${local === undefined ? '' : ` local ${local}`} dstport ${port}`;
    }
    case 'tunnel': {
      if (it.tunnel === undefined) return undefined;
      const { mode, local, remote, ttl, sixRd } = it.tunnel;
      return [
        `ip tunnel add ${name} mode ${mode}`,
        `remote ${remote ?? 'any'}`,
        ...(local === undefined ? [] : [`local ${local}`]),
        ...(ttl === undefined ? [] : [`ttl ${ttl}`]),
        ...(sixRd === undefined ? [] : [`6rd-prefix ${sixRd.prefix}`]),
        ...(sixRd?.relayPrefix === undefined ? [] : [`6rd-relay_prefix ${sixRd.relayPrefix}`]),
      ].join(' ');
    }
    default:
      return undefined;
  }
};

const vlanWords = (device: string, vlan: PortVlan, self: string): string =>
  `bridge vlan add vid ${vlan.id} dev ${device}${vlan.pvid === true ? ' pvid' : ''}${vlan.untagged === true ? ' untagged' : ''}${self}`;

/** From the VLAN that every port is born with to these. */
export const vlanCommands = (
  device: string,
  vlans: readonly PortVlan[] | undefined,
  isSelf: boolean,
): readonly string[] => {
  if (vlans === undefined) return [];
  const self = isSelf ? ' self' : '';
  const first = vlans.some(({ id }) => id === 1) ? [] : [`bridge vlan del vid 1 dev ${device}${self}`];
  return [...first, ...vlans.map((vlan) => vlanWords(device, vlan, self))];
};

/** Settings of a port that are not those it is born with. */
export const portCommands = (device: string, { port }: Interface): readonly string[] => {
  if (port === undefined) return [];
  const words = [
    ...(port.isolated === true ? ['isolated on'] : []),
    ...(port.hairpin === true ? ['hairpin on'] : []),
    ...(port.learning === false ? ['learning off'] : []),
    ...(port.flood === false ? ['flood off'] : []),
  ];
  return [
    ...(words.length === 0 ? [] : [`ip link set dev ${device} type bridge_slave ${words.join(' ')}`]),
    ...vlanCommands(device, port.vlans, false),
  ];
};

export const settingCommand = (key: string, value: string): string =>
  `echo ${/^[\w.:/@%+,=-]*$/.test(value) ? value : `'${value}'`} > /proc/sys/${key}`;
