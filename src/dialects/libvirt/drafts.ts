/**
 * A host's bridges as libvirt networks, with the guests on them as domains. Which forward mode a bridge has is seen from
 * the rules: those that libvirt would keep for it are there, or they are not.
 */
import { ip as parseAddress } from '../../net/address.ts';
import { containsIp, networkOf as subnetOf } from '../../net/prefix.ts';
import { type Interface, type InterfaceAddress, type NetworkState, type Stack } from '../../state/network-state.ts';
import { normalFilter } from '../../state/normal-filter.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { type DhcpServer } from '../../state/service.ts';
import { compareText, field } from '../../state/spelling.ts';
import { isMtuTold } from '../born-mtu.ts';
import { guestsOf, tapsOf, type GuestNic, type Guests } from '../guests.ts';
import { stackIn } from '../reading.ts';
import { type ElementDraft } from '../xml/tree.ts';
import { bornMetric, isGivenOut, type ForwardMode, type VirtualNetwork } from './networks.ts';
import { ownBridges } from './own-bridges.ts';
import { rulesOf } from './rules.ts';

const element = (
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  children: readonly ElementDraft[] = [],
  text?: string,
): ElementDraft => ({
  name,
  attributes: Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  ),
  children,
  ...field('text', text),
});

const rulesText = (tables: readonly FilterTable[]): ReadonlySet<string> =>
  new Set(
    normalFilter(tables).flatMap(({ family, name, subchains = [] }) =>
      subchains.flatMap((chain) => chain.rules.map((rule) => JSON.stringify([family, name, chain.name, rule]))),
    ),
  );

const candidates: readonly (readonly [ForwardMode, natsIpv6: boolean])[] = [
  ['nat', true], ['nat', false], ['route', false], ['isolated', false],
]; // prettier-ignore

const forwards = (stack: Stack): boolean =>
  stack.sysctls['net/ipv4/ip_forward'] === '1' || stack.sysctls['net/ipv6/conf/all/forwarding'] === '1';

/** Devices that forwarding may be bound to, and addresses that guests may be seen with: none, or one that rules name. */
const waysOf = ({ filter }: Stack): readonly Pick<VirtualNetwork, 'device' | 'translated'>[] => {
  const rules = filter.flatMap(({ subchains = [] }) => subchains.flatMap((chain) => chain.rules));
  const devices = rules.flatMap(({ matches }) => matches.flatMap((match) => (match.kind === 'oif' ? match.names : [])));
  const translations = rules.flatMap(({ verdict }) =>
    verdict.kind === 'snat' ? [{ first: verdict.address, last: verdict.lastAddress ?? verdict.address }] : [],
  );
  return [undefined, ...new Set(devices)].flatMap((device) =>
    [undefined, ...translations].map((translated) => ({
      ...field('device', device),
      ...field('translated', translated),
    })),
  );
};

/** The first mode whose rules are all there; a bridge without any is `open` where the host forwards. */
const networkFor = (bridge: string, it: Interface, stack: Stack, present: ReadonlySet<string>): VirtualNetwork => {
  const { addresses } = it;
  const hasIpv6 = addresses.some(({ family }) => family === 6);
  // An isolated network has the fewest rules, which others have too.
  for (const [mode, natsIpv6] of candidates)
    for (const way of waysOf(stack)) {
      const isBound = way.device !== undefined || way.translated !== undefined;
      if ((natsIpv6 && !hasIpv6) || (isBound && mode === 'isolated')) continue;
      const network: VirtualNetwork = { bridge, mode, addresses, natsIpv6, ...way };
      const wanted = [...rulesText(rulesOf([network]))];
      if (wanted.length > 0 && wanted.every((rule) => present.has(rule))) return network;
    }
  return { bridge, mode: forwards(stack) ? 'open' : 'bridge', addresses, natsIpv6: false };
};

/** An hour, and what the protocol calls infinite: how libvirt says neither, and that. */
const leaseElements = (leaseSeconds: number): readonly ElementDraft[] =>
  leaseSeconds === 3600
    ? []
    : [
        element(
          'lease',
          leaseSeconds === 0xffffffff ? { expiry: '0' } : { expiry: String(leaseSeconds), unit: 'seconds' },
        ),
      ];

/** One `<dhcp>` for the subnet of an address, with a range for each pool in it. */
const dhcpElements = (bridge: string, address: InterfaceAddress, stack: Stack): readonly ElementDraft[] => {
  const subnet = subnetOf(address.address, address.prefixLength);
  const servers = stack.services.filter(
    (service): service is DhcpServer =>
      service.kind === 'dhcp-server' &&
      service.interface === bridge &&
      address.family === 4 &&
      containsIp(subnet, parseAddress(service.first)),
  );
  if (servers.length === 0) return [];
  const hosts = new Map(servers.flatMap(({ reservations }) => reservations).map((host) => [host.mac, host]));
  return [
    element('dhcp', {}, [
      ...servers.map(({ first, last, leaseSeconds }) =>
        element('range', { start: first, end: last }, leaseElements(leaseSeconds)),
      ),
      ...[...hosts.values()].map(({ mac, address: ip, name }) =>
        element('host', { mac, ...field('name', name === '' ? undefined : name), ip }),
      ),
    ]),
  ];
};

const forwardElements = ({ mode, natsIpv6, device, translated }: VirtualNetwork): readonly ElementDraft[] => {
  if (mode === 'isolated') return [];
  const address = translated && [element('address', { start: translated.first, end: translated.last })];
  const nat = natsIpv6 || address !== undefined ? [element('nat', natsIpv6 ? { ipv6: 'yes' } : {}, address ?? [])] : [];
  return [element('forward', { mode, dev: device }, nat)];
};

const networkElement = (network: VirtualNetwork, it: Interface, stack: Stack, name: string): ElementDraft => {
  const { bridge, mode } = network;
  const isSized = isMtuTold(bridge, it, stack.interfaces);
  if (mode === 'bridge')
    return element('network', {}, [
      element('name', {}, [], name),
      element('forward', { mode }),
      element('bridge', { name: bridge }),
    ]);
  const hasIpv6 = it.addresses.some(({ family }) => family === 6);
  const isIpv6On = !hasIpv6 && stack.sysctls[`net/ipv6/conf/${bridge}/disable_ipv6`] !== '1';
  const routes = stack.routes.filter(({ dev, via, metric }) => dev === bridge && via !== undefined && metric > 0);
  return element('network', isIpv6On ? { ipv6: 'yes' } : {}, [
    element('name', {}, [], name),
    ...forwardElements(network),
    element('bridge', {
      name: bridge,
      stp: it.bridge?.stp === true ? 'on' : 'off',
      delay: String(it.bridge?.forwardDelaySeconds ?? 0),
    }),
    ...(isSized ? [element('mtu', { size: String(it.mtuBytes) })] : []),
    ...(it.mac === undefined ? [] : [element('mac', { address: it.mac })]),
    ...it.addresses.map((address) =>
      element(
        'ip',
        { family: `ipv${address.family}`, address: address.address, prefix: String(address.prefixLength) },
        dhcpElements(bridge, address, stack),
      ),
    ),
    ...routes.map(({ family, to, via, metric }) =>
      element('route', {
        family: `ipv${family}`,
        address: to.slice(0, to.indexOf('/')),
        prefix: to.slice(to.indexOf('/') + 1),
        gateway: via,
        metric: metric === bornMetric ? undefined : String(metric),
      }),
    ),
  ]);
};

/** Numbers in names count as numbers: `eth10` is behind `eth2`. */
const compareNics = (a: string, b: string): number => a.length - b.length || compareText(a, b);

/** Guests with those of their interfaces that are on bridges of the host, or on its devices by macvtap. */
const pluggedGuests = (state: NetworkState, host: string, known: readonly string[]): Guests => {
  const { interfaces } = stackIn(state, host);
  const isPlugged = (tap: string): boolean =>
    interfaces[tap]?.macvlan !== undefined || interfaces[interfaces[tap]?.master ?? '']?.kind === 'bridge';
  return new Map(
    [...guestsOf(state, host, known)].flatMap(([name, nics]) => {
      const plugged = nics.filter(([, tap]) => isPlugged(tap));
      return plugged.length === 0 ? [] : [[name, plugged]];
    }),
  );
};

const interfaceElement = (
  [nic, tap]: GuestNic,
  guest: Stack,
  host: Stack,
  networkOf: (bridge: string) => string | undefined,
): ElementDraft => {
  const it = guest.interfaces[nic];
  const bridge = host.interfaces[tap]?.master ?? '';
  const macvtap = host.interfaces[tap]?.macvlan;
  const network = networkOf(bridge);
  const master = host.interfaces[bridge];
  const isSized = network !== undefined && master !== undefined && isMtuTold(bridge, master, host.interfaces);
  const below = macvtap === undefined ? undefined : host.interfaces[macvtap.link];
  const inherited = below?.mtuBytes ?? (isSized ? master.mtuBytes : 1500);
  // A tap has its network's whatever its guest's model is; some models do not tell their guests.
  const tapMtu = host.interfaces[tap]?.mtuBytes ?? inherited;
  const size = tapMtu !== inherited ? tapMtu : it === undefined || it.mtuBytes === 1500 ? undefined : it.mtuBytes;
  return {
    ...element('interface', { type: macvtap !== undefined ? 'direct' : network === undefined ? 'bridge' : 'network' }, [
      ...(it?.mac === undefined ? [] : [element('mac', { address: it.mac })]),
      macvtap !== undefined
        ? element('source', { dev: macvtap.link, mode: macvtap.mode })
        : element('source', network === undefined ? { bridge } : { network }),
      ...(isGivenOut(tap) ? [] : [element('target', { dev: tap })]),
      element('model', { type: it === undefined || it.mtuBytes === tapMtu ? 'virtio' : 'e1000' }),
      ...(size === undefined ? [] : [element('mtu', { size: String(size) })]),
      ...(host.interfaces[tap]?.port?.isolated === true ? [element('port', { isolated: 'yes' })] : []),
    ]),
    key: nic,
  };
};

const domainElement = (name: string, interfaces: readonly ElementDraft[]): ElementDraft =>
  element('domain', { type: 'kvm' }, [
    element('name', {}, [], name),
    element('memory', { unit: 'MiB' }, [], '512'),
    element('vcpu', {}, [], '1'),
    element('os', {}, [element('type', { arch: 'x86_64', machine: 'q35' }, [], 'hvm')]),
    element('devices', {}, [...interfaces, element('serial', { type: 'pty' })]),
  ]);

/** How networks are called by their bridges, where they are not called like those. */
export type NetworkNames = ReadonlyMap<string, string>;

export interface LibvirtDrafts {
  /** By bridge. */
  readonly networks: ReadonlyMap<string, ElementDraft>;
  /** By guest. */
  readonly domains: ReadonlyMap<string, ElementDraft>;
}

/** What libvirt would have for a host. `guests`: those that are domains even with nothing plugged in. */
export const draftsOf = (
  state: NetworkState,
  host: string,
  names: NetworkNames = new Map(),
  guests: readonly string[] = [],
): LibvirtDrafts => {
  const stack = stackIn(state, host);
  const present = rulesText(stack.filter);
  const nicsOf = pluggedGuests(state, host, guests);
  const networks = new Map(
    ownBridges(state, host, tapsOf(nicsOf)).map(([bridge, it]) => [
      bridge,
      networkElement(networkFor(bridge, it, stack, present), it, stack, names.get(bridge) ?? bridge),
    ]),
  );
  const networkOf = (bridge: string): string | undefined =>
    names.get(bridge) ?? (networks.has(bridge) ? bridge : undefined);
  const domains = new Map(
    [...new Set([...nicsOf.keys(), ...guests.filter((name) => Object.hasOwn(state.stacks, name))])].map((name) => [
      name,
      domainElement(
        name,
        [...(nicsOf.get(name) ?? [])]
          .sort(([a], [b]) => compareNics(a, b))
          .map((nic) => interfaceElement(nic, stackIn(state, name), stack, networkOf)),
      ),
    ]),
  );
  return { networks, domains };
};
