/** What files of other people taught of ufw(8): each was held to the chains that its start script loads. */
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Reading } from '../../../src/dialects/dialect.ts';
import { ufw } from '../../../src/dialects/ufw/dialect.ts';
import { type FilterRule, type FilterTable } from '../../../src/state/packet-filter.ts';

const read = (...texts: readonly (readonly [path: string, text: string])[]): Reading =>
  ufw.read(
    texts.map(([path, text]): ConfigText => ({ path, text })),
    { stack: 'm' },
  );

const tablesOf = (reading: Reading): readonly FilterTable[] => reading.stacks['m']?.filter ?? [];

const rulesOf = (reading: Reading, family: 'ip' | 'ip6', chain: string): readonly FilterRule[] | undefined => {
  const tables = tablesOf(reading).filter(({ family: own, name }) => own === family && name === 'filter');
  return tables.flatMap(({ chains, subchains = [] }) => [...chains, ...subchains]).find(({ name }) => name === chain)
    ?.rules;
};

const codes = ({ remarks }: Reading): readonly string[] => remarks.map(({ code }) => code);

const userRules = '*filter\n:ufw-user-input - [0:0]\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n';

describe('settings of ufw', () => {
  it('close IPv6 but for loopback where they do not ask for it', () => {
    const reading = read(
      ['etc/ufw/user.rules', userRules],
      ['etc/default/ufw', 'IPV6=no\nDEFAULT_INPUT_POLICY="DROP"\n'],
    );
    const six = tablesOf(reading).find(({ family }) => family === 'ip6');
    expect(six?.chains.map(({ name, policy, rules }) => [name, policy, rules.length])).toEqual([
      ['INPUT', 'drop', 1],
      ['FORWARD', 'drop', 0],
      ['OUTPUT', 'drop', 1],
    ]);
  });

  it('are told where no file says the policies', () => {
    expect(codes(read(['etc/ufw/user.rules', userRules]))).toContain('policies-unsaid');
    expect(
      codes(read(['etc/ufw/user.rules', userRules], ['etc/default/ufw', "DEFAULT_INPUT_POLICY='ACCEPT'\n"])),
    ).not.toContain('policies-unsaid');
  });

  it('start nothing with what is not `yes`', () => {
    expect(codes(read(['etc/ufw/user.rules', userRules], ['etc/ufw/ufw.conf', 'ENABLED=off\n']))).toEqual(['inactive']);
  });
});

describe('kernel parameters of ufw', () => {
  const parameters = ['etc/ufw/sysctl.conf', '# of ufw\nnet/ipv4/ip_forward=1\n#net/ipv4/tcp_sack=1\n'] as const;

  it('are set when it starts', () => {
    expect(read(parameters).stacks['m']).toEqual({ sysctls: { 'net/ipv4/ip_forward': '1' } });
    expect(read(parameters, ['etc/ufw/user.rules', userRules]).stacks['m']?.sysctls).toEqual({
      'net/ipv4/ip_forward': '1',
    });
  });

  it('are left alone where another file is named, or it is off', () => {
    const elsewhere = read(parameters, ['etc/default/ufw', 'IPT_SYSCTL=/etc/sysctl.conf\n']);
    expect(elsewhere.stacks['m']?.sysctls).toEqual({});
    expect(read(parameters, ['etc/ufw/ufw.conf', 'ENABLED=no\n']).stacks).toEqual({});
  });
});

describe('chains of ufw', () => {
  it('are empty again where a later file declares them', () => {
    const before = '*filter\n:ufw-before-input - [0:0]\n:ufw-user-input - [0:0]\n-A ufw-user-input -j DROP\nCOMMIT\n';
    const rules = rulesOf(
      read(['etc/ufw/before.rules', before], ['etc/ufw/user.rules', userRules]),
      'ip',
      'ufw-user-input',
    );
    expect(rules?.map(({ verdict }) => verdict.kind)).toEqual(['accept']);
  });

  it('keep the policies of ufw, whatever its files say of built-in chains', () => {
    const before = '*filter\n:FORWARD DROP [0:0]\n:ufw-before-input - [0:0]\nCOMMIT\n';
    const reading = read(['etc/ufw/before.rules', before], ['etc/default/ufw', 'DEFAULT_FORWARD_POLICY="ACCEPT"\n']);
    const forward = tablesOf(reading)[0]?.chains.find(({ name }) => name === 'FORWARD');
    expect(forward?.policy).toBe('accept');
  });
});

describe('ufw status', () => {
  const printed = (...rows: readonly string[]): Reading =>
    read(['p', ['Status: active', '', 'To      Action      From', '--      ------      ----', ...rows, ''].join('\n')]);
  const first = (reading: Reading, chain: string, family: 'ip' | 'ip6' = 'ip'): FilterRule | undefined =>
    rulesOf(reading, family, chain)?.[0];
  const port = (protocol: 'tcp' | 'udp', ...ports: readonly number[]): object => ({ kind: 'port', protocol, ports });

  it.each<[string, string, 'ip' | 'ip6', string, object]>([
    ['a number', '[ 1] 22/tcp                     ALLOW IN    Anywhere', 'ip', 'input', port('tcp', 22)],
    [
      'a long first column',
      '192.0.2.200 10050,10060/tcp on eth0 ALLOW IN    Anywhere',
      'ip',
      'input',
      port('tcp', 10050, 10060),
    ],
    [
      'a mark of logging',
      '8080/udp                   ALLOW       Anywhere                   (log)',
      'ip',
      'input',
      port('udp', 8080),
    ],
    [
      'a direction twice',
      '[12] 25/tcp                 DENY OUT    Anywhere          (log, out)',
      'ip',
      'output',
      port('tcp', 25),
    ],
    ['a profile beside its ports', '22/tcp (OpenSSH)           ALLOW IN    Anywhere', 'ip', 'input', port('tcp', 22)],
    ['both for IPv6', '80,443/tcp (Nginx Full (v6)) ALLOW IN    Anywhere (v6)', 'ip6', 'input', port('tcp', 80, 443)],
    [
      'a protocol behind an address',
      'Anywhere                   ALLOW IN    198.51.100.3/esp',
      'ip',
      'input',
      { kind: 'protocol', protocols: [50] },
    ],
    ['a protocol behind everything', 'Anywhere/tcp               ALLOW       Anywhere/tcp', 'ip', 'input', port('tcp')],
    ['a profile at an address', '192.0.2.77 OpenSSH on eth0 ALLOW IN    Anywhere', 'ip', 'input', port('tcp', 22)],
  ])('is read with %s', (_, row, family, way, match) => {
    const reading = printed(row);
    const rule = first(reading, `${family === 'ip' ? 'ufw' : 'ufw6'}-user-${way}`, family);
    expect(rule?.matches).toContainEqual(match);
    expect(codes(reading)).toEqual(['policies-unsaid', 'usual-before-rules']);
  });

  it('resets what is rejected of TCP alone', () => {
    const chain = (row: string): FilterRule | undefined => first(printed(row), 'ufw-user-input');
    expect(chain('25/tcp                     REJECT IN   Anywhere')?.verdict).toMatchObject({ with: 'tcp-reset' });
    expect(chain('25                         REJECT IN   Anywhere')?.verdict).toMatchObject({
      with: 'port-unreachable',
    });
  });

  it('tells what is no row', () => {
    expect(printed('22/tcp is let in').remarks.map(({ code, at }) => [code, at.line])).toContainEqual([
      'not-a-rule',
      5,
    ]);
  });

  it('is read as it was pasted: set in, twice, or without its first line', () => {
    const table = ['To      Action      From', '--      ------      ----', '22/tcp  REJECT IN   Anywhere'];
    const indented = [
      'Status: active',
      '',
      ...table.slice(0, 2),
      'Status: active',
      'Default: allow (incoming)',
      ...table,
    ];
    const verbose = read(['p', indented.map((line) => `    ${line}`).join('\n')]);
    expect(codes(verbose)).toEqual(['usual-before-rules']);
    expect(rulesOf(verbose, 'ip', 'ufw-user-input')).toHaveLength(1);
    expect(tablesOf(verbose)[0]?.chains.find(({ name }) => name === 'INPUT')?.policy).toBe('accept');
    expect(ufw.resembles(table.join('\n'))).toBeGreaterThan(0.9);
    expect(rulesOf(read(['p', table.join('\n')]), 'ip', 'ufw-user-input')).toHaveLength(1);
  });
});

describe('profiles of applications', () => {
  const status = (row: string): readonly [string, string] => [
    'p',
    ['Status: active', '', 'To   Action   From', '--   ------   ----', row, ''].join('\n'),
  ];
  const files = [
    ['etc/ufw/applications.d/chat', '[Chat]\ntitle=Talk\nports=5000:5010/udp|5000\n\n[OpenSSH]\nports=2222/tcp\n'],
  ] as const;
  const matches = (reading: Reading): readonly unknown[] =>
    (rulesOf(reading, 'ip', 'ufw-user-input') ?? []).map((rule) => rule.matches.at(-1));

  it('have a rule for each of their parts', () => {
    expect(matches(read(status('Samba          ALLOW IN    192.0.2.0/24')))).toEqual([
      { kind: 'port', protocol: 'udp', ports: [137, 138] },
      { kind: 'port', protocol: 'tcp', ports: [139, 445] },
    ]);
  });

  it('are what their files say, before what is usual', () => {
    const reading = read(status('Chat           ALLOW IN    Anywhere'), ...files);
    expect(matches(reading)).toMatchObject([
      { protocol: 'udp', ranges: [[5000, 5010]] },
      { protocol: 'tcp', ports: [5000] },
      { protocol: 'udp', ports: [5000] },
    ]);
    expect(matches(read(status('OpenSSH  ALLOW IN  Anywhere'), ...files))).toMatchObject([{ ports: [2222] }]);
    expect(codes(reading)).toEqual(['policies-unsaid', 'usual-before-rules']);
  });

  it('say nothing by themselves, and are told where nobody knows them', () => {
    expect(read(...files)).toMatchObject({ stacks: {}, remarks: [] });
    expect(codes(read(status('Unheard Of     ALLOW IN    Anywhere')))).toContain('profile');
  });
});
