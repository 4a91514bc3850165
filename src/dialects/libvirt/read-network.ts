/**
 * A virtual network as libvirt brings it about on the host: bridge, addresses, forwarding, dnsmasq, and the rules in its
 * own chains (formatnetwork.html of libvirt; src/network/bridge_driver*.c says what is done).
 */
import { type Family } from '../../net/address.ts';
import { type BridgeSettings, type InterfaceAddress } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { netmaskOf, networkOf, printPrefix } from '../../net/prefix.ts';
import { addRoute, addService, interfaceIn, setSysctl, type Draft } from '../draft.ts';
import { ownEntry, readAddress, readInteger, readMac } from '../plain-values.ts';
import { attributeOf, childOf, childrenOf, type Element } from '../xml/tree.ts';
import { bornMetric, type ForwardMode, type VirtualNetwork } from './networks.ts';

/** How long a netmask is; undefined where it is none. */
const lengthOf = (mask: string): number | undefined => {
  const bytes = mask.split('.').map((part) => readInteger(part, 0, 255));
  if (bytes.length !== 4 || bytes.some((byte) => byte === undefined)) return undefined;
  const bits = bytes.map((byte) => (byte ?? 0).toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
};

/** The length that an address without mask had when there were classes. */
const classLength = (address: string): number => {
  const first = Number(address.split('.')[0]);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
};

const addressIn = (element: Element, draft: Draft): InterfaceAddress | undefined => {
  const text = attributeOf(element, 'address') ?? '';
  const address = readAddress(text);
  if (address === undefined) {
    draft.tell('error', 'bad-value', `\`${text}\` is not an address; libvirt refuses the network`, element.at);
    return undefined;
  }
  const mask = attributeOf(element, 'netmask');
  const prefix = attributeOf(element, 'prefix');
  const bits = address.family === 4 ? 32 : 128;
  const born = address.family === 4 ? classLength(address.address) : 64;
  const length = prefix !== undefined ? readInteger(prefix, 0, bits) : mask !== undefined ? lengthOf(mask) : born;
  if (length === undefined) {
    draft.tell(
      'error',
      'bad-value',
      `\`${prefix ?? mask ?? ''}\` is neither a prefix length nor a netmask`,
      element.at,
    );
    return undefined;
  }
  return { ...address, prefixLength: length };
};

/** STP is on unless switched off; the kernel lengthens a delay of 0 to 2 s where it is on. */
const bridgeOf = (bridge: Element | undefined, draft: Draft): BridgeSettings => {
  const stp = attributeOf(bridge, 'stp') !== 'off';
  const said = attributeOf(bridge, 'delay');
  const delay = said === undefined ? 0 : (readInteger(said, 0, 255) ?? 0);
  if (attributeOf(bridge, 'macTableManager') === 'libvirt')
    draft.tell(
      'not-said',
      'no-words-for',
      'a MAC table that libvirt fills has no place in the model',
      bridge?.at ?? { path: '', line: 1, column: 1 },
    );
  return { stp, forwardDelaySeconds: stp ? Math.max(2, Math.min(30, delay)) : Math.min(30, delay) };
};

const served = (name: string, element: Element, address: InterfaceAddress, draft: Draft): void => {
  const dhcp = childOf(element, 'dhcp');
  if (dhcp === undefined) return;
  if (address.family === 6) {
    draft.tell('not-said', 'dhcpv6', 'addresses by DHCPv6 have no place in the model', dhcp.at);
    return;
  }
  const [range, ...others] = childrenOf(dhcp, 'range');
  for (const other of others) draft.tell('not-said', 'no-words-for', 'only the first range is in the model', other.at);
  const hosts = childrenOf(dhcp, 'host').flatMap((host) => {
    const mac = readMac(attributeOf(host, 'mac') ?? '');
    const lease = readAddress(attributeOf(host, 'ip') ?? '');
    return mac === undefined || lease === undefined
      ? []
      : [{ mac, address: lease.address, name: attributeOf(host, 'name') ?? '' }];
  });
  const first = readAddress(attributeOf(range, 'start') ?? '')?.address;
  const last = readAddress(attributeOf(range, 'end') ?? '')?.address;
  if (range !== undefined && (first === undefined || last === undefined)) {
    draft.tell('error', 'bad-value', 'a range needs `start` and `end`; libvirt refuses the network', range.at);
    return;
  }
  const [anchor] = hosts;
  if (first === undefined && anchor === undefined) return;
  addService(
    draft,
    {
      kind: 'dhcp-server',
      interface: name,
      first: first ?? anchor?.address ?? address.address,
      last: last ?? hosts.at(-1)?.address ?? address.address,
      netmask: netmaskOf(address.prefixLength),
      router: address.address,
      leaseSeconds: 3600,
      reservations: hosts,
    },
    dhcp.at,
  );
};

const forwardModes: Readonly<Record<string, ForwardMode>> = {
  nat: 'nat', route: 'route', open: 'open', bridge: 'bridge', private: 'direct', vepa: 'direct', passthrough: 'direct',
  hostdev: 'direct',
}; // prettier-ignore

export const modeOf = (network: Element, draft: Draft): ForwardMode => {
  const forward = childOf(network, 'forward');
  const mode = attributeOf(forward, 'mode') ?? 'nat';
  if (forward === undefined || mode === 'none') return 'isolated';
  const known = ownEntry(forwardModes, mode);
  if (known === undefined)
    draft.tell('error', 'bad-value', `\`${mode}\` is no forward mode; libvirt refuses the network`, forward.at);
  if (mode === 'bridge' && childOf(network, 'bridge') === undefined) return 'direct';
  return known ?? 'isolated';
};

const knownElements = new Set([
  'name', 'uuid', 'forward', 'bridge', 'mac', 'ip', 'route', 'dns', 'domain', 'mtu', 'metadata', 'title', 'description',
]); // prettier-ignore

export const tellOthers = (network: Element, mode: ForwardMode, draft: Draft): void => {
  for (const child of network.children) {
    if (['bandwidth', 'vlan', 'virtualport', 'portgroup', 'port'].includes(child.name))
      draft.tell('not-said', 'no-words-for', `<${child.name}> has no place in the model`, child.at);
    else if (child.name === 'dnsmasq:options' && network.attributes.has('xmlns:dnsmasq'))
      draft.tell(
        'not-said',
        'no-words-for',
        'options that dnsmasq is given as they are have no place in the model',
        child.at,
      );
    else if (!knownElements.has(child.name))
      draft.tell(
        'ignored',
        'unknown-element',
        `libvirt ignores <${child.name}> in silence`,
        child.at,
        'define it with `virsh net-define --validate`',
      );
  }
  if (mode === 'direct')
    draft.tell(
      'not-said',
      'no-words-for',
      'a network that passes a device of the host through to guests has no place in the model',
      network.at,
    );
  const forward = childOf(network, 'forward');
  if (attributeOf(forward, 'dev') !== undefined && forward !== undefined)
    draft.tell(
      'not-said',
      'no-words-for',
      'forwarding by one device alone is not in the model: rules are read without it',
      forward.at,
    );
};

/** IPv6 is off on a bridge without IPv6 addresses, unless asked for (networkSetIPv6Sysctls). */
const setIpv6 = (name: string, network: Element, hasIpv6: boolean, draft: Draft): void => {
  if (!hasIpv6 && attributeOf(network, 'ipv6') !== 'yes')
    setSysctl(draft, `net/ipv6/conf/${name}/disable_ipv6`, '1', network.at);
  setSysctl(draft, `net/ipv6/conf/${name}/accept_ra`, '0', network.at);
  setSysctl(draft, `net/ipv6/conf/${name}/autoconf`, '0', network.at);
};

const readRoutes = (name: string, network: Element, draft: Draft): void => {
  for (const route of childrenOf(network, 'route')) {
    const address = addressIn(route, draft);
    const via = readAddress(attributeOf(route, 'gateway') ?? '');
    if (address === undefined || via === undefined) continue;
    const metric = readInteger(attributeOf(route, 'metric') ?? '', 1, 4294967295);
    addRoute(
      draft,
      {
        family: address.family,
        to: printPrefix(networkOf(address.address, address.prefixLength)),
        type: 'unicast',
        via: via.address,
        dev: name,
        metric: metric ?? bornMetric,
        table: 254,
      },
      route.at,
    );
  }
};

/** `name`: of the bridge. What libvirt makes of a network that has a bridge of its own. */
export const readOwnNetwork = (name: string, network: Element, mode: ForwardMode, draft: Draft): VirtualNetwork => {
  const bridge = childOf(network, 'bridge');
  const addresses = childrenOf(network, 'ip').flatMap((element) => {
    const address = addressIn(element, draft);
    if (address === undefined) return [];
    draft.origins[`${draft.stack}/interfaces/${name}/addresses/${address.address}`] = element.at;
    served(name, element, address, draft);
    return [address];
  });
  const mtu = readInteger(attributeOf(childOf(network, 'mtu'), 'size') ?? '', 68, 65535);
  const mac = readMac(attributeOf(childOf(network, 'mac'), 'address') ?? '');
  Object.assign(interfaceIn(draft, name, bridge?.at ?? network.at), {
    kind: 'bridge',
    bridge: bridgeOf(bridge, draft),
    addresses,
    ...field('mtuBytes', mtu),
    ...field('mac', mac),
  });
  const has = (family: Family): boolean => addresses.some((address) => address.family === family);
  setIpv6(name, network, has(6), draft);
  if (mode !== 'isolated') {
    if (has(4)) setSysctl(draft, 'net/ipv4/ip_forward', '1', network.at);
    if (has(6)) setSysctl(draft, 'net/ipv6/conf/all/forwarding', '1', network.at);
  }
  const six = addresses.filter(({ family }) => family === 6);
  if (six.length > 0)
    addService(
      draft,
      {
        kind: 'router-advertiser',
        interface: name,
        prefixes: six.map(({ address, prefixLength }) => printPrefix(networkOf(address, prefixLength))),
        isDefaultRouter: mode !== 'isolated',
      },
      network.at,
    );
  readRoutes(name, network, draft);
  tellOthers(network, mode, draft);
  return {
    bridge: name,
    mode,
    addresses,
    natsIpv6: attributeOf(childOf(childOf(network, 'forward'), 'nat'), 'ipv6') === 'yes',
  };
};
