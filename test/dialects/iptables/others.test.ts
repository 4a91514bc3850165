/** What files of other people taught of iptables: each was held to `iptables-restore`. */
import { describe, expect, it } from 'vitest';
import { iptables } from '../../../src/dialects/iptables/dialect.ts';
import { type IptablesReading, readIptables } from '../../../src/dialects/iptables/read.ts';

/** `words`: the matches of a rule. */
const inInput = (words: string): IptablesReading => readIptables(`*filter\n-A INPUT ${words} -j ACCEPT\nCOMMIT\n`, 4);

describe('options of rules', () => {
  it.each([
    // An option of the protocol is its own, whatever match was named before it.
    ['-p tcp -m state --state NEW --dport 22', '-p tcp -m state --state NEW -m tcp --dport 22'],
    ['-p icmp -m state --state NEW --icmp-type 8', '-p icmp -m icmp --icmp-type 8 -m state --state NEW'],
    ['-p tcp -m comment --comment "in" --syn', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m comment --comment in'],
    // Any beginning of an option does that no other begins with.
    ['-p tcp -m multiport --dport 80,443', '-p tcp -m multiport --dports 80,443'],
  ])('go to the match that has them: %s', (given, same) => {
    const reading = inInput(given);
    expect(reading).toMatchObject({ errors: [], unknown: [] });
    expect(reading.tables).toEqual(inInput(same).tables);
  });

  it('tell a `!` that stands behind its option', () => {
    expect(readIptables('*filter\n-A INPUT -i ! lo -j DROP\n-A INPUT ! -i lo -j DROP', 4).outdated).toEqual([
      { line: 2, text: '-i ! lo -j DROP' },
    ]);
  });
});

describe('lines of tables', () => {
  it.each([
    ['-A DOCKER-USER -j RETURN', 'the table has no chain `DOCKER-USER`'],
    ['-A INPUT -p tcp --dport 99999 -j ACCEPT', '`99999` is no port'],
    ['-A INPUT -m --comment "web" -j ACCEPT', '`-m` names no match'],
  ])('are told what iptables-restore refuses: %s', (line, why) => {
    expect(readIptables(`*filter\n${line}\nCOMMIT`, 4).errors.map((error) => error.why)).toEqual([why]);
  });

  it('are taken away as in a script', () => {
    const text =
      '*filter\n:own - [0:0]\n-A own -j DROP\n-A INPUT -j DROP\n-F INPUT\n-A INPUT -j ACCEPT\n-Z\n-F own\n-X own';
    const { tables, errors } = readIptables(text, 4);
    expect(errors).toEqual([]);
    expect(tables[0]?.chains.map(({ rules }) => rules)).toEqual([[{ matches: [], verdict: { kind: 'accept' } }]]);
    expect(tables[0]?.subchains).toBeUndefined();
  });
});

describe('words that stand for numbers', () => {
  const rulesOf = (table: string, rule: string): unknown => {
    const { stacks, remarks } = iptables.read(
      [{ path: 'etc/iptables/rules.v4', text: `*${table}\n${rule}\nCOMMIT\n` }],
      { stack: 'm' },
    );
    expect(remarks).toEqual([]);
    return stacks['m']?.filter?.[0]?.chains[0]?.rules[0];
  };

  it('are names of services, wherever ports stand', () => {
    expect(rulesOf('filter', '-A INPUT -p tcp -m tcp --dport ssh -j ACCEPT')).toMatchObject({
      matches: [{ ports: [22] }],
    });
    expect(rulesOf('filter', '-A INPUT -p udp -m multiport --dports domain,ntp -j ACCEPT')).toMatchObject({
      matches: [{ ports: [53, 123] }],
    });
    expect(rulesOf('nat', '-A PREROUTING -p tcp -j DNAT --to-destination 10.6.0.2:ftp-data')).toMatchObject({
      verdict: { kind: 'dnat', address: '10.6.0.2', port: 20 },
    });
    expect(rulesOf('nat', '-A PREROUTING -p tcp -j REDIRECT --to-ports http')).toMatchObject({ verdict: { port: 80 } });
  });

  it('are the name that every machine has for itself', () => {
    expect(rulesOf('filter', '-A INPUT -s localhost -j ACCEPT')).toMatchObject({
      matches: [{ prefixes: ['127.0.0.1/32'] }],
    });
  });
});

it('tells that a table without COMMIT is not loaded', () => {
  const text = '*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\n';
  const { remarks } = iptables.read([{ path: 'etc/iptables/rules.v4', text }], { stack: 'm' });
  expect(remarks).toMatchObject([{ kind: 'error', code: 'no-commit', at: { line: 4 } }]);
});

it.each([
  ' *filter\nCOMMIT\n',
  '*filter\n  :INPUT DROP [0:0]\nCOMMIT\n',
  '*filter\nCOMMIT \n',
  '# a\n \n*filter\nCOMMIT\n',
])('tells of blanks that iptables-restore stops at: %j', (text) => {
  const codes = (path: string): readonly string[] =>
    iptables.read([{ path, text }], { stack: 'm' }).remarks.map(({ code }) => code);
  expect(codes('etc/iptables/rules.v4')).toEqual(['stray-blank']);
  // What was pasted may be indented as a page is.
  expect(codes('pasted.txt')).toEqual([]);
});

it('takes blanks before rules', () => {
  const text = '*filter\n  -A INPUT -j ACCEPT\nCOMMIT\n';
  expect(iptables.read([{ path: 'etc/iptables/rules.v4', text }], { stack: 'm' }).remarks).toEqual([]);
});
