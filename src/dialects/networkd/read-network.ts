/** One .network file, for each interface that it is the first to match (systemd.network(5)). */
import { type InterfaceAddress, type Interface } from '../../state/network-state.ts';
import { flag } from '../../state/spelling.ts';
import { addRoute, interfaceIn, setSysctl, type Draft } from '../draft.ts';
import { bornMetric, everything } from '../default-route.ts';
import { namesIn, valueOf } from './read-netdev.ts';
import { readAddresses } from './read-addresses.ts';
import { readBridgeVlans } from './read-bridge-vlans.ts';
import { readNeighbour, readRoute, readRule, type RouteHome } from './read-routes.ts';
import { readAdvertiser, readClient, readMasquerading, readServer } from './read-services.ts';
import { allOf, lastOf, sectionNamed, sectionsNamed, type Section, type Setting } from './sections.ts';
import { ownEntry, readAddress, readMac } from '../plain-values.ts';
import { readBoolean, readBytes, wordsOf } from './values.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `ActivationPolicy=`: what is not brought up by networkd stays as it is, which is down at boot. */
const isBroughtUp = (link: Section, draft: Draft): boolean => {
  const policy = lastOf(link, 'ActivationPolicy');
  return (
    !/^(down|always-down|manual)$/.test(policy?.text ?? '') ||
    (valueOf(policy, 'an activation policy', (text) => text || undefined, draft.tell), false)
  );
};

/** networkd waits for a carrier, which what stays down never has. */
const isConfiguredDown = (network: Section, addresses: readonly InterfaceAddress[], draft: Draft): boolean => {
  const setting = lastOf(network, 'ConfigureWithoutCarrier');
  const isSo = valueOf(setting, 'yes or no', readBoolean, draft.tell) === true;
  if (!isSo && addresses.length > 0)
    draft.tell(
      'ignored',
      'address-while-down',
      'networkd gives no addresses to an interface that it leaves down',
      network.at,
      'write `ConfigureWithoutCarrier=yes` into [Network]',
    );
  return isSo;
};

const readForwarding = (network: Section, dev: string, draft: Draft): void => {
  const { tell } = draft;
  const global = lastOf(network, 'IPForward');
  if (global !== undefined) {
    const wish = /^(ipv4|ipv6|kernel)$/.test(global.text)
      ? global.text
      : valueOf(global, 'yes, no, ipv4 or ipv6', readBoolean, tell);
    if (wish === true || wish === 'ipv4') setSysctl(draft, 'net/ipv4/ip_forward', '1', global.at);
    if (wish === true || wish === 'ipv6') setSysctl(draft, 'net/ipv6/conf/all/forwarding', '1', global.at);
  }
  for (const [key, family] of [
    ['IPv4Forwarding', 'ipv4'],
    ['IPv6Forwarding', 'ipv6'],
  ] as const) {
    const setting = lastOf(network, key);
    const value = valueOf(setting, 'yes or no', readBoolean, tell);
    if (setting !== undefined && value !== undefined)
      setSysctl(draft, `net/${family}/conf/${dev}/forwarding`, value ? '1' : '0', setting.at);
  }
};

/** Keys that are one sysctl of the interface each. */
const sysctlKeys: readonly (readonly [key: string, path: string])[] = [
  ['IPv4ProxyARP', 'net/ipv4/conf/%/proxy_arp'],
  ['IPv6ProxyNDP', 'net/ipv6/conf/%/proxy_ndp'],
  ['IPv4AcceptLocal', 'net/ipv4/conf/%/accept_local'],
  ['IPv4RouteLocalnet', 'net/ipv4/conf/%/route_localnet'],
];
const pathFilters: Readonly<Record<string, string>> = { no: '0', strict: '1', loose: '2' };

const readSettings = (network: Section, dev: string, draft: Draft): void => {
  const { tell } = draft;
  for (const [key, path] of sysctlKeys) {
    const setting = lastOf(network, key);
    const value = valueOf(setting, 'yes or no', readBoolean, tell);
    if (setting !== undefined && value !== undefined)
      setSysctl(draft, path.replace('%', dev), value ? '1' : '0', setting.at);
  }
  const filter = lastOf(network, 'IPv4ReversePathFilter');
  const strictness = valueOf(filter, 'no, strict or loose', (text) => ownEntry(pathFilters, text), tell);
  if (filter !== undefined && strictness !== undefined)
    setSysctl(draft, `net/ipv4/conf/${dev}/rp_filter`, strictness, filter.at);
  const accepts = lastOf(network, 'IPv6AcceptRA');
  const wish = valueOf(accepts, 'yes or no', readBoolean, tell);
  if (accepts !== undefined && wish !== undefined)
    // networkd listens even where the machine forwards, which the kernel says with a 2.
    setSysctl(draft, `net/ipv6/conf/${dev}/accept_ra`, wish ? '2' : '0', accepts.at);
  const proxied = allOf(network, 'IPv6ProxyNDPAddress');
  for (const setting of proxied) {
    const address = valueOf(setting, 'an IPv6 address', readAddress, tell);
    if (address?.family === 6) draft.neighbourProxies.push({ ...address, dev });
  }
  const [first] = proxied;
  if (first !== undefined && lastOf(network, 'IPv6ProxyNDP') === undefined)
    setSysctl(draft, `net/ipv6/conf/${dev}/proxy_ndp`, '1', first.at);
  const linkLocal = lastOf(network, 'LinkLocalAddressing');
  if (linkLocal !== undefined && /^(no|ipv4|false|0|off)$/.test(linkLocal.text))
    tell(
      'not-said',
      'no-link-local',
      `\`${dev}\` has no IPv6 link-local address, for which the model has no word`,
      linkLocal.at,
    );
};

/** What is stacked upon this interface names it as its lower one. */
const readUppers = (network: Section, dev: string, draft: Draft): void => {
  const lowered = (key: string, work: (upper: Mutable<Interface>) => boolean): void => {
    for (const { text, at } of namesIn(network, key)) {
      const upper = draft.interfaces.get(text);
      if (upper === undefined || !work(upper))
        draft.tell('error', 'no-such-device', `no .netdev file makes \`${text}\` for \`${key}=\``, at);
    }
  };
  lowered('VLAN', (upper) => {
    if (upper.vlan === undefined) return false;
    upper.vlan = { ...upper.vlan, link: dev };
    return true;
  });
  lowered('MACVLAN', (upper) => {
    if (upper.macvlan === undefined) return false;
    upper.macvlan = { ...upper.macvlan, link: dev };
    return true;
  });
  lowered('VXLAN', ({ kind }) => kind === 'vxlan');
  lowered('Tunnel', ({ kind }) => kind === 'tunnel');
};

const readMaster = (network: Section, it: Mutable<Interface>, dev: string, draft: Draft): void => {
  for (const key of ['Bridge', 'Bond', 'VRF'] as const) {
    const setting = lastOf(network, key);
    if (setting === undefined) continue;
    if (draft.interfaces.get(setting.text)?.kind !== key.toLowerCase()) {
      draft.tell(
        'assumed',
        'no-such-device',
        `no .netdev file makes the ${key.toLowerCase()} \`${setting.text}\``,
        setting.at,
      );
      if (key === 'Bridge')
        Object.assign(interfaceIn(draft, setting.text, setting.at), {
          kind: 'bridge',
          bridge: { stp: false, forwardDelaySeconds: 15 },
        });
    }
    it.master = setting.text;
  }
  const primary = lastOf(network, 'PrimarySlave');
  const bond = it.master === undefined ? undefined : draft.interfaces.get(it.master);
  if (bond?.bond !== undefined && valueOf(primary, 'yes or no', readBoolean, draft.tell) === true)
    bond.bond = { ...bond.bond, primary: dev };
};

const readPort = (section: Section, it: Mutable<Interface>, draft: Draft): void => {
  const answer = (key: string): boolean | undefined =>
    valueOf(lastOf(section, key), 'yes or no', readBoolean, draft.tell);
  const port = {
    ...flag('isolated', answer('Isolated'), true),
    ...flag('hairpin', answer('HairPin'), true),
    ...flag('learning', answer('Learning'), false),
    ...flag('flood', answer('UnicastFlood'), false),
  };
  if (Object.keys(port).length > 0) it.port = port;
};

const readGateways = (network: Section, { dev, table, hasAddress }: RouteHome, draft: Draft): void => {
  for (const setting of allOf(network, 'Gateway')) {
    if (/^_/.test(setting.text)) continue;
    const via = valueOf(setting, 'an address', readAddress, draft.tell);
    if (via === undefined) continue;
    addRoute(
      draft,
      {
        family: via.family,
        to: everything[via.family],
        type: 'unicast',
        via: via.address,
        dev,
        metric: bornMetric[via.family],
        table,
        ...flag('onlink', !hasAddress, true),
      },
      setting.at,
    );
  }
};

const readNames = (network: Section, draft: Draft): void => {
  for (const setting of allOf(network, 'DNS'))
    for (const word of wordsOf(setting.text)) {
      // A port, an interface and a name for TLS may follow.
      const address = readAddress(
        word
          .replace(/[#%].*$/, '')
          .replace(/^\[([^\]]*)\].*$/, '$1')
          .replace(/^([\d.]+):\d+$/, '$1'),
      );
      if (address === undefined)
        draft.tell('error', 'bad-value', `\`${word}\` is not an address; networkd ignores it`, setting.at);
      else if (!draft.nameservers.includes(address.address)) draft.nameservers.push(address.address);
    }
  for (const setting of allOf(network, 'Domains'))
    for (const word of wordsOf(setting.text)) {
      if (word.startsWith('~'))
        draft.tell(
          'not-said',
          'routing-domain',
          `\`${word}\` chooses who is asked for names, which is not in the model`,
          setting.at,
        );
      else if (!draft.search.includes(word)) draft.search.push(word);
    }
};

const asked = (network: Section, key: string, draft: Draft): Setting | undefined => {
  const setting = lastOf(network, key);
  return setting !== undefined && valueOf(setting, 'yes or no', readBoolean, draft.tell) === true ? setting : undefined;
};

/** Members of bonds have no addressing (network_verify() in networkd-network.c). */
const addressing = ['Address', 'Gateway', 'DHCP', 'DHCPServer', 'IPv6SendRA'];
const withoutAddressing = (sections: readonly Section[], draft: Draft): readonly Section[] => {
  const network = sectionNamed(sections, 'Network');
  const left = addressing.flatMap((key) => allOf(network, key).filter(({ text }) => readBoolean(text) !== false));
  const others = sections.filter(({ name }) => name === 'Address' || name === 'Route');
  const [first] = [...left, ...others];
  if (first !== undefined)
    draft.tell(
      'ignored',
      'member-addressing',
      'networkd leaves addresses, routes and DHCP of members of a bond out',
      first.at,
    );
  return sections
    .filter((section) => !others.includes(section))
    .map((section) =>
      section === network
        ? { ...section, settings: new Map([...section.settings].filter(([key]) => !addressing.includes(key))) }
        : section,
    );
};

/** Rules, which are the machine's and not the interface's, come with the first interface that the file is for. */
export const readNetwork = (
  said: readonly Section[],
  dev: string,
  { isFirst, defaultVlans }: { readonly isFirst: boolean; readonly defaultVlans: ReadonlyMap<string, number> },
  draft: Draft,
): void => {
  const { tell } = draft;
  const isMember = lastOf(sectionNamed(said, 'Network'), 'Bond') !== undefined;
  const sections = isMember ? withoutAddressing(said, draft) : said;
  const network = sectionNamed(sections, 'Network');
  const link = sectionNamed(sections, 'Link');
  const [first] = sections;
  const it = interfaceIn(draft, dev, first?.at ?? { path: '', line: 1, column: 1 });
  const mac = valueOf(lastOf(link, 'MACAddress'), 'a MAC', readMac, tell);
  const mtuBytes = valueOf(lastOf(link, 'MTUBytes'), 'a size', readBytes, tell);
  const addresses = readAddresses(sections, dev, draft);
  it.up = isBroughtUp(link, draft);
  it.addresses = it.up || isConfiguredDown(network, addresses, draft) ? addresses : [];
  if (mac !== undefined) it.mac = mac;
  if (mtuBytes !== undefined) {
    it.mtuBytes = mtuBytes;
    draft.sized.add(dev);
  }
  readMaster(network, it, dev, draft);
  readPort(sectionNamed(sections, 'Bridge'), it, draft);
  readBridgeVlans(sections, it, dev, defaultVlans, draft);
  readUppers(network, dev, draft);
  readForwarding(network, dev, draft);
  readSettings(network, dev, draft);
  readNames(network, draft);
  const vrf = it.master === undefined ? undefined : draft.interfaces.get(it.master)?.vrf;
  const table = it.vrf?.table ?? vrf?.table ?? 254;
  const home: RouteHome = { dev, table, hasAddress: addresses.length > 0 };
  readGateways(network, home, draft);
  for (const section of sectionsNamed(sections, 'Route')) readRoute(section, home, draft);
  if (isFirst) for (const section of sectionsNamed(sections, 'RoutingPolicyRule')) readRule(section, draft);
  for (const section of sectionsNamed(sections, 'Neighbor')) readNeighbour(section, dev, draft);
  const dhcp = lastOf(network, 'DHCP');
  if (dhcp !== undefined) readClient(sections, dev, dhcp, draft);
  const server = asked(network, 'DHCPServer', draft);
  if (server !== undefined) readServer(sections, dev, server, addresses, draft);
  const advertiser = asked(network, 'IPv6SendRA', draft);
  if (advertiser !== undefined) readAdvertiser(sections, dev, advertiser, draft);
  const masquerading = lastOf(network, 'IPMasquerade');
  if (masquerading !== undefined) readMasquerading(masquerading, addresses, draft);
};
