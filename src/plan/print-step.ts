/** One line of text for a step, in the words of iproute2. */
import {
  type BridgePort,
  type BridgeSettings,
  type Interface,
  type NextHop,
  type PolicyRule,
  type PortRange,
  type PortVlan,
  type Route,
  type WireguardPeer,
  type WireguardSettings,
} from '../state/network-state.ts';
import { type RoutingDaemon } from '../state/routing-daemon.ts';
import { type DhcpRelay, type DhcpServing, type NameServer, type Service } from '../state/service.ts';
import { type Disk, type GuestImage, type VirtualMachine } from '../state/virtual-machine.ts';
import { type InterfaceSettings, type Step } from './plan.ts';
import { printRole } from './print-role.ts';

/** ` word value`, or nothing where there is no value. */
const word = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : ` ${name} ${value}`;

const printNextHop = ({ via, dev, weight, onlink }: NextHop): string =>
  ` nexthop${word('via', via)} dev ${dev}${weight === 1 ? '' : ` weight ${weight}`}${onlink === true ? ' onlink' : ''}`;

const printRoute = (route: Route): string =>
  [
    route.type === 'unicast' ? '' : `${route.type} `,
    route.to === '0.0.0.0/0' || route.to === '::/0' ? 'default' : route.to,
    word('via', route.via),
    word('dev', route.dev),
    route.onlink === true ? ' onlink' : '',
    word('metric', route.metric === 0 || (route.family === 6 && route.metric === 1024) ? undefined : route.metric),
    word('src', route.source),
    word('table', route.table === 254 ? undefined : route.table),
    ...(route.nexthops ?? []).map(printNextHop),
  ].join('');

const hex = (value: number): string => `0x${value.toString(16)}`;
const printMark = ({ value, mask }: { readonly value: number; readonly mask: number }): string =>
  mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
const printPorts = ([first, last]: PortRange): string => (first === last ? String(first) : `${first}-${last}`);

const printRule = (rule: PolicyRule): string =>
  [
    `priority ${rule.priority}`,
    rule.not === true ? ' not' : '',
    word('from', rule.from),
    word('to', rule.to),
    word('iif', rule.iif),
    word('oif', rule.oif),
    word('fwmark', rule.mark && printMark(rule.mark)),
    word('ipproto', rule.protocol),
    word('sport', rule.sourcePorts && printPorts(rule.sourcePorts)),
    word('dport', rule.destinationPorts && printPorts(rule.destinationPorts)),
    rule.action === undefined ? ` lookup ${rule.table}` : ` ${rule.action}`,
    word('suppress_prefixlength', rule.suppressPrefixLength),
  ].join('');

const printLink = (name: string, { kind, vlan, macvlan, vxlan, tunnel, bond, vrf }: Interface): string =>
  [
    `${tunnel?.mode ?? kind} ${name}`,
    word('on', vlan?.link ?? macvlan?.link),
    word('id', vlan?.id ?? vxlan?.id),
    word('mode', macvlan?.mode ?? bond?.mode),
    word('primary', bond?.primary),
    word('table', vrf?.table),
    word('local', vxlan?.local ?? tunnel?.local),
    word(
      'remote',
      tunnel?.remote ?? (vxlan !== undefined && vxlan.remotes.length > 0 ? vxlan.remotes.join(' ') : undefined),
    ),
    word('ttl', tunnel?.ttl),
    word('6rd', tunnel?.sixRd?.prefix),
    word('dstport', vxlan?.port),
  ].join('');

const printPeer = ({ publicKey, endpoint, allowedPrefixes, keepaliveSeconds }: WireguardPeer): string =>
  [
    `peer ${publicKey}`,
    word('endpoint', endpoint),
    ` allowed ${allowedPrefixes.length === 0 ? 'nothing' : allowedPrefixes.join(' ')}`,
    word('keepalive', keepaliveSeconds),
  ].join('');

const printWireguard = (name: string, { privateKeyFile, listenPort, peers }: WireguardSettings): string =>
  [`wireguard ${name}${word('key', privateKeyFile)}${word('port', listenPort)}`, ...peers.map(printPeer)].join(', ');

/** Reverse zones are told by number: their names say nothing that addresses do not say. */
const zonesOf = ({ views }: NameServer): readonly string[] => {
  const zones = [...new Set(views.flatMap((view) => view.zones.map(({ name }) => name)))];
  const [reverse, forward] = [true, false].map((is) => zones.filter((name) => name.endsWith('.arpa') === is));
  const count = reverse?.length ?? 0;
  return [...(forward ?? []), ...(count === 0 ? [] : [`${count} reverse ${count === 1 ? 'zone' : 'zones'}`])];
};

const copiedFrom = ({ transfers }: NameServer): string =>
  transfers?.kind === 'secondary' ? `, copied from ${transfers.primaries.join(', ')}` : '';

const printRange = ({ first, last }: { readonly first: string; readonly last: string }): string =>
  `${first} to ${last}`;

const printDhcpServer = (server: DhcpServing): string => {
  const own = 'first' in server ? [printRange(server)] : [];
  const relayed = (server.relayed ?? []).map((pool) => `${printRange(pool)} by ${pool.relays.join(' and ')}`);
  return [
    `${server.kind.includes('6') ? 'DHCPv6' : 'DHCP'} server on ${server.interface}`,
    ...own,
    ...relayed,
    ...(server.program === undefined ? [] : ['by Kea']),
    ...(server.standby === undefined ? [] : [`${server.standby.role} beside ${server.standby.partner.address}`]),
  ].join(', ');
};

const printRelayLink = ({ interface: name, servers }: DhcpRelay['links'][number]): string =>
  `${name} to ${servers.join(' and ')}`;

const printRouting = ({ interfaces, bgp }: RoutingDaemon): string => {
  const ospf = `OSPF on ${interfaces.map(({ name, cost }) => `${name} (cost ${cost})`).join(', ')}`;
  if (bgp === undefined) return ospf;
  const others = bgp.sessions.map(({ remote, remoteAs }) => `${remote} (AS ${remoteAs})`).join(', ');
  return [...(interfaces.length === 0 ? [] : [ospf]), `BGP as AS ${bgp.asNumber} with ${others}`].join('; ');
};

const printService = (service: Service): string => {
  switch (service.kind) {
    case 'dhcp-server':
    case 'dhcp6-server':
    case 'relayed-dhcp-server':
    case 'relayed-dhcp6-server':
      return printDhcpServer(service);
    case 'dhcp-relay':
      return `${service.family === 4 ? 'DHCP' : 'DHCPv6'} relay on ${service.links.map(printRelayLink).join(', ')}`;
    case 'dhcp-client':
      return `DHCP client on ${service.interface}`;
    case 'dhcp6-client':
      return `DHCPv6 client on ${service.interface}`;
    case 'router-advertiser':
      return `router advertisements on ${service.interface}, ${service.prefixes.join(', ')}`;
    case 'virtual-router': {
      const shared = service.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(', ');
      return `VRRP on ${service.interface}, id ${service.id}, priority ${service.priority}: ${shared}`;
    }
    case 'routing-daemon':
      return printRouting(service);
    case 'advertised-resolver':
      return `names from router advertisements on ${service.interface}`;
    case 'name-server':
      return `name server, ${zonesOf(service).join(', ')}${copiedFrom(service)}`;
    case 'root-server':
      return 'name server of the root zone';
    case 'responder':
      return `an answer on every TCP and UDP port`;
    case 'watcher':
      return `a watch over ${service.machines.length} ${service.machines.length === 1 ? 'machine' : 'machines'}, TCP port ${service.port}`;
    case 'check-in':
      return `check-ins with ${service.address}, every ${service.everySeconds} s`;
    default:
      return printRole(service);
  }
};

const printVlans = (vlans: readonly PortVlan[]): string =>
  vlans.length === 0
    ? 'no VLANs'
    : `VLANs ${vlans.map(({ id, pvid, untagged }) => `${id}${pvid === true ? ' pvid' : ''}${untagged === true ? ' untagged' : ''}`).join('/')}`;

const printPort = (port: BridgePort): readonly string[] => [
  ...(port.isolated === true ? ['isolated'] : []),
  ...(port.hairpin === true ? ['hairpin'] : []),
  ...(port.learning === false ? ['learning off'] : []),
  ...(port.flood === false ? ['flood off'] : []),
  ...(port.vlans === undefined ? [] : [printVlans(port.vlans)]),
];

const printBridge = ({ stp, vlanFiltering, vlans }: BridgeSettings): readonly string[] => [
  `stp ${stp ? 'on' : 'off'}`,
  ...(vlanFiltering === true ? ['VLAN filtering'] : []),
  ...(vlans === undefined ? [] : [printVlans(vlans)]),
];

const printSettings = (settings: InterfaceSettings): string =>
  [
    settings.up ? 'up' : 'down',
    `mtu ${settings.mtuBytes}`,
    ...(settings.mac === undefined ? [] : [settings.mac]),
    ...(settings.master === undefined ? [] : [`port of ${settings.master}`]),
    ...(settings.port === undefined ? [] : printPort(settings.port)),
    ...(settings.bridge === undefined ? [] : printBridge(settings.bridge)),
  ].join(', ');

const printImage = (image: GuestImage): string => {
  switch (image.kind) {
    case 'probe':
      return 'probe image';
    case 'debian':
      return ['Debian', ...image.packages].join(' ');
    case 'file':
      return image.path;
  }
};

const printDisk = ({ role, sizeMebibytes }: Disk): string =>
  sizeMebibytes === undefined ? role : `${role} ${sizeMebibytes} MiB`;

export const printMachine = ({ memoryMebibytes, cpus, image, disks }: VirtualMachine): string =>
  [
    `${memoryMebibytes} MiB`,
    `${cpus} ${cpus === 1 ? 'processor' : 'processors'}`,
    printImage(image),
    ...(disks.length === 0 ? [] : [`disks: ${disks.map(printDisk).join(', ')}`]),
  ].join(', ');

const printWhat = (step: Step): string => {
  switch (step.kind) {
    case 'add-stack':
    case 'remove-stack':
      return step.machine === undefined ? 'network stack' : `virtual machine, ${printMachine(step.machine)}`;
    case 'set-sysctl':
      return `${step.key.replaceAll('/', '.')} = ${step.to ?? 'the kernel’s default'}`;
    case 'add-bridge':
    case 'remove-bridge':
      return `bridge ${step.name}`;
    case 'add-link':
    case 'remove-link':
      return printLink(step.name, step.interface);
    case 'add-cable':
    case 'remove-cable':
      return `cable ${step.cable.a.stack} ${step.cable.a.interface} to ${step.cable.b.stack} ${step.cable.b.interface}`;
    case 'set-interface':
      return `${step.name}: ${printSettings(step.to)}`;
    case 'set-wireguard':
      return printWireguard(step.name, step.to);
    case 'add-address':
    case 'remove-address':
      return `${step.address.address}/${step.address.prefixLength} on ${step.address.label ?? step.name}`;
    case 'add-route':
    case 'remove-route':
      return `route ${printRoute(step.route)}`;
    case 'add-rule':
    case 'remove-rule':
      return `rule ${printRule(step.rule)}`;
    case 'add-proxy':
    case 'remove-proxy':
      return `neighbour proxy for ${step.proxy.address} on ${step.proxy.dev}`;
    case 'add-neighbour':
    case 'remove-neighbour':
      return `neighbour ${step.neighbour.address} at ${step.neighbour.mac} on ${step.neighbour.dev}`;
    case 'set-filter':
      return `packet filter, ${step.to.flatMap((table) => table.chains).reduce((sum, chain) => sum + chain.rules.length, 0)} rules`;
    case 'start-service':
    case 'stop-service':
      return printService(step.service);
    case 'change-service':
      return printService(step.to);
    case 'set-resolver':
      return `resolver ${step.to?.nameservers.join(' ') ?? 'none'}`;
  }
};

const sign = (step: Step): '+' | '-' | '~' =>
  /^(add|start)/.test(step.kind) ? '+' : /^(remove|stop)/.test(step.kind) ? '-' : '~';

export const printStep = (step: Step): string => `${sign(step)} ${step.stack}: ${printWhat(step)}`;
