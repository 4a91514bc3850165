/** What files of ufw say is written again as they say it; any other filter is written as files that decide alike. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPart } from '../../../src/dialects/differences.ts';
import { plainNic } from '../../../src/dialects/reading.ts';
import { linesOfRule, tupleLine, type UfwRule } from '../../../src/dialects/ufw/rule.ts';
import { ufw } from '../../../src/dialects/ufw/dialect.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { sysctls, stateOf } from '../any-part.ts';
import { iptablesTables } from '../small/iptables-tables.ts';
import { mutations, patienceMs, survivesMutations } from '../mutations.ts';
import { anyRule, anyRuleSet, textsOf } from './arbitrary.ts';
import { expectSameDecisions } from './same-decisions.ts';

const readPart = (texts: Parameters<typeof ufw.read>[0]): Stack =>
  normalPart(ufw.read(texts, { stack: 'm' }).stacks['m']);

/** A sender, the machine with the filter in the middle, and one behind it. */
const lineWith = (filter: readonly FilterTable[]): NetworkState => {
  const nic = (last: string, net: number): typeof plainNic => ({
    ...plainNic,
    addresses: [
      { family: 4, address: `10.${net}.0.${last}`, prefixLength: 24 },
      { family: 6, address: `2001:db8:${net}::${last}`, prefixLength: 64 },
    ],
  });
  const routes = (net: number, dev: string): Stack['routes'] => [
    { family: 4, to: '0.0.0.0/0', type: 'unicast', via: `10.${net}.0.1`, dev, metric: 0, table: 254 },
    { family: 6, to: '::/0', type: 'unicast', via: `2001:db8:${net}::1`, dev, metric: 1024, table: 254 },
  ];
  return normalize({
    version: 1,
    stacks: {
      near: { ...emptyStack, interfaces: { eth0: nic('9', 1) }, routes: routes(1, 'eth0') },
      far: { ...emptyStack, interfaces: { eth0: nic('9', 2) }, routes: routes(2, 'eth0') },
      m: {
        ...emptyStack,
        interfaces: { eth0: nic('1', 1), br0: nic('1', 2) },
        sysctls: { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' },
        filter,
      },
    },
    cables: [
      { a: { stack: 'near', interface: 'eth0' }, b: { stack: 'm', interface: 'eth0' } },
      { a: { stack: 'far', interface: 'eth0' }, b: { stack: 'm', interface: 'br0' } },
    ],
  });
};

describe('files of ufw', () => {
  it('say what they were read from', () => {
    fc.assert(
      fc.property(anyRuleSet, sysctls, (rules, parameters) => {
        const state = stateOf({ ...readPart(textsOf(rules)), sysctls: parameters });
        const written = ufw.write?.(state, 'm');
        expect(written?.omissions).toEqual([]);
        for (const { path, text } of written?.files ?? []) {
          expect(ufw.owns(path), path).toBe(true);
          if (path.endsWith('.rules')) expect(ufw.resembles(text), text).toBeGreaterThan(0.5);
        }
        expect(stateOf(readPart(written?.files ?? []))).toEqual(state);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('have each rule as ufw has it', () => {
    fc.assert(
      fc.property(fc.array(anyRule(4), { maxLength: 5 }), (given) => {
        // Of comments the kernel keeps no double quotes.
        const rules = given.map((rule) => ({ ...rule, ...(rule.comment !== undefined && { comment: 'plain' }) }));
        const ofWay = (way: string): readonly UfwRule[] =>
          rules.filter(({ isRouted, direction }) => (isRouted ? 'forward' : direction) === way);
        // Of each way in a row; two that together are the same as one are another one.
        const wanted = [...ofWay('in'), ...ofWay('out'), ...ofWay('forward')];
        const text = ['*filter', ...['input', 'output', 'forward'].map((way) => `:ufw-user-${way} -`), ...rules.flatMap((rule) => [tupleLine(rule), ...linesOfRule(rule)]), 'COMMIT'].join('\n'); // prettier-ignore
        const state = stateOf(readPart([{ path: 'etc/ufw/user.rules', text }]));
        const files = ufw.write?.(state, 'm').files ?? [];
        const tuples = (files.find(({ path }) => path === 'etc/ufw/user.rules')?.text ?? '').split('\n').filter((line) => line.startsWith('### tuple')); // prettier-ignore
        fc.pre(tuples.length === wanted.length);
        expect(tuples).toEqual(wanted.map(tupleLine));
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  it('decide as any other filter that is written in them', () => {
    fc.assert(
      fc.property(iptablesTables, (tables) => {
        const state = lineWith(tables);
        const filter = state.stacks['m']?.filter ?? [];
        const written = ufw.write?.(stateOf({ filter }), 'm');
        expect(written?.omissions).toEqual([]);
        expectSameDecisions(state, { m: readPart(written?.files ?? []).filter }, 60);
      }),
      { numRuns: 60 },
    );
  }, 240_000);

  it('say what a status printed', () => {
    const rows = [
      '22/tcp  LIMIT IN    Anywhere',
      '53      ALLOW IN    192.0.2.0/24',
      '25/tcp  REJECT OUT  Anywhere on eth0',
      'Samba (v6)  ALLOW IN  Anywhere (v6)',
    ];
    const text = [
      'Status: active',
      'Default: reject (incoming), allow (outgoing), disabled (routed)',
      '',
      'To      Action      From',
      '--      ------      ----',
      ...rows,
      '',
    ].join('\n');
    const state = stateOf(readPart([{ path: 'p', text }]));
    const written = ufw.write?.(state, 'm');
    expect(written?.omissions).toEqual([]);
    expect(stateOf(readPart(written?.files ?? []))).toEqual(state);
  });

  it('are none where nothing is filtered, and what they would set is told', () => {
    expect(ufw.write?.(stateOf({ sysctls: { 'net/ipv4/ip_forward': '1' } }), 'm')).toEqual({
      files: [],
      omissions: [
        { stack: 'm', what: 'sysctls/net/ipv4/ip_forward', why: 'ufw sets parameters where it filters packets' },
      ],
    });
  });

  it('tell of what filters no IP packets', () => {
    const chain = { name: 'c', type: 'filter', hook: 'input', priority: 0, policy: 'accept', rules: [] } as const;
    const { omissions } =
      ufw.write?.(stateOf({ filter: [{ family: 'bridge', name: 't', chains: [chain] }] }), 'm') ?? {};
    expect(omissions).toEqual([{ stack: 'm', what: 'filter/bridge t', why: 'ufw filters IP packets only' }]);
  });

  it('are read however they are broken', { timeout: patienceMs }, () => {
    const sets = fc.sample(anyRuleSet, { numRuns: 8, seed: 1 });
    survivesMutations(
      ufw,
      sets.map((set) => ufw.write?.(stateOf(readPart(textsOf(set))), 'm').files ?? []),
      mutations / 4,
    );
  });
});
