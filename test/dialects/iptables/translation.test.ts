/**
 * What this reads in iptables-save(8) is what netfilter's own translation to nftables says: iptables-restore-translate(8)
 * and the real nft in an empty namespace. Where that program is not installed there is nothing to compare with.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIptables } from '../../../src/dialects/iptables/read.ts';
import { type Family } from '../../../src/net/address.ts';
import { throughNft } from '../nft/through-nft.ts';

const programs: Readonly<Record<Family, string>> = {
  4: 'iptables-restore-translate',
  6: 'ip6tables-restore-translate',
};
/** In CI a missing program is a failure. */
const isMissing = process.env['CI'] === undefined && spawnSync(programs[4], ['--version']).status !== 0;

const translated = (text: string, family: Family): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-translate-'));
  try {
    const file = join(folder, 'rules');
    writeFileSync(file, `${text}\n`);
    return execFileSync(programs[family], ['-f', file], { encoding: 'utf8', stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const number = fc.integer({ min: 1, max: 65535 });
const range = fc.tuple(number, number).map(([a, b]) => (a < b ? `${a}:${b}` : a === b ? String(a) : `${b}:${a}`));
const not = fc.constantFrom('', '', '! ');
const optional = (words: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(''), words);

const address = (family: Family): fc.Arbitrary<string> =>
  family === 4
    ? fc.tuple(fc.nat(255), fc.integer({ min: 8, max: 32 })).map(([last, length]) => `10.0.${last}.${last}/${length}`)
    : fc
        .tuple(fc.nat(0xffff), fc.integer({ min: 16, max: 128 }))
        .map(([last, length]) => `2001:db8::${last.toString(16)}/${length}`);

const place = (family: Family): fc.Arbitrary<string> =>
  fc
    .tuple(
      optional(fc.tuple(not, address(family)).map(([sign, text]) => `${sign}-s ${text}`)),
      optional(fc.tuple(not, address(family)).map(([sign, text]) => `${sign}-d ${text}`)),
      optional(fc.tuple(not, fc.constantFrom('lo', 'eth+', 'br0')).map(([sign, name]) => `${sign}-i ${name}`)),
    )
    .map((parts) => parts.join(' '));

const flags = fc.subarray(['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'], { minLength: 1 });

const carried = (family: Family): fc.Arbitrary<string> => {
  const transport = fc.constantFrom('tcp', 'udp').chain((protocol) =>
    fc.oneof(
      fc.constant(`-p ${protocol}`),
      fc
        .tuple(not, fc.constantFrom('--sport', '--dport'), range)
        // The translation of version 1.8.9 forgets the `!` of a port of UDP.
        .map(
          ([sign, name, ports]) => `-p ${protocol} -m ${protocol} ${protocol === 'udp' ? '' : sign}${name} ${ports}`,
        ),
      fc
        .tuple(not, fc.constantFrom('--sports', '--dports'), fc.array(range, { minLength: 1, maxLength: 4 }))
        .map(([sign, name, ports]) => `-p ${protocol} -m multiport ${sign}${name} ${ports.join(',')}`),
    ),
  );
  const marked = fc
    .tuple(not, flags, fc.nat(63))
    .map(([sign, mask, pick]) => [sign, mask, mask.filter((_, index) => pick & (1 << index))] as const)
    .filter(([, , set]) => set.length > 0)
    .map(([sign, mask, set]) => `-p tcp -m tcp ${sign}--tcp-flags ${mask.join(',')} ${set.join(',')}`);
  const icmp =
    family === 4
      ? fc.constantFrom('0', '3', '8', '11', '12').map((type) => `-p icmp -m icmp --icmp-type ${type}`)
      : fc.constantFrom('1', '2', '128', '129', '135').map((type) => `-p ipv6-icmp -m icmp6 --icmpv6-type ${type}`);
  return fc.oneof(fc.constant(''), transport, marked, icmp, fc.constantFrom('-p 47', '! -p tcp', '-p esp'));
};

const states = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];

const loaded = fc.oneof(
  fc.constant(''),
  fc
    .tuple(not, fc.subarray(states, { minLength: 1 }))
    .map(([sign, named]) => `-m conntrack ${sign}--ctstate ${named.join(',')}`),
  fc.tuple(not, fc.nat(255)).map(([sign, mark]) => `-m mark ${sign}--mark 0x${mark.toString(16)}/0xff`),
  fc.tuple(not, number).map(([sign, mark]) => `-m connmark ${sign}--mark 0x${mark.toString(16)}`),
  fc.tuple(not, range).map(([sign, lengths]) => `-m length ${sign}--length ${lengths}`),
  not.map((sign) => `-m mac ${sign}--mac-source 02:00:5e:10:00:01`),
  fc.constantFrom('unicast', 'broadcast', 'multicast').map((type) => `-m pkttype --pkt-type ${type}`),
  fc.constant('-m conntrack --ctstate DNAT'),
);

const target = (family: Family): fc.Arbitrary<string> =>
  fc.constantFrom(
    '-j ACCEPT',
    '-j DROP',
    '-j RETURN',
    '-j USER',
    '-g USER',
    '',
    '-j REJECT',
    ...(family === 4
      ? [
          'net-unreachable',
          'host-unreachable',
          'proto-unreachable',
          'net-prohibited',
          'host-prohibited',
          'admin-prohibited',
        ].map((reason) => `-j REJECT --reject-with icmp-${reason}`)
      : ['no-route', 'adm-prohibited', 'addr-unreachable', 'port-unreachable'].map(
          (reason) => `-j REJECT --reject-with icmp6-${reason}`,
        )),
    '-j LOG --log-prefix "a b"',
    '-j MARK --set-xmark 0x1/0xff',
    '-j MARK --set-xmark 0x7/0xffffffff',
    '-j MARK --and-mark 0xf0',
    '-j MARK --or-mark 0x3',
    '-j CONNMARK --save-mark',
    '-j CONNMARK --restore-mark',
    '-j CONNMARK --set-xmark 0x7/0xffffffff',
  );

const translation = (family: Family): fc.Arbitrary<string> => {
  const one = family === 4 ? '192.0.2.1' : '2001:db8::1';
  const several = family === 4 ? '192.0.2.1-192.0.2.9' : '2001:db8::1-2001:db8::9';
  const withPort = family === 4 ? `${one}:80` : `[${one}]:80`;
  return fc.constantFrom(
    `-j DNAT --to-destination ${one}`,
    `-j DNAT --to-destination ${several}`,
    `-p tcp -j DNAT --to-destination ${withPort}`,
    `-p udp -m udp --dport 53 -j DNAT --to-destination ${withPort}-90`,
    '-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080',
    '-p tcp -j REDIRECT',
  );
};

const ruleset = (family: Family): fc.Arbitrary<{ readonly filter: string[]; readonly nat: string[] }> =>
  fc.record({
    filter: fc.array(
      fc.tuple(place(family), carried(family), loaded, target(family)).map((parts) => `-A INPUT ${parts.join(' ')}`),
      { minLength: 1, maxLength: 12 },
    ),
    nat: fc.array(
      fc.tuple(place(family), translation(family)).map((parts) => `-A PREROUTING ${parts.join(' ')}`),
      { maxLength: 4 },
    ),
  });

const textOf = (filter: readonly string[], nat: readonly string[]): string =>
  [
    ...['*filter', ':INPUT DROP [0:0]', ':USER - [0:0]', ...filter, '-A USER -j DROP', 'COMMIT'],
    ...['*nat', ':PREROUTING ACCEPT [0:0]', ...nat, 'COMMIT'],
  ].join('\n');

/** A line that netfilter does not translate is left as a comment; some others become what nft does not parse. */
const isTranslated = (line: string, family: Family): boolean => {
  const isNat = line.startsWith('-A PREROUTING');
  const text = translated(isNat ? textOf([], [line]) : textOf([line], []), family);
  if (text.includes('# -t ')) return false;
  return spawnSync('unshare', ['-Urn', 'nft', '-f', '-'], { input: `${text}\n` }).status === 0;
};

describe.skipIf(isMissing)('iptables-save means what netfilter translates it to', () => {
  it.each([4, 6] as const)(
    'family %i',
    (family) => {
      fc.assert(
        fc.property(ruleset(family), ({ filter, nat }) => {
          const keep = (lines: readonly string[]): readonly string[] =>
            lines.filter((line) => isTranslated(line, family));
          const text = textOf(keep(filter), keep(nat));
          const read = readIptables(text, family);
          expect([read.errors, read.unknown], text).toEqual([[], []]);
          expect(read.tables, text).toEqual(throughNft(translated(text, family)).tables);
        }),
        { numRuns: 25 },
      );
    },
    240_000,
  );
});
