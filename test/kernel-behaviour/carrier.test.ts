/**
 * Carrier, interfaces that are down, and spanning tree. What they are is history, which the walker is told as facts: here
 * the facts are read from the kernel as it is.
 */
import { describe, expect, it } from 'vitest';
import { type Facts } from '../../src/reach/facts.ts';
import { agree, holds } from './bench/bench.ts';
import { ping } from './bench/flows.ts';
import { bridge, network, nic, route, stack } from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

const run = async (name: string, ...lines: readonly string[]): Promise<void> => {
  for (const line of lines) {
    const { status, stderr } = await bench.ask({ do: 'run', stack: name, argv: line.split(' ') });
    expect([line, status, stderr]).toEqual([line, 0, '']);
  }
};

const factsNow = async (): Promise<Facts> => (await bench.ask({ do: 'observe' })).facts;

/** Interfaces that were made by hand give up on neighbours as soon as the others. */
const makeImpatient = (name: string, dev: string) =>
  bench.ask({
    do: 'sysctl',
    stack: name,
    values: Object.fromEntries(
      ['ipv4', 'ipv6'].flatMap((family) => [
        [`net/${family}/neigh/${dev}/mcast_solicit`, '2'],
        [`net/${family}/neigh/${dev}/retrans_time_ms`, '50'],
      ]),
    ),
  });

/** The routing table hears of a lost carrier up to a second later (linkwatch). */
const untilLinkdown = async (name: string): Promise<void> => {
  for (let tries = 0; tries < 60; tries += 1) {
    const { stdout } = await bench.ask({ do: 'run', stack: name, argv: ['ip', 'route', 'show'] });
    if (stdout.includes('linkdown')) return;
    await bench.ask({ do: 'wait', ms: 30 });
  }
};

const skipping = { 'net/ipv4/conf/all/ignore_routes_with_linkdown': '1' };
const withDetection = { 'net/ipv6/conf/default/accept_dad': '1', 'net/ipv6/conf/default/dad_transmits': '1' };

describe('a bridge without a port in use', () => {
  it('G1 carrier of a bridge: it has some until its ports are counted for the first time', async () => {
    const make = ['ip link add br0 type bridge', 'ip link set br0 up'];
    const histories: Readonly<Record<string, readonly string[]>> = {
      plain: [...make],
      addressed: [...make, 'ip link set br0 address 52:54:00:00:00:05'],
      spanning: ['ip link add br0 type bridge stp_state 1', 'ip link set br0 up'],
      visited: [
        ...make,
        'ip link add mv0 link e0 type macvlan',
        'ip link set mv0 master br0',
        'ip link set mv0 nomaster',
      ],
    };
    const names = Object.keys(histories);
    const cables = names.map((name) => `${name}.e0 peer.${name}`);
    const hosts = (interfaces: Parameters<typeof stack>[0]) =>
      network(
        {
          ...Object.fromEntries(
            names.map((name) => [name, stack({ e0: nic(), ...interfaces }, { sysctls: skipping })]),
          ),
          peer: stack(Object.fromEntries(names.map((name) => [name, nic()]))),
        },
        cables,
      );
    await bench.lay(hosts({}));
    for (const [name, lines] of Object.entries(histories)) {
      await run(name, ...lines, 'ip address add 10.5.0.1/24 dev br0');
      await makeImpatient(name, 'br0');
    }
    const facts = await factsNow();
    expect(names.map((name) => [name, facts.carrier?.[`${name}/br0`]])).toEqual([
      ['plain', true],
      ['addressed', false],
      ['spanning', false],
      ['visited', false],
    ]);
    await agree(
      bench,
      hosts({ br0: bridge(['10.5.0.1/24']) }),
      names.map((name) => [
        name,
        ping(name, '10.5.0.9'),
        name === 'plain' ? ('host-unreachable' as const) : ('net-unreachable' as const),
      ]),
      facts,
    );
  });

  /** a reaches b by a cable; b has a bridge whose only port lost its carrier. */
  const lost = (sysctls: Parameters<typeof stack>[1]) =>
    network(
      {
        a: stack(
          { e0: nic(['10.1.0.1/24', 'fd01::1/64']) },
          { routes: [route('10.5.0.0/24', '10.1.0.2', { dev: 'e0' }), route('fd05::/64', 'fd01::2', { dev: 'e0' })] },
        ),
        b: stack(
          {
            br0: bridge(['10.5.0.1/24', 'fd05::1/64']),
            e0: nic(['10.1.0.2/24', 'fd01::2/64']),
            p0: nic([], { master: 'br0' }),
          },
          sysctls,
        ),
        c: stack({ e0: nic([], { up: false }) }),
      },
      ['a.e0 b.e0', 'b.p0 c.e0'],
    );

  it('G2 local addresses answer without carrier', async () => {
    const state = lost({});
    await bench.lay(state);
    const facts = await factsNow();
    expect(facts.carrier?.['b/br0']).toBe(false);
    await agree(
      bench,
      state,
      [
        ['itself', ping('b', '10.5.0.1'), 'answer'],
        ['from elsewhere', ping('a', '10.5.0.1'), 'answer'],
        ['itself, IPv6', ping('b', 'fd05::1'), 'answer'],
        ['from elsewhere, IPv6', ping('a', 'fd05::1'), 'answer'],
      ],
      facts,
    );
  });

  it('G3 IPv6 addresses of a bridge that never had carrier stay tentative', async () => {
    const interfaces = { e0: nic(['10.1.0.2/24', 'fd01::2/64']), br0: bridge([]) };
    const { a } = lost({}).stacks;
    const bare = network({ a: a!, b: stack({ e0: interfaces.e0 }, { sysctls: withDetection }) }, ['a.e0 b.e0']);
    await bench.lay(bare);
    await run(
      'b',
      'ip link add br0 type bridge stp_state 1',
      'ip link set br0 up',
      'ip address add 10.5.0.1/24 dev br0',
      'ip address add fd05::1/64 dev br0',
    );
    await makeImpatient('b', 'br0');
    const state = network(
      {
        a: a!,
        b: stack({
          e0: interfaces.e0,
          br0: bridge(['10.5.0.1/24', 'fd05::1/64'], { bridge: { stp: true, forwardDelaySeconds: 15 } }),
        }),
      },
      ['a.e0 b.e0'],
    );
    const facts = await factsNow();
    expect(facts.unusable).toContainEqual({ stack: 'b', interface: 'br0', address: 'fd05::1', state: 'tentative' });
    await agree(
      bench,
      state,
      [
        ['itself', ping('b', '10.5.0.1'), 'answer'],
        ['from elsewhere', ping('a', '10.5.0.1'), 'answer'],
        ['from elsewhere, IPv6', ping('a', 'fd05::1'), 'timeout'],
        ['itself, IPv6', ping('b', 'fd05::1'), 'host-unreachable'],
      ],
      facts,
    );
  });

  it('G4 hosts behind a bridge without carrier: the route stays and ARP fails; ignore_routes_with_linkdown skips it', async () => {
    const stays = lost({});
    await bench.lay(stays);
    // Neighbours that are being asked for are forgotten with the carrier.
    await untilLinkdown('b');
    await agree(bench, stays, [['stays', ping('b', '10.5.0.9'), 'host-unreachable']]);
    const skipped = lost({ sysctls: skipping });
    await bench.lay(skipped);
    await untilLinkdown('b');
    await agree(bench, skipped, [['skipped', ping('b', '10.5.0.9'), 'net-unreachable']]);
  });
});

describe('interfaces that are down', () => {
  it('G5 addresses of an interface that is down: IPv4 answers; IPv6 only if added after it went down', async () => {
    const state = (up: boolean, addresses: readonly string[]) =>
      network(
        {
          a: stack(
            { e0: nic(['10.1.0.1/24', 'fd01::1/64']), e1: nic() },
            { routes: [route('10.2.0.0/24', '10.1.0.2', { dev: 'e0' }), route('fd02::/64', 'fd01::2', { dev: 'e0' })] },
          ),
          b: stack({ e0: nic(['10.1.0.2/24', 'fd01::2/64']), e1: nic(addresses, { up }) }),
        },
        ['a.e0 b.e0', 'a.e1 b.e1'],
      );
    const full = ['10.2.0.2/24', 'fd02::2/64'];
    await bench.lay(state(true, full));
    await run('b', 'ip link set e1 down');
    const flushed = await bench.ask({ do: 'observe' });
    expect(flushed.state.stacks['b']?.interfaces['e1']?.addresses.map(({ address }) => address)).toEqual(['10.2.0.2']);
    await agree(bench, flushed.state, [
      ['IPv4', ping('a', '10.2.0.2'), 'answer'],
      ['IPv6', ping('a', 'fd02::2'), 'net-unreachable'],
    ]);
    await bench.change(state(false, full));
    await agree(bench, state(false, full), [
      ['IPv4', ping('a', '10.2.0.2'), 'answer'],
      ['IPv6, added while down', ping('a', 'fd02::2'), 'answer'],
    ]);
  });
});

describe('spanning tree', () => {
  const behind = (stp: boolean) =>
    network(
      {
        a: stack({ e0: nic(['10.1.0.1/24']) }),
        b: stack({ e0: nic(['10.1.0.2/24']) }),
        sw: stack({
          br0: bridge([], { bridge: { stp, forwardDelaySeconds: 2 } }),
          p0: nic([], { master: 'br0' }),
          p1: nic([], { master: 'br0' }),
        }),
      },
      ['a.e0 sw.p0', 'b.e0 sw.p1'],
    );
  const flow = ping('a', '10.1.0.2');

  it('G6 spanning tree: ports listen and learn for two forward delays before they forward; without it, at once', async () => {
    await holds(bench, behind(false), [['without', flow, 'answer']]);
    const state = behind(true);
    await bench.lay(state);
    const begun = performance.now();
    const early = await factsNow();
    expect(early.portStates?.['sw/p1']).toBe('listening');
    await agree(bench, state, [['listening', flow, 'host-unreachable']], early);
    const portState = async (): Promise<string | undefined> => (await factsNow()).portStates?.['sw/p1'];
    while ((await portState()) !== 'forwarding' && performance.now() - begun < 8000)
      await bench.ask({ do: 'wait', ms: 100 });
    expect(performance.now() - begun).toBeGreaterThan(3500);
    await agree(bench, state, [['forwarding', flow, 'answer']], await factsNow());
  });
});
