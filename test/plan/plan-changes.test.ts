/** The laws of planning, on random states: it gets there, it is silent when there, and every step can be taken back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { printStep } from '../../src/plan/print-step.ts';
import { undoStep } from '../../src/plan/undo-step.ts';
import { type Cable, type Interface, type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { carryOutOnModel } from './model-kernel.ts';

const empty: NetworkState = { version: 1, stacks: {}, cables: [] };
const names = ['a', 'b', 'c', 'd'];

const addresses = fc
  .uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 })
  .map((hosts) => hosts.map((host) => ({ family: 4 as const, address: `10.0.${host % 2}.${host}`, prefixLength: 24 })));

const nic: fc.Arbitrary<Interface> = fc.record({
  kind: fc.constant('ethernet' as const),
  mtuBytes: fc.constantFrom(1500, 1400),
  up: fc.boolean(),
  addresses,
});

const stack: fc.Arbitrary<Stack> = fc
  .record({
    bridge: fc.option(fc.record({ addresses, stp: fc.boolean() })),
    forward: fc.option(fc.constantFrom('0', '1')),
    routes: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
    serves: fc.boolean(),
  })
  .map(({ bridge, forward, routes, serves }) => ({
    interfaces: {
      lo: { kind: 'loopback' as const, mtuBytes: 65536, up: true, addresses: [] },
      ...(bridge === null
        ? {}
        : {
            br0: {
              kind: 'bridge' as const,
              mtuBytes: 1500,
              up: true,
              addresses: bridge.addresses,
              bridge: { stp: bridge.stp, forwardDelaySeconds: 2 },
            },
          }),
    },
    routes: routes.map((n) => ({
      family: 4 as const,
      to: `192.168.${n}.0/24`,
      type: 'blackhole' as const,
      metric: 0,
      table: 254,
    })),
    rules: [],
    neighbourProxies: [],
    sysctls: forward === null ? {} : { 'net/ipv4/ip_forward': forward },
    filter: [],
    services: serves ? [{ kind: 'responder' as const, port: 7 }] : [],
  }));

/** Cables between distinct stacks; the end in a stack with a bridge is a port of it. */
const state: fc.Arbitrary<NetworkState> = fc
  .record({
    stacks: fc.dictionary(fc.constantFrom(...names), stack, { noNullPrototype: true }),
    cables: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('c', 'd'), nic, nic), {
      selector: ([a, b]) => a + b,
    }),
  })
  .map(({ stacks, cables }) => {
    const made = structuredClone(stacks) as Record<string, { interfaces: Record<string, Interface> } & Stack>;
    const joined: Cable[] = [];
    for (const [a, b, near, far] of cables) {
      const [left, right] = [made[a], made[b]];
      if (left === undefined || right === undefined) continue;
      joined.push({ a: { stack: a, interface: `to-${b}` }, b: { stack: b, interface: `to-${a}` } });
      left.interfaces[`to-${b}`] = 'br0' in left.interfaces ? { ...near, addresses: [], master: 'br0' } : near;
      right.interfaces[`to-${a}`] = far;
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
});
