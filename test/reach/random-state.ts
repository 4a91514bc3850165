/**
 * Random networks that fit together badly: overlapping prefixes, masks off by one, routers in a chain with wrong or
 * missing routes, filters, translation, policy rules, several next hops, proxies, bonds, VLANs. The same seed makes the
 * same network.
 */
import { type NetworkState, type PolicyRule, type Route, type Stack } from '../../src/state/network-state.ts';
import { Builder, loopback, v4, type Draft, type Net } from './random-build.ts';
import { addFilter, addNat } from './random-filter.ts';
import { plug } from './random-plug.ts';

interface Member {
  readonly stack: string;
  readonly dev: string;
  readonly net: Net;
}

const addressOn = (build: Builder, { stack, dev }: Member, family: 4 | 6): string | undefined =>
  build.stack(stack).interfaces[dev]?.addresses.find((it) => it.family === family)?.address;

export const route = (family: 4 | 6, to: string, more: Partial<Route>): Route => ({
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
    const isIsolated = chance.is(0.03);
    const more = { master: bridge, ...(isIsolated ? { port: { isolated: true } as const } : {}) };
    plug(build, { stack: host, dev: port, net: undefined, more }, { stack: guest, dev, net });
    members.push({ stack: guest, dev, net });
  }
  return members;
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
