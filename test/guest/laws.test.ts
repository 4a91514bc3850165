/**
 * The laws of `up` through the door of guests: what is observed is what was asked for, asking again changes nothing,
 * any state leads to any other; measured the same as in namespaces; a guest that falls silent is named.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Measurement, type ProbeRequest } from '../../src/probe/measurement.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { type FilterTable } from '../../src/state/packet-filter.ts';
import { type Service } from '../../src/state/service.ts';
import { type Bed } from '../agreement/bed/bed.ts';
import { everything, nic, stack, v4, v6 } from '../world/everything.ts';
import { openGuestBed, type Question, type Reply } from './guest-bed.ts';

fc.configureGlobal({ includeErrorInReport: true });

const empty = normalize({ version: 1, stacks: {}, cables: [] });
const done = { failures: [], left: [] };

let bed: Bed<Question, unknown>;
const choose = (...virtual: string[]) => bed.ask({ do: 'choose', virtual });
const apply = async (state: NetworkState): Promise<Reply> => (await bed.ask({ do: 'apply', state })) as Reply;
const observe = async (): Promise<NetworkState> => (await bed.ask({ do: 'observe' })) as NetworkState;
const measure = async (probes: readonly ProbeRequest[]): Promise<readonly Measurement[]> =>
  (await bed.ask({ do: 'measure', probes })) as readonly Measurement[];

beforeAll(async () => {
  bed = await openGuestBed();
});
afterAll(() => bed.close());

/** Three stacks on one bridge of a fourth, addresses from the numbers. */
const flat = (more: Partial<Record<'one' | 'two' | 'three', Partial<Stack>>> = {}): NetworkState => {
  const names = ['one', 'two', 'three'] as const;
  const ports = names.map((name, index) => [`port${index + 1}`, nic([], { master: 'br0' }), name] as const);
  return normalize({
    version: 1,
    stacks: {
      switch: stack({
        interfaces: {
          br0: nic([v4('10.0.0.254', 24), v6('2001:db8::fe', 64)], {
            kind: 'bridge',
            bridge: { stp: false, forwardDelaySeconds: 0 },
          }),
          ...Object.fromEntries(ports.map(([port, plugged]) => [port, plugged])),
        },
      }),
      ...Object.fromEntries(
        names.map((name, index) => [
          name,
          stack({
            ...more[name],
            interfaces: {
              eth0: nic([v4(`10.0.0.${index + 1}`, 24), v6(`2001:db8::${index + 1}`, 64)]),
              ...more[name]?.interfaces,
            },
          }),
        ]),
      ),
    },
    cables: ports.map(([port, , name]) => ({
      a: { stack: name, interface: 'eth0' },
      b: { stack: 'switch', interface: port },
    })),
  });
};

const addresses = {
  one: ['10.0.0.1', '2001:db8::1'],
  two: ['10.0.0.2', '2001:db8::2'],
  three: ['10.0.0.3', '2001:db8::3'],
};

const questions = (): ProbeRequest[] => {
  const probes: Omit<ProbeRequest, 'id'>[] = [];
  for (const from of ['one', 'two', 'three', 'switch'])
    for (const [toStack, both] of Object.entries(addresses))
      for (const [index, address] of both.entries())
        for (const protocol of ['icmp', 'tcp', 'udp'] as const) {
          const family = index === 0 ? 4 : 6;
          probes.push({ from, toStack, family, address, protocol, port: protocol === 'icmp' ? null : 4000 });
        }
  const nobody = { from: 'one', family: 4, protocol: 'icmp', port: null } as const;
  probes.push({ ...nobody, address: '10.0.0.77' }, { ...nobody, address: '192.0.2.1' });
  // Nothing listens on the port of the responder but the stack itself; where nobody is told to listen, it is refused.
  for (const protocol of ['tcp', 'udp'] as const) {
    probes.push({ from: 'one', toStack: 'two', family: 4, address: '10.0.0.2', protocol, port: 7777 });
    probes.push({ from: 'three', toStack: 'two', family: 6, address: '2001:db8::2', protocol, port: 7777 });
    probes.push({ from: 'one', family: 4, address: '10.0.0.3', protocol, port: 9 });
  }
  return probes.map((probe, id) => ({ ...probe, id }));
};

const withoutTimes = (measurements: readonly Measurement[]): unknown =>
  measurements.map(({ id, outcome, source, requestArrived }) => ({ id, outcome, source, requestArrived }));

/** Addresses are in use at once. */
const undetected = { 'net/ipv6/conf/default/accept_dad': '0', 'net/ipv6/conf/default/dad_transmits': '0' };

const answering: Service = { kind: 'responder', port: 7777 };
const deaf: FilterTable = {
  family: 'inet',
  name: 'deaf',
  chains: [
    {
      name: 'input',
      type: 'filter',
      hook: 'input',
      priority: 0,
      policy: 'accept',
      rules: [{ matches: [{ kind: 'icmp', types: 'echo-request' }], verdict: { kind: 'drop' } }],
    },
  ],
};

describe.each([['guest'], ['host'], ['host', 'guest', 'outside']])('with %s in guests', (...virtual) => {
  it('holds what was asked for, and nothing once it is gone', async () => {
    await choose(...virtual);
    expect(await apply(everything)).toMatchObject(done);
    expect(await apply(everything)).toMatchObject({ steps: 0, ...done });
    expect(await apply(empty)).toMatchObject(done);
    expect(await observe()).toEqual(empty);
  });
});

describe('measured through guests', () => {
  const state = flat({ two: { services: [answering] }, three: { filter: [deaf] } });

  it('is what is measured in namespaces', async () => {
    await choose();
    expect(await apply(state)).toMatchObject(done);
    const expected = withoutTimes(await measure(questions()));
    await apply(empty);
    for (const virtual of [
      ['one', 'three'],
      ['one', 'two', 'three', 'switch'],
    ]) {
      await choose(...virtual);
      expect(await apply(state)).toMatchObject(done);
      expect(withoutTimes(await measure(questions()))).toEqual(expected);
      await apply(empty);
    }
  }, 120_000);
});

describe('services in guests', () => {
  it('give and take leases and advertised addresses', async () => {
    await choose('one', 'switch');
    const plain = flat();
    const dhcp = { kind: 'dhcp-client', interface: 'eth0', hostname: 'one', metric: 0 } as const;
    const served = normalize({
      ...plain,
      stacks: {
        ...plain.stacks,
        switch: {
          ...plain.stacks['switch']!,
          sysctls: { ...undetected, 'net/ipv6/conf/all/forwarding': '1' },
          services: [
            {
              kind: 'dhcp-server',
              interface: 'br0',
              first: '10.0.0.100',
              last: '10.0.0.110',
              netmask: '255.255.255.0',
              router: '10.0.0.254',
              leaseSeconds: 600,
              reservations: [],
            },
            { kind: 'router-advertiser', interface: 'br0', prefixes: ['2001:db8::/64'], isDefaultRouter: true },
          ],
        },
        one: {
          ...plain.stacks['one']!,
          interfaces: { ...plain.stacks['one']!.interfaces, eth0: nic([]) },
          services: [dhcp],
          sysctls: { ...undetected, 'net/ipv6/conf/eth0/accept_ra': '2' },
        },
      },
    });
    expect(await apply(served)).toMatchObject(done);
    const ping = { from: 'one', toStack: 'three', protocol: 'icmp', port: null } as const;
    const pings: ProbeRequest[] = [
      { ...ping, id: 1, family: 4, address: '10.0.0.3' },
      { ...ping, id: 2, family: 6, address: '2001:db8::3' },
    ];
    // Advertisements come when their sender thinks it right.
    let outcomes: readonly string[] = [];
    for (let tries = 0; tries < 10 && outcomes.join() !== 'answered,answered'; tries += 1)
      outcomes = (await measure(pings)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['answered', 'answered']);
    expect(await apply(plain)).toMatchObject(done);
    expect((await measure(pings)).map(({ source }) => source)).toEqual(['10.0.0.1', '2001:db8::1']);
    await apply(empty);
  }, 60_000);
});

describe('any state', () => {
  it('leads to any other, whoever is a guest', async () => {
    const host = everything.stacks['host']!;
    const part = <T>(list: readonly T[]) => fc.subarray([...list]);
    const variant = fc
      .record({
        addresses: part(host.interfaces['eth0']?.addresses ?? []),
        rules: part(host.rules),
        proxies: part(host.neighbourProxies),
        hasFilter: fc.boolean(),
        hasGuest: fc.boolean(),
        mtuBytes: fc.constantFrom(1400, 1500),
      })
      .map(({ addresses: own, rules, proxies, hasFilter, hasGuest, mtuBytes }) => {
        const { guest, ...others } = everything.stacks;
        const { port1, ...interfaces } = host.interfaces;
        return normalize({
          version: 1,
          stacks: {
            ...others,
            ...(hasGuest && guest !== undefined ? { guest } : {}),
            host: {
              ...host,
              interfaces: {
                ...interfaces,
                ...(hasGuest && port1 !== undefined ? { port1 } : {}),
                eth0: nic(own, { mtuBytes }),
              },
              routes: host.routes.filter(({ dev }) => dev === undefined),
              rules,
              neighbourProxies: proxies,
              filter: hasFilter ? host.filter : [],
            },
          },
          cables: everything.cables.filter(({ a }) => hasGuest || a.stack !== 'guest'),
        });
      });
    await choose('host', 'outside');
    await fc.assert(
      fc.asyncProperty(variant, async (state) => {
        expect(await apply(state)).toMatchObject(done);
      }),
      { numRuns: 20, endOnFailure: true },
    );
    await apply(empty);
  }, 120_000);
});

describe('a guest that falls silent', () => {
  it('is named, stops nobody else, and is made anew', async () => {
    await choose('one', 'two');
    const state = flat();
    expect(await apply(state)).toMatchObject(done);
    await bed.ask({ do: 'signal', stack: 'one', signal: 'SIGSTOP' });
    const probes = questions().filter(({ port }) => port === null);
    const outcomes = new Map((await measure(probes)).map(({ id, outcome }) => [id, outcome]));
    for (const { id, from, toStack } of probes) {
      if (from === 'one') expect(outcomes.get(id)).toBe('lost');
      else if (toStack === 'two' || toStack === 'three') expect(outcomes.get(id)).toBe('answered');
    }
    expect(Object.keys((await observe()).stacks)).toEqual(['switch', 'three', 'two']);
    expect(await apply(state)).toMatchObject(done);
    expect(Object.keys((await observe()).stacks)).toEqual(['one', 'switch', 'three', 'two']);
    await bed.ask({ do: 'signal', stack: 'one', signal: 'SIGSTOP' });
    const changed = flat({ one: { sysctls: { 'net/ipv4/ip_forward': '1' } } });
    await bed.ask({ do: 'signal', stack: 'two', signal: 'SIGKILL' });
    expect(await apply(changed)).toMatchObject(done);
    await apply(empty);
  }, 120_000);
});
