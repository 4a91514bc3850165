/**
 * dhcpd.conf(5) of ISC and of OpenBSD: a DHCP server on each interface that has an address in a subnet with a range, of
 * those that the program is started for. Only read.
 */
import { ip } from '../../net/address.ts';
import { containsIp, netmaskOf, printPrefix } from '../../net/prefix.ts';
import { type Stack } from '../../state/network-state.ts';
import { type DhcpServer } from '../../state/service.ts';
import { field } from '../../state/spelling.ts';
import { type ConfigText, type Dialect, type Place, type Remark } from '../dialect.ts';
import { ownEntry } from '../plain-values.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { isInterfaceName } from '../shell-commands/values.ts';
import { linesOf, placeIn, remarksOn, type Remarks } from '../text.ts';
import { parseDhcpd } from './parse.ts';
import { outermost, readStatements, type Found, type Host, type Subnet } from './subnets.ts';

const startPath = /^etc\/(?:rc\.conf\.local|default\/isc-dhcp-server)$/;
const ownPath = /^etc\/(?:dhcp3?\/)?dhcpd\.conf$/;

const resembles = (text: string): number =>
  /^[ \t]*subnet[ \t]+[\d.]+[ \t]+netmask[ \t]+[\d.]+\s*\{/m.test(text) ? 0.95 : 0;

interface Start {
  /** What it listens on; none: on all. */
  readonly interfaces: readonly string[];
  readonly isOff: boolean;
  readonly at: Place;
}

/** `dhcpd_flags="em0"` of OpenBSD, `INTERFACESv4="eth0"` of Debian. */
const startIn = (texts: readonly ConfigText[]): Start | undefined => {
  for (const { path, text } of texts)
    for (const line of linesOf(text)) {
      const value = /^\s*(?:dhcpd_flags|INTERFACES(?:v4)?)=(?:"([^"]*)"|'([^']*)'|([^\s#]*))/.exec(line.text);
      if (value === null) continue;
      const said = value[1] ?? value[2] ?? value[3] ?? '';
      const words = said.split(/\s+/).filter((word) => word !== '');
      // Words behind these options are their values.
      const interfaces = words.filter((word, index) => isInterfaceName(word) && !word.startsWith('-') && !/^-[ACcLlYy]$/.test(words[index - 1] ?? '')); // prettier-ignore
      return { interfaces: said === 'NO' ? [] : interfaces, isOff: said === 'NO', at: placeIn(path, { line: line.number }) };
    }
  return undefined;
}; // prettier-ignore

/** The interface that a subnet is on; where no addresses are known, the one that the program is started for. */
const interfaceOf = ({ block }: Subnet, start: Start | undefined, interfaces: Stack['interfaces']): string | undefined => {
  const named = start?.interfaces ?? [];
  const isHeard = (name: string): boolean => named.length === 0 || named.includes(name);
  const known = Object.entries(interfaces).find(
    ([name, { addresses }]) =>
      isHeard(name) && addresses.some(({ family, address }) => family === 4 && containsIp(block, ip(address))),
  )?.[0];
  const knowsAddresses = named.some((name) => ownEntry(interfaces, name)?.addresses.some(({ family }) => family === 4) === true);
  return known ?? (named.length === 1 && !knowsAddresses ? named[0] : undefined);
}; // prettier-ignore

const serverOn = (name: string, { block, ranges, scope }: Subnet, hosts: readonly Host[]): DhcpServer | undefined => {
  const [range] = ranges;
  if (range === undefined) return undefined;
  const { router, nameservers, search, domain, mtuBytes, leaseSeconds } = scope;
  const domains = search.length > 0 || domain === undefined ? search : [domain];
  const tellsNames = nameservers.length + domains.length > 0;
  return {
    ...{ kind: 'dhcp-server', interface: name, first: range.first, last: range.last },
    ...{ netmask: netmaskOf(block.length), leaseSeconds },
    ...field('router', router),
    ...field('resolver', tellsNames ? { nameservers, search: domains } : undefined),
    ...field('mtuBytes', mtuBytes),
    reservations: hosts
      .filter(({ address }) => containsIp(block, ip(address)))
      .map(({ mac, address, name: host }) => ({ mac, address, name: host })),
  };
};

const tellFurther = ({ ranges: [first, ...further] }: Subnet, tell: Remarks): void => {
  for (const { at } of further)
    tell('not-said', 'further-range', `of several ranges the first is taken, from ${first?.first ?? ''}`, at);
};

const read: Dialect['read'] = (texts, { stack, interfaces = {} }) => {
  const remarks: Remark[] = [];
  const start = startIn(texts.filter(({ path }) => startPath.test(path)));
  const files = texts.filter(({ path }) => !startPath.test(path));
  if (start?.isOff === true && files.length > 0) {
    remarks.push({ kind: 'ignored', code: 'inactive', message: '`dhcpd_flags=NO`: dhcpd is not started', at: start.at });
    return nothingRead(remarks);
  }
  if (start !== undefined && !start.isOff && start.interfaces.length > 0 && files.length === 0)
    remarks.push({ kind: 'not-said', code: 'no-configuration', message: 'what dhcpd serves stands in `dhcpd.conf`, which is not here', at: start.at });
  const services: DhcpServer[] = [];
  const origins: Record<string, Place> = {};
  for (const { path, text } of files) {
    const tell = remarksOn(path, remarks);
    const { statements, fault } = parseDhcpd(path, text);
    if (fault !== undefined) {
      tell('error', 'not-a-statement', 'here a brace or a semicolon is missing or one too many: dhcpd does not start', fault);
      continue;
    }
    const found: Found = { subnets: [], hosts: [] };
    readStatements(statements, outermost, found, tell);
    for (const subnet of found.subnets) {
      tellFurther(subnet, tell);
      const name = interfaceOf(subnet, start, interfaces);
      if (name === undefined) {
        if (subnet.ranges.length > 0)
          tell('not-said', 'no-interface', `no interface that dhcpd listens on is known to be in ${printPrefix(subnet.block)}`, subnet.at);
        continue;
      }
      const server = serverOn(name, subnet, found.hosts);
      if (server === undefined) continue;
      if (services.some((it) => it.interface === name)) {
        tell('not-said', 'further-range', `\`${name}\` has a range already: this one is left out`, subnet.at);
        continue;
      }
      services.push(server);
      origins[`${stack}/services/dhcp-server ${name}`] = placeIn(path, subnet.at);
    }
  }
  return services.length === 0 ? nothingRead(remarks) : readingOf(stack, { services }, remarks, origins);
}; // prettier-ignore

export const dhcpd: Dialect = {
  name: 'dhcpd',
  owns: (path) => ownPath.test(path) || startPath.test(path),
  resembles,
  read,
};
