/** What files of other people taught of the small dialects: each was held to its program. */
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Reading } from '../../../src/dialects/dialect.ts';
import { radvd } from '../../../src/dialects/radvd/dialect.ts';
import { sysctl } from '../../../src/dialects/sysctl/dialect.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';

describe('radvd', () => {
  const read = (inner: string): Reading =>
    radvd.read([{ path: 'etc/radvd.conf', text: `interface eth0 {\n  AdvSendAdvert on;\n${inner}\n};\n` }], {
      stack: 'm',
    });

  it('takes bits behind the length of a prefix', () => {
    const reading = read('  prefix 2001:db8:1::1/64 { };');
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks['m']?.services).toMatchObject([{ prefixes: ['2001:db8:1::/64'] }]);
  });

  it('is not told of what is advertised where nothing is said', () => {
    expect(read('  AdvManagedFlag off;\n  AdvOtherConfigFlag off;\n  AdvLinkMTU 0;').remarks).toEqual([]);
    expect(read('  AdvOtherConfigFlag on;').remarks.map(({ code }) => code)).toEqual(['unsaid-option']);
  });

  it('knows ways, preference and MTU', () => {
    const told = read(
      '  AdvDefaultPreference low;\n  AdvLinkMTU 1480;\n  route 2001:db8:9::1/48 { };\n  route ::/0 { AdvRouteLifetime 0; };',
    );
    expect(told.remarks).toEqual([]);
    expect(told.stacks['m']?.services).toMatchObject([
      { preference: 'low', mtuBytes: 1480, routes: ['2001:db8:9::/48'] },
    ]);
    expect(read('  route fd00::/8 { AdvRoutePreference high; };').remarks.map(({ code }) => code)).toEqual([
      'route-preference',
    ]);
  });

  it('knows prefixes that are on the link, and addresses that DHCPv6 gives out', () => {
    const prefix = (isAutonomous: string): string =>
      `  AdvManagedFlag on;\n  prefix 2001:db8:1::/64 { AdvAutonomous ${isAutonomous}; };`;
    const managed = { isManaged: true, prefixes: ['2001:db8:1::/64'] };
    expect(read(prefix('on')).stacks['m']?.services).toMatchObject([managed]);
    const { stacks, remarks } = read(prefix('off'));
    expect(stacks['m']?.services).toMatchObject([{ ...managed, isOnLinkOnly: true }]);
    expect(remarks).toEqual([]);
  });
});

describe('sysctl', () => {
  const read = (...lines: readonly string[]): Reading =>
    sysctl.read([{ path: 'etc/sysctl.conf', text: `${lines.join('\n')}\n` }], { stack: 'm' });
  const told = ({ remarks }: Reading): readonly string[] => remarks.map(({ kind, code }) => `${kind} ${code}`);

  it.each([
    ['net.ipv4.ip_forward = 1 # we route', 'net/ipv4/ip_forward', '1'],
    ['net.ipv4.conf.eth0.rp_filter=2 loose', 'net/ipv4/conf/eth0/rp_filter', '2'],
    ['net.ipv4.tcp_rmem = 4096 87380\t6291456 # bytes', 'net/ipv4/tcp_rmem', '4096 87380\t6291456'],
  ])('takes the numbers of `%s`, as the kernel does', (line, key, value) => {
    const reading = read(line);
    expect(reading.stacks['m']?.sysctls).toEqual({ [key]: value });
    expect(told(reading)).toEqual(['ignored comment-in-value']);
  });

  it.each([
    ['net.ipv4.conf.all.rp_filter=1;', 'error not-a-number'],
    ['net.ipv4.ip_forward = yes', 'error not-a-number'],
    ['net.ipv4.conf.eth0.10.rp_filter = 1', 'error not-a-parameter'],
    ['net.inet.ip.forwarding=1', 'error other-system'],
  ])('states nothing of `%s`', (line, remark) => {
    const reading = read(line);
    expect(reading.stacks).toEqual({});
    expect(told(reading)).toEqual([remark]);
  });

  it('takes an act for no parameter', () => {
    expect(read('net.ipv4.route.flush = 1')).toMatchObject({ stacks: {}, remarks: [] });
  });

  it('leaves an address that is a parameter alone', () => {
    expect(told(read('net.ipv6.conf.eth0.stable_secret = 2001:db8::1'))).toEqual([]);
  });

  it('cuts blanks in front of a comment, too', () => {
    const reading = read('net.core.netdev_max_backlog = 32768      # as long as it gets');
    expect(reading.stacks['m']?.sysctls).toEqual({ 'net/core/netdev_max_backlog': '32768' });
  });
});

describe('patterns of sysctl', () => {
  const texts = (...lines: readonly string[]): readonly ConfigText[] => [
    { path: 'usr/lib/sysctl.d/50-default.conf', text: `${lines.join('\n')}\n` },
  ];
  const sysctlsOf = (given: readonly ConfigText[]): Readonly<Record<string, string>> =>
    sysctl.read(given, { stack: 'm' }).stacks['m']?.sysctls ?? {};
  const [all, born] = ['net/ipv4/conf/all/rp_filter', 'net/ipv4/conf/default/rp_filter'];

  it('set what each machine has, and are told', () => {
    const given = texts('net.ipv4.conf.*.rp_filter = 2');
    expect(sysctlsOf(given)).toEqual({ [all]: '2', [born]: '2' });
    expect(sysctl.read(given, { stack: 'm' }).remarks.map(({ kind, code }) => `${kind} ${code}`)).toEqual([
      'assumed glob',
    ]);
  });

  it.each([
    [['net.ipv4.conf.*.rp_filter = 2', '-net.ipv4.conf.all.rp_filter'], { [born]: '2' }],
    [['net.ipv4.conf.all.rp_filter = 0', 'net.ipv4.conf.*.rp_filter = 2'], { [all]: '0', [born]: '2' }],
    [['net.ipv4.conf.d*.rp_filter = 1'], { [born]: '1' }],
    [['net.ipv4.conf.eth*.rp_filter = 1', 'net.ipv4.conf.*.* = 1'], {}],
  ])('leave alone what a line names by itself: %j', (lines, sysctls) => {
    expect(sysctlsOf(texts(...lines))).toEqual(sysctls);
  });

  it.each([{ [all]: '1', [born]: '2' }, { [born]: '2' }, {}])('are edited into %j', (wanted) => {
    const given = texts('net.ipv4.conf.*.rp_filter = 2');
    const state: NetworkState = { version: 1, stacks: { m: { ...emptyStack, sysctls: wanted } }, cables: [] };
    const { files } = sysctl.edit?.(given, state, 'm') ?? { files: [] };
    expect(sysctlsOf(files)).toEqual(wanted);
    expect(files[0]?.text.startsWith(given[0]?.text ?? '?')).toBe(true);
  });
});
