/**
 * Where dnsmasq serves: on interfaces with an address in a range, of those that `interface=` and `listen-address=` name, or
 * of all where neither is there, without those of `except-interface=` and `no-dhcp-interface=` (`iface_check` of network.c).
 * Files of other programs say the addresses; without them the lines of this one are all there is.
 */
import { ip, parseIp, printIp, type Ip } from '../../net/address.ts';
import { containsIp, netmaskOf, networkOf, prefixOf } from '../../net/prefix.ts';
import { type Stack } from '../../state/network-state.ts';
import { partsOf, type Option } from './option-lines.ts';

export interface Listening {
  /** Patterns: a `*` at their end stands for anything. */
  readonly named: readonly string[];
  readonly addresses: readonly string[];
  readonly excluded: readonly string[];
}

const valuesOf = (options: readonly Option[], ...names: readonly string[]): readonly string[] =>
  options.flatMap(({ name, value }) =>
    names.includes(name) ? partsOf(value ?? '').filter((part) => part !== '') : [],
  );

export const listeningOf = (options: readonly Option[]): Listening => ({
  named: valuesOf(options, 'interface'),
  addresses: valuesOf(options, 'listen-address').map((text) => {
    const address = parseIp(text);
    return address === undefined ? text : printIp(address);
  }),
  excluded: valuesOf(options, 'except-interface', 'no-dhcp-interface', 'no-dhcpv4-interface'),
});

const isLike = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

const isServed = ({ named, addresses, excluded }: Listening, name: string, own: Stack['interfaces'][string]): boolean =>
  !excluded.some((pattern) => isLike(pattern, name)) &&
  ((named.length === 0 && addresses.length === 0) ||
    named.some((pattern) => isLike(pattern, name)) ||
    own.addresses.some(({ address }) => addresses.includes(address)));

/** The one interface that these lines leave, where they leave one. */
const onlyNamed = ({ named, excluded }: Listening): string | undefined => {
  const left = [...new Set(named)].filter(
    (name) => name !== 'lo' && !name.includes('*') && !excluded.some((pattern) => isLike(pattern, name)),
  );
  return left.length === 1 && !named.some((name) => name.includes('*')) ? left[0] : undefined;
};

export interface Served {
  readonly name: string;
  /** dnsmasq's own address in the subnet, and its length; where the addresses of the machine are known. */
  readonly own?: { readonly address: string; readonly prefixLength: number };
  /** The label of the range is the name of an interface: taken for where it is served. */
  readonly byLabel?: true;
}

export type Placement =
  | { readonly kind: 'served'; readonly served: Served }
  /** An interface has the subnet, and these lines leave it out. */
  | { readonly kind: 'left-out'; readonly name: string }
  | { readonly kind: 'unknown' };

interface Wanted {
  readonly first: Ip;
  readonly label: string | undefined;
  readonly conditions: readonly string[];
}

/** What kernel, udev and hypervisors call interfaces. */
const usualName = /^(?:eth|en[ospx]|wlan|wl[ospx]|br|bond|usb|virbr|vmbr|lxcbr|vlan|tap|uap|ap)-?\w*\d[\w.]*$/;

/** `known`: the interfaces of the machine, where other files of it were read; dnsmasq itself asks the kernel. */
export const placeRange = (wanted: Wanted, listening: Listening, known: Stack['interfaces']): Placement => {
  const { first, label, conditions } = wanted;
  const byTag = conditions.find((tag) => !/^[!#]/.test(tag));
  let leftOut: string | undefined;
  for (const [name, its] of Object.entries(known))
    for (const { family, address, prefixLength } of its.addresses) {
      if (family !== first.family || !containsIp(networkOf(address, prefixLength), first)) continue;
      if (byTag !== undefined && byTag !== name) continue;
      if (isServed(listening, name, its)) return { kind: 'served', served: { name, own: { address, prefixLength } } };
      leftOut ??= name;
    }
  if (leftOut !== undefined) return { kind: 'left-out', name: leftOut };
  const { named, addresses, excluded } = listening;
  if (byTag !== undefined && excluded.some((pattern) => isLike(pattern, byTag)))
    return { kind: 'left-out', name: byTag };
  if (byTag !== undefined && addresses.length === 0 && named.length > 0 && !named.some((one) => isLike(one, byTag)))
    return { kind: 'left-out', name: byTag };
  const only = byTag ?? onlyNamed(listening);
  if (only !== undefined) return { kind: 'served', served: { name: only } };
  const labelled = label?.replace(/^interface:/, '');
  const isName =
    labelled !== undefined &&
    (named.includes(labelled) ||
      Object.hasOwn(known, labelled) ||
      (named.length === 0 && (labelled !== label || usualName.test(labelled))));
  if (isName && !excluded.some((pattern) => isLike(pattern, labelled)))
    return { kind: 'served', served: { name: labelled, byLabel: true } };
  return { kind: 'unknown' };
};

/** Where neither file nor interface says a netmask: that of the smallest subnet, of 24 bits at most, with both in it. */
export const likelyNetmask = (first: Ip, last: Ip): string => {
  for (let length = 24; length > 0; length -= 1)
    if (containsIp(prefixOf(first, length), last)) return netmaskOf(length);
  return netmaskOf(0);
};

export const lengthOf = (netmask: string): number => ip(netmask).value.toString(2).replaceAll('0', '').length;
