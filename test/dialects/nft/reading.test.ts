/** What others wrote with nft(8): rules that mean the same, what stays unsaid, and names that could say more. */
import { describe, expect, it } from 'vitest';
import { readDevices } from '../../../src/dialects/nft/read-devices.ts';
import { readNft, type NftReading } from '../../../src/dialects/nft/read.ts';
import { writeNft } from '../../../src/dialects/nft/write.ts';
import { normalFilter } from '../../../src/state/normal-filter.ts';
import { type FilterRule, type FilterTable } from '../../../src/state/packet-filter.ts';
import { roundTrip, throughNft } from './through-nft.ts';

const accept = { kind: 'accept' } as const;
const drop = { kind: 'drop' } as const;

const inputOf = (...rules: readonly FilterRule[]): readonly FilterTable[] => [
  {
    family: 'inet',
    name: 'lanwright',
    chains: [{ name: 'input', type: 'filter', hook: 'input', priority: 0, policy: 'drop', rules }],
  },
];

/** Reads rules of an input chain, with declarations beside it. */
const readInput = (rules: string, declarations = ''): NftReading & { readonly rules: readonly FilterRule[] } => {
  const reading = throughNft(`table inet t {
    ${declarations}
    chain sub { }
    chain input { type filter hook input priority 0; policy accept;
      ${rules}
    }
  }`);
  return { ...reading, rules: reading.tables[0]?.chains[0]?.rules ?? [] };
};

const tcp = (...ports: number[]): FilterRule['matches'][number] => ({ kind: 'port', protocol: 'tcp', ports });
const from = (...prefixes: string[]): FilterRule['matches'][number] => ({ kind: 'source', family: 4, prefixes });

describe('nft', () => {
  it('keeps several tables, and none', () => {
    const [first] = inputOf({ matches: [], verdict: accept });
    const three = [first!, { ...first!, name: 'another' }, { ...first!, family: 'ip' as const }];
    expect(roundTrip(three)).toEqual({ tables: normalFilter(three), unknown: [] });
    expect(roundTrip([])).toEqual({ tables: [], unknown: [] });
  });

  it('lets no comment or name say anything else', () => {
    const evil = 'x" accept; flush ruleset; #\n\u0000é';
    const tables = inputOf({ matches: [], verdict: drop, comment: evil });
    expect(roundTrip(tables)).toEqual({ tables: normalFilter(tables), unknown: [] });
    for (const name of ['a"b', '*h', 'a b', 'a;b', '']) {
      const match = { kind: 'iif', names: [name] } as const;
      expect(() => writeNft(inputOf({ matches: [match], verdict: accept }))).toThrow('not an interface name');
    }
    expect(() => writeNft([{ family: 'inet', name: 'x { }; flush', chains: [] }])).toThrow('not a name');
    expect(() => writeNft(inputOf({ matches: [], verdict: { kind: 'jump', chain: 'a; flush' } }))).toThrow();
    expect(() => writeNft(inputOf({ matches: [{ kind: 'source-mac', macs: ['x'] }], verdict: accept }))).toThrow();
  });

  it('writes nothing that it could not read', () => {
    const other = { kind: 'other', text: 'limit rate 5/second' } as const;
    expect(() => writeNft(inputOf({ matches: [other], verdict: accept }))).toThrow('limit rate 5/second');
    expect(() => writeNft(inputOf({ matches: [], verdict: other }))).toThrow('limit rate 5/second');
    const port = { kind: 'port-in', names: ['eth0'] } as const;
    expect(() => writeNft(inputOf({ matches: [port], verdict: accept }))).toThrow('bridge port');
  });

  it('leaves out rules that no packet passes', () => {
    const rules: readonly FilterRule[] = [
      { matches: [{ kind: 'family', family: 6 }, from('10.0.0.0/8')], verdict: drop },
      { matches: [{ kind: 'source', family: 4, prefixes: ['0.0.0.0/0'], negate: true }], verdict: drop },
      { matches: [tcp(80), { kind: 'port', protocol: 'udp', ports: [80] }], verdict: drop },
      { matches: [{ kind: 'iif', names: [] }], verdict: drop },
    ];
    expect(normalFilter(inputOf(...rules))[0]?.chains[0]?.rules).toEqual([]);
  });

  it('says for each family what only one of them can be told', () => {
    const rule: FilterRule = { matches: [], verdict: { kind: 'reject', with: 'host-prohibited' } };
    expect(normalFilter(inputOf(rule))[0]?.chains[0]?.rules).toEqual([
      { matches: [{ kind: 'family', family: 4 }], verdict: { kind: 'reject', with: 'host-prohibited' } },
      { matches: [{ kind: 'family', family: 6 }], verdict: { kind: 'reject', with: 'admin-prohibited' } },
    ]);
  });
});

describe('rules of others', () => {
  it('are read in the words of the normal form', () => {
    const { rules, unknown } = readInput(`
      counter ip saddr { 10.0.0.1-10.0.0.3 } tcp dport 22-24 accept
      icmp type echo-request counter log prefix "x" accept
      ct state { established, new } accept
      ct state != invalid accept
      ct state != new,established drop
      tcp dport > 1023 drop
      tcp flags syn drop
      tcp flags & (fin|syn|rst|ack) == syn drop
      iif lo accept
      ip protocol { tcp, gre } ip length 100-200 drop
      meta l4proto { tcp, udp } th dport { 53, 88 } accept
      icmpv6 type 1 icmpv6 code 3 drop
      reject with icmpv6 addr-unreachable
      meta protocol != ip6 drop`);
    expect(unknown).toEqual([]);
    const udp = { kind: 'port', protocol: 'udp', ports: [53, 88] } as const;
    expect(rules).toEqual([
      {
        matches: [from('10.0.0.1/32', '10.0.0.2/31'), { ...tcp(), ranges: [[22, 24]] }],
        verdict: accept,
      },
      {
        matches: [
          { kind: 'family', family: 4 },
          { kind: 'icmp', types: 'echo-request' },
        ],
        verdict: accept,
      },
      { matches: [{ kind: 'conntrack', states: ['new', 'established'] }], verdict: accept },
      {
        matches: [{ kind: 'conntrack', states: ['new', 'established', 'related', 'untracked'] }],
        verdict: accept,
      },
      // nft compares the state with two bits at once, which no packet has.
      {
        matches: [{ kind: 'conntrack', states: ['new', 'established', 'related', 'invalid', 'untracked'] }],
        verdict: drop,
      },
      { matches: [{ ...tcp(), ranges: [[1024, 65535]] }], verdict: drop },
      { matches: [{ kind: 'tcp-flags', mask: 2, value: 0, negate: true }], verdict: drop },
      { matches: [{ kind: 'tcp-flags', mask: 0x17, value: 2 }], verdict: drop },
      { matches: [{ kind: 'iif', names: ['lo'] }], verdict: accept },
      {
        matches: [
          { kind: 'family', family: 4 },
          { kind: 'length', range: [100, 200] },
          { kind: 'protocol', protocols: [6, 47] },
        ],
        verdict: drop,
      },
      { matches: [tcp(53, 88)], verdict: accept },
      { matches: [udp], verdict: accept },
      { matches: [{ kind: 'icmp-type', family: 6, types: [1], code: 3 }], verdict: drop },
      { matches: [{ kind: 'family', family: 6 }], verdict: { kind: 'reject', with: 'host-unreachable' } },
      { matches: [{ kind: 'family', family: 4 }], verdict: drop },
    ]);
  });

  it('are resolved where they use named sets and maps', () => {
    const { rules, unknown } = readInput(
      `ip saddr @bad drop
       ip saddr != @bad tcp dport @ports accept
       ip saddr . tcp dport @pairs accept
       tcp dport vmap @verdicts
       meta mark set tcp dport map { 80 : 1, 443 : 2 }
       ip saddr @none drop`,
      `set bad { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 10.0.0.1-10.0.0.2, 1.2.3.4 comment "x" } }
       set ports { type inet_service; elements = { 80, 443 } }
       set pairs { type ipv4_addr . inet_service; elements = { 10.0.0.1 . 80, 10.0.0.2 . 81 } }
       set none { type ipv4_addr; }
       map verdicts { type inet_service : verdict; elements = { 22 : accept, 80 : jump sub } }`,
    );
    expect(unknown).toEqual([]);
    const bad = from('1.2.3.4/32', '10.0.0.1/32', '10.0.0.2/32', '192.0.2.0/24');
    expect(rules.slice(0, 2)).toEqual([
      { matches: [bad], verdict: drop },
      { matches: [{ ...bad, negate: true }, tcp(80, 443)], verdict: accept },
    ]);
    expect(rules.slice(2)).toEqual(
      expect.arrayContaining([
        { matches: [from('10.0.0.1/32'), tcp(80)], verdict: accept },
        { matches: [from('10.0.0.2/32'), tcp(81)], verdict: accept },
        { matches: [tcp(22)], verdict: accept },
        { matches: [tcp(80)], verdict: { kind: 'jump', chain: 'sub' } },
        { matches: [tcp(80)], verdict: { kind: 'set-mark', value: 1, mask: 0xffffffff } },
        { matches: [tcp(443)], verdict: { kind: 'set-mark', value: 2, mask: 0xffffffff } },
      ]),
    );
    expect(rules).toHaveLength(8);
  });

  it('become several where they do several things', () => {
    const { rules, unknown } = readInput(`
      ip saddr 10.0.0.1 meta mark set 7 tcp dport 22 ct mark set meta mark accept
      meta mark 0 meta mark set 1 accept`);
    expect(rules).toEqual([
      { matches: [from('10.0.0.1/32')], verdict: { kind: 'set-mark', value: 7, mask: 0xffffffff } },
      { matches: [from('10.0.0.1/32'), tcp(22)], verdict: { kind: 'save-mark' } },
      { matches: [from('10.0.0.1/32'), tcp(22)], verdict: accept },
      {
        matches: [{ kind: 'mark', value: 0, mask: 0xffffffff }],
        verdict: { kind: 'set-mark', value: 1, mask: 0xffffffff },
      },
      // The mark is no longer what was asked for.
      { matches: [], verdict: { kind: 'other', text: '{"accept":null}' } },
    ]);
    expect(unknown).toHaveLength(1);
  });

  it('keep what they cannot say, and tell it', () => {
    const { rules, unknown } = readInput(
      `limit rate 5/second accept
       fib daddr type local drop
       add @seen { ip saddr } accept
       ip saddr @seen drop
       meta priority set 1`,
      'set seen { type ipv4_addr; flags dynamic, timeout; timeout 1m; }',
    );
    expect(rules.map(({ matches, verdict }) => [...matches.map(({ kind }) => kind), verdict.kind])).toEqual([
      ['other', 'accept'],
      ['other', 'drop'],
      ['other', 'accept'],
      ['other', 'drop'],
      ['continue'],
    ]);
    expect(rules[0]?.matches).toEqual([{ kind: 'other', text: 'limit rate 5/second' }]);
    expect(unknown.map((text) => text.replace(/handle \d+.*/, ''))).toEqual(
      Array.from({ length: 5 }, () => 'rule t input '),
    );
  });

  it('name translations of all shapes', () => {
    const { tables, unknown } = throughNft(`table ip nat {
      chain pre { type nat hook prerouting priority dstnat;
        dnat to tcp dport map { 80 : 10.0.0.1, 443 : 10.0.0.2 }
        dnat to 10.0.0.0/24
        tcp dport 81 dnat to 10.0.0.1:8081 random
        tcp dport 82 redirect to :1000-2000
        tcp dport 83 dnat to :8083
      }
      chain post { type nat hook postrouting priority srcnat;
        meta l4proto tcp masquerade to :1024-2048
      }
    }`);
    expect(tables[0]?.chains.flatMap(({ rules }) => rules)).toEqual([
      { matches: [tcp(80)], verdict: { kind: 'dnat', address: '10.0.0.1' } },
      { matches: [tcp(443)], verdict: { kind: 'dnat', address: '10.0.0.2' } },
      { matches: [], verdict: { kind: 'dnat', address: '10.0.0.0', lastAddress: '10.0.0.255' } },
      { matches: [tcp(81)], verdict: { kind: 'dnat', address: '10.0.0.1', port: 8081 } },
      { matches: [tcp(82)], verdict: { kind: 'other', text: '{"redirect":{"port":{"range":[1000,2000]}}}' } },
      { matches: [tcp(83)], verdict: { kind: 'other', text: '{"dnat":{"port":8083}}' } },
      { matches: [tcp()], verdict: { kind: 'masquerade' } },
    ]);
    expect(unknown.map((text) => text.replace(/handle \d+: /, ''))).toEqual([
      'rule nat pre random',
      'rule nat pre {"redirect":{"port":{"range":[1000,2000]}}}',
      'rule nat pre {"dnat":{"port":8083}}',
      'rule nat post ports 1024-2048',
    ]);
  });

  it('hang on devices that nft prints in text alone', () => {
    const { tables } = throughNft('table netdev t { chain in { type filter hook ingress device lo priority -5; }; }');
    expect(tables[0]?.chains[0]?.device).toBe('lo');
    const text =
      'table netdev t {\n\tchain in {\n\t\ttype filter hook ingress devices = { a, "b" } priority 0;\n\t}\n}';
    expect([...readDevices(text)]).toEqual([['netdev t in', ['a', 'b']]]);
    const json = {
      nftables: [
        { table: { family: 'netdev', name: 't' } },
        { chain: { family: 'netdev', table: 't', name: 'in', type: 'filter', hook: 'ingress', prio: 0 } },
      ],
    };
    expect(readNft(json, readDevices(text)).tables[0]?.chains.map(({ name, device }) => [name, device])).toEqual([
      ['in', 'a'],
      ['in-b', 'b'],
    ]);
  });

  it('do nothing in tables that sleep', () => {
    const { tables, unknown } = throughNft('table ip t { flags dormant; chain a { }; }');
    expect(tables).toEqual([]);
    expect(unknown).toEqual(['table t: not read, it is dormant']);
  });

  it('hang on hooks that are not known', () => {
    const { tables, unknown } = throughNft(
      'table netdev t { chain out { type filter hook egress device lo priority 0; drop; }; }',
    );
    expect(tables).toEqual([{ family: 'netdev', name: 't', chains: [] }]);
    expect(unknown).toEqual(['chain t out: not read: its hook is "egress"']);
  });
});
