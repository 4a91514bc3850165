/** What files of other people taught of radvd: each was held to `radvd --configtest`. */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { radvd } from '../../../src/dialects/radvd/dialect.ts';
import { plainNic } from '../../../src/dialects/reading.ts';
import { type Stack } from '../../../src/state/network-state.ts';

const read = (text: string, interfaces: Stack['interfaces'] = {}): Reading =>
  radvd.read([{ path: 'etc/radvd.conf', text }], { stack: 'm', interfaces });

const onLan = (inner: string, interfaces: Stack['interfaces'] = {}): Reading =>
  read(`interface lan0 {\n  AdvSendAdvert on;\n  ${inner}\n};\n`, interfaces);

const codesOf = ({ remarks }: Reading): readonly string[] => remarks.map(({ code }) => code);

const lan0 = {
  ...plainNic,
  addresses: [
    { family: 6 as const, address: 'fd00:5::1', prefixLength: 64 },
    { family: 6 as const, address: 'fe80::1', prefixLength: 64 },
  ],
};

describe('prefixes that are not written out', () => {
  it('are those of the interface, where its addresses are known', () => {
    const reading = onLan('prefix ::/64 { };', { lan0 });
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks['m']?.services).toMatchObject([{ prefixes: ['fd00:5::/64'] }]);
    expect(codesOf(onLan('prefix ::/64 { };'))).toEqual(['prefix-of-interface']);
  });

  it.each(['Base6Interface', 'Base6to4Interface'])('are not the part that is written beside %s', (base) => {
    const reading = onLan(`prefix 0:0:0:7::/64 { ${base} ppp0; };`);
    expect(reading.stacks['m']?.services).toMatchObject([{ prefixes: [] }]);
    expect(codesOf(reading)).toEqual(['prefix-of-interface']);
  });
});

describe('prefixes that nobody makes an address in', () => {
  it('are told with what they are', () => {
    const [both] = onLan('prefix fd00:5::/64 { AdvOnLink off; AdvAutonomous off; };').remarks;
    expect(both?.code).toBe('not-autonomous');
    expect(both?.message).toContain('is not said to be on the link');
    const [over] = onLan('prefix fd00:5::/64 { AdvValidLifetime 0; AdvPreferredLifetime 0; };').remarks;
    expect(over).toMatchObject({ code: 'not-autonomous' });
  });
});

describe('whom hosts may ask for names', () => {
  it('stands in any number of blocks, each once', () => {
    const reading = onLan(
      'RDNSS fd00:5::1 fd00:5::2 { };\n  RDNSS fd00:5:0::1 fd00:5::3 { };\n  DNSSL Lan.example b.example { };',
    );
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks['m']?.services).toMatchObject([
      { resolver: { nameservers: ['fd00:5::1', 'fd00:5::2', 'fd00:5::3'], search: ['lan.example', 'b.example'] } },
    ]);
  });

  it('is nobody who is told for no time at all', () => {
    const reading = onLan('RDNSS fd00:5::1 { AdvRDNSSLifetime 0; };\n  DNSSL lan.example { AdvDNSSLLifetime 0; };');
    expect(reading.stacks['m']?.services?.[0]).not.toHaveProperty('resolver');
  });
});

describe('files that radvd does not load', () => {
  it.each([
    ['a block without `;` behind it', 'prefix fd00:5::/64 { }', 'not-radvd'],
    ['a word of another block', 'prefix fd00:5::/64 { AdvDefaultLifetime 0; };', 'unknown-option'],
    ['small letters', 'advmanagedflag on;', 'unknown-option'],
    ['a flag that is neither on nor off', 'IgnoreIfMissing yes;', 'not-a-flag'],
    ['an address for a prefix', 'prefix fd00:5:: { };', 'not-a-prefix'],
    ['lifetimes the wrong way round', 'prefix fd00:5::/64 { AdvValidLifetime 600; };', 'lifetimes'],
    ['a resolver that is no address', 'RDNSS ns.example { };', 'not-an-address'],
    ['more resolvers than fit', 'RDNSS fd00:5::1 fd00:5::2 fd00:5::3 fd00:5::4 { };', 'too-many'],
  ])('have %s', (_, inner, code) => {
    const errors = onLan(inner).remarks.filter(({ kind }) => kind === 'error');
    expect(errors.map((error) => error.code)).toEqual([code]);
  });

  it('have two blocks of one interface, or no `;` at their end', () => {
    const block = 'interface lan0 { AdvSendAdvert on; };\n';
    expect(codesOf(read(`${block}${block}`))).toEqual(['interface-twice']);
    expect(codesOf(read('interface lan0 { AdvSendAdvert on; }\n'))).toEqual(['not-radvd']);
  });

  it('are not those with a prefix without a block', () => {
    const reading = onLan('prefix fd00:5::/64;');
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks['m']?.services).toMatchObject([{ prefixes: ['fd00:5::/64'] }]);
  });
});

it('takes no word that every object knows for a block', () => {
  expect(onLan('__proto__ x { AdvOnLink on; };').remarks.map(({ kind }) => kind)).not.toContain('not-said');
  expect(onLan('constructor { on; };').stacks['m']?.services ?? []).toHaveLength(1);
});

it('tells that only some hosts are told', () => {
  expect(onLan('clients { fe80::9; };').remarks[0]?.message).toContain('only the hosts');
});
