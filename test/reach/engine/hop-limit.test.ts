/** A chain of routers about as long as packets may be under way: the engine, which has routers send a hop later, agrees. */
import { describe, expect, it } from 'vitest';
import { ask } from '../../../src/reach/engine/ask.ts';
import { predictState } from '../../../src/reach/engine/engine.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { type Flow } from '../../../src/reach/walk.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';

const card = (link: number, side: 1 | 2): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  mac: `02:00:00:00:${link.toString(16).padStart(2, '0')}:0${side}`,
  addresses: [{ family: 4, address: `10.0.${link}.${side}`, prefixLength: 24 }],
});

const route = (to: string, via: string): Stack['routes'][number] => ({
  family: 4,
  to,
  type: 'unicast',
  via,
  metric: 0,
  table: 254,
});

/** `count` routers between two hosts; link `n` leads from stack `n` to stack `n + 1`. */
const chainOf = (count: number): NetworkState => {
  const numbers = Array.from({ length: count + 2 }, (_, number) => number);
  const isEnd = (number: number): boolean => number === 0 || number === count + 1;
  const nameOf = (number: number): string =>
    isEnd(number) ? (number === 0 ? 'first' : 'last') : `router${String(number)}`;
  const stackAt = (number: number): Stack => ({
    interfaces: {
      lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] },
      ...(number === 0 ? {} : { back: card(number - 1, 2) }),
      ...(number === count + 1 ? {} : { on: card(number, 1) }),
    },
    routes: [
      ...(number > count ? [] : [route('0.0.0.0/0', `10.0.${number}.2`)]),
      ...numbers.slice(0, Math.max(0, number - 1)).map((link) => route(`10.0.${link}.0/24`, `10.0.${number - 1}.1`)),
    ],
    rules: [],
    neighbourProxies: [],
    sysctls: isEnd(number) ? {} : { 'net/ipv4/ip_forward': '1' },
    filter: [],
    services: [],
  });
  return {
    version: 1,
    stacks: Object.fromEntries(numbers.map((number) => [nameOf(number), stackAt(number)])),
    cables: numbers.slice(1).map((number) => ({
      a: { stack: nameOf(number - 1), interface: 'on' },
      b: { stack: nameOf(number), interface: 'back' },
    })),
  };
};

describe('the hop limit', () => {
  it.each([5, 62, 63, 64, 66])('ends packets over %i routers where the walker has it end them', (count) => {
    const state = chainOf(count);
    const model = buildModel(state);
    const prediction = predictState(state);
    const flows = ['first', 'router1', 'router2', 'router3'].flatMap((from) =>
      [count, count - 1].map((link): Flow => ({
        from,
        family: 4,
        destination: `10.0.${link}.2`,
        protocol: 'tcp',
        port: 80,
      })),
    );
    const walked = flows.map((flow) => walk(model, flow, { isTraced: false }).verdict);
    expect(flows.map((flow) => ask(prediction, flow))).toEqual(walked);
    if (count < 63) expect(walked).not.toContain('no');
    if (count > 65) expect(walked[0]).toBe('no');
  });
});
