/** dnsmasq.conf(5) and dnsmasq.d: the DHCP servers that it makes, one for each range, and its router advertisements. */
import { ip, parseIp, printIp } from '../../net/address.ts';
import { containsIp, netmaskOf, prefixOf } from '../../net/prefix.ts';
import { type Stack } from '../../state/network-state.ts';
import { type DhcpServer } from '../../state/service.ts';
import { type ConfigText, type Dialect, type Place, type Remark } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { linesOf, remarksOn } from '../text.ts';
import { advertisersOf } from './advertisers.ts';
import { readHost, type Reservation } from './hosts.ts';
import { optionIn, partsOf, type Option } from './option-lines.ts';
import { arityOf } from './option-names.ts';
import { readRange, type Advertised, type Range } from './ranges.ts';
import { likelyNetmask, lengthOf, listeningOf, placeRange, type Listening } from './serving.ts';
import { mtuOf, readDhcpOption, resolverOf, routerOf, type ToldOption } from './told-options.ts';

export const folder = /^etc\/dnsmasq\.d\/[^/]+$/;
/** Names that dnsmasq passes over in its folder, as Debian starts it. */
const passedOver = /\.dpkg-(?:dist|old|new|bak)$|~$|^\.|^#.*#$/;

/** Options that change who is served what, by name: what they do. */
const unmodelled: Readonly<Record<string, string>> = {
  'dhcp-relay': 'hands requests on to another server',
  'dhcp-ignore': 'serves some clients only',
  'dhcp-proxy': 'answers for relays',
  'shared-network': 'serves a subnet on the wire of another',
  'bridge-interface': 'takes requests of one interface for those of another',
  'read-ethers': 'keeps addresses that stand in /etc/ethers',
};

/** Options that name further files, and the folder whose files are read anyway. */
const elsewhere = /^(?:conf-file|conf-dir|conf-script|dhcp-hostsfile|dhcp-hostsdir|dhcp-optsfile|dhcp-optsdir)$/;

/** Tags that dnsmasq sets itself. */
const ownTags = new Set(['known', 'known-othernet', 'bootp', 'dhcpv6', 'cpewan-id']);

const setters = /^dhcp-(?:mac|match|name-match|vendorclass|userclass|circuitid|remoteid|subscrid)$/;

/** The tags that clients get, by whatever these lines ask of them. */
const tagsSet = (options: readonly Option[]): ReadonlySet<string> =>
  new Set(
    options.flatMap(({ name, value }) => {
      const parts = partsOf(value ?? '');
      const told = parts.flatMap((part) => /^(?:set|net):(.+)$/.exec(part)?.[1] ?? []);
      const [first = ''] = parts;
      if (name === 'dhcp-range') return first.includes(':') || parseIp(first) !== undefined ? told : [...told, first];
      return setters.test(name) && !first.includes(':') ? [...told, first] : told;
    }),
  );

interface Placed extends Option {
  readonly path: string;
}

/** Those of all files, without words that are no options; these are told. */
const optionsOf = (texts: readonly ConfigText[], remarks: Remark[]): readonly Placed[] =>
  texts.flatMap(({ path, text }) => {
    const tell = remarksOn(path, remarks);
    if (folder.test(path) && passedOver.test(path.slice(path.lastIndexOf('/') + 1))) {
      tell('ignored', 'passed-over', `dnsmasq does not read \`${path}\``, { line: 1 });
      return [];
    }
    return linesOf(text).flatMap((line): Placed[] => {
      const option = optionIn(line);
      if (option === undefined) return [];
      const arity = arityOf(option.name);
      const fault =
        arity === undefined
          ? `\`${option.name}\` is no option of dnsmasq`
          : arity === 'none' && option.value !== undefined
            ? `\`${option.name}\` takes no value`
            : arity === 'one' && option.value === undefined
              ? `\`${option.name}\` needs a value`
              : undefined;
      if (fault === undefined) return [{ ...option, path }];
      tell('error', 'unknown-option', `${fault}: dnsmasq does not start with it`, option);
      return [];
    });
  });

interface Draft {
  readonly ranges: Range[];
  readonly advertised: Advertised[];
  readonly hosts: Reservation[];
  readonly told: ToldOption[];
}

const readOptions = (options: readonly Placed[], known: Stack['interfaces'], remarks: Remark[]): Draft => {
  const draft: Draft = { ranges: [], advertised: [], hosts: [], told: [] };
  const { named } = listeningOf(options);
  const set = tagsSet(options);
  const isInterface = (tag: string): boolean =>
    named.includes(tag) || Object.hasOwn(known, tag) || !(set.has(tag) || ownTags.has(tag));
  const labels = new Set<string>();
  const ranges = options.filter(({ name }) => name === 'dhcp-range');
  for (const option of [...ranges, ...options.filter(({ name }) => name !== 'dhcp-range')]) {
    const { name, path } = option;
    const tell = remarksOn(path, remarks);
    if (name === 'dhcp-range') {
      const read = readRange(option, path, isInterface, tell);
      if (read?.family === 4) draft.ranges.push(read.range);
      if (read?.family === 6) draft.advertised.push(read.range);
      if (read?.range.label !== undefined) labels.add(read.range.label);
    } else if (name === 'dhcp-host') {
      const host = readHost(option, draft.hosts, isInterface, tell);
      if (host !== undefined) draft.hosts.push(host);
    } else if (name === 'dhcp-option' || name === 'dhcp-option-force') {
      const told = readDhcpOption(option, (tag) => labels.has(tag) || isInterface(tag), tell);
      if (told !== undefined) draft.told.push(told);
    } else if (Object.hasOwn(unmodelled, name)) {
      tell('not-said', 'unmodelled', `\`${name}\` ${unmodelled[name] ?? ''}, which the model has no words for`, option);
    } else if (elsewhere.test(name) && !/^\/etc\/dnsmasq\.d\/?(?:,|$)/.test(option.value ?? ''))
      tell('not-said', 'other-file', `what stands in \`${option.value ?? ''}\` is not read here`, option);
    // How names are answered, and what clients start from, decides nothing about who reaches whom.
  }
  return draft;
};

const serverOf = (
  range: Range,
  draft: Draft,
  listening: Listening,
  known: Stack['interfaces'],
  remarks: Remark[],
): DhcpServer | undefined => {
  const { first, last, label, place: at } = range;
  const [from, to] = [printIp(first), printIp(last)];
  const placement = placeRange(range, listening, known);
  if (placement.kind !== 'served') {
    const isOut = placement.kind === 'left-out';
    remarks.push({
      ...{ kind: isOut ? 'ignored' : 'not-said', code: isOut ? 'not-served' : 'interface-unknown', at },
      message: isOut
        ? `nobody gets an address from ${from} to ${to}: dnsmasq does not serve on \`${placement.name}\``
        : `on which interface ${from} to ${to} is served depends on the addresses of the machine`,
      help: isOut ? `write \`interface=${placement.name}\`` : 'write `interface=…`, or `dhcp-range=tag:eth0,…`',
    });
    return undefined;
  }
  const { name, own, byLabel } = placement.served;
  const assume = (code: string, message: string, help: string): void => {
    remarks.push({ kind: 'assumed', code, message, at, help });
  };
  if (byLabel === true)
    assume(
      'label-of-interface',
      `\`${name}\` is a label here: where the range is served depends on the addresses of the machine`,
      `write \`dhcp-range=tag:${name},…\``,
    );
  const netmask = range.netmask ?? (own === undefined ? likelyNetmask(first, last) : netmaskOf(own.prefixLength));
  if (range.netmask === undefined && own === undefined)
    assume(
      'netmask-unsaid',
      `the netmask is that of \`${name}\`, which this file does not say: ${netmask} is taken`,
      'write it behind the last address',
    );
  // A sign that no address has tells whether dnsmasq would name itself.
  const toldRange = { interfaceName: name, label };
  const router = routerOf(draft.told, toldRange, own?.address ?? '-');
  if (router === '-')
    assume(
      'router-unsaid',
      `dnsmasq names its own address on \`${name}\` as router, which this file does not say`,
      'write `dhcp-option=option:router,…`',
    );
  const told = resolverOf(draft.told, toldRange, own?.address ?? '-');
  if (told?.nameservers.includes('-') === true)
    assume(
      'resolver-unsaid',
      `dnsmasq names its own address on \`${name}\` as resolver, which this file does not say`,
      'write the address in place of `0.0.0.0`',
    );
  const nameservers = (told?.nameservers ?? []).filter((address) => address !== '-');
  const search = told?.search ?? [];
  const mtuBytes = mtuOf(draft.told, toldRange);
  const subnet = prefixOf(first, lengthOf(netmask));
  const reservations = draft.hosts.filter(({ address }) => containsIp(subnet, ip(address)));
  const [anchor] = reservations;
  if (range.isStatic && anchor === undefined) {
    remarks.push({
      ...{ kind: 'ignored', code: 'nobody-named', at },
      message: `nobody gets an address of ${from}: it is \`static\`, and no host in it is named here`,
    });
    return undefined;
  }
  // An address that is kept for somebody: strangers get none.
  const ends =
    range.isStatic && anchor !== undefined
      ? { first: anchor.address, last: anchor.address }
      : { first: from, last: to };
  return {
    ...{ kind: 'dhcp-server', interface: name, ...ends, netmask },
    ...(router === undefined || router === '-' ? {} : { router }),
    ...(nameservers.length + search.length === 0 ? {} : { resolver: { nameservers, search } }),
    ...(mtuBytes === undefined ? {} : { mtuBytes }),
    leaseSeconds: range.leaseSeconds,
    reservations,
  };
};

export const read: Dialect['read'] = (texts, { stack, interfaces = {} }) => {
  const remarks: Remark[] = [];
  const options = optionsOf(texts, remarks);
  const draft = readOptions(options, interfaces, remarks);
  const listening = listeningOf(options);
  const origins: Record<string, Place> = {};
  const servers = draft.ranges.flatMap((range) => {
    const server = serverOf(range, draft, listening, interfaces, remarks);
    if (server !== undefined) origins[`${stack}/services/dhcp-server ${server.interface}`] ??= range.place;
    return server ?? [];
  });
  const advertisers = advertisersOf(draft.advertised, options, listening, interfaces, remarks);
  for (const { service, place } of advertisers)
    origins[`${stack}/services/router-advertiser ${service.interface}`] = place;
  const enabled = options.find(({ name }) => name === 'enable-ra');
  if (enabled !== undefined && draft.advertised.length === 0)
    remarksOn(enabled.path, remarks)(
      'ignored',
      'nothing-advertised',
      'no range of IPv6 is there: nothing is advertised',
      enabled,
    );
  const services = [...servers, ...advertisers.map(({ service }) => service)];
  return services.length === 0 ? nothingRead(remarks) : readingOf(stack, { services }, remarks, origins);
};
