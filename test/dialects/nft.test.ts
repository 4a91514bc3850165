/** Packet filters survive the real nft: what is written is what is read back, in normal form. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNft } from '../../src/dialects/nft/read.ts';
import { writeNft } from '../../src/dialects/nft/write.ts';
import { ip, printIp, type Family } from '../../src/net/address.ts';
import { prefixOf, printPrefix } from '../../src/net/prefix.ts';
import { normalFilter } from '../../src/state/normal-filter.ts';
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
} from '../../src/state/packet-filter.ts';

/** Loads a text into an empty network namespace and lists what the kernel holds. */
const throughNft = (text: string): unknown =>
  JSON.parse(
    execFileSync('unshare', ['-Urn', 'sh', '-c', 'nft -f - && nft -j list ruleset'], { input: text, encoding: 'utf8' }),
  );

const roundTrip = (tables: readonly FilterTable[]): ReturnType<typeof readNft> => readNft(throughNft(writeNft(tables)));

const address = (family: Family): fc.Arbitrary<string> =>
  fc
    .bigInt({ min: 0n, max: family === 4 ? 0xffffffffn : (1n << 128n) - 1n })
    .map((value) => printIp({ family, value }));
/** From a small pool, so that members overlap and touch; never everything. */
const prefixText = (family: Family): fc.Arbitrary<string> =>
  fc
    .tuple(fc.bigInt({ min: 0n, max: 40n }), fc.integer({ min: family === 4 ? 24 : 120, max: family === 4 ? 32 : 128 }))
    .map(([offset, length]) => {
      const base = ip(family === 4 ? '10.0.0.0' : '2001:db8::');
      return printPrefix(prefixOf({ family, value: base.value + offset }, length));
    });
const name = fc.constantFrom('eth0', 'br0', 'lo', 'vm01-eth0', 'wan.5', 'a_b');
const port = fc.integer({ min: 1, max: 65535 });
const optional = (match: fc.Arbitrary<FilterMatch>): fc.Arbitrary<readonly FilterMatch[]> =>
  fc.option(match, { nil: undefined }).map((found) => (found === undefined ? [] : [found]));

const interfaceMatch = (kind: 'iif' | 'oif'): fc.Arbitrary<FilterMatch> =>
  fc.record({ kind: fc.constant(kind), names: fc.array(name, { minLength: 1, maxLength: 4 }), negate: fc.boolean() });
const addressMatch = (kind: 'source' | 'destination', family: Family): fc.Arbitrary<FilterMatch> =>
  fc.record({
    kind: fc.constant(kind),
    family: fc.constant(family),
    prefixes: fc.array(prefixText(family), { minLength: 1, maxLength: 6 }),
    negate: fc.boolean(),
  });
const portMatch: fc.Arbitrary<FilterMatch & { kind: 'port' }> = fc.record({
  kind: fc.constant('port'),
  protocol: fc.constantFrom('tcp', 'udp'),
  ports: fc.array(port, { maxLength: 4 }),
});
const states = ['new', 'established', 'related', 'invalid'] as const;
const common = (family: Family): fc.Arbitrary<readonly FilterMatch[]> =>
  fc
    .tuple(
      optional(interfaceMatch('iif')),
      optional(addressMatch('source', family)),
      optional(addressMatch('destination', family)),
      optional(fc.constant({ kind: 'family', family })),
      optional(fc.record({ kind: fc.constant('conntrack'), states: fc.subarray([...states], { minLength: 1 }) })),
      optional(fc.constant({ kind: 'dnatted' })),
    )
    .map((parts) => parts.flat());
const transport = (family: Family): fc.Arbitrary<readonly FilterMatch[]> =>
  fc.oneof(
    fc.constant([]),
    portMatch.map((match) => [match]),
    fc.constantFrom<readonly FilterMatch[]>(
      [{ kind: 'icmp', types: 'echo-request' }],
      family === 6 ? [{ kind: 'icmp', types: 'neighbour-discovery' }] : [{ kind: 'icmp', types: 'echo-request' }],
    ),
  );
const comment = fc.record({ comment: fc.string({ maxLength: 140 }) }, { requiredKeys: [] });
const family = fc.constantFrom<Family>(4, 6);

const filterRule: fc.Arbitrary<FilterRule> = family.chain((chosen) =>
  fc
    .tuple(common(chosen), transport(chosen), fc.integer({ min: 0, max: 4 }), comment)
    .map(([head, tail, pick, note]) => {
      const matches = [...head, ...tail];
      const isTcp = tail.some((match) => match.kind === 'port' && match.protocol === 'tcp');
      const verdict = [
        { kind: 'accept' } as const,
        { kind: 'drop' } as const,
        { kind: 'reject', with: 'port-unreachable' } as const,
        { kind: 'reject', with: 'admin-prohibited' } as const,
        isTcp ? ({ kind: 'reject', with: 'tcp-reset' } as const) : ({ kind: 'accept' } as const),
      ][pick]!;
      return { matches, verdict, ...note };
    }),
);
const dnatRule: fc.Arbitrary<FilterRule> = family.chain((chosen) =>
  fc.record(
    {
      matches: fc.tuple(addressMatch('destination', chosen), portMatch).map((parts) => [...parts]),
      verdict: fc.oneof(
        fc.record({ kind: fc.constant('dnat'), address: address(chosen), port }),
        fc.record({ kind: fc.constant('dnat'), address: address(chosen) }),
        fc.record({ kind: fc.constant('redirect'), port }),
      ),
    },
    { requiredKeys: ['matches', 'verdict'] },
  ),
);
const snatRule: fc.Arbitrary<FilterRule> = family.chain((chosen) =>
  fc.record({
    matches: fc.tuple(interfaceMatch('oif'), addressMatch('source', chosen)).map((parts) => [...parts]),
    verdict: fc.oneof(
      fc.record({ kind: fc.constant('snat'), address: address(chosen) }),
      fc.constant({ kind: 'masquerade' }),
    ),
  }),
);

const chain = (shape: Omit<FilterChain, 'rules'>, rule: fc.Arbitrary<FilterRule>): fc.Arbitrary<FilterChain> =>
  fc.record({
    name: fc.constant(shape.name),
    type: fc.constant(shape.type),
    hook: fc.constant(shape.hook),
    priority: fc.constant(shape.priority),
    policy: shape.type === 'nat' ? fc.constant('accept') : fc.constantFrom('accept', 'drop'),
    rules: fc.array(rule, { maxLength: 12 }),
  });
const table: fc.Arbitrary<FilterTable> = fc
  .tuple(
    chain({ name: 'prerouting', type: 'nat', hook: 'prerouting', priority: -100, policy: 'accept' }, dnatRule),
    chain({ name: 'input', type: 'filter', hook: 'input', priority: 0, policy: 'accept' }, filterRule),
    chain({ name: 'forward', type: 'filter', hook: 'forward', priority: 0, policy: 'accept' }, filterRule),
    chain({ name: 'output', type: 'filter', hook: 'output', priority: 0, policy: 'accept' }, filterRule),
    chain({ name: 'output-nat', type: 'nat', hook: 'output', priority: -100, policy: 'accept' }, dnatRule),
    chain({ name: 'postrouting', type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' }, snatRule),
  )
  .map((chains) => ({ family: 'inet', name: 'lanwright', chains }));

const inputOf = (...rules: readonly FilterRule[]): readonly FilterTable[] => [
  {
    family: 'inet',
    name: 'lanwright',
    chains: [{ name: 'input', type: 'filter', hook: 'input', priority: 0, policy: 'drop', rules }],
  },
];
const accept = { kind: 'accept' } as const;

describe('nft', () => {
  it('reads back what it wrote, whatever the rules', () => {
    fc.assert(
      fc.property(table, (given) => {
        expect(roundTrip([given])).toEqual({ tables: normalFilter([given]), unknown: [] });
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('has one normal form, which is its own', () => {
    fc.assert(
      fc.property(table, (given) => {
        const once = normalFilter([given]);
        expect(normalFilter(once)).toEqual(once);
      }),
    );
  });

  it('keeps several tables, and none', () => {
    const [first] = inputOf({ matches: [], verdict: accept });
    const two = [first!, { ...first!, name: 'another' }];
    expect(roundTrip(two)).toEqual({ tables: normalFilter(two), unknown: [] });
    expect(roundTrip([])).toEqual({ tables: [], unknown: [] });
  });

  it('lets no comment or name say anything else', () => {
    const evil = 'x" accept; flush ruleset; #\n\u0000é';
    const tables = inputOf({ matches: [], verdict: { kind: 'drop' }, comment: evil });
    expect(roundTrip(tables)).toEqual({ tables: normalFilter(tables), unknown: [] });
    expect(() => writeNft(inputOf({ matches: [{ kind: 'iif', names: ['a"b'] }], verdict: accept }))).toThrow();
    expect(() => writeNft(inputOf({ matches: [{ kind: 'iif', names: ['*h'] }], verdict: accept }))).toThrow();
    expect(() => writeNft([{ family: 'inet', name: 'x { }; flush', chains: [] }])).toThrow();
  });

  it('reads rules of others that mean the same, and names those it cannot say', () => {
    const reading = readNft(
      throughNft(`
        table inet other {
          set bad { type ipv4_addr; elements = { 192.0.2.1 } }
          chain input { type filter hook input priority 10; policy accept;
            counter ip saddr { 10.0.0.1-10.0.0.3 } tcp dport 22-24 accept
            icmp type echo-request counter accept
            ct state { established, new } accept
            ip saddr @bad drop
            limit rate 5/second accept
            iifname "eth*" drop
          }
          chain named { drop; }
        }
        table ip old { }`),
    );
    expect(reading.tables[0]?.chains[0]?.rules).toEqual([
      {
        matches: [
          { kind: 'source', family: 4, prefixes: ['10.0.0.1/32', '10.0.0.2/31'] },
          { kind: 'port', protocol: 'tcp', ports: [], ranges: [[22, 24]] },
        ],
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
    ]);
    const subjects = reading.unknown.map((text) => text.split(' ').slice(0, 3).join(' '));
    expect(subjects.toSorted()).toEqual([
      'chain other named:',
      'rule other input',
      'rule other input',
      'rule other input',
      'rule other named',
      'set other bad:',
      'table ip old:',
    ]);
  });
});
