/** What files of other people taught of iptables: each was held to `iptables-restore`. */
import { describe, expect, it } from 'vitest';
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
