/** What networkd serves and asks for itself: DHCP both ways, router advertisements, masquerading. */
import { ip, printIp, type Family } from '../../net/address.ts';
import { addressAt, netmaskOf, networkOf, printPrefix, sizeOf } from '../../net/prefix.ts';
import { type InterfaceAddress } from '../../state/network-state.ts';
import { type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { field } from '../../state/spelling.ts';
import { addService, setSysctl, type Draft } from '../draft.ts';
import { valueOf } from './read-netdev.ts';
import { lastOf, sectionNamed, sectionsNamed, type Section, type Setting } from './sections.ts';
import { ownEntry, readAddress, readInteger, readInterfaceAddress, readMac, readPrefix } from '../plain-values.ts';
import { readBoolean, readSeconds } from './values.ts';

/** networkd gives routes that DHCP brings this metric. */
export const learnedMetric = 1024;

/** What `DHCP=` once took, and still does. */
const oldWords: Readonly<Record<string, string>> = { none: 'no', both: 'yes', v4: 'ipv4', v6: 'ipv6' };

export const readClient = (sections: readonly Section[], dev: string, dhcp: Setting, draft: Draft): void => {
  const { tell } = draft;
  const word = ownEntry(oldWords, dhcp.text) ?? dhcp.text;
  const wish = /^(ipv4|ipv6)$/.test(word)
    ? word
    : valueOf({ ...dhcp, text: word }, 'yes, no, ipv4 or ipv6', readBoolean, tell);
  if (wish === true || wish === 'ipv6')
    tell('not-said', 'dhcpv6', `\`${dev}\` asks for an IPv6 address by DHCPv6, which is not in the model`, dhcp.at);
  if (wish !== true && wish !== 'ipv4') return;
  // [DHCP] is what both sections were once called.
  const [own, old] = [sectionNamed(sections, 'DHCPv4'), sectionNamed(sections, 'DHCP')];
  const said = lastOf(own, 'RouteMetric') ?? lastOf(old, 'RouteMetric');
  const metric = valueOf(said, 'a metric', (text) => readInteger(text, 0, 4294967295), tell);
  addService(
    draft,
    {
      kind: 'dhcp-client',
      interface: dev,
      hostname: (lastOf(own, 'Hostname') ?? lastOf(old, 'Hostname'))?.text ?? draft.stack,
      metric: metric ?? learnedMetric,
    },
    dhcp.at,
  );
};

/** One hour, as systemd.network(5) says. */
export const leaseSeconds = 3600;

export const readServer = (
  sections: readonly Section[],
  dev: string,
  asked: Setting,
  addresses: readonly InterfaceAddress[],
  draft: Draft,
): void => {
  const { tell } = draft;
  const own = sectionNamed(sections, 'DHCPServer');
  const relay = lastOf(own, 'RelayTarget');
  if (relay !== undefined) {
    tell(
      'not-said',
      'dhcp-relay',
      `\`${dev}\` hands requests on to \`${relay.text}\`: relays are not in the model`,
      relay.at,
    );
    return;
  }
  const chosen = readInterfaceAddress(lastOf(own, 'ServerAddress')?.text ?? '')?.address;
  const address =
    addresses.find((it) => it.address === chosen && it.family === 4) ?? addresses.find(({ family }) => family === 4);
  if (address === undefined) {
    tell('error', 'no-address-to-serve', `\`${dev}\` is to serve DHCP and has no static IPv4 address`, asked.at);
    return;
  }
  const network = networkOf(address.address, address.prefixLength);
  const size = Number(sizeOf(network));
  const offset = valueOf(lastOf(own, 'PoolOffset'), 'a number', (text) => readInteger(text, 0, size - 1), tell) || 1;
  const room = size - 1 - offset;
  const count = valueOf(lastOf(own, 'PoolSize'), 'a number', (text) => readInteger(text, 0, size), tell) || room;
  const first = addressAt(network, BigInt(offset));
  const last = addressAt(network, BigInt(offset + Math.min(count, room) - 1));
  if (first === undefined || last === undefined || room < 1) {
    tell('error', 'no-pool', `there is no room for a pool in ${printPrefix(network)}`, asked.at);
    return;
  }
  const emits = valueOf(lastOf(own, 'EmitRouter'), 'yes or no', readBoolean, tell) ?? true;
  const router = valueOf(lastOf(own, 'Router'), 'an address', readAddress, tell)?.address ?? address.address;
  const seconds = valueOf(lastOf(own, 'DefaultLeaseTimeSec'), 'a time', readSeconds, tell);
  const reservations = sectionsNamed(sections, 'DHCPServerStaticLease').flatMap((section) => {
    const mac = valueOf(lastOf(section, 'MACAddress'), 'a MAC', readMac, tell);
    const lease = valueOf(lastOf(section, 'Address'), 'an address', readAddress, tell);
    return mac === undefined || lease === undefined ? [] : [{ mac, address: lease.address, name: '' }];
  });
  addService(
    draft,
    {
      kind: 'dhcp-server',
      interface: dev,
      first: printIp(first),
      last: printIp(last),
      netmask: netmaskOf(address.prefixLength),
      ...field('router', emits ? router : undefined),
      leaseSeconds: seconds ?? leaseSeconds,
      reservations,
    },
    asked.at,
  );
};

export const readAdvertiser = (sections: readonly Section[], dev: string, asked: Setting, draft: Draft): void => {
  const { tell } = draft;
  const lifetime = lastOf(sectionNamed(sections, 'IPv6SendRA'), 'RouterLifetimeSec');
  addService(
    draft,
    {
      kind: 'router-advertiser',
      interface: dev,
      prefixes: sectionsNamed(sections, 'IPv6Prefix').flatMap((section) => {
        const prefix = valueOf(lastOf(section, 'Prefix'), 'a prefix', readPrefix, tell);
        return prefix === undefined ? [] : [prefix.prefix];
      }),
      isDefaultRouter: valueOf(lifetime, 'a time', readSeconds, tell) !== 0,
    },
    asked.at,
  );
};

/** The table that networkd keeps for `IPMasquerade=`. */
const masquerade = ({ filter }: Draft, family: Family, rule: FilterRule): void => {
  const tableFamily = family === 4 ? 'ip' : 'ip6';
  const at = filter.findIndex((table) => table.family === tableFamily && table.name === 'io.systemd.nat');
  const known = filter[at]?.chains[0]?.rules ?? [];
  const table: FilterTable = {
    family: tableFamily,
    name: 'io.systemd.nat',
    chains: [
      {
        name: 'postrouting',
        type: 'nat',
        hook: 'postrouting',
        priority: 101,
        policy: 'accept',
        rules: [...known, rule],
      },
    ],
  };
  if (at < 0) filter.push(table);
  else filter[at] = table;
};

export const forwardingSysctl: Readonly<Record<Family, string>> = {
  4: 'net/ipv4/ip_forward',
  6: 'net/ipv6/conf/all/forwarding',
};

/** networkd masquerades what comes from the subnets of the link, wherever it leaves. */
export const readMasquerading = (asked: Setting, addresses: readonly InterfaceAddress[], draft: Draft): void => {
  const wish = /^(ipv4|ipv6|both|no)$/.test(asked.text)
    ? asked.text
    : valueOf(asked, 'ipv4, ipv6, both or no', (text) => (readBoolean(text) === true ? 'ipv4' : readBoolean(text) === false ? 'no' : undefined), draft.tell); // prettier-ignore
  for (const family of [4, 6] as const) {
    if (wish !== 'both' && wish !== `ipv${family}`) continue;
    // It implies IPForward= (systemd.network(5)).
    setSysctl(draft, forwardingSysctl[family], '1', asked.at);
    const prefixes = addresses
      .filter((address) => address.family === family)
      .map(({ address, prefixLength }) => printPrefix(networkOf(printIp(ip(address)), prefixLength)));
    if (prefixes.length > 0)
      masquerade(draft, family, { matches: [{ kind: 'source', family, prefixes }], verdict: { kind: 'masquerade' } });
  }
};
