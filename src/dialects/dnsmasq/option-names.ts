/** The options of dnsmasq(8), which are those of its files: another word is refused, and nothing is served. */

const words = (...lines: readonly string[]): readonly string[] => lines.join(' ').split(' ');

/** Without a value. */
const bare = words(
  'all-servers bind-dynamic bind-interfaces bogus-priv clear-on-reload conntrack dhcp-authoritative',
  'dhcp-client-update dhcp-fqdn dhcp-ignore-clid dhcp-no-override dhcp-rapid-commit dhcp-sequential-ip',
  'dns-loop-detect dnssec dnssec-debug dnssec-no-timecheck domain-needed enable-ra expand-hosts filter-A',
  'filter-AAAA filterwin2k help keep-in-foreground leasefile-ro localise-queries localmx log-debug log-dhcp',
  'no-daemon no-hosts no-ident no-negcache no-ping no-poll no-resolv no-round-robin proxy-dnssec quiet-dhcp',
  'quiet-dhcp6 quiet-ra quiet-tftp read-ethers rebind-localhost-ok script-arp script-on-renewal selfmx',
  'stop-dns-rebind strict-order strip-mac strip-subnet test tftp-lowercase tftp-no-blocksize tftp-no-fail',
  'tftp-secure tftp-single-port version',
);

/** With a value. */
const valued = words(
  'add-cpe-id addn-hosts address alias auth-peer auth-sec-servers auth-server auth-soa auth-ttl auth-zone',
  'bogus-nxdomain bridge-interface caa-record cache-rr cname conf-dir conf-script connmark-allowlist dhcp-boot',
  'dhcp-circuitid dhcp-duid dhcp-host dhcp-hostsdir dhcp-hostsfile dhcp-ignore dhcp-lease dhcp-lease-max',
  'dhcp-luascript dhcp-mac dhcp-match dhcp-name-match dhcp-option dhcp-option-force dhcp-optsdir dhcp-optsfile',
  'dhcp-pxe-vendor dhcp-range dhcp-relay dhcp-remoteid dhcp-reply-delay dhcp-script dhcp-scriptuser',
  'dhcp-subscrid dhcp-ttl dhcp-userclass dhcp-vendorclass dns-forward-max dns-rr dnssec-limits dnssec-timestamp',
  'domain domain-suffix dumpfile dumpmask dynamic-host edns-packet-max except-interface filter-rr host-record',
  'hostsdir ignore-address interface interface-name ipset listen-address local local-ttl log-facility',
  'max-cache-ttl max-port max-tcp-connections max-ttl min-cache-ttl min-port mx-host mx-target naptr-record',
  'neg-ttl nftset no-dhcp-interface no-dhcpv4-interface no-dhcpv6-interface port port-limit ptr-record',
  'pxe-prompt pxe-service query-port ra-param rebind-domain-ok rev-server server servers-file shared-network',
  'srv-host synth-domain tag-if tftp-max tftp-mtu tftp-port-range tftp-root trust-anchor txt-record',
);

/** With a value or without. */
const either = words(
  'add-mac add-subnet bootp-dynamic cache-size conf-file connmark-allowlist-enable dhcp-alternate-port',
  'dhcp-broadcast dhcp-generate-names dhcp-ignore-names dhcp-leasefile dhcp-proxy dnssec-check-unsigned',
  'enable-dbus enable-tftp enable-ubus fast-dns-retry group local-service log-async log-queries pid-file',
  'resolv-file tftp-unique-root umbrella use-stale-cache user',
);

export type Arity = 'none' | 'one' | 'either';

const arities: ReadonlyMap<string, Arity> = new Map([
  ...bare.map((name) => [name, 'none'] as const),
  ...valued.map((name) => [name, 'one'] as const),
  ...either.map((name) => [name, 'either'] as const),
  // Later than 2.90.
  ['do-0x20-encode', 'none'],
  ['no-0x20-encode', 'none'],
  ['dhcp-option-pxe', 'one'],
  ['dhcp-split-relay', 'one'],
  ['leasequery', 'either'],
]);

/** Undefined: there is no option of this name. */
export const arityOf = (name: string): Arity | undefined => arities.get(name);

/** What stands behind `option:` (`dnsmasq --help dhcp`); another name is refused. */
const dhcpNames = new Set(
  words(
    'netmask time-offset router dns-server log-server lpr-server boot-file-size domain-name swap-server root-',
    'path extension-path ip-forward-enable non-local-source-routing policy-filter max-datagram-reassembly',
    'default-ttl mtu all-subnets-local router-discovery router-solicitation static-route trailer-encapsulation',
    'arp-timeout ethernet-encap tcp-ttl tcp-keepalive nis-domain nis-server ntp-server netbios-ns netbios-dd',
    'netbios-nodetype netbios-scope x-windows-fs x-windows-dm T1 T2 vendor-class nis+-domain nis+-server tftp-',
    'server bootfile-name mobile-ip-home smtp-server pop3-server nntp-server irc-server user-class rapid-commit',
    'client-arch client-interface-id client-machine-id posix-timezone tzdb-timezone ipv6-only domain-search',
    'sip-server classless-static-route vendor-id-encap tftp-server-address server-ip-address',
  ),
);

export const isDhcpName = (name: string): boolean => dhcpNames.has(name);

/** Options of DHCP that say how packets go: netmask, forwarding, MTU, routes. */
const decisive = new Set(
  words(
    '1 netmask 19 ip-forward-enable 20 source-routing 21 policy-filter 26 mtu 33 static-route 108 ipv6-only',
    '121 classless-static-route 249',
  ),
);

export const isDecisive = (option: string): boolean => decisive.has(option);
