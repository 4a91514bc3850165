/** Random tables of the classic names, of what iptables has words for. */
import fc from 'fast-check';
import { chainTypeOf, hookNames, priorities, type Hook } from '../../../src/dialects/iptables/classic-tables.ts';
import { type Family } from '../../../src/net/address.ts';
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
} from '../../../src/state/packet-filter.ts';

const negate = fc.constantFrom<{ readonly negate?: true }>({}, { negate: true });
const port = fc.integer({ min: 1, max: 65535 });
const prefixOf = (family: Family): fc.Arbitrary<string> =>
  family === 4
    ? fc.tuple(fc.nat(255), fc.integer({ min: 16, max: 24 })).map(([a, length]) => `10.${a}.0.0/${length}`)
    : fc.nat(0xff).map((a) => `2001:db8:${a.toString(16)}::/48`);

/** Before a route is known there is no way out, and after it no way in. */
const ways = (hook: Hook): ('iif' | 'oif')[] =>
  hook === 'prerouting' || hook === 'input' ? ['iif'] : hook === 'forward' ? ['iif', 'oif'] : ['oif'];

const matchOf = (family: Family, hook: Hook): fc.Arbitrary<FilterMatch> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...ways(hook)), fc.constantFrom('eth0', 'br*', 'lo'), negate)
      .map(([kind, name, not]): FilterMatch => ({ kind, names: [name], ...not })),
    fc
      .tuple(fc.constantFrom('source' as const, 'destination' as const), prefixOf(family), negate)
      .map(([kind, prefix, not]): FilterMatch => ({ kind, family, prefixes: [prefix], ...not })),
    fc
      .tuple(
        fc.constantFrom('port' as const, 'source-port' as const),
        fc.uniqueArray(port, { minLength: 1, maxLength: 4 }),
        negate,
      )
      .map(([kind, ports, not]): FilterMatch => ({ kind, protocol: 'tcp', ports, ...not })),
    fc
      .tuple(
        fc.subarray(['new', 'established', 'related', 'invalid', 'untracked'] as const, { minLength: 1, maxLength: 4 }),
        negate,
      )
      .map(([states, not]): FilterMatch => ({ kind: 'conntrack', states, ...not })),
    fc
      .tuple(fc.constantFrom('mark' as const, 'connection-mark' as const), fc.nat(255), negate)
      .map(([kind, value, not]): FilterMatch => ({ kind, value, mask: 0xff, ...not })),
    fc
      .tuple(fc.integer({ min: 100, max: 200 }), fc.integer({ min: 200, max: 1500 }), negate)
      .map(([first, last, not]): FilterMatch => ({ kind: 'length', range: [first, last], ...not })),
    fc
      .tuple(fc.nat(0x3f), fc.nat(0x3f), negate)
      .map(([mask, value, not]): FilterMatch => ({ kind: 'tcp-flags', mask, value: mask & value, ...not })),
    fc.constantFrom<FilterMatch>(
      { kind: 'dnatted' },
      { kind: 'snatted', negate: true },
      ...(hook === 'prerouting' || hook === 'input' || hook === 'forward'
        ? [{ kind: 'source-mac', macs: ['02:00:00:00:00:01'] } as const]
        : []),
      { kind: 'packet-type', types: ['broadcast'] },
    ),
  );

const verdictIn = (table: string, hook: Hook, family: Family): fc.Arbitrary<FilterVerdict> => {
  const address = family === 4 ? '192.0.2.1' : '2001:db8::1';
  const nat: readonly FilterVerdict[] =
    hook === 'postrouting'
      ? [{ kind: 'masquerade' }, { kind: 'snat', address }, { kind: 'snat', address, port: 1000, lastPort: 2000 }]
      : hook === 'input'
        ? [{ kind: 'snat', address }]
        : [{ kind: 'dnat', address, port: 80 }, { kind: 'redirect', port: 3128 }, { kind: 'redirect' }];
  const always: readonly FilterVerdict[] = [
    { kind: 'accept' },
    { kind: 'return' },
    { kind: 'continue' },
    { kind: 'jump', chain: 'SUB' },
  ];
  const own: readonly FilterVerdict[] =
    table === 'nat'
      ? nat
      : table === 'filter'
        ? [{ kind: 'drop' }, { kind: 'reject', with: 'port-unreachable' }, { kind: 'reject', with: 'admin-prohibited' }]
        : table === 'mangle'
          ? [
              { kind: 'set-mark', value: 7, mask: 0xff },
              { kind: 'set-connection-mark', value: 1, mask: 0xffffffff },
              { kind: 'restore-mark' },
              { kind: 'save-mark' },
            ]
          : [{ kind: 'notrack' }, { kind: 'drop' }];
  return fc.constantFrom(...always, ...own);
};

/** Both programs want to know whose ports are translated. */
const withProtocol = (matches: readonly FilterMatch[], verdict: FilterVerdict): readonly FilterMatch[] =>
  'port' in verdict && !matches.some(({ kind }) => kind === 'port' || kind === 'source-port' || kind === 'tcp-flags')
    ? [...matches, { kind: 'port', protocol: 'tcp', ports: [] }]
    : matches;

const ruleOf = (family: Family, hook: Hook, verdict: fc.Arbitrary<FilterVerdict>): fc.Arbitrary<FilterRule> =>
  fc
    .tuple(
      fc.uniqueArray(matchOf(family, hook), { maxLength: 3, selector: ({ kind }) => kind }),
      verdict,
      fc.option(fc.constantFrom('plain', 'two words', 'a\\b'), { nil: undefined }),
    )
    .map(([some, it, comment]) => [withProtocol(some, it), it, comment] as const)
    .map(([matches, it, comment]) => ({ matches, verdict: it, ...(comment === undefined ? {} : { comment }) }));

const chainOf = (table: string, name: string, hook: Hook, family: Family): fc.Arbitrary<FilterChain> =>
  fc
    .tuple(
      fc.array(ruleOf(family, hook, verdictIn(table, hook, family)), { maxLength: 4 }),
      fc.constantFrom('accept' as const, 'drop' as const),
    )
    .map(([rules, policy]) => ({
      ...{ name, type: chainTypeOf(table, hook), hook, priority: priorities[table]?.[hook] ?? 0 },
      policy: table === 'nat' ? 'accept' : policy,
      rules,
    }));

const tableOf = (name: string, family: Family): fc.Arbitrary<FilterTable> => {
  const hooks = Object.entries(hookNames).filter(([, hook]) => priorities[name]?.[hook] !== undefined);
  return fc.tuple(...hooks.map(([chain, hook]) => chainOf(name, chain, hook, family))).map((chains) => ({
    ...{ family: family === 4 ? 'ip' : 'ip6', name, chains },
    subchains: [{ name: 'SUB', rules: [{ matches: [], verdict: { kind: 'return' } }] }],
  }));
};

export const iptablesTables: fc.Arbitrary<FilterTable[]> = fc
  .tuple(
    fc.subarray(['raw', 'mangle', 'nat', 'filter'], { minLength: 1 }),
    fc.constantFrom<readonly Family[]>([4], [6], [4, 6]),
  )
  .chain(([names, families]) => fc.tuple(...families.flatMap((family) => names.map((name) => tableOf(name, family)))));
