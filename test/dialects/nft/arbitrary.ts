/**
 * Random packet filters of all families and kinds. What this kernel or nft 1.0.6 refuses is not among them: `reject` in
 * bridge tables (no such module here), connection tracking there and at ingress (no nf_conntrack_bridge; there is none
 * at ingress), bridge ports of IP packets (only xt_physdev knows them).
 */
import fc from 'fast-check';
import { ip, printIp, type Family } from '../../../src/net/address.ts';
import { prefixOf, printPrefix } from '../../../src/net/prefix.ts';
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
  type NumberRange,
  type RejectWith,
} from '../../../src/state/packet-filter.ts';

type TableFamily = FilterTable['family'];

export const address = (family: Family): fc.Arbitrary<string> =>
  fc
    .bigInt({ min: 0n, max: family === 4 ? 0xffffffffn : (1n << 128n) - 1n })
    .map((value) => printIp({ family, value }));
/** From a small pool, so that members overlap and touch; now and then everything. */
const prefixText = (family: Family): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 30,
      arbitrary: fc
        .tuple(
          fc.bigInt({ min: 0n, max: 40n }),
          fc.integer({ min: family === 4 ? 24 : 120, max: family === 4 ? 32 : 128 }),
        )
        .map(([offset, length]) => {
          const base = ip(family === 4 ? '10.0.0.0' : '2001:db8::');
          return printPrefix(prefixOf({ family, value: base.value + offset }, length));
        }),
    },
    { weight: 1, arbitrary: fc.constant(family === 4 ? '0.0.0.0/0' : '::/0') },
  );
const name = fc.constantFrom('eth0', 'br0', 'lo', 'vm01-eth0', 'wan.5', 'a_b', 'eth*', 'vm*', 'wg+1');
const port = fc.integer({ min: 0, max: 65535 });
const ordered = (most: number): fc.Arbitrary<NumberRange> =>
  fc
    .tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }))
    .map(([a, b]): NumberRange => (a < b ? [a, b] : [b, a]));
const family = fc.constantFrom<Family>(4, 6);
const negate = fc.constantFrom<{ readonly negate?: true }>({}, {}, { negate: true });
const mac = fc.integer({ min: 0, max: 0xff }).map((last) => `02:00:5e:10:00:${last.toString(16).padStart(2, '0')}`);
const some = <T>(one: fc.Arbitrary<T>, maxLength = 4): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength });

const addressMatch = (chosen: Family): fc.Arbitrary<FilterMatch> =>
  fc
    .tuple(fc.constantFrom('source' as const, 'destination' as const), some(prefixText(chosen), 6), negate)
    .map(([kind, prefixes, not]) => ({ kind, family: chosen, prefixes, ...not }));
const nameMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(fc.constantFrom('iif' as const, 'oif' as const), some(name), negate)
  .map(([kind, names, not]) => ({ kind, names, ...not }));
const portMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(
    fc.constantFrom('port' as const, 'source-port' as const),
    fc.constantFrom('tcp' as const, 'udp' as const),
    fc.array(port, { maxLength: 3 }),
    fc.array(ordered(65535), { maxLength: 2 }),
    negate,
  )
  .map(([kind, protocol, ports, ranges, not]) =>
    ports.length + ranges.length === 0
      ? { kind: 'port', protocol, ports }
      : { kind, protocol, ports, ...(ranges.length === 0 ? {} : { ranges }), ...not },
  );
const protocolMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(some(fc.oneof(fc.constantFrom(1, 6, 17, 47, 58), fc.integer({ min: 0, max: 255 })), 3), negate)
  .map(([protocols, not]) => ({ kind: 'protocol', protocols, ...not }));
const icmpMatch: fc.Arbitrary<FilterMatch> = fc.oneof(
  fc.constantFrom<FilterMatch>({ kind: 'icmp', types: 'echo-request' }, { kind: 'icmp', types: 'neighbour-discovery' }),
  fc
    .tuple(
      family,
      some(fc.oneof(fc.constantFrom(0, 3, 8, 11, 1, 128, 129, 135), fc.integer({ min: 0, max: 255 })), 3),
      fc.option(fc.integer({ min: 0, max: 15 }), { nil: undefined }),
      negate,
    )
    .map(([chosen, types, code, not]): FilterMatch => ({
      kind: 'icmp-type',
      family: chosen,
      types,
      ...(code === undefined ? {} : { code }),
      ...not,
    })),
);
const flagMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), negate)
  .map(([mask, bits, not]) => ({ kind: 'tcp-flags', mask, value: mask & bits, ...not }));
const bits = fc.oneof(fc.constantFrom(0xffffffff, 0xff, 1, 0), fc.integer({ min: 0, max: 0xffffffff }));
const markMatch = (kind: 'mark' | 'connection-mark'): fc.Arbitrary<FilterMatch> =>
  fc.tuple(bits, bits, negate).map(([mask, value, not]) => ({ kind, mask, value: (mask & value) >>> 0, ...not }));
const lengthMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(ordered(2000), negate)
  .map(([range, not]) => ({ kind: 'length', range, ...not }));
const macMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(fc.constantFrom('source-mac' as const, 'destination-mac' as const), some(mac), negate)
  .map(([kind, macs, not]) => ({ kind, macs, ...not }));
const states = ['new', 'established', 'related', 'invalid', 'untracked'] as const;
const trackedMatch: fc.Arbitrary<FilterMatch> = fc.oneof(
  fc
    .tuple(fc.subarray([...states], { minLength: 1 }), negate)
    .map(([known, not]): FilterMatch => ({ kind: 'conntrack', states: known, ...not })),
  fc
    .tuple(fc.constantFrom('dnatted' as const, 'snatted' as const), negate)
    .map(([kind, not]): FilterMatch => ({ kind, ...not })),
  markMatch('connection-mark'),
);
const packetTypeMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(fc.subarray(['host', 'broadcast', 'multicast', 'other'] as const, { minLength: 1 }), negate)
  .map(([types, not]) => ({ kind: 'packet-type', types: [...types], ...not }));
const ethertypeMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(some(fc.oneof(fc.constantFrom(0x0800, 0x0806, 0x86dd), fc.integer({ min: 0x0600, max: 0xffff })), 3), negate)
  .map(([types, not]) => ({ kind: 'ethertype', types, ...not }));
const vlanMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(fc.integer({ min: 0, max: 4095 }), negate)
  .map(([id, not]) => ({ kind: 'vlan', id, ...not }));
const arpMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(fc.integer({ min: 0, max: 20 }), negate)
  .map(([operation, not]) => ({ kind: 'arp-operation', operation, ...not }));
const arpSourceMatch: fc.Arbitrary<FilterMatch> = fc
  .tuple(some(prefixText(4), 6), negate)
  .map(([prefixes, not]) => ({ kind: 'arp-source', prefixes, ...not }));
const familyMatch: fc.Arbitrary<FilterMatch> = family.map((chosen) => ({ kind: 'family', family: chosen }));

const always = [nameMatch, markMatch('mark'), packetTypeMatch, macMatch];
const inPackets = (chosen: Family): fc.Arbitrary<FilterMatch>[] => [
  addressMatch(chosen),
  protocolMatch,
  portMatch,
  icmpMatch,
  flagMatch,
  lengthMatch,
];

const matchesOf = (table: TableFamily, chosen: Family): fc.Arbitrary<FilterMatch> => {
  switch (table) {
    case 'inet':
      return fc.oneof(...always, ...inPackets(chosen), trackedMatch, ethertypeMatch, familyMatch);
    case 'ip':
    case 'ip6':
      return fc.oneof(...always, ...inPackets(table === 'ip' ? 4 : 6), trackedMatch, ethertypeMatch);
    case 'arp':
      return fc.oneof(...always, addressMatch(4), arpMatch, ethertypeMatch);
    case 'bridge':
    case 'netdev':
      return fc.oneof(
        ...always,
        ...inPackets(chosen),
        ethertypeMatch,
        vlanMatch,
        familyMatch,
        arpMatch,
        arpSourceMatch,
      );
  }
};

const rejects: readonly RejectWith[] = [
  'tcp-reset',
  'port-unreachable',
  'admin-prohibited',
  'host-unreachable',
  'net-unreachable',
  'host-prohibited',
  'net-prohibited',
  'protocol-unreachable',
];

const plainVerdict: fc.Arbitrary<FilterVerdict> = fc.oneof(
  fc.constantFrom<FilterVerdict>({ kind: 'accept' }, { kind: 'drop' }, { kind: 'continue' }, { kind: 'return' }),
  fc.tuple(bits, bits).map(([value, mask]): FilterVerdict => ({ kind: 'set-mark', value, mask })),
);
const jump = (chain: string): fc.Arbitrary<FilterVerdict> =>
  fc.constantFrom<FilterVerdict>({ kind: 'jump', chain }, { kind: 'goto', chain });
const trackedVerdict: fc.Arbitrary<FilterVerdict> = fc.oneof(
  fc.constantFrom<FilterVerdict>({ kind: 'notrack' }, { kind: 'restore-mark' }, { kind: 'save-mark' }),
  fc.tuple(bits, bits).map(([value, mask]): FilterVerdict => ({ kind: 'set-connection-mark', value, mask })),
);
const reject: fc.Arbitrary<FilterVerdict> = fc
  .constantFrom(...rejects)
  .map((reason): FilterVerdict => ({ kind: 'reject', with: reason }));

const isTracked = (table: TableFamily): boolean => table === 'inet' || table === 'ip' || table === 'ip6';

const verdictOf = (table: TableFamily, hook: FilterChain['hook']): fc.Arbitrary<FilterVerdict> => {
  const canReject = table === 'netdev' || (isTracked(table) && ['input', 'forward', 'output'].includes(hook));
  return fc.oneof(
    plainVerdict,
    jump('sub_a'),
    ...(isTracked(table) ? [trackedVerdict] : []),
    ...(canReject ? [reject] : []),
  );
};

const comment = fc.record({ comment: fc.string({ maxLength: 140 }) }, { requiredKeys: [] });

const isOfFrame = (kind: FilterMatch['kind']): boolean =>
  kind === 'ethertype' || kind === 'arp-operation' || kind === 'arp-source';

const ruleOf = (table: TableFamily, verdict: fc.Arbitrary<FilterVerdict>): fc.Arbitrary<FilterRule> =>
  family.chain((chosen) =>
    fc.tuple(fc.array(matchesOf(table, chosen), { maxLength: 4 }), verdict, comment).map(([matches, does, note]) => ({
      // At ingress only IP is refused: nft takes no other type of frame beside it.
      matches: table === 'netdev' && does.kind === 'reject' ? matches.filter(({ kind }) => !isOfFrame(kind)) : matches,
      verdict: does,
      ...note,
    })),
  );

const portOf: FilterMatch = { kind: 'port', protocol: 'tcp', ports: [] };

/** Ports to translate to are of a protocol that has some. */
const natRule = (table: TableFamily, hook: FilterChain['hook']): fc.Arbitrary<FilterRule> => {
  const kind = hook === 'postrouting' || hook === 'input' ? 'snat' : 'dnat';
  const families = table === 'ip' ? [4 as const] : table === 'ip6' ? [6 as const] : [4 as const, 6 as const];
  return fc.constantFrom(...families).chain((chosen) => {
    const ends = fc
      .tuple(address(chosen), address(chosen))
      .map(([a, b]) => (ip(a).value < ip(b).value ? [a, b] : [b, a]));
    const target = fc
      .tuple(ends, fc.boolean(), fc.option(ordered(65535), { nil: undefined }), fc.boolean())
      .map(([[first, last], isRange, ports, isPortRange]): FilterVerdict => ({
        kind,
        address: first!,
        ...(isRange ? { lastAddress: last! } : {}),
        ...(ports === undefined ? {} : { port: ports[0], ...(isPortRange ? { lastPort: ports[1] } : {}) }),
      }));
    const other: fc.Arbitrary<FilterVerdict> =
      kind === 'snat'
        ? fc.constant({ kind: 'masquerade' })
        : fc.option(port, { nil: undefined }).map((to) => ({
            kind: 'redirect',
            ...(to === undefined ? {} : { port: to }),
          }));
    return fc
      .tuple(
        fc.array(fc.oneof(nameMatch, addressMatch(chosen), trackedMatch), { maxLength: 3 }),
        target,
        other,
        fc.boolean(),
      )
      .map(([matches, one, two, isOne]): FilterRule => {
        // Only what leaves is masqueraded.
        const verdict = isOne || hook === 'input' ? one : two;
        return { matches: 'port' in verdict ? [...matches, portOf] : matches, verdict };
      });
  });
};

interface Shape {
  readonly type: FilterChain['type'];
  readonly hook: FilterChain['hook'];
  readonly priority: number;
}

const chainOf = (table: TableFamily, shape: Shape): fc.Arbitrary<FilterChain> => {
  const rule = shape.type === 'nat' ? natRule(table, shape.hook) : ruleOf(table, verdictOf(table, shape.hook));
  return fc
    .tuple(
      shape.type === 'nat' ? fc.constant('accept' as const) : fc.constantFrom('accept' as const, 'drop' as const),
      fc.array(rule, { maxLength: 6 }),
    )
    .map(([policy, rules]) => ({
      name: `${shape.type}-${shape.hook}`,
      ...shape,
      policy,
      ...(shape.hook === 'ingress' ? { device: 'lo' } : {}),
      rules,
    }));
};

const ipShapes: readonly Shape[] = [
  { type: 'filter', hook: 'prerouting', priority: -300 },
  { type: 'nat', hook: 'prerouting', priority: -100 },
  { type: 'filter', hook: 'input', priority: 0 },
  { type: 'nat', hook: 'input', priority: 100 },
  { type: 'filter', hook: 'forward', priority: 10 },
  { type: 'filter', hook: 'output', priority: -5 },
  { type: 'nat', hook: 'output', priority: -100 },
  { type: 'route', hook: 'output', priority: -150 },
  { type: 'filter', hook: 'postrouting', priority: 0 },
  { type: 'nat', hook: 'postrouting', priority: 100 },
];
const frameShapes: readonly Shape[] = (['prerouting', 'input', 'forward', 'output', 'postrouting'] as const).map(
  (hook) => ({ type: 'filter', hook, priority: -1 }),
);
const shapesOf: Readonly<Record<TableFamily, readonly Shape[]>> = {
  inet: [...ipShapes, { type: 'filter', hook: 'ingress', priority: 3 }],
  ip: ipShapes,
  ip6: ipShapes,
  arp: [
    { type: 'filter', hook: 'input', priority: 0 },
    { type: 'filter', hook: 'output', priority: 0 },
  ],
  bridge: frameShapes,
  netdev: [{ type: 'filter', hook: 'ingress', priority: 0 }],
};

/** A table whose chains may jump to `sub_a`, and that to `sub_b`. */
export const tableOf = (table: TableFamily): fc.Arbitrary<FilterTable> => {
  const sub = (verdict: fc.Arbitrary<FilterVerdict>): fc.Arbitrary<FilterRule[]> =>
    fc.array(ruleOf(table === 'inet' ? 'inet' : table, verdict), { maxLength: 4 });
  return fc
    .tuple(
      // At ingress of inet tables connections are not tracked: its chain has what frames have.
      fc.tuple(...shapesOf[table].map((shape) => chainOf(shape.hook === 'ingress' ? 'netdev' : table, shape))),
      sub(fc.oneof(plainVerdict, jump('sub_b'))),
      sub(plainVerdict),
    )
    .map(([chains, a, b]) => ({
      family: table,
      name: `trial_${table}`,
      chains: chains.map((chain) =>
        table === 'inet' && chain.hook === 'ingress'
          ? { ...chain, rules: chain.rules.filter(({ verdict }) => verdict.kind !== 'jump' && verdict.kind !== 'goto') }
          : chain,
      ),
      subchains: [
        { name: 'sub_a', rules: a },
        { name: 'sub_b', rules: b },
      ],
    }));
};
