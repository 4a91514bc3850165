/** Random packet filters and translation. */
import { type FilterChain, type FilterMatch, type FilterRule } from '../../src/state/packet-filter.ts';
import { v4, type Builder, type Draft } from './random-build.ts';

const matchesOf = (build: Builder, hook: string): FilterMatch[] => {
  const { chance, nets } = build;
  const net = chance.of(nets).index;
  const all: (() => FilterMatch)[] = [
    () => ({
      kind: 'source',
      family: 4,
      prefixes: [chance.is(0.5) ? `10.0.${net}.0/24` : `${v4(net, 1 + chance.below(4))}/32`],
      ...(chance.is(0.2) ? { negate: true } : {}),
    }),
    () => ({
      kind: 'destination',
      family: 4,
      prefixes: [chance.is(0.5) ? `10.0.${net & 254}.0/23` : `${v4(net, 1 + chance.below(4))}/32`],
      ...(chance.is(0.2) ? { negate: true } : {}),
    }),
    () => ({ kind: 'source', family: 6, prefixes: [`fd00:0:0:${net.toString(16)}::/64`] }),
    () => ({ kind: 'port', protocol: chance.of(['tcp', 'udp'] as const), ports: chance.of([[80], [53, 80], [22]]) }),
    () => ({
      kind: 'port',
      protocol: 'tcp',
      ports: [],
      ranges: [[50, 90]],
      ...(chance.is(0.3) ? { negate: true } : {}),
    }),
    () => ({ kind: 'source-port', protocol: 'tcp', ports: [], ranges: [[1024, 65535]] }),
    () => ({ kind: 'protocol', protocols: chance.of([[6], [17], [1, 58]]) }),
    () => ({ kind: 'icmp', types: 'echo-request' }),
    () => ({ kind: 'icmp-type', family: 4, types: [0] }),
    () => ({ kind: 'tcp-flags', mask: 18, value: chance.of([2, 16]) }),
    () => ({ kind: 'conntrack', states: chance.of([['established', 'related'], ['new'], ['invalid']] as const) }),
    () => ({ kind: 'dnatted' }),
    () => ({ kind: 'mark', value: chance.of([0, 1]), mask: 255 }),
    () => ({ kind: 'connection-mark', value: 1, mask: 255 }),
    () => ({ kind: 'family', family: chance.of([4, 6] as const) }),
    () => ({ kind: 'packet-type', types: ['host'] }),
    () => ({ kind: 'length', range: [0, chance.of([60, 100, 1400])] }),
  ];
  if (hook !== 'output' && hook !== 'postrouting')
    all.push(() => ({ kind: 'iif', names: [chance.of(['eth0', 'br*', 'up', 'lo', 'br1'])] }));
  if (hook !== 'prerouting' && hook !== 'input')
    all.push(() => ({ kind: 'oif', names: [chance.of(['eth0', 'br*', 'up', 'br1'])] }));
  if (chance.is(0.03)) return [{ kind: 'other', text: chance.of(['limit rate 1/second', 'recent']) }];
  return Array.from({ length: chance.of([0, 1, 1, 1, 2, 2]) }, () => chance.of(all)());
};

const filterRule = (build: Builder, hook: string, subchains: readonly string[], depth: number): FilterRule => {
  const { chance } = build;
  const matches = matchesOf(build, hook);
  const verdicts: (() => FilterRule['verdict'])[] = [
    () => ({ kind: 'accept' }),
    () => ({ kind: 'accept' }),
    () => ({ kind: 'drop' }),
    () => ({ kind: 'reject', with: chance.of(['tcp-reset', 'port-unreachable', 'admin-prohibited'] as const) }),
    () => ({ kind: 'set-mark', value: 1, mask: 255 }),
    () => ({ kind: 'set-connection-mark', value: 1, mask: 255 }),
    () => ({ kind: chance.of(['restore-mark', 'save-mark'] as const) }),
    () => ({ kind: 'continue' }),
  ];
  if (depth > 0) verdicts.push(() => ({ kind: 'return' }));
  if (subchains.length > 0)
    verdicts.push(() => ({ kind: chance.of(['jump', 'goto'] as const), chain: chance.of(subchains) }));
  return { matches, verdict: chance.of(verdicts)() };
};

const natRule = (build: Builder, hook: string): FilterRule => {
  const { chance, nets } = build;
  const net = chance.of(nets).index;
  const isSource = hook === 'postrouting' || hook === 'input';
  const matches: FilterMatch[] = [{ kind: 'family', family: 4 }, ...matchesOf(build, hook).slice(0, 1)];
  if (isSource) {
    if (hook === 'postrouting' && chance.is(0.7)) return { matches, verdict: { kind: 'masquerade' } };
    return {
      matches,
      verdict: {
        kind: 'snat',
        address: v4(net, chance.of([1, 2, 77])),
        ...(chance.is(0.1) ? { lastAddress: v4(net, 79) } : {}),
      },
    };
  }
  const narrow: FilterMatch = { kind: 'port', protocol: 'tcp', ports: [chance.of([80, 8080])] };
  if (chance.is(0.3))
    return { matches: [...matches, narrow], verdict: { kind: 'redirect', ...(chance.is(0.5) ? { port: 80 } : {}) } };
  return {
    matches: chance.is(0.7) ? [...matches, narrow] : matches,
    verdict: { kind: 'dnat', address: v4(net, 1 + chance.below(3)), ...(chance.is(0.4) ? { port: 80 } : {}) },
  };
};

export const addFilter = (build: Builder, stack: Draft): void => {
  const { chance } = build;
  const chains: FilterChain[] = [];
  const names = chance.is(0.4) ? ['sub1', 'sub2'] : [];
  const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
  for (const hook of [...chance.some(hooks, 0.25), ...(chance.is(0.7) ? (['forward'] as const) : [])]) {
    const rules = Array.from({ length: 1 + chance.below(5) }, () => filterRule(build, hook, names, 0));
    if (chance.is(0.3))
      rules.unshift({
        matches: [{ kind: 'conntrack', states: ['established', 'related'] }],
        verdict: { kind: 'accept' },
      });
    const type = hook === 'output' && chance.is(0.3) ? ('route' as const) : ('filter' as const);
    chains.push({
      name: `${hook}${chains.length}`,
      type,
      hook,
      priority: chance.of([-300, -150, 0, 0, 0, 150]),
      policy: chance.is(0.25) ? 'drop' : 'accept',
      rules,
    });
  }
  const subchains = names.map((name, index) => ({
    name,
    rules: Array.from({ length: 1 + chance.below(3) }, () =>
      filterRule(build, 'forward', index === 0 ? ['sub2'] : [], 1),
    ),
  }));
  stack.filter.push({
    family: chance.of(['inet', 'inet', 'ip', 'ip6'] as const),
    name: 'filter',
    chains,
    ...(names.length > 0 ? { subchains } : {}),
  });
};

export const addNat = (build: Builder, stack: Draft): void => {
  const { chance } = build;
  const hooks = chance.some(['prerouting', 'postrouting', 'postrouting', 'output', 'input'] as const, 0.5);
  const chains = [...new Set(hooks)].map((hook): FilterChain => ({
    name: hook,
    type: 'nat',
    hook,
    priority: hook === 'prerouting' || hook === 'output' ? -100 : 100,
    policy: 'accept',
    rules: Array.from({ length: 1 + chance.below(2) }, () => natRule(build, hook)),
  }));
  stack.filter.push({ family: 'ip', name: 'nat', chains });
};
