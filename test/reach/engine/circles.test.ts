/** Packets that go round in circles are followed until it is known that they do, not until their hop limit ends. */
import { describe, expect, it } from 'vitest';
import { Bdd, NOTHING } from '../../../src/reach/engine/bdd.ts';
import { Circles } from '../../../src/reach/engine/circles.ts';
import { Current } from '../../../src/reach/engine/current.ts';
import { ask } from '../../../src/reach/engine/ask.ts';
import { predictState } from '../../../src/reach/engine/engine.ts';
import { flood } from '../../../src/reach/engine/flood.ts';
import { emptyMemory } from '../../../src/reach/engine/memory.ts';
import { seedsOf, sendSeed } from '../../../src/reach/engine/seeds.ts';
import { buildWorld } from '../../../src/reach/engine/world.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { type Flow } from '../../../src/reach/walk.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';

const card = (mac: string, address: string): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  mac: `02:00:00:00:00:${mac}`,
  addresses: [{ family: 4, address, prefixLength: 24 }],
});

const masquerading: FilterTable = {
  family: 'ip',
  name: 'nat',
  chains: [
    {
      name: 'postrouting',
      type: 'nat',
      hook: 'postrouting',
      priority: 100,
      policy: 'accept',
      rules: [{ matches: [], verdict: { kind: 'masquerade' } }],
    },
  ],
};

const stack = (interfaces: Stack['interfaces'], gateway: string, dev: string, filter: FilterTable[]): Stack => ({
  interfaces: { lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] }, ...interfaces },
  routes: [{ family: 4, to: '0.0.0.0/0', type: 'unicast', via: gateway, dev, metric: 0, table: 254 }],
  rules: [],
  neighbourProxies: [],
  sysctls: { 'net/ipv4/ip_forward': '1' },
  filter,
  services: [],
});

/** A host behind one of two routers, each of which leaves to the other what it does not know itself. */
const twoRouters = (filter: FilterTable[]): NetworkState => ({
  version: 1,
  stacks: {
    host: stack({ eth0: card('01', '10.0.1.2') }, '10.0.1.1', 'eth0', []),
    near: stack({ lan: card('02', '10.0.1.1'), up: card('03', '10.0.9.1') }, '10.0.9.2', 'up', filter),
    far: stack({ up: card('04', '10.0.9.2') }, '10.0.9.1', 'up', filter),
  },
  cables: [
    { a: { stack: 'host', interface: 'eth0' }, b: { stack: 'near', interface: 'lan' } },
    { a: { stack: 'near', interface: 'up' }, b: { stack: 'far', interface: 'up' } },
  ],
});

/** Hops that are left when nothing is under way any more. */
const hopsLeft = (state: NetworkState): number => {
  const world = buildWorld(buildModel(state));
  const current = new Current(world, emptyMemory());
  for (const seeds of seedsOf(world).values()) for (const seed of seeds) sendSeed(current, seed);
  flood(current);
  return current.hopLimit;
};

describe('circles', () => {
  it.each([
    ['plain', []],
    ['masquerading', [masquerading]],
  ])('between two %s routers are found in a few rounds', (_name, filter) => {
    const state = twoRouters(filter);
    expect(hopsLeft(state)).toBeGreaterThan(50);
    const prediction = predictState(state);
    const flows = ['10.0.9.2', '10.0.9.1', '10.0.5.5', '192.0.2.1'].map((destination): Flow => ({
      from: 'host',
      family: 4,
      destination,
      protocol: 'tcp',
      port: 80,
    }));
    const walked = flows.map((flow) => walk(buildModel(state), flow).verdict);
    expect(walked).toEqual(['yes', 'yes', 'no', 'no']);
    // What comes back translated is left to the walker.
    for (const [index, flow] of flows.entries()) expect([walked[index], undefined]).toContain(ask(prediction, flow));
  });

  it('are none where a stack has learned something since', () => {
    const bdd = new Bdd();
    const [a, b] = [bdd.node(0, 0, 1), bdd.node(0, 1, 0)];
    const circles = new Circles(bdd);
    circles.know('');
    circles.turn();
    expect(circles.follow('here', a)).toBe(a);
    circles.turn();
    expect(circles.follow('there', a)).toBe(a);
    expect(circles.follow('here', bdd.or(a, b))).toBe(b);
    circles.change(a);
    circles.turn();
    expect(circles.follow('here', bdd.or(a, b))).toBe(a);
    circles.turn();
    expect(circles.follow('here', bdd.or(a, b))).toBe(NOTHING);
    circles.know('another station');
    expect(circles.follow('here', a)).toBe(a);
  });
});
