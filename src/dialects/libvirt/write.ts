/**
 * A host's bridges as libvirt networks, with the guests on them as domains. Which forward mode a bridge has is seen from
 * the rules: those that libvirt would keep for it are there, or they are not.
 */
import { type Interface, type InterfaceAddress, type NetworkState, type Stack } from '../../state/network-state.ts';
import { normalFilter } from '../../state/normal-filter.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { compareText, field } from '../../state/spelling.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { stackIn } from '../reading.ts';
import { printXml, type ElementDraft } from '../xml/tree.ts';
import { bornMetric, type ForwardMode, type VirtualNetwork } from './networks.ts';
import { rulesOf } from './rules.ts';

const folder = 'etc/libvirt/qemu';

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

/** The first mode whose rules are all there; a bridge without any is `open` where the host forwards. */
const networkFor = (bridge: string, it: Interface, stack: Stack, present: ReadonlySet<string>): VirtualNetwork => {
  const { addresses } = it;
  const hasIpv6 = addresses.some(({ family }) => family === 6);
  for (const [mode, natsIpv6] of candidates) {
    if (natsIpv6 && !hasIpv6) continue;
    const network: VirtualNetwork = { bridge, mode, addresses, natsIpv6 };
    const wanted = [...rulesText(rulesOf([network]))];
    if (wanted.length > 0 && wanted.every((rule) => present.has(rule))) return network;
  }
  return { bridge, mode: forwards(stack) ? 'open' : 'bridge', addresses, natsIpv6: false };
};

const isMadeByLibvirt = (bridge: string, it: Interface, stack: Stack): boolean =>
  it.kind === 'bridge' &&
  stack.sysctls[`net/ipv6/conf/${bridge}/accept_ra`] === '0' &&
  stack.sysctls[`net/ipv6/conf/${bridge}/autoconf`] === '0';

const dhcpElements = (bridge: string, address: InterfaceAddress, stack: Stack): readonly ElementDraft[] =>
  stack.services.flatMap((service) => {
    if (service.kind !== 'dhcp-server' || service.interface !== bridge || address.family !== 4) return [];
    return [
      element('dhcp', {}, [
        element('range', { start: service.first, end: service.last }),
        ...service.reservations.map(({ mac, address: ip, name }) =>
          element('host', { mac, ...field('name', name === '' ? undefined : name), ip }),
        ),
      ]),
    ];
  });

const forwardElements = ({ mode, natsIpv6 }: VirtualNetwork): readonly ElementDraft[] =>
  mode === 'isolated' ? [] : [element('forward', { mode }, natsIpv6 ? [element('nat', { ipv6: 'yes' })] : [])];

const networkElement = (network: VirtualNetwork, it: Interface, stack: Stack): ElementDraft => {
  const { bridge, mode } = network;
  if (mode === 'bridge')
    return element('network', {}, [
      element('name', {}, [], bridge),
      element('forward', { mode }),
      element('bridge', { name: bridge }),
    ]);
  const hasIpv6 = it.addresses.some(({ family }) => family === 6);
  const isIpv6On = !hasIpv6 && stack.sysctls[`net/ipv6/conf/${bridge}/disable_ipv6`] !== '1';
  const routes = stack.routes.filter(({ dev, via, metric }) => dev === bridge && via !== undefined && metric > 0);
  return element('network', isIpv6On ? { ipv6: 'yes' } : {}, [
    element('name', {}, [], bridge),
    ...forwardElements(network),
    element('bridge', {
      name: bridge,
      stp: it.bridge?.stp === true ? 'on' : 'off',
      delay: String(it.bridge?.forwardDelaySeconds ?? 0),
    }),
    ...(it.mtuBytes === 1500 ? [] : [element('mtu', { size: String(it.mtuBytes) })]),
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

/** Guests: stacks that have a cable to a port of one of this host's bridges. */
const guestsOf = (
  state: NetworkState,
  host: string,
): ReadonlyMap<string, readonly (readonly [nic: string, tap: string])[]> => {
  const stack = stackIn(state, host);
  const guests = new Map<string, (readonly [string, string])[]>();
  for (const { a, b } of state.cables) {
    const [own, far] = a.stack === host ? [a, b] : [b, a];
    const tap = stack.interfaces[own.interface];
    if (own.stack !== host || tap?.master === undefined || stack.interfaces[tap.master]?.kind !== 'bridge') continue;
    guests.set(far.stack, [...(guests.get(far.stack) ?? []), [far.interface, own.interface]]);
  }
  return guests;
};

const domainElement = (
  name: string,
  nics: readonly (readonly [nic: string, tap: string])[],
  guest: Stack,
  host: Stack,
  own: ReadonlySet<string>,
): ElementDraft =>
  element('domain', { type: 'kvm' }, [
    element('name', {}, [], name),
    element('memory', { unit: 'MiB' }, [], '512'),
    element('vcpu', {}, [], '1'),
    element('os', {}, [element('type', { arch: 'x86_64', machine: 'q35' }, [], 'hvm')]),
    element('devices', {}, [
      ...[...nics]
        .sort(([a], [b]) => compareText(a, b))
        .map(([nic, tap]) => {
          const it = guest.interfaces[nic];
          const bridge = host.interfaces[tap]?.master ?? '';
          const isNetwork = own.has(bridge);
          return element('interface', { type: isNetwork ? 'network' : 'bridge' }, [
            ...(it?.mac === undefined ? [] : [element('mac', { address: it.mac })]),
            element('source', isNetwork ? { network: bridge } : { bridge }),
            ...(/^(vnet|vif|macvtap)\d/.test(tap) ? [] : [element('target', { dev: tap })]),
            element('model', { type: 'virtio' }),
            ...(it === undefined || it.mtuBytes === 1500 ? [] : [element('mtu', { size: String(it.mtuBytes) })]),
          ]);
        }),
      element('serial', { type: 'pty' }),
    ]),
  ]);

const omissionsOf = (
  host: string,
  stack: Stack,
  own: ReadonlySet<string>,
  taps: ReadonlySet<string>,
): readonly Omission[] => {
  const omissions: Omission[] = [];
  const omit = (what: string, why: string): void => void omissions.push({ stack: host, what, why });
  for (const [name, it] of Object.entries(stack.interfaces))
    if (!own.has(name) && !taps.has(name) && it.kind !== 'loopback' && !(it.kind === 'bridge'))
      omit(`interfaces/${name}`, 'libvirt configures its own bridges alone');
    else if (!own.has(name) && it.kind === 'bridge' && it.addresses.length > 0)
      omit(`interfaces/${name}`, 'this bridge is the host’s: its addresses belong into the host’s own files');
  for (const { to, dev, metric } of stack.routes)
    if (metric === 0) omit(`routes/${to}`, 'libvirt gives every route a metric');
    else if (dev === undefined || !own.has(dev)) omit(`routes/${to}`, 'libvirt has routes by its own bridges alone');
  return omissions;
};

export const writeLibvirt = (state: NetworkState, host: string): Writing => {
  const stack = stackIn(state, host);
  const present = rulesText(stack.filter);
  const bridges = Object.entries(stack.interfaces).filter(([, it]) => it.kind === 'bridge');
  const own = new Set(bridges.filter(([name, it]) => isMadeByLibvirt(name, it, stack)).map(([name]) => name));
  const guests = guestsOf(state, host);
  const taps = new Set([...guests.values()].flatMap((nics) => nics.map(([, tap]) => tap)));
  const files: ConfigText[] = bridges.flatMap(([name, it]) =>
    own.has(name)
      ? [
          {
            path: `${folder}/networks/${name}.xml`,
            text: printXml(networkElement(networkFor(name, it, stack, present), it, stack)),
          },
        ]
      : [],
  );
  for (const [name, nics] of guests)
    files.push({
      path: `${folder}/${name}.xml`,
      text: printXml(domainElement(name, nics, stackIn(state, name), stack, own)),
    });
  return { files, omissions: omissionsOf(host, stack, own, taps) };
};
