/** The text of nft(8), read here and by nft itself: what the kernel holds afterwards is what was read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nft } from '../../../src/dialects/nft/dialect.ts';
import { writeNft } from '../../../src/dialects/nft/write.ts';
import { normalFilter } from '../../../src/state/normal-filter.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { tableOf } from './arbitrary.ts';
import { throughNft } from './through-nft.ts';

const read = (text: string, ...more: readonly { path: string; text: string }[]): Reading =>
  nft.read([{ path: 'etc/nftables.conf', text }, ...more], { stack: 'm' });

const filterOf = (reading: Reading): readonly FilterTable[] => normalFilter(reading.stacks['m']?.filter ?? []);

const inInput = (rules: string, declarations = ''): string => `table inet t {
  ${declarations}
  chain sub { }
  chain input { type filter hook input priority filter; policy drop;
    ${rules}
  }
}`;

/** Rules as people write them. */
const rules = [
  'accept',
  'iif lo accept',
  'iifname "eth0" drop; oifname != { eth1, "vm*" } accept',
  'ct state established,related accept',
  'ct state { new, untracked } counter drop',
  'ct state != invalid counter packets 3 bytes 180 accept comment "not invalid"',
  'ct state vmap { invalid : drop, established : accept, related : accept }',
  'ct status dnat accept',
  'ct mark 0x10 accept',
  'meta mark & 0xff == 0x10 drop',
  'mark set 42',
  'meta mark set mark & 0xffffff00 | 0x7',
  'ct mark set meta mark',
  'meta mark set ct mark',
  'tcp dport 22 accept',
  'tcp dport ssh accept',
  'tcp dport { http, https, 8080-8090 } ct state new accept',
  'tcp dport != { 1-1023 } drop',
  'tcp dport >= 1024 accept',
  'udp sport 53 udp dport 1024-65535 accept',
  'th dport 53 meta l4proto { tcp, udp } accept',
  'meta l4proto { tcp, udp } th dport { 53, 123 } accept',
  'tcp flags & (fin|syn|rst|ack) == syn drop',
  'tcp flags syn / fin,syn,rst,ack accept',
  'tcp flags syn drop',
  'ip saddr 192.168.0.0/24 accept',
  'ip saddr { 10.0.0.0/8, 192.168.1.1, 172.16.0.1-172.16.0.9 } accept',
  'ip saddr != 10.0.0.1 ip daddr 10.0.0.2 drop',
  'ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80 } accept',
  'ip6 saddr fe80::/10 accept',
  'ip6 daddr { 2001:db8::1, 2001:db8:1::/48 } tcp dport 443 accept',
  'ip6 nexthdr ipv6-icmp accept',
  'ip protocol icmp accept',
  'meta nfproto ipv4 accept',
  'meta protocol ip6 drop',
  'icmp type echo-request limit rate 5/second accept',
  'icmp type { echo-reply, destination-unreachable, time-exceeded } accept',
  'icmpv6 type { nd-neighbor-solicit, nd-router-advert, nd-neighbor-advert } accept',
  'icmpv6 type echo-request accept',
  'ether saddr 02:00:00:00:00:01 accept',
  'meta pkttype broadcast drop',
  'pkttype { host, multicast } accept',
  'meta length 64-128 accept',
  'ip dscp set cs3',
  'log prefix "in: " level info flags all',
  'counter log prefix "gone " drop',
  'limit rate over 10/minute burst 5 packets drop',
  'jump sub',
  'tcp dport vmap { 22 : jump sub, 80 : accept, 443 : drop }',
  'reject',
  'reject with tcp reset',
  'reject with icmpx type admin-prohibited',
  'ip protocol udp reject with icmp type host-unreachable',
  'reject with icmpv6 type no-route',
  'tcp dport { 22, 80 } \\\n accept',
  'iifname . oifname { "eth0" . "eth1", "eth1" . "eth2" } accept',
  'tcp dport 80 counter ; udp dport 53 accept # and a comment',
  'meta iifname "br-lan" ip saddr 10.0.0.0/24 return',
  'fib saddr . iif oif missing drop',
  'tcp option sack-perm exists drop',
  'meta mark set numgen inc mod 2',
  'jhash ip saddr . tcp dport mod 2 seed 0xabcd 0 drop',
  'socket transparent 1 mark set 1 accept',
  'igmp type membership-query accept',
  'ah spi 100 accept',
] as const;

describe('the text of nft', () => {
  it.each(rules)('is read as nft reads it: %s', (rule) => {
    const reading = read(inInput(rule));
    expect(reading.remarks.filter(({ kind }) => kind === 'error')).toEqual([]);
    const { tables, unknown } = throughNft(inInput(rule));
    // What neither says is spelt in either's words.
    if (unknown.length === 0) expect(filterOf(reading)).toEqual(tables);
    else expect(reading.remarks.length).toBeGreaterThan(0);
  });

  it.each([
    ['nat', 'chain c { type nat hook postrouting priority srcnat; oifname "eth0" masquerade }'],
    ['nat', 'chain c { type nat hook postrouting priority 100; ip saddr 10.0.0.0/24 snat to 192.0.2.1-192.0.2.9 }'],
    ['nat', 'chain c { type nat hook prerouting priority dstnat; tcp dport 8080 dnat ip to 10.0.0.2:80 }'],
    ['nat', 'chain c { type nat hook prerouting priority dstnat; tcp dport 8080 dnat ip6 to [2001:db8::2]:80 }'],
    ['nat', 'chain c { type nat hook prerouting priority -100; tcp dport 80 redirect to :3128 }'],
    [
      'nat',
      'chain c { type nat hook prerouting priority dstnat - 5; dnat ip to tcp dport map { 80 : 10.0.0.1, 443 : 10.0.0.2 } }',
    ],
    ['raw', 'chain c { type filter hook prerouting priority raw; udp dport 53 notrack }'],
    [
      'sets',
      'set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.1 } }\n chain c { ip saddr @s drop }',
    ],
    ['sets', 'set s { type inet_service; elements = { ssh, 80,\n 443 } }\n chain c { tcp dport @s accept }'],
    [
      'maps',
      'map m { type inet_service : verdict; elements = { 22 : accept, 80 : drop }; }\n chain c { tcp dport vmap @m }',
    ],
    [
      'sets',
      'set s { type ipv4_addr . inet_service; elements = { 10.0.0.1 . ssh } }\n chain c { ip saddr . tcp dport @s accept }',
    ],
  ])('has tables with what they hold: %s %s', (name, body) => {
    const text = `table inet ${name} {\n ${body.replace(/ \}$/, '\n }')}\n}`;
    const reading = read(text);
    expect(reading.remarks).toEqual([]);
    expect(filterOf(reading)).toEqual(throughNft(text).tables);
  });

  it('reads what it writes, of every family', () => {
    fc.assert(
      fc.property(fc.constantFrom('inet', 'ip', 'ip6', 'arp', 'bridge', 'netdev').chain(tableOf), (table) => {
        const reading = read(writeNft([table]));
        expect(reading.remarks).toEqual([]);
        expect(filterOf(reading)).toEqual(normalFilter([table]));
      }),
      { numRuns: 300 },
    );
  });

  it('takes definitions and included files', () => {
    const reading = read(
      `flush ruleset
define lan = { 10.0.0.0/24, 10.0.1.0/24 }
define wan = eth0
include "/etc/nftables.d/*.nft"
table ip filter {
  chain input { type filter hook input priority 0; iifname $wan ip saddr { $lan, 192.168.0.1 } drop }
}
`,
      {
        path: 'etc/nftables.d/nat.nft',
        text: 'table ip nat {\n chain post { type nat hook postrouting priority 100\n oifname $wan masquerade }\n}\n',
      },
    );
    expect(reading.remarks).toEqual([]);
    expect(filterOf(reading).map(({ name }) => name)).toEqual(['filter', 'nat']);
    expect(filterOf(reading)[0]?.chains[0]?.rules[0]?.matches).toEqual([
      { kind: 'iif', names: ['eth0'] },
      { kind: 'source', family: 4, prefixes: ['10.0.0.0/23', '192.168.0.1/32'] },
    ]);
    expect(reading.origins['m/filter/ip nat post 0']).toEqual({ path: 'etc/nftables.d/nat.nft', line: 3, column: 2 });
  });

  it('takes commands one by one, as scripts have them', () => {
    const text = [
      'add table inet t',
      'add chain inet t input { type filter hook input priority 0; policy accept; }',
      'add rule inet t input tcp dport 22 accept',
      'insert rule inet t input ct state established accept',
      'add set inet t s { type ipv4_addr; }',
      'add element inet t s { 10.0.0.1, 10.0.0.2 }',
      'add rule inet t input ip saddr @s drop',
    ].join('\n');
    const reading = read(text);
    expect(reading.remarks).toEqual([]);
    expect(filterOf(reading)).toEqual(throughNft(text).tables);
  });

  it.each([
    ['flush chain inet t input', 'add rule inet t input udp dport 53 accept'],
    ['flush chain inet t gone'],
    ['delete chain inet t gone'],
    ['flush set inet t s', 'add element inet t s { 10.0.0.9 }'],
    ['delete element inet t s { 10.0.0.2 }'],
    ['add element inet t m { 80 : drop }', 'delete element inet t m { 22 : accept }'],
    ['delete set inet t unused'],
    ['flush table inet t'],
    ['delete table inet t', 'add table inet t'],
  ])('takes away what commands do: %s', (...commands) => {
    const text = [
      'table inet t {',
      '  set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }\n }',
      '  set unused { type ipv4_addr; }',
      '  map m { type inet_service : verdict; elements = { 22 : accept }; }',
      '  chain gone { tcp dport 23 drop\n }',
      '  chain input { type filter hook input priority 0; policy drop;',
      '    tcp dport 22 accept\n ip saddr @s accept\n tcp dport vmap @m\n  }',
      '}',
      ...commands,
    ].join('\n');
    expect(read(text).remarks).toEqual([]);
    expect(filterOf(read(text))).toEqual(throughNft(text).tables);
  });

  it('keeps a translation to a name, whose address nft would ask for', () => {
    const text = 'table ip n {\n chain c { type nat hook prerouting priority -100\n dnat to web\n }\n}\n';
    expect(filterOf(read(text))[0]?.chains[0]?.rules.map(({ verdict }) => verdict.kind)).toEqual(['other']);
  });

  it('tells what is taken away that nothing in the file has said', () => {
    const text = 'add table ip t\ndelete rule ip t c handle 7\nflush chain ip t c\ndelete set ip t s\n';
    expect(read(text).remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column])).toEqual([
      ['not-said', 'unsaid-command', 2, 1],
      ['not-said', 'unsaid-command', 3, 1],
      ['not-said', 'unsaid-command', 4, 1],
    ]);
  });

  it('goes on behind a clamped segment size', () => {
    const text = `table inet t {
  chain c { type filter hook forward priority mangle
    tcp flags syn tcp option maxseg size set rt mtu
  }
}`;
    expect(read(text).remarks.map(({ kind }) => kind)).toEqual(['not-said']);
    expect(filterOf(read(text))).toEqual(throughNft(text).tables);
    expect(filterOf(read(text))[0]?.chains[0]?.rules.map(({ verdict }) => verdict.kind)).toEqual(['continue']);
  });

  it.each([
    ['dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }', ['dnat', 'dnat']],
    ['tcp dport 80 dnat to 10.0.0.1 : numgen inc mod 2 map { 0 : 80, 1 : 81 }', ['other']],
    ['dnat to tcp dport map { 80 : 10.0.0.1 } : tcp dport map { 80 : 8080 }', ['other']],
  ])('keeps translations that the model has no words for: %s', (rule, verdicts) => {
    const text = `table ip n {
  chain c { type nat hook prerouting priority -100
    ${rule}
  }
}`;
    const translations = filterOf(read(text))[0]?.chains[0]?.rules ?? [];
    expect(translations.map(({ verdict }) => verdict.kind)).toEqual(verdicts);
    expect(read(text).remarks.map(({ kind }) => kind)).not.toContain('error');
    expect(throughNft(text).unknown.length).toBeGreaterThan(0);
  });

  it.each([
    ['ip saddr @blocked drop', 'the table `t` has no set `blocked`'],
    ['tcp dport 22 jump gone', 'the table `t` has no chain `gone`'],
    ['tcp dport vmap { 22 : goto gone }', 'the table `t` has no chain `gone`'],
  ])('tells what a rule names and no file has: %s', (rule, message) => {
    expect(() => throughNft(inInput(rule))).toThrow();
    expect(read(inInput(rule)).remarks.filter(({ kind }) => kind === 'error')).toEqual([
      {
        kind: 'error',
        code: 'not-nft',
        message: `${message}: nft loads nothing of a file with a fault`,
        at: { path: 'etc/nftables.conf', line: 5, column: 5 },
      },
    ]);
  });

  it('says where a file is wrong, and reads on', () => {
    const reading = read(inInput('tcp dprt 22 accept\nudp dport 53 accept'));
    expect(reading.remarks).toEqual([
      {
        kind: 'error',
        code: 'not-nft',
        message: '`dprt` is no field of tcp: nft loads nothing of a file with a fault',
        at: { path: 'etc/nftables.conf', line: 5, column: 9 },
      },
    ]);
    expect(filterOf(reading)[0]?.chains[0]?.rules).toHaveLength(1);
  });
});
