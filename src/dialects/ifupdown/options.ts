/** Options of `iface` stanzas: which ones somebody reads, what they are in the environment of hooks, and their values. */
import { type Place } from '../dialect.ts';
import { commandNames, type Option } from './parse.ts';

/** One `iface` with the options that it inherits in front of its own. */
export interface Iface {
  /** As it is called in the file: `eth0:1` for an alias. */
  readonly name: string;
  readonly family: string;
  readonly method: string;
  readonly at: Place;
  readonly options: readonly Option[];
}

/** Hyphens and underscores are one in the environment, and scripts read nothing else. */
export const plainName = (name: string): string => name.replaceAll('_', '-').toLowerCase();

export const optionsNamed = ({ options }: Iface, name: string): readonly Option[] =>
  options.filter((option) => plainName(option.name) === name);

export const optionNamed = (iface: Iface, ...names: readonly string[]): Option | undefined => {
  for (const name of names) {
    const found = optionsNamed(iface, name)[0];
    if (found !== undefined) return found;
  }
  return undefined;
};

export const valueNamed = (iface: Iface, ...names: readonly string[]): string | undefined =>
  optionNamed(iface, ...names)?.value;

/** Values of an option that may be said on several lines. */
export const listNamed = (iface: Iface, ...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => optionsNamed(iface, name)).flatMap(({ value }) => value.split(/[\s,]+/).filter(Boolean));

/** What commands and hooks see (interfaces(5), ENVIRONMENT VARIABLES). */
export const environmentOf = (iface: Iface): Readonly<Record<string, string>> => {
  const variables: Record<string, string> = {
    IFACE: iface.name,
    LOGICAL: iface.name,
    ADDRFAM: iface.family,
    METHOD: iface.method,
    MODE: 'start',
    PHASE: 'post-up',
    VERBOSITY: '0',
  };
  for (const { name, value } of iface.options) {
    if (commandNames.has(name)) continue;
    const key = `IF_${name
      .toUpperCase()
      .replaceAll('-', '_')
      .replaceAll(/[^A-Z0-9_]/g, '')}`;
    variables[key] = variables[key] === undefined ? value : `${variables[key]}\n${value}`;
  }
  return variables;
};

/** Options that may stand on several lines, which are joined. */
const lists =
  /^(?:bridge-(?:ports|vids|portprio|pathcost|waitport|allow-untagged)|bond-(?:slaves|primary|arp-ip-target)|slaves|dns-(?:nameservers?|search)|up|down|pre-up|post-down|post-up|pre-down)$/;

/** Read by the methods of ifupdown, by the hooks of bridge-utils, vlan, ifenslave, resolvconf, or by this reader's model of ifupdown2. */
const known =
  /^(?:address|netmask|broadcast|network|metric|gateway|pointopoint|hwaddress|hw-mac-address|mtu|scope|hostname|leasehours|leasetime|vendor|client|client-id|endpoint|dstaddr|local|mode|key|ttl|tos|media|accept-ra|autoconf|privext|preferred-lifetime|dad-attempts|dad-interval|dhcp|request-prefix|ll-attempts|ll-interval|description|provider|unit|options|bootfile|server|hwaddr|ip-rp-filter|ip-proxy-arp|vlan-raw-device|vlan-id|vrf|vrf-table|slaves|bridge-(?:ports|ageing|bridgeprio|fd|gcint|hello|hw|maxage|maxwait|pathcost|portprio|stp|vlan-aware|waitport|vids|pvid|access|allow-untagged|mcsnoop|mcquerier)|bond-.*|dns-(?:nameservers?|search|domain|sortlist|options))$/;

/** Read by other packages; not about who reaches whom, or not modelled. */
const elsewhere =
  /^(?:wireless-.*|wpa-.*|ethtool-.*|link-.*|ethernet-.*|hardware-.*|offload-.*|metric-.*|firewall.*|ovs-.*|tunnel-.*|vxlan-.*|ppp-.*|mstpctl-.*|openvpn|udev|resolvconf-.*|post-up-.*)$/;

export const isKnownOption = (name: string): boolean => known.test(plainName(name)) || commandNames.has(name);
export const isElsewhere = (name: string): boolean => elsewhere.test(plainName(name));
export const isList = (name: string): boolean => lists.test(plainName(name));
