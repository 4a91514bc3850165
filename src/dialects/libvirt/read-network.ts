/**
 * A virtual network as libvirt brings it about on the host: bridge, addresses, forwarding, dnsmasq, and the rules in its
 * own chains (formatnetwork.html of libvirt; src/network/bridge_driver*.c says what is done).
 */
import { type Family } from '../../net/address.ts';
import { type BridgeSettings, type InterfaceAddress } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { networkOf, printPrefix } from '../../net/prefix.ts';
import { addRoute, addService, interfaceIn, setSysctl, type Draft } from '../draft.ts';
import { isInterfaceName, ownEntry, readAddress, readInteger, readMac } from '../plain-values.ts';
import { attributeOf, childOf, childrenOf, type Element } from '../xml/tree.ts';
import { advertisedPrefixes, readDhcp } from './read-dhcp.ts';
import { bornMetric, macvtapModeOf, type DirectSource, type ForwardMode, type VirtualNetwork } from './networks.ts';

/** How long a netmask is; undefined where it is none. */
export const netmaskLength = (mask: string): number | undefined => {
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
  const length = prefix !== undefined ? readInteger(prefix, 0, bits) : mask !== undefined ? netmaskLength(mask) : born;
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

/** The one device that is forwarded by, and the addresses that guests are seen with. */
const readForward = (network: Element, draft: Draft): Pick<VirtualNetwork, 'device' | 'translated'> => {
  const forward = childOf(network, 'forward');
  const device = attributeOf(forward, 'dev') ?? attributeOf(childOf(forward, 'interface'), 'dev');
  const nat = childOf(forward, 'nat');
  const range = childOf(nat, 'address');
  const first = readAddress(attributeOf(range, 'start') ?? '')?.address;
  const last = readAddress(attributeOf(range, 'end') ?? '')?.address;
  const ports = childOf(nat, 'port');
  if (ports !== undefined)
    draft.tell(
      'not-said',
      'no-words-for',
      'the ports that translated packets get have no place in the model',
      ports.at,
    );
  return {
    ...field('device', device === '' ? undefined : device),
    ...field('translated', first === undefined ? undefined : { first, last: last ?? first }),
  };
};

const knownElements = new Set([
  'name', 'uuid', 'forward', 'bridge', 'mac', 'ip', 'route', 'dns', 'domain', 'mtu', 'metadata', 'title', 'description', 'port',
]); // prettier-ignore

/** The devices that guests of a network are put on by macvtap. */
export const directSourceOf = (network: Element): DirectSource | undefined => {
  const forward = childOf(network, 'forward');
  const mode = macvtapModeOf(attributeOf(forward, 'mode') ?? '');
  const said = [forward, ...childrenOf(forward, 'interface')].flatMap((element) => attributeOf(element, 'dev') ?? []);
  const devices = [...new Set(said)].filter(isInterfaceName);
  return mode === undefined || devices.length === 0 ? undefined : { mode, devices };
};

export const tellOthers = (network: Element, mode: ForwardMode, draft: Draft): void => {
  for (const child of network.children) {
    if (['bandwidth', 'vlan', 'virtualport', 'portgroup'].includes(child.name))
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
  if (mode === 'direct' && directSourceOf(network) === undefined)
    draft.tell(
      'not-said',
      'no-words-for',
      'a network that gives whole devices of the host to guests has no place in the model; its guests are taken as unplugged',
      network.at,
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
    readDhcp(name, element, address, mode, draft);
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
  if (mtu !== undefined) draft.sized.add(name);
  const has = (family: Family): boolean => addresses.some((address) => address.family === family);
  setIpv6(name, network, has(6), draft);
  if (mode !== 'isolated') {
    if (has(4)) setSysctl(draft, 'net/ipv4/ip_forward', '1', network.at);
    if (has(6)) setSysctl(draft, 'net/ipv6/conf/all/forwarding', '1', network.at);
  }
  if (has(6))
    addService(
      draft,
      {
        kind: 'router-advertiser',
        interface: name,
        prefixes: advertisedPrefixes(network, addresses),
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
    ...readForward(network, draft),
    ...(attributeOf(childOf(network, 'port'), 'isolated') === 'yes' ? { isIsolated: true } : {}),
    ...field('mtuBytes', mtu),
  };
};
