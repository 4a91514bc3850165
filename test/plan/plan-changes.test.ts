/** The laws of planning, on random states: it gets there, it is silent when there, and every step can be taken back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { printStep } from '../../src/plan/print-step.ts';
import { undoStep } from '../../src/plan/undo-step.ts';
import {
  type BridgePort,
  type Cable,
  type Interface,
  type Neighbour,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../src/state/network-state.ts';
import { type NameServer } from '../../src/state/service.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { carryOutOnModel } from './model-kernel.ts';

const empty: NetworkState = { version: 1, stacks: {}, cables: [] };
const names = ['a', 'b', 'c', 'd'];

const addresses = fc
  .uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 })
  .map((hosts) =>
    hosts.map((host) =>
      host % 3 === 0
        ? { family: 6 as const, address: `2001:db8::${host}`, prefixLength: 64 }
        : { family: 4 as const, address: `10.0.${host % 2}.${host}`, prefixLength: 24 },
    ),
  );

const mac = fc.constantFrom('52:54:00:00:00:01', '52:54:00:00:00:02');

const nic: fc.Arbitrary<Interface> = fc.record({
  kind: fc.constant('ethernet' as const),
  mac,
  mtuBytes: fc.constantFrom(1500, 1400),
  up: fc.boolean(),
  addresses,
});

const port: fc.Arbitrary<BridgePort> = fc.record(
  { isolated: fc.constant(true), flood: fc.constant(false), vlans: fc.constant([{ id: 10, pvid: true }]) },
  { requiredKeys: [] },
);

const wireguardPeers = [
  { publicKey: 'b25l', allowedPrefixes: ['10.1.0.0/24'], endpoint: '192.0.2.7:51820' },
  { publicKey: 'dHdv', allowedPrefixes: ['10.2.0.0/24'] },
];

/** Links that rest on each other: `l2` on `l1` on what stands below; or on nothing. */
const links = fc
  .record({
    l1: fc.option(fc.tuple(nic, fc.constantFrom('vlan', 'macvlan'), fc.constantFrom(1, 2))),
    l2: fc.option(fc.tuple(nic, fc.constantFrom('vlan', 'macvlan'), fc.constantFrom(1, 2))),
    x: fc.option(fc.tuple(nic, fc.constantFrom('vxlan', 'tunnel', 'wireguard'), fc.constantFrom(1, 2))),
  })
  .map(({ l1, l2, x }) => (base: string): Record<string, Interface> => {
    const on = ([one, kind, variant]: NonNullable<typeof l1>, link: string): Interface =>
      kind === 'vlan'
        ? { ...one, kind, vlan: { link, id: variant } }
        : { ...one, kind, macvlan: { link, mode: variant === 1 ? 'bridge' : 'vepa' } };
    const alone = ([one, kind, variant]: NonNullable<typeof x>): Interface =>
      kind === 'vxlan'
        ? { ...one, kind, vxlan: { id: variant, remotes: ['192.0.2.2'], port: 4789 } }
        : kind === 'tunnel'
          ? { ...one, kind, tunnel: { mode: 'sit', local: `192.0.2.${variant}` } }
          : { ...one, kind, wireguard: { listenPort: 51820, peers: wireguardPeers.slice(variant - 1) } };
    return {
      // The name sorts before that of its base.
      ...(l1 === null ? {} : { l1: on(l1, base) }),
      ...(l1 === null || l2 === null ? {} : { a2: on(l2, 'l1') }),
      ...(x === null ? {} : { x: alone(x) }),
    };
  });

const rules = fc.subarray<PolicyRule>([
  { family: 4, priority: 1, oif: 'l1', mark: { value: 1, mask: 255 }, table: 100 },
  { family: 6, priority: 2, not: true, from: '2001:db8::/32', action: 'unreachable', table: 0 },
  { family: 4, priority: 3, protocol: 6, destinationPorts: [80, 443], sourcePorts: [1, 1], table: 254 },
  { family: 4, priority: 4, action: 'prohibit', table: 0 },
  { family: 4, priority: 5, table: 254, suppressPrefixLength: 0 },
]);

const blackhole = (n: number): Route => ({
  family: 4,
  to: `192.168.${n}.0/24`,
  type: n % 2 === 0 ? 'blackhole' : 'throw',
  metric: 0,
  table: 254,
});

/** What hangs on interfaces that are there and up. */
const hangingOn = (
  devices: readonly string[],
): Pick<Stack, 'routes' | 'neighbourProxies'> & { neighbours: Neighbour[] } => {
  const via = '10.0.0.9';
  const [first, ...more] = devices.map((dev) => ({ via, dev, weight: 1 }));
  const both: readonly Route[] =
    first === undefined || more.length === 0
      ? []
      : [{ family: 4, to: '10.9.0.0/16', type: 'unicast', nexthops: [first, ...more], metric: 0, table: 254 }];
  return {
    routes: [
      ...both,
      ...devices.map((dev, n): Route => ({
        family: 4,
        to: `10.8.${n}.0/24`,
        type: 'unicast',
        via,
        dev,
        metric: n,
        table: 254,
        ...(n % 2 === 0 ? {} : { onlink: true }),
      })),
    ],
    neighbourProxies: devices.map((dev) => ({ family: 4, address: '10.0.0.8', dev })),
    neighbours: devices.map((dev) => ({ family: 4, address: via, mac: '52:54:00:00:00:09', dev })),
  };
};

const nameServer = (n: number): NameServer => ({
  kind: 'name-server',
  views: [{ name: 'inside', clients: ['10.0.0.0/8'], isRecursive: false, zones: [{ name: `zone${n}`, records: [] }] }],
});

const stack: fc.Arbitrary<Stack> = fc
  .record({
    bridge: fc.option(fc.record({ addresses, stp: fc.boolean(), filters: fc.boolean() })),
    forward: fc.option(fc.constantFrom('0', '1')),
    routes: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
    rules,
    links,
    hanging: fc.boolean(),
    serves: fc.boolean(),
    names: fc.option(fc.constantFrom(1, 2)),
    asks: fc.option(fc.constantFrom(1, 2)),
  })
  .map(({ bridge, forward, routes, rules: chosen, links: linksOn, hanging, serves, names: zone, asks }) => {
    const interfaces: Record<string, Interface> = {
      lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] },
      ...(bridge === null
        ? linksOn('lo')
        : {
            ...linksOn('br0'),
            br0: {
              kind: 'bridge',
              mtuBytes: 1500,
              up: true,
              addresses: bridge.addresses,
              bridge: {
                stp: bridge.stp,
                forwardDelaySeconds: 2,
                ...(bridge.filters ? { vlanFiltering: true, vlans: [{ id: 10 }] } : {}),
              },
            },
          }),
    };
    const upNames = hanging ? Object.keys(interfaces).filter((name) => interfaces[name]?.up === true) : [];
    const hung = hangingOn(upNames);
    return {
      interfaces,
      ...hung,
      routes: [...hung.routes, ...routes.map(blackhole)],
      rules: chosen,
      sysctls: forward === null ? {} : { 'net/ipv4/ip_forward': forward },
      filter: [],
      services: [
        ...(serves ? [{ kind: 'responder' as const, port: 7 }] : []),
        ...(zone === null ? [] : [nameServer(zone)]),
      ],
      ...(asks === null ? {} : { resolver: { nameservers: [`10.0.0.${asks}`], search: [] } }),
    };
  });

/** Cables between distinct stacks; the end in a stack with a bridge is a port of it, the other end has a macvlan. */
const state: fc.Arbitrary<NetworkState> = fc
  .record({
    stacks: fc.dictionary(fc.constantFrom(...names), stack, { noNullPrototype: true }),
    cables: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('c', 'd'), nic, nic, port), {
      selector: ([, b]) => b,
    }),
  })
  .map(({ stacks, cables }) => {
    const made = structuredClone(stacks) as Record<
      string,
      Omit<Stack, 'interfaces' | 'routes'> & { interfaces: Record<string, Interface>; routes: readonly Route[] }
    >;
    const joined: Cable[] = [];
    for (const [a, b, near, far, flags] of cables) {
      const [left, right] = [made[a], made[b]];
      if (left === undefined || right === undefined) continue;
      joined.push({ a: { stack: a, interface: `to-${b}` }, b: { stack: b, interface: 'uplink' } });
      left.interfaces[`to-${b}`] =
        'br0' in left.interfaces ? { ...near, addresses: [], master: 'br0', port: flags } : near;
      right.interfaces['uplink'] = far;
      right.interfaces['child'] = { ...far, kind: 'macvlan', macvlan: { link: 'uplink', mode: 'bridge' } };
      if (far.up) right.routes = [...right.routes, ...hangingOn(['child', 'uplink']).routes.slice(0, 1)];
    }
    return normalize({ version: 1, stacks: made, cables: joined });
  });

describe('planning changes', () => {
  it('gets from any state to any other', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        expect(carryOutOnModel(from, planChanges(from, to).steps)).toEqual(to);
      }),
      { numRuns: 500 },
    );
  });

  it('plans nothing from a state to itself', () => {
    fc.assert(fc.property(state, (same) => planChanges(same, same).steps.length === 0));
  });

  it('takes any first steps of a plan back', () => {
    fc.assert(
      fc.property(state, fc.nat(), (to, cut) => {
        const { steps } = planChanges(empty, to);
        const done = steps.slice(0, cut % (steps.length + 1));
        const undone = [...done].reverse().map(undoStep);
        expect(carryOutOnModel(empty, [...done, ...undone])).toEqual(empty);
      }),
      { numRuns: 300 },
    );
  });

  it('undoes its undoing', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        for (const step of planChanges(from, to).steps) expect(undoStep(undoStep(step))).toEqual(step);
      }),
    );
  });

  it('says every step in one line', () => {
    fc.assert(
      fc.property(state, state, (from, to) =>
        planChanges(from, to).steps.every((step) => /^[-+~] [a-d]: [^\n]+$/.test(printStep(step))),
      ),
    );
  });

  it('adds the route to a gateway before the routes through it, in whatever order they are sorted', () => {
    const guest: Stack = {
      interfaces: {
        eth0: {
          kind: 'ethernet',
          mtuBytes: 1500,
          up: true,
          addresses: [{ family: 4, address: '10.5.0.1', prefixLength: 32 }],
        },
      },
      routes: [
        { family: 4, to: '0.0.0.0/0', type: 'unicast', via: '10.1.0.2', dev: 'eth0', metric: 0, table: 254 },
        { family: 4, to: '10.1.0.2/32', type: 'unicast', dev: 'eth0', metric: 0, table: 254 },
      ],
      rules: [],
      neighbourProxies: [],
      sysctls: {},
      filter: [],
      services: [],
    };
    const desired = normalize({ ...empty, stacks: { guest } });
    const routes = planChanges(empty, desired).steps.flatMap((step) =>
      step.kind === 'add-route' ? [step.route.to] : [],
    );
    expect(routes).toEqual(['10.1.0.2/32', '0.0.0.0/0']);
  });

  it('says whether redirects are taken after whether the stack forwards, which decides it too', () => {
    const redirects = 'net/ipv4/conf/all/accept_redirects';
    const sysctls = { [redirects]: '0', 'net/ipv4/ip_forward': '1' };
    const router: Stack = {
      ...{ interfaces: {}, routes: [], rules: [], neighbourProxies: [], filter: [], services: [] },
      sysctls,
    };
    const as = (forward: string): NetworkState =>
      normalize({ ...empty, stacks: { a: { ...router, sysctls: { ...sysctls, 'net/ipv4/ip_forward': forward } } } });
    const keys = (from: NetworkState, to: NetworkState): readonly string[] =>
      planChanges(from, to).steps.flatMap((step) => (step.kind === 'set-sysctl' ? [step.key] : []));
    expect(keys(empty, as('1'))).toEqual(['net/ipv4/ip_forward', redirects]);
    expect(keys(as('1'), as('0'))).toEqual(['net/ipv4/ip_forward', redirects]);
    expect(keys(as('1'), as('1'))).toEqual([]);
  });
});
