/** Statements about all packets of a small network: proven, refuted with a packet, or left open for a named reason. */
import { describe, expect, it } from 'vitest';
import { differ, predictState } from '../../../src/reach/engine/engine.ts';
import { prove } from '../../../src/reach/engine/prove.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterRule } from '../../../src/state/packet-filter.ts';

const lo: Interface = { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] };
const nic = (mac: number, address: string): Interface => ({
  kind: 'ethernet',
  mac: `02:00:00:00:00:0${mac}`,
  mtuBytes: 1500,
  up: true,
  addresses: [{ family: 4, address, prefixLength: 24 }],
});
const stackOf = (interfaces: Stack['interfaces'], more: Partial<Stack> = {}): Stack => ({
  interfaces: { lo, ...interfaces },
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...more,
});
const byDefault = (via: string): Partial<Stack> => ({
  routes: [{ family: 4, to: '0.0.0.0/0', type: 'unicast', via, dev: 'eth0', metric: 0, table: 254 }],
});

/** client 10.0.1.2 — router — server 10.0.2.2; the router forwards by `rules`. */
const network = (rules: readonly FilterRule[]): NetworkState => ({
  version: 1,
  stacks: {
    client: stackOf({ eth0: nic(1, '10.0.1.2') }, byDefault('10.0.1.1')),
    router: stackOf(
      { eth0: nic(2, '10.0.1.1'), eth1: nic(3, '10.0.2.1') },
      {
        sysctls: { 'net/ipv4/ip_forward': '1' },
        filter: [
          {
            family: 'ip',
            name: 'filter',
            chains: [{ name: 'forward', type: 'filter', hook: 'forward', priority: 0, policy: 'drop', rules }],
          },
        ],
      },
    ),
    server: stackOf({ eth0: nic(4, '10.0.2.2') }, byDefault('10.0.2.1')),
  },
  cables: [
    { a: { stack: 'client', interface: 'eth0' }, b: { stack: 'router', interface: 'eth0' } },
    { a: { stack: 'router', interface: 'eth1' }, b: { stack: 'server', interface: 'eth0' } },
  ],
});

const answers: FilterRule = {
  matches: [{ kind: 'conntrack', states: ['established'] }],
  verdict: { kind: 'accept' },
};
const web: FilterRule = {
  matches: [
    { kind: 'destination', family: 4, prefixes: ['10.0.2.2/32'] },
    { kind: 'port', protocol: 'tcp', ports: [80] },
  ],
  verdict: { kind: 'accept' },
};
const sometimes: FilterRule = {
  matches: [{ kind: 'other', text: 'limit rate 1/second' }],
  verdict: { kind: 'accept' },
};
const from = ['client'];
const to = ['10.0.2.2'];

describe('proofs', () => {
  const prediction = predictState(network([answers, web]));

  it('hold where no packet does otherwise', () => {
    expect(prove(prediction, { kind: 'never', family: 4, from: ['server'], to: ['10.0.1.2'] })).toEqual({
      verdict: 'proven',
    });
    const services = [{ protocol: 'tcp', port: 80 }] as const;
    expect(prove(prediction, { kind: 'always', family: 4, from, to, services })).toEqual({ verdict: 'proven' });
  });

  it('are refuted by a packet that the walker follows', () => {
    const open = prove(prediction, { kind: 'never', family: 4, from, to });
    expect(open).toMatchObject({
      verdict: 'refuted',
      flow: { from: 'client', destination: '10.0.2.2', protocol: 'tcp', port: 80 },
      walk: { verdict: 'yes' },
    });
    const closed = prove(prediction, { kind: 'always', family: 4, from, to: ['10.0.2.0/24'] });
    expect(closed).toMatchObject({ verdict: 'refuted', walk: { verdict: 'no' } });
  });

  it('stay open where a match is not modelled, and name it', () => {
    const proof = prove(predictState(network([answers, sometimes])), { kind: 'never', family: 4, from, to });
    expect(proof).toMatchObject({ verdict: 'unknown', because: ['router: limit rate 1/second'] });
  });

  it('tell what an edit opens and closes', () => {
    const wider = differ(prediction, buildModel(network([answers, { matches: [], verdict: { kind: 'accept' } }])));
    expect(wider.opened).not.toBe(0);
    expect(wider.closed).toBe(0);
    const same = differ(prediction, buildModel(network([answers, web, web])));
    expect([same.opened, same.closed]).toEqual([0, 0]);
  });
});
