/** iptables-save(8) in the words of the normal form, line by line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIptables, type IptablesReading } from '../../../src/dialects/iptables/read.ts';
import { wordsOf } from '../../../src/dialects/iptables/words.ts';
import { type Family } from '../../../src/net/address.ts';
import { type FilterRule } from '../../../src/state/packet-filter.ts';

const tableText = (table: string, chain: string, lines: readonly string[]): string =>
  [
    `*${table}`,
    `:${chain} ACCEPT [0:0]`,
    ':USER - [0:0]',
    ...lines.map((line) => `-A ${chain} ${line}`),
    'COMMIT',
  ].join('\n');

const readLines = (
  lines: readonly string[],
  { table = 'filter', chain = 'INPUT', family = 4 }: { table?: string; chain?: string; family?: Family } = {},
): IptablesReading & { readonly rules: readonly FilterRule[] } => {
  const reading = readIptables(tableText(table, chain, lines), family);
  return { ...reading, rules: reading.tables[0]?.chains[0]?.rules ?? [] };
};

const accept = { kind: 'accept' } as const;
const drop = { kind: 'drop' } as const;

/** The matches of one line, which must be said whole. */
const matchesOf = (line: string, family: Family = 4): FilterRule['matches'] | undefined => {
  const { rules, unknown, errors } = readLines([`${line} -j ACCEPT`], { family });
  expect([unknown, errors], line).toEqual([[], []]);
  expect(rules.length, line).toBeLessThanOrEqual(1);
  return rules[0]?.matches;
};

const verdictOf = (line: string, table: string, family: Family = 4): FilterRule['verdict'] | undefined =>
  readLines([line], { table, chain: table === 'nat' ? 'PREROUTING' : table === 'mangle' ? 'OUTPUT' : 'INPUT', family })
    .rules[0]?.verdict;

const bare = { kind: 'port', protocol: 'tcp', ports: [] } as const;
const tcp = (...ports: number[]): FilterRule['matches'][number] => ({ ...bare, ports });

describe('chains of iptables-save', () => {
  it('hang on their hooks with the classic priorities', () => {
    const text = ['raw', 'mangle', 'nat', 'filter', 'security']
      .map((table) => {
        const chains = { raw: 'PREROUTING OUTPUT', nat: 'PREROUTING INPUT OUTPUT POSTROUTING' }[table];
        const names =
          chains ?? (table === 'mangle' ? 'PREROUTING INPUT FORWARD OUTPUT POSTROUTING' : 'INPUT FORWARD OUTPUT');
        return [`*${table}`, ...names.split(' ').map((name) => `:${name} DROP [1:2]`), 'COMMIT'].join('\n');
      })
      .join('\n');
    const { tables, errors } = readIptables(text, 6);
    expect(errors).toEqual([]);
    const places = tables.flatMap(({ family, name, chains }) =>
      chains.map(({ type, hook, priority, policy }) => `${family} ${name} ${type} ${hook} ${priority} ${policy}`),
    );
    expect(places).toEqual([
      'ip6 filter filter input 0 drop',
      'ip6 filter filter forward 0 drop',
      'ip6 filter filter output 0 drop',
      'ip6 mangle filter prerouting -150 drop',
      'ip6 mangle filter input -150 drop',
      'ip6 mangle filter forward -150 drop',
      'ip6 mangle route output -150 drop',
      'ip6 mangle filter postrouting -150 drop',
      'ip6 nat nat prerouting -100 drop',
      'ip6 nat nat input 100 drop',
      'ip6 nat nat output -100 drop',
      'ip6 nat nat postrouting 100 drop',
      'ip6 raw filter prerouting -300 drop',
      'ip6 raw filter output -300 drop',
      'ip6 security filter input 50 drop',
      'ip6 security filter forward 50 drop',
      'ip6 security filter output 50 drop',
    ]);
  });

  it('are jumped to, also before they are declared', () => {
    const { tables, unknown, errors } = readIptables(
      [
        '*filter',
        ':INPUT ACCEPT [0:0]',
        '[5:300] -A INPUT -j USER',
        '-A INPUT -g LATER',
        '-A INPUT -j NOWHERE',
        '-A USER -j RETURN',
        '-I INPUT -j DROP',
        '-I INPUT 2 -j ACCEPT',
        '-N LATER',
        ':USER - [0:0]',
        'COMMIT',
      ].join('\n'),
      4,
    );
    expect(errors).toEqual([]);
    expect(unknown).toEqual([{ line: 5, text: '-j NOWHERE' }]);
    expect(tables[0]?.chains[0]?.rules.map(({ verdict }) => verdict)).toEqual([
      drop,
      accept,
      { kind: 'jump', chain: 'USER' },
      { kind: 'goto', chain: 'LATER' },
      { kind: 'other', text: '-j NOWHERE' },
    ]);
    expect(tables[0]?.subchains).toEqual([
      { name: 'LATER', rules: [] },
      { name: 'USER', rules: [{ matches: [], verdict: { kind: 'return' } }] },
    ]);
  });
});

describe('matches of iptables-save', () => {
  it.each<[string, FilterRule['matches'], Family?]>([
    ['-s 10.1.2.3/255.0.0.0', [{ kind: 'source', family: 4, prefixes: ['10.0.0.0/8'] }]],
    ['! -d 10.0.0.1', [{ kind: 'destination', family: 4, prefixes: ['10.0.0.1/32'], negate: true }]],
    ['-s ! 10.0.0.1', [{ kind: 'source', family: 4, prefixes: ['10.0.0.1/32'], negate: true }]],
    ['-s 2001:db8::/32', [{ kind: 'source', family: 6, prefixes: ['2001:db8::/32'] }], 6],
    ['-s 0.0.0.0/0 -i +', []],
    [
      '-i eth+ ! -o br0',
      [
        { kind: 'iif', names: ['eth*'] },
        { kind: 'oif', names: ['br0'], negate: true },
      ],
    ],
    ['-p tcp', [bare]],
    ['-p 50', [{ kind: 'protocol', protocols: [50] }]],
    ['! -p udp', [{ kind: 'protocol', protocols: [17], negate: true }]],
    ['-p tcp -m tcp --dport 22', [tcp(22)]],
    ['-p tcp --sport 1024:', [{ kind: 'source-port', protocol: 'tcp', ports: [], ranges: [[1024, 65535]] }]],
    ['-p tcp -m tcp ! --dport 22:25', [{ ...bare, ranges: [[22, 25]], negate: true }]],
    ['-p tcp -m multiport --dports 80,90:100,443', [{ ...bare, ports: [80, 443], ranges: [[90, 100]] }]],
    ['-p tcp --syn', [{ kind: 'tcp-flags', mask: 0x17, value: 2 }]],
    ['-p tcp ! --syn', [{ kind: 'tcp-flags', mask: 0x17, value: 2, negate: true }]],
    ['-p tcp -m tcp --tcp-flags ALL NONE', [{ kind: 'tcp-flags', mask: 0x3f, value: 0 }]],
    ['-m state --state NEW,ESTABLISHED', [{ kind: 'conntrack', states: ['new', 'established'] }]],
    [
      '-m conntrack ! --ctstate NEW',
      [{ kind: 'conntrack', states: ['established', 'related', 'invalid', 'untracked'] }],
    ],
    ['-m conntrack --ctstate DNAT', [{ kind: 'dnatted' }]],
    ['-m conntrack ! --ctstate SNAT', [{ kind: 'snatted', negate: true }]],
    ['-p icmp -m icmp --icmp-type 8', [{ kind: 'icmp', types: 'echo-request' }]],
    ['-p icmp --icmp-type fragmentation-needed', [{ kind: 'icmp-type', family: 4, types: [3], code: 4 }]],
    ['-p icmp -m icmp --icmp-type any', [{ kind: 'protocol', protocols: [1] }]],
    ['-p icmp -m icmp ! --icmp-type 3/1', [{ kind: 'icmp-type', family: 4, types: [3], code: 1, negate: true }]],
    ['-p ipv6-icmp -m icmp6 --icmpv6-type 135', [{ kind: 'icmp-type', family: 6, types: [135] }], 6],
    ['-m mark --mark 0x10/0xf0', [{ kind: 'mark', value: 0x10, mask: 0xf0 }]],
    ['-m connmark ! --mark 1', [{ kind: 'connection-mark', value: 1, mask: 0xffffffff, negate: true }]],
    ['-m physdev --physdev-in vnet+', [{ kind: 'port-in', names: ['vnet*'] }]],
    ['-m physdev ! --physdev-out p1', [{ kind: 'port-out', names: ['p1'], negate: true }]],
    ['-m mac --mac-source AA:BB:CC:00:11:22', [{ kind: 'source-mac', macs: ['aa:bb:cc:00:11:22'] }]],
    ['-m pkttype --pkt-type multicast', [{ kind: 'packet-type', types: ['multicast'] }]],
    ['-m length --length 100:200', [{ kind: 'length', range: [100, 200] }]],
    [
      '-m iprange --dst-range 10.0.0.1-10.0.0.2',
      [{ kind: 'destination', family: 4, prefixes: ['10.0.0.1/32', '10.0.0.2/32'] }],
    ],
  ])('%s', (line, matches, family) => {
    expect(matchesOf(line, family)).toEqual(matches);
  });

  it('leave out rules that no packet passes', () => {
    expect(matchesOf('! -i +')).toBeUndefined();
    expect(matchesOf('! -s 0.0.0.0/0')).toBeUndefined();
    expect(matchesOf('-m mark --mark 2/1')).toBeUndefined();
  });

  it('keep their words where they cannot be said', () => {
    const { rules, unknown, errors } = readLines([
      '-p tcp -m limit --limit 5/min --limit-burst 3 -m tcp --dport 22 -j ACCEPT',
      '-m set ! --match-set bad src -j DROP',
      '-m recent --name "a \\"b" --rcheck -j DROP',
      '-m conntrack --ctstate NEW,DNAT -j DROP',
      '-p tcp --tcp-option 5 -j DROP',
      '-s 10.0.0.1/255.0.255.0 -f -j DROP',
      '-m addrtype --dst-type LOCAL -j DROP',
    ]);
    expect(errors).toEqual([]);
    const others = rules.map(({ matches }) => matches.flatMap((match) => (match.kind === 'other' ? [match.text] : [])));
    expect(others).toEqual([
      ['-m limit --limit 5/min --limit-burst 3'],
      ['-m set ! --match-set bad src'],
      ['-m recent --name a "b --rcheck'],
      ['-m conntrack --ctstate NEW,DNAT'],
      ['-m tcp --tcp-option 5'],
      ['--fragment', '--source 10.0.0.1/255.0.255.0'],
      ['-m addrtype --dst-type LOCAL'],
    ]);
    expect(rules[0]?.matches[0]).toEqual(tcp(22));
    expect(unknown.map(({ line }) => line)).toEqual([4, 5, 6, 7, 8, 9, 9, 10]);
  });
});

describe('targets of iptables-save', () => {
  const address = '10.0.0.1';
  it.each<[string, string, FilterRule['verdict'], Family?]>([
    ['-p tcp -j DNAT --to 10.0.0.1:80', 'nat', { kind: 'dnat', address, port: 80 }],
    ['-j SNAT --to 10.0.0.1', 'nat', { kind: 'snat', address }],
    ['-p tcp -j REDIRECT --to 8080', 'nat', { kind: 'redirect', port: 8080 }],
    ['-j REJECT --reject tcp-reset -p tcp', 'filter', { kind: 'reject', with: 'tcp-reset' }],
    ['-j DROP', 'filter', drop],
    ['-p tcp', 'filter', { kind: 'continue' }],
    ['-j LOG --log-prefix "a b: "', 'filter', { kind: 'continue' }],
    ['-j REJECT', 'filter', { kind: 'reject', with: 'port-unreachable' }],
    ['-j REJECT --reject-with icmp-proto-unreachable', 'filter', { kind: 'reject', with: 'protocol-unreachable' }],
    ['-p tcp -j REJECT --reject-with tcp-reset', 'filter', { kind: 'reject', with: 'tcp-reset' }],
    ['-j REJECT --reject-with icmp6-adm-prohibited', 'filter', { kind: 'reject', with: 'admin-prohibited' }, 6],
    ['-j REJECT --reject-with icmp6-addr-unreachable', 'filter', { kind: 'reject', with: 'host-unreachable' }, 6],
    ['-j DNAT --to-destination 10.0.0.1', 'nat', { kind: 'dnat', address }],
    ['-p tcp -j DNAT --to-destination 10.0.0.1:80', 'nat', { kind: 'dnat', address, port: 80 }],
    [
      '-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90 --random',
      'nat',
      { kind: 'dnat', address, lastAddress: '10.0.0.9', port: 80, lastPort: 90 },
    ],
    ['-j DNAT --to-destination 2001:db8::1', 'nat', { kind: 'dnat', address: '2001:db8::1' }, 6],
    ['-p tcp -j DNAT --to-destination [2001:db8::1]:80', 'nat', { kind: 'dnat', address: '2001:db8::1', port: 80 }, 6],
    [
      '-p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::2]:80',
      'nat',
      { kind: 'dnat', address: '2001:db8::1', lastAddress: '2001:db8::2', port: 80 },
      6,
    ],
    ['-p tcp -j DNAT --to-destination :80', 'nat', { kind: 'other', text: '-j DNAT --to-destination :80' }],
    ['-p tcp -j REDIRECT --to-ports 80', 'nat', { kind: 'redirect', port: 80 }],
    ['-j REDIRECT', 'nat', { kind: 'redirect' }],
    ['-p tcp -j REDIRECT --to-ports 80-90', 'nat', { kind: 'other', text: '-j REDIRECT --to-ports 80-90' }],
    ['-j MASQUERADE --random', 'nat', { kind: 'masquerade' }],
    ['-j SNAT --to-source 10.0.0.1', 'nat', { kind: 'snat', address }],
    ['-j MARK --set-xmark 0x1/0xff', 'mangle', { kind: 'set-mark', value: 1, mask: 0xff }],
    ['-j MARK --set-xmark 0xffffffff/0x0', 'mangle', { kind: 'other', text: '-j MARK --set-xmark 0xffffffff/0x0' }],
    ['-j MARK --set-mark 0x100/0xff', 'mangle', { kind: 'set-mark', value: 0x100, mask: 0x1ff }],
    ['-j MARK --or-mark 1', 'mangle', { kind: 'set-mark', value: 1, mask: 1 }],
    ['-j MARK --and-mark 0xff', 'mangle', { kind: 'set-mark', value: 0, mask: 0xffffff00 }],
    ['-j CONNMARK --set-xmark 0x2/0xffffffff', 'mangle', { kind: 'set-connection-mark', value: 2, mask: 0xffffffff }],
    ['-j CONNMARK --save-mark', 'mangle', { kind: 'save-mark' }],
    ['-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff', 'mangle', { kind: 'restore-mark' }],
    [
      '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff',
      'mangle',
      { kind: 'other', text: '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff' },
    ],
    ['-j TCPMSS --clamp-mss-to-pmtu', 'mangle', { kind: 'continue' }],
    ['-j CT --notrack', 'filter', { kind: 'notrack' }],
    ['-j NFQUEUE --queue-num 1', 'filter', { kind: 'other', text: '-j NFQUEUE --queue-num 1' }],
  ])('%s', (line, table, verdict, family) => {
    expect(verdictOf(line, table, family)).toEqual(verdict);
  });
});

describe('lines of iptables-save', () => {
  it('keep comments', () => {
    const { rules } = readLines(['-m comment --comment "let \\"it\\" in" -j ACCEPT']);
    expect(rules).toEqual([{ matches: [], verdict: accept, comment: "let 'it' in" }]);
  });

  it('are told where they are none', () => {
    const text = [
      '-A INPUT -j DROP',
      '*filter',
      ':INPUT MAYBE [0:0]',
      '-A INPUT -m comment --comment "open',
      '*what',
      'x',
    ];
    expect(readIptables(text.join('\n'), 4).errors).toEqual([
      { line: 1, text: '-A INPUT -j DROP' },
      { line: 3, text: ':INPUT MAYBE [0:0]' },
      { line: 4, text: '-A INPUT -m comment --comment "open' },
      { line: 5, text: '*what' },
      { line: 6, text: 'x' },
    ]);
  });

  it('are never thrown at, whatever they are', () => {
    const pieces = fc.constantFrom(
      ...'*filter|*nat|COMMIT|:INPUT|DROP|-|-A|-I|INPUT|3|!|-s|-d|10.0.0.0/33|::/0|1.2.3.4/255.0.255.0|-p|tcp|-m|--dport'.split(
        '|',
      ),
      ...'1:|:|--dports|1,,2|--ctstate|,|--mark|0x/|-j|SNAT|--to-source|[::1|a-b|--icmp-type|8/|"|\\|constructor|__proto__'.split(
        '|',
      ),
      ...'MARK|--set-xmark|99999999999|--tcp-flags|toString|-i|+|*|--src-range|9.9.9.9-1.1.1.1|REJECT|--reject-with|valueOf'.split(
        '|',
      ),
    );
    const line = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((words) => words.join(' ')),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom<Family>(4, 6), (lines, family) => {
        readIptables(['*filter', ...lines].join('\n'), family);
        for (const one of lines) wordsOf(one);
      }),
      { numRuns: 3000 },
    );
  });

  it('are read by the thousand', () => {
    const rule = (index: number): string =>
      `-s 10.${index >> 8}.${index & 255}.0/24 -i eth+ -p tcp -m multiport --dports 22,80:90 -m conntrack --ctstate NEW -j ACCEPT`;
    const text = tableText(
      'filter',
      'FORWARD',
      Array.from({ length: 6000 }, (_, index) => rule(index)),
    );
    expect(readIptables(text, 4).tables[0]?.chains[0]?.rules).toHaveLength(6000);
  });
});
