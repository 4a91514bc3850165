/**
 * dnsmasq.conf(5) and dnsmasq.d: the DHCP servers that it makes, one for each range, on the interface that the range
 * belongs to. Ranges say no interface: it is the one whose subnet holds them, or the only one that is named.
 */
import { ip, parseIp, printIp } from '../../net/address.ts';
import { containsIp, networkOf, prefixOf } from '../../net/prefix.ts';
import { parseMac } from '../../net/mac.ts';
import { type DhcpServer } from '../../state/service.ts';
import { type Stack } from '../../state/network-state.ts';
import { type Dialect, type Place, type Remark, type Writing } from '../dialect.ts';
import { nothingRead, readingOf, stackIn } from '../reading.ts';
import { linesOf, placeIn, remarksOn, type Line, type Remarks } from '../text.ts';
import { leaseSeconds, partsOf, tagOf } from './values.ts';

const mainPath = 'etc/dnsmasq.conf';
const folder = /^etc\/dnsmasq\.d\/[^/]+$/;
/** Names that dnsmasq passes over in its folder, as Debian starts it. */
const passedOver = /\.dpkg-(?:dist|old|new|bak)$|~$|^\.|^#.*#$/;

interface Option {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

const optionIn = ({ number, text }: Line): Option | undefined => {
  const whole = text.replace(/\s+#.*$/, '').trim();
  if (whole === '' || whole.startsWith('#')) return undefined;
  const at = whole.indexOf('=');
  const name = (at < 0 ? whole : whole.slice(0, at)).trim();
  const value = at < 0 ? '' : whole.slice(at + 1).trim();
  return { name, value, line: number, column: text.length - text.trimStart().length + 1 };
};

const knownWords =
  /^(?:interface|except-interface|dhcp-range|dhcp-host|dhcp-option|bind-interfaces|bind-dynamic|listen-address|no-resolv|server|domain|port|no-hosts|expand-hosts|dhcp-authoritative|domain-needed|bogus-priv|enable-ra|conf-dir|local|address|addn-hosts|dhcp-leasefile|log-queries|log-dhcp|cache-size|strict-order|resolv-file|no-dhcp-interface)$/;

const resembles = (text: string): number => {
  const options = linesOf(text).flatMap((line) => optionIn(line) ?? []);
  const like = options.filter(({ name }) => knownWords.test(name));
  const isSure = options.some(
    ({ name }) => name === 'dhcp-range' || name === 'bind-interfaces' || name === 'except-interface',
  );
  return options.length === 0 ? 0 : (like.length / options.length) * (isSure ? 0.95 : 0.6);
};

interface Range {
  readonly first: string;
  readonly last: string;
  readonly netmask: string | undefined;
  readonly leaseSeconds: number;
  /** Requests that come in by an interface have its name as a tag. */
  readonly tag: string | undefined;
  readonly place: Place;
}

interface Draft {
  readonly interfaces: string[];
  readonly ranges: Range[];
  readonly hosts: { readonly mac: string; readonly address: string; readonly name: string }[];
  readonly routers: { readonly tag: string | undefined; readonly address: string | undefined }[];
}

/** An hour: what dnsmasq gives where nothing is said. */
const usualLeaseSeconds = 3600;

const readRange = (option: Option, path: string, draft: Draft, tell: Remarks): void => {
  const parts = partsOf(option.value);
  const tags = parts.filter((part) => /^(?:tag|set):/.test(part));
  const values = parts.filter((part) => !/^(?:tag|set):/.test(part));
  const [start = '', end = '', ...rest] = values;
  // One address is a range too.
  const isSingle = end === '' || leaseSeconds(end) !== undefined;
  const [first, last] = [parseIp(start), parseIp(isSingle ? start : end)];
  if (first?.family === 6 || start.startsWith('::') || start.includes('constructor:')) {
    tell('not-said', 'dhcpv6', 'addresses by DHCPv6 and router advertisements of dnsmasq are not modelled', option);
    return;
  }
  if (first === undefined) {
    tell('error', 'not-an-address', `\`${start}\` is not an IPv4 address`, option);
    return;
  }
  if (last?.family !== 4) {
    const isMode = /^(?:static|proxy)$/.test(end);
    tell(
      isMode ? 'not-said' : 'error',
      isMode ? 'mode' : 'not-an-address',
      `\`${end}\` ${isMode ? 'is a mode that the model has no words for' : 'is not an IPv4 address'}`,
      option,
    );
    return;
  }
  if (last.value < first.value) {
    tell('error', 'empty-range', `the range ends before it begins: ${start}, ${end}`, option);
    return;
  }
  const settings = isSingle && end !== '' ? [end, ...rest] : rest;
  const masks = settings.filter((part) => parseIp(part)?.family === 4);
  const lease = settings.map(leaseSeconds).find((seconds) => seconds !== undefined);
  const odd = settings.find((part) => parseIp(part) === undefined && leaseSeconds(part) === undefined);
  if (odd !== undefined) tell('not-said', 'mode', `\`${odd}\` of a range is not modelled`, option);
  draft.ranges.push({
    first: printIp(first),
    last: printIp(last),
    netmask: masks[0],
    leaseSeconds: lease ?? usualLeaseSeconds,
    tag: tags.map(tagOf).find((tag) => tag !== undefined),
    place: placeIn(path, option),
  });
};

const readHost = (option: Option, draft: Draft, tell: Remarks): void => {
  const parts = partsOf(option.value);
  const mac = parts.map((part) => parseMac(part)).find((found) => found !== undefined);
  const address = parts.find((part) => parseIp(part)?.family === 4);
  const plain = parts.filter(
    (part) =>
      parseMac(part) === undefined &&
      parseIp(part) === undefined &&
      leaseSeconds(part) === undefined &&
      !part.includes(':') &&
      !part.startsWith('['),
  );
  if (mac === undefined || address === undefined) {
    tell('not-said', 'host', `\`dhcp-host=${option.value}\` keeps no address for a MAC address`, option);
    return;
  }
  draft.hosts.push({ mac, address, name: plain[0] ?? '' });
};

const readDhcpOption = (option: Option, draft: Draft, tell: Remarks): void => {
  const parts = partsOf(option.value);
  const tag = parts.map(tagOf).find((found) => found !== undefined);
  const [code = '', ...values] = parts.filter((part) => tagOf(part) === undefined);
  if (code !== '3' && code !== 'option:router') {
    const isResolver = code === '6' || code === 'option:dns-server';
    if (!isResolver) tell('not-said', 'dhcp-option', `the option \`${code}\` is not modelled`, option);
    return;
  }
  draft.routers.push({ tag, address: values[0] });
};

const readOption = (option: Option, path: string, draft: Draft, tell: Remarks): void => {
  switch (option.name) {
    case 'interface':
      draft.interfaces.push(...partsOf(option.value));
      return;
    case 'dhcp-range':
      readRange(option, path, draft, tell);
      return;
    case 'dhcp-host':
      readHost(option, draft, tell);
      return;
    case 'dhcp-option':
    case 'dhcp-option-force':
      readDhcpOption(option, draft, tell);
      return;
    case 'enable-ra':
    case 'ra-param':
      tell('not-said', 'router-advertisements', 'router advertisements of dnsmasq are not modelled', option);
      return;
    default:
      // How names are answered decides nothing about who reaches whom.
      return;
  }
};

const usualMask = (address: string): string => {
  const value = ip(address).value;
  const length = value >> 31n === 0n ? 8 : value >> 30n === 2n ? 16 : 24;
  return printIp({ family: 4, value: ((1n << BigInt(length)) - 1n) << BigInt(32 - length) });
};

const lengthOf = (netmask: string): number => ip(netmask).value.toString(2).replaceAll('0', '').length;

interface Served {
  readonly name: string;
  readonly netmask: string | undefined;
  readonly own: string | undefined;
}

/** `known`: the interfaces of the machine, where other files of it were read; dnsmasq itself asks the kernel. */
const placeOfRange = (range: Range, { interfaces }: Draft, known: Stack['interfaces']): Served | undefined => {
  const first = ip(range.first);
  for (const [name, { addresses }] of Object.entries(known))
    for (const { family, address, prefixLength } of addresses)
      if (family === 4 && containsIp(networkOf(address, prefixLength), first)) {
        const mask = (((1n << BigInt(prefixLength)) - 1n) << BigInt(32 - prefixLength)) & 0xffffffffn;
        return { name, netmask: printIp({ family: 4, value: mask }), own: address };
      }
  const name = range.tag ?? (interfaces.length === 1 ? interfaces[0] : undefined);
  return name === undefined ? undefined : { name, netmask: undefined, own: undefined };
};

const serverOf = (range: Range, served: Served, draft: Draft): DhcpServer => {
  const netmask = range.netmask ?? served.netmask ?? usualMask(range.first);
  const subnet = prefixOf(ip(range.first), lengthOf(netmask));
  const told = draft.routers.findLast(({ tag }) => tag === undefined || tag === range.tag || tag === served.name);
  // Without the option dnsmasq names itself; with it and no value, nobody.
  const router = told === undefined ? served.own : told.address;
  return {
    kind: 'dhcp-server',
    interface: served.name,
    first: range.first,
    last: range.last,
    netmask,
    ...(router === undefined || parseIp(router)?.family !== 4 ? {} : { router }),
    leaseSeconds: range.leaseSeconds,
    reservations: draft.hosts.filter(({ address }) => containsIp(subnet, ip(address))),
  };
};

const read: Dialect['read'] = (texts, { stack, interfaces = {} }) => {
  const remarks: Remark[] = [];
  const draft: Draft = { interfaces: [], ranges: [], hosts: [], routers: [] };
  for (const { path, text } of texts) {
    const tell = remarksOn(path, remarks);
    if (folder.test(path) && passedOver.test(path.slice(path.lastIndexOf('/') + 1))) {
      tell('ignored', 'passed-over', `dnsmasq does not read \`${path}\``, { line: 1 });
      continue;
    }
    for (const line of linesOf(text)) {
      const option = optionIn(line);
      if (option !== undefined) readOption(option, path, draft, tell);
    }
  }
  const origins: Record<string, Place> = {};
  const services = draft.ranges.flatMap((range): DhcpServer[] => {
    const served = placeOfRange(range, draft, interfaces);
    if (served === undefined) {
      remarks.push({
        ...{ kind: 'not-said', code: 'interface-unknown', at: range.place },
        message: `on which interface ${range.first} to ${range.last} is served depends on the addresses of the machine`,
        help: 'write `interface=…`, or `dhcp-range=tag:eth0,…`',
      });
      return [];
    }
    if (draft.routers.length === 0 && served.own === undefined)
      remarks.push({
        ...{ kind: 'assumed', code: 'router-unsaid', at: range.place },
        message: `dnsmasq names its own address on \`${served.name}\` as router, which this file does not say`,
        help: 'write `dhcp-option=option:router,…`',
      });
    origins[`${stack}/services/dhcp-server ${served.name}`] ??= range.place;
    return [serverOf(range, served, draft)];
  });
  return services.length === 0 ? nothingRead(remarks) : readingOf(stack, { services }, remarks, origins);
};

const serversOf = ({ services }: Stack): readonly DhcpServer[] =>
  services.filter((service): service is DhcpServer => service.kind === 'dhcp-server');

const serverLines = (server: DhcpServer): readonly string[] => [
  `interface=${server.interface}`,
  `dhcp-range=tag:${server.interface},${server.first},${server.last},${server.netmask},${server.leaseSeconds}s`,
  `dhcp-option=tag:${server.interface},option:router${server.router === undefined ? '' : `,${server.router}`}`,
  ...server.reservations.map(({ mac, address, name }) =>
    [`dhcp-host=${mac}`, address, ...(name === '' ? [] : [name])].join(','),
  ),
];

/** Servers of one interface share its name: dnsmasq sets a tag of each interface that it is asked by. */
const write: NonNullable<Dialect['write']> = (state, stack) => {
  const servers = serversOf(stackIn(state, stack));
  if (servers.length === 0) return { files: [], omissions: [] };
  const omissions: Writing['omissions'] = servers.flatMap((server, index) =>
    servers.findIndex((other) => other.interface === server.interface && other.router !== server.router) > index
      ? [{ stack, what: `services/dhcp-server ${server.interface}`, why: 'ranges of one interface have one router' }]
      : [],
  );
  const lines = ['# DHCP only: names are not answered', 'port=0', 'bind-interfaces', ...servers.flatMap(serverLines)];
  return { files: [{ path: 'etc/dnsmasq.d/lanwright.conf', text: `${lines.join('\n')}\n` }], omissions };
};

const edit: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const wanted = serversOf(stackIn(state, stack));
  const before = read(texts, { stack }).stacks[stack]?.services ?? [];
  if (JSON.stringify(before) === JSON.stringify(wanted) || texts.length === 0)
    return texts.length === 0 ? write(state, stack) : { files: texts, omissions: [] };
  const about = /^\s*(?:interface|dhcp-range|dhcp-host|dhcp-option)\s*=/;
  const lines = wanted.flatMap(serverLines);
  const last = texts.length - 1;
  const files = texts.map(({ path, text }, index) => {
    const kept = text.split('\n').filter((line) => !about.test(line) || /enable-ra/.test(line));
    const whole = kept.join('\n');
    return {
      path,
      text:
        index === last
          ? `${whole}${whole === '' || whole.endsWith('\n') ? '' : '\n'}${lines.map((line) => `${line}\n`).join('')}`
          : whole,
    };
  });
  return { files, omissions: write(state, stack).omissions };
};

export const dnsmasq: Dialect = {
  name: 'dnsmasq',
  owns: (path) => path === mainPath || folder.test(path),
  resembles,
  read,
  write,
  edit,
};
