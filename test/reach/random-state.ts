/**
 * Random networks that fit together badly: overlapping prefixes, masks off by one, routers in a chain with wrong or
 * missing routes, filters, translation, policy rules, several next hops, proxies. The same seed makes the same network.
 */
import {
  type Cable,
  type Interface,
  type InterfaceAddress,
  type NeighbourProxy,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../src/state/network-state.ts';
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterTable,
} from '../../src/state/packet-filter.ts';
import { type Flow } from '../../src/reach/walk.ts';

/** Numbers from 0 up to but without 1 (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

export class Chance {
  private readonly next: () => number;
  constructor(seed: number) {
    this.next = randomFrom(seed);
  }
  is(probability: number): boolean {
    return this.next() < probability;
  }
  below(count: number): number {
    return Math.floor(this.next() * count);
  }
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
  some<T>(values: readonly T[], probability: number): T[] {
    return values.filter(() => this.is(probability));
  }
}

interface Draft {
  interfaces: Record<string, Interface>;
  routes: Route[];
  rules: PolicyRule[];
  neighbourProxies: NeighbourProxy[];
  sysctls: Record<string, string>;
  filter: FilterTable[];
}

interface Net {
  readonly index: number;
  readonly hasIpv6: boolean;
  next: number;
}

const loopback: Interface = { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] };

const draft = (): Draft => ({
  interfaces: { lo: loopback },
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
});

const v4 = (net: number, host: number): string => `10.0.${net}.${host}`;
const v6 = (net: number, host: number): string => `fd00:0:0:${net.toString(16)}::${host.toString(16)}`;

class Builder {
  readonly stacks: Record<string, Draft> = {};
  readonly cables: Cable[] = [];
  readonly nets: Net[] = [];
  readonly chance: Chance;
  private macs = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  stack(name: string): Draft {
    return (this.stacks[name] ??= draft());
  }

  net(): Net {
    const net = { index: this.nets.length + 1, hasIpv6: this.chance.is(0.4), next: 1 };
    this.nets.push(net);
    return net;
  }

  mac(): string {
    const { chance } = this;
    // Now and then two stations have one address.
    if (!chance.is(0.01)) this.macs += 1;
    return `02:00:00:00:${(this.macs >> 8).toString(16).padStart(2, '0')}:${(this.macs & 255).toString(16).padStart(2, '0')}`;
  }

  addresses(net: Net): InterfaceAddress[] {
    const { chance } = this;
    const host = chance.is(0.02) && net.next > 1 ? net.next - 1 : net.next++;
    const length = chance.is(0.06) ? chance.of([23, 25, 26, 32]) : 24;
    const list: InterfaceAddress[] = chance.is(0.03)
      ? []
      : [{ family: 4, address: v4(net.index, host), prefixLength: length }];
    if (chance.is(0.05)) list.push({ family: 4, address: v4(net.index, host + 100), prefixLength: 24 });
    if (net.hasIpv6 && !chance.is(0.05)) list.push({ family: 6, address: v6(net.index, host), prefixLength: 64 });
    return list;
  }

  nic(stack: string, name: string, net: Net | undefined, more: Partial<Interface> = {}): Interface {
    const { chance } = this;
    const it: Interface = {
      kind: 'ethernet',
      mac: this.mac(),
      mtuBytes: chance.is(0.04) ? 1400 : 1500,
      up: !chance.is(0.01),
      addresses: net === undefined ? [] : this.addresses(net),
      ...more,
    };
    this.stack(stack).interfaces[name] = it;
    return it;
  }

  cable(a: string, an: string, b: string, bn: string): void {
    const ends = [
      { stack: a, interface: an },
      { stack: b, interface: bn },
    ].sort((x, y) => (x.stack < y.stack || (x.stack === y.stack && x.interface < y.interface) ? -1 : 1));
    this.cables.push({ a: ends[0]!, b: ends[1]! });
  }
}

interface Member {
  readonly stack: string;
  readonly dev: string;
  readonly net: Net;
}

const addressOn = (build: Builder, { stack, dev }: Member, family: 4 | 6): string | undefined =>
  build.stack(stack).interfaces[dev]?.addresses.find((it) => it.family === family)?.address;

const route = (family: 4 | 6, to: string, more: Partial<Route>): Route => ({
  family,
  to,
  type: 'unicast',
  metric: family === 4 ? 0 : 1024,
  table: 254,
  ...more,
});

/** A link with members: one bridge in a stack of its own or in a router, or a cable between two. */
const addLink = (build: Builder, host: string, bridge: string, guests: readonly string[], dev: string): Member[] => {
  const { chance } = build;
  const net = build.net();
  const hasAddress = host.startsWith('r');
  const guestsOn = guests.filter((guest) => !(dev in build.stack(guest).interfaces));
  if (guestsOn.length === 1 && hasAddress && chance.is(0.5)) {
    const guest = guestsOn[0]!;
    build.nic(host, bridge, net);
    build.nic(guest, dev, net);
    build.cable(host, bridge, guest, dev);
    return [
      { stack: host, dev: bridge, net },
      { stack: guest, dev, net },
    ];
  }
  build.nic(host, bridge, hasAddress ? net : undefined, {
    kind: 'bridge',
    bridge: { stp: false, forwardDelaySeconds: 15 },
  });
  const members: Member[] = hasAddress ? [{ stack: host, dev: bridge, net }] : [];
  for (const [index, guest] of guestsOn.entries()) {
    const port = `${bridge}p${index}`;
    build.nic(host, port, undefined, { master: bridge, ...(chance.is(0.03) ? { port: { isolated: true } } : {}) });
    build.nic(guest, dev, net);
    build.cable(host, port, guest, dev);
    members.push({ stack: guest, dev, net });
  }
  return members;
};

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

const addFilter = (build: Builder, stack: Draft): void => {
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

const addNat = (build: Builder, stack: Draft): void => {
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

const addRouting = (build: Builder, name: string, members: readonly Member[]): void => {
  const { chance } = build;
  const stack = build.stack(name);
  const own = members.filter((it) => it.stack === name);
  for (const at of own)
    for (const neighbour of members.filter(
      (it) => it.net === at.net && it.stack !== name && it.stack.startsWith('r'),
    )) {
      for (const family of [4, 6] as const) {
        const via = addressOn(build, neighbour, family);
        if (via === undefined) continue;
        for (const net of build.nets) {
          if (own.some((it) => it.net === net) || !chance.is(name.startsWith('r') ? 0.5 : 0.15)) continue;
          const to =
            family === 4
              ? `10.0.${net.index}.0/${chance.is(0.1) ? 25 : 24}`
              : `fd00:0:0:${net.index.toString(16)}::/64`;
          if (family === 6 && !net.hasIpv6) continue;
          stack.routes.push(route(family, to, { via, dev: at.dev, ...(chance.is(0.1) ? { metric: 5 } : {}) }));
        }
        if (chance.is(0.5) || !name.startsWith('r'))
          stack.routes.push(
            route(family, family === 4 ? '0.0.0.0/0' : '::/0', { via, dev: at.dev, metric: stack.routes.length + 10 }),
          );
      }
    }
  if (chance.is(0.15))
    stack.routes.push(
      route(
        4,
        `10.0.${chance.of(build.nets).index}.0/${chance.of([24, 25, 23])}`.replace(
          /\.(\d+)\.0\/23/,
          (_, third: string) => `.${Number(third) & 254}.0/23`,
        ),
        { type: chance.of(['blackhole', 'unreachable', 'prohibit', 'throw'] as const), metric: 3 },
      ),
    );
  if (chance.is(0.05)) stack.routes.push(route(4, '10.99.0.0/28', { type: 'local', dev: 'lo', table: 255 }));
  const gateways = stack.routes.filter(
    ({ family, via, to }) => family === 4 && via !== undefined && to === '0.0.0.0/0',
  );
  if (gateways.length > 1 && chance.is(0.4)) {
    stack.routes = stack.routes.filter((it) => !gateways.includes(it));
    stack.routes.push(
      route(4, '0.0.0.0/0', {
        nexthops: gateways.slice(0, 2).map(({ via, dev }) => ({ via: via!, dev: dev!, weight: 1 })),
      }),
    );
  }
  if (chance.is(0.15)) addRules(build, stack);
};

const addRules = (build: Builder, stack: Draft): void => {
  const { chance, nets } = build;
  const net = chance.of(nets).index;
  const gateway = stack.routes.find(({ family, via }) => family === 4 && via !== undefined);
  if (gateway !== undefined) stack.routes.push({ ...gateway, to: '0.0.0.0/0', metric: 0, table: 100 });
  const kinds: Partial<PolicyRule>[] = [
    { from: `10.0.${net}.0/24` },
    { to: `10.0.${net}.0/24` },
    { mark: { value: 1, mask: 255 } },
    { protocol: 6, destinationPorts: [80, 80] },
    { iif: chance.of(['eth0', 'br1', 'up', 'lo']) },
    { from: `10.0.${net}.0/24`, not: true },
  ];
  const action = chance.is(0.2)
    ? { action: chance.of(['blackhole', 'unreachable', 'prohibit'] as const), table: 0 }
    : { table: 100 };
  stack.rules.push({ family: 4, priority: 1000 + chance.below(50), ...chance.of(kinds), ...action });
};

const addSettings = (build: Builder, name: string): void => {
  const { chance } = build;
  const stack = build.stack(name);
  const isRouter = name.startsWith('r');
  if (isRouter ? !chance.is(0.07) : chance.is(0.05)) stack.sysctls['net/ipv4/ip_forward'] = '1';
  if (isRouter && !chance.is(0.07)) stack.sysctls['net/ipv6/conf/all/forwarding'] = '1';
  if (chance.is(0.15)) stack.sysctls['net/ipv4/conf/all/rp_filter'] = chance.of(['1', '2']);
  if (chance.is(0.05)) stack.sysctls['net/ipv4/conf/all/arp_ignore'] = chance.of(['1', '2']);
  if (chance.is(0.05)) stack.sysctls['net/ipv4/conf/all/arp_announce'] = chance.of(['1', '2']);
  if (isRouter && chance.is(0.1)) stack.sysctls['net/ipv4/conf/all/proxy_arp'] = '1';
  if (chance.is(0.05)) stack.sysctls['net/ipv4/conf/all/accept_local'] = '1';
  if (chance.is(0.03)) stack.sysctls['net/ipv4/icmp_echo_ignore_all'] = '1';
  if (chance.is(0.3)) stack.sysctls['net/bridge/bridge-nf-call-iptables'] = '0';
  if (isRouter && chance.is(0.1)) {
    const dev = chance.of(Object.keys(stack.interfaces).filter((it) => it !== 'lo'));
    stack.neighbourProxies.push({ family: 4, address: v4(chance.of(build.nets).index, 1 + chance.below(4)), dev });
  }
  if (chance.is(0.05))
    stack.interfaces['lo'] = {
      ...loopback,
      addresses: [{ family: 4, address: `10.200.0.${1 + chance.below(3)}`, prefixLength: 32 }],
    };
};

export const randomState = (seed: number): NetworkState => {
  const build = new Builder(seed);
  const { chance } = build;
  const routers = Array.from({ length: 1 + chance.below(3) }, (_, index) => `r${index}`);
  const members: Member[] = [];
  if (routers.length > 1) {
    const [host, guests] = chance.is(0.5) ? ['sw', routers] : ['r0', routers.slice(1)];
    members.push(...addLink(build, host, 'up', guests, 'up'));
  }
  for (const router of routers)
    for (let link = 0; link < 1 + chance.below(2); link += 1) {
      const guests = Array.from({ length: 1 + chance.below(4) }, (_, index) => `h${router}${link}${index}`);
      if (chance.is(0.15) && routers.length > 1) guests.push(chance.of(routers.filter((it) => it !== router)));
      members.push(...addLink(build, router, `br${link}`, guests, `eth${link}${router}`.slice(0, 4)));
    }
  for (const name of Object.keys(build.stacks)) {
    addRouting(build, name, members);
    addSettings(build, name);
    if (chance.is(name.startsWith('r') || name === 'sw' ? 0.5 : 0.08)) addFilter(build, build.stack(name));
    if (chance.is(name.startsWith('r') ? 0.3 : 0.04)) addNat(build, build.stack(name));
  }
  const stacks: Record<string, Stack> = {};
  for (const [name, it] of Object.entries(build.stacks)) stacks[name] = { ...it, services: [] };
  return { version: 1, stacks, cables: build.cables };
};

/** A question that is likely to have an interesting answer. */
export const randomFlow = (chance: Chance, state: NetworkState): Flow => {
  const names = Object.keys(state.stacks);
  const from = chance.of(names);
  const family = chance.is(0.75) ? 4 : 6;
  const addresses = (name: string): readonly string[] =>
    Object.values(state.stacks[name]!.interfaces).flatMap((it) =>
      it.addresses.filter((a) => a.family === family).map(({ address }) => address),
    );
  const there = addresses(chance.of(names));
  const destination =
    there.length > 0 && !chance.is(0.08)
      ? chance.of(there)
      : family === 4
        ? `10.0.${1 + chance.below(4)}.${chance.of([0, 1, 3, 77, 102, 255])}`
        : 'fd00:0:0:1::9';
  const protocol = chance.of(['icmp', 'tcp', 'udp'] as const);
  const own = addresses(from);
  return {
    from,
    family,
    destination,
    protocol,
    port: protocol === 'icmp' ? null : chance.of([22, 53, 80, 8080, 443]),
    ...(own.length > 0 && chance.is(0.2) ? { source: chance.of(own) } : {}),
    ...(chance.is(0.1) ? { sourcePort: chance.of([80, 1000, 50000]) } : {}),
  };
};

const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, at) => at !== index);

/** One thing changed in one stack: a filter rule, a route, an address, a setting. */
export const randomEdit = (chance: Chance, state: NetworkState): NetworkState => {
  const name = chance.of(Object.keys(state.stacks));
  const stack = state.stacks[name]!;
  const edits: (() => Partial<Stack>)[] = [
    () => ({
      sysctls: { ...stack.sysctls, 'net/ipv4/ip_forward': stack.sysctls['net/ipv4/ip_forward'] === '1' ? '0' : '1' },
    }),
    () => ({
      routes: [
        ...stack.routes,
        route(4, `10.0.${1 + chance.below(6)}.${chance.of([0, 64, 128])}/26`, {
          type: chance.of(['blackhole', 'prohibit']),
        }),
      ],
    }),
  ];
  if (stack.routes.length > 0) edits.push(() => ({ routes: without(stack.routes, chance.below(stack.routes.length)) }));
  const [table] = stack.filter;
  const [chain] = table?.chains ?? [];
  if (table !== undefined && chain !== undefined) {
    const withRules = (rules: readonly FilterRule[]): Partial<Stack> => ({
      filter: [{ ...table, chains: [{ ...chain, rules }, ...table.chains.slice(1)] }, ...stack.filter.slice(1)],
    });
    const barred: FilterRule = {
      matches: [{ kind: 'source', family: 4, prefixes: [`10.0.${1 + chance.below(6)}.${chance.below(250)}/32`] }],
      verdict: { kind: 'drop' },
    };
    if (chain.type !== 'nat') edits.push(() => withRules([barred, ...chain.rules]));
    if (chain.rules.length > 1) edits.push(() => withRules(without(chain.rules, chance.below(chain.rules.length))));
  }
  const addressed = Object.entries(stack.interfaces).filter(
    ([dev, { addresses }]) => dev !== 'lo' && addresses.length > 0,
  );
  if (addressed.length > 0)
    edits.push(() => {
      const [dev, it] = chance.of(addressed);
      const first = it.addresses[0]!;
      const added = {
        family: 4 as const,
        address: `10.0.${1 + chance.below(6)}.${2 + chance.below(200)}`,
        prefixLength: 24,
      };
      const addresses = chance.is(0.5)
        ? [...it.addresses, added]
        : [first.family === 4 ? added : first, ...it.addresses.slice(1)];
      return { interfaces: { ...stack.interfaces, [dev]: { ...it, addresses } } };
    });
  return { ...state, stacks: { ...state.stacks, [name]: { ...stack, ...chance.of(edits)() } } };
};
