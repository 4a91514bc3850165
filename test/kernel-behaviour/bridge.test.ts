/** Bridges, carrier and what stands on a link: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { agree, agreeOnArp, becomes, holds } from './bench/bench.ts';
import { ping } from './bench/flows.ts';
import {
  bridge,
  chain,
  macOf,
  network,
  nic,
  port,
  route,
  rule,
  stack,
  switchOf,
  switchWith,
  table,
} from './bench/network.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

/** Hosts a, b and c on the ports p0, p1 and p2 of a switch. */
const cables = ['a.e0 sw.p0', 'b.e0 sw.p1', 'c.e0 sw.p2'];

/** What was heard before ports were told not to learn. */
const forgetStations = (name: string) =>
  bench.ask({ do: 'run', stack: name, argv: ['ip', 'link', 'set', 'br0', 'type', 'bridge', 'fdb_flush'] });

describe('ports of a bridge', () => {
  it('G7 hairpin: nothing goes back out of the port it came in by, unless told to', async () => {
    // The lower switch neither learns nor lets x and y talk, so that all goes by the port of the upper one.
    const lower = switchWith({
      up: { learning: false },
      x: { isolated: true, learning: false },
      y: { isolated: true, learning: false },
    });
    const withHairpin = (hairpin: boolean) =>
      network(
        {
          a: stack({ e0: nic(['10.0.0.1/24']) }),
          b: stack({ e0: nic(['10.0.0.2/24']) }),
          lower,
          upper: switchWith({ p0: hairpin ? { hairpin: true } : {} }),
        },
        ['a.e0 lower.x', 'b.e0 lower.y', 'lower.up upper.p0'],
      );
    await holds(bench, withHairpin(false), [['off', ping('a', '10.0.0.2'), 'host-unreachable']]);
    await bench.lay(withHairpin(true));
    await forgetStations('lower');
    await agree(bench, withHairpin(true), [['on', ping('a', '10.0.0.2'), 'answer']]);
  });

  it('G8 isolated ports talk to the bridge and to ports that are not isolated', async () => {
    const state = network(
      {
        a: stack({ e0: nic(['10.0.0.1/24']) }),
        b: stack({ e0: nic(['10.0.0.2/24']) }),
        c: stack({ e0: nic(['10.0.0.3/24']) }),
        sw: stack({
          br0: bridge(['10.0.0.254/24']),
          p0: port({ isolated: true }),
          p1: port({ isolated: true }),
          p2: port(),
        }),
      },
      cables,
    );
    await holds(bench, state, [
      ['isolated to isolated', ping('a', '10.0.0.2'), 'host-unreachable'],
      ['isolated to normal', ping('a', '10.0.0.3'), 'answer'],
      ['normal to isolated', ping('c', '10.0.0.2'), 'answer'],
      ['isolated to the bridge', ping('b', '10.0.0.254'), 'answer'],
    ]);
  });

  it('G9 address on a bridge port: the bridge answers ARP for it, and all traffic fails', async () => {
    const state = network(
      {
        a: stack({ e0: nic(['10.0.0.2/24']) }),
        h: stack({ br0: bridge(), p0: nic(['10.0.0.1/24'], { master: 'br0' }) }),
      },
      ['a.e0 h.p0'],
    );
    await bench.lay(state);
    await agreeOnArp(bench, state, [['a.e0 10.0.0.2 asks 10.0.0.1', ['h.br0']]]);
    await agree(bench, state, [
      ['in', ping('a', '10.0.0.1'), 'timeout'],
      ['out', ping('h', '10.0.0.2'), 'host-unreachable'],
    ]);
  });

  it('G14 silent station: with learning and flooding off its port is never sent to; flooding repairs it', async () => {
    const withPort = (settings: Parameters<typeof port>[0]) =>
      network(
        {
          a: stack({ e0: nic(['10.0.0.1/24']) }),
          b: stack({ e0: nic(['10.0.0.2/24']) }),
          sw: switchWith({ p0: {}, p1: settings ?? {} }),
        },
        ['a.e0 sw.p0', 'b.e0 sw.p1'],
      );
    for (const [title, settings, sees] of [
      ['no flood', { learning: false, flood: false }, 'timeout'],
      ['flood', { learning: false }, 'answer'],
    ] as const) {
      const state = withPort(settings);
      await bench.lay(state);
      await forgetStations('sw');
      await agree(bench, state, [[title, ping('a', '10.0.0.2'), sees]]);
    }
  });

  it('G15 macvlan: what a child sends goes out by the cable and to its siblings, never to its parent', async () => {
    const child = (address: string) => nic([address], { kind: 'macvlan', macvlan: { link: 'e0', mode: 'bridge' } });
    const state = network(
      {
        b: stack({ e0: nic(['10.0.0.9/24']) }),
        h: stack(
          { e0: nic(['10.0.0.1/24']), mv0: child('10.0.0.2/24'), mv1: child('10.0.0.3/24') },
          { sysctls: { 'net/ipv4/conf/all/arp_ignore': '1' } },
        ),
      },
      ['b.e0 h.e0'],
    );
    await bench.lay(state);
    await agreeOnArp(bench, state, [
      ['h.mv0 10.0.0.77 asks 10.0.0.1', []],
      ['h.mv0 10.0.0.77 asks 10.0.0.3', ['h.mv1']],
      ['h.mv0 10.0.0.77 asks 10.0.0.9', ['b.e0']],
      ['b.e0 10.0.0.9 asks 10.0.0.1', ['h.e0']],
      ['b.e0 10.0.0.9 asks 10.0.0.2', ['h.mv0']],
    ]);
    await agree(bench, state, [
      ['from outside to the child', ping('b', '10.0.0.2'), 'answer'],
      ['from outside to the parent', ping('b', '10.0.0.1'), 'answer'],
    ]);
  });

  it('G16 duplicate MAC: the twins cannot talk to each other, a third reaches each that spoke last', async () => {
    const twin = { mac: '52:54:00:aa:aa:aa' };
    const state = network(
      {
        a: stack({ e0: nic(['10.0.0.1/24'], twin) }),
        b: stack({ e0: nic(['10.0.0.2/24'], twin) }),
        c: stack({ e0: nic(['10.0.0.3/24']) }),
        sw: switchOf(['p0', 'p1', 'p2']),
      },
      cables,
    );
    // Each from a cold start: stations that were heard of before would be tried without asking.
    for (const row of [
      ['third to one', ping('c', '10.0.0.1'), 'answer'],
      ['third to the other', ping('c', '10.0.0.2'), 'answer'],
      ['one to the other', ping('a', '10.0.0.2'), 'host-unreachable'],
      ['the other to one', ping('b', '10.0.0.1'), 'host-unreachable'],
    ] as const)
      await holds(bench, state, [row]);
  });

  it("G16 the bridge's own MAC at a guest: frames for it end in the bridge", async () => {
    const plain = network(
      {
        a: stack({ e0: nic(['10.0.0.1/24']) }),
        c: stack({ e0: nic(['10.0.0.3/24']) }),
        sw: switchOf(['p0', 'p2']),
      },
      ['a.e0 sw.p0', 'c.e0 sw.p2'],
    );
    const { a, ...others } = plain.stacks;
    const guest = nic(['10.0.0.1/24'], { mac: macOf(plain, 'sw.br0') });
    const state = { ...plain, stacks: { a: { ...a!, interfaces: { ...a!.interfaces, e0: guest } }, ...others } };
    await holds(bench, state, [['to the guest', ping('c', '10.0.0.1'), 'timeout']]);
  });
});

describe('sizes', () => {
  const sized = (lengthBytes: number, dontFragment: boolean) => ({ lengthBytes, dontFragment });

  it('G12 bridge MTU: too long frames are lost in silence; br_netfilter fragments those that may be', async () => {
    const withBridge = (filter: '0' | '1', mtuBytes: number) =>
      network(
        {
          a: stack({ e0: nic(['10.0.0.1/24']) }),
          b: stack({ e0: nic(['10.0.0.2/24'], { mtuBytes: 1400 }) }),
          sw: stack(
            { br0: bridge([], { mtuBytes }), p0: port(), p1: port({}, { mtuBytes: 1400 }) },
            { sysctls: { 'net/bridge/bridge-nf-call-iptables': filter } },
          ),
        },
        ['a.e0 sw.p0', 'b.e0 sw.p1'],
      );
    await holds(bench, withBridge('1', 1400), [
      ['may not be fragmented', ping('a', '10.0.0.2', sized(1450, true)), 'timeout'],
      ['may be fragmented', ping('a', '10.0.0.2', sized(1450, false)), 'answer'],
      ['short enough', ping('a', '10.0.0.2', sized(1400, true)), 'answer'],
    ]);
    await becomes(bench, withBridge('0', 1400), [
      ['may not be fragmented', ping('a', '10.0.0.2', sized(1450, true)), 'timeout'],
      ['may be fragmented', ping('a', '10.0.0.2', sized(1450, false)), 'timeout'],
    ]);
    // Fragments are as long as the bridge's own MTU allows, whatever the port takes.
    await becomes(bench, withBridge('1', 1500), [
      ['fragments too long', ping('a', '10.0.0.2', sized(1450, false)), 'timeout'],
    ]);
  });

  it('G12 cable MTU: a frame that is longer than the far end takes is lost in silence', async () => {
    const state = network(
      { a: stack({ e0: nic(['10.0.0.1/24']) }), b: stack({ e0: nic(['10.0.0.2/24'], { mtuBytes: 1400 }) }) },
      ['a.e0 b.e0'],
    );
    await holds(bench, state, [
      ['too long', ping('a', '10.0.0.2', sized(1450, false)), 'timeout'],
      ['short enough', ping('a', '10.0.0.2', sized(1400, false)), 'answer'],
    ]);
  });

  it('G13 router MTU: the sender is told, and told at once the next time; a filter on the message makes a black hole', async () => {
    const routed = (filter: Parameters<typeof stack>[1]) =>
      network(
        {
          a: stack({ e0: nic(['10.1.0.2/24']) }, { routes: [route('default', '10.1.0.1', { dev: 'e0' })] }),
          b: stack({ e0: nic(['10.2.0.2/24']) }, { routes: [route('default', '10.2.0.1', { dev: 'e0' })] }),
          r: stack(
            { e0: nic(['10.1.0.1/24']), e1: nic(['10.2.0.1/24'], { mtuBytes: 1400 }) },
            { ...filter, sysctls: { 'net/ipv4/ip_forward': '1' } },
          ),
        },
        ['a.e0 r.e0', 'b.e0 r.e1'],
      );
    const long = ping('a', '10.2.0.2', sized(1450, true));
    const open = routed({});
    await bench.lay(open);
    await agree(bench, open, [['first', long, 'message-too-long']]);
    await agree(bench, open, [['second', long, 'message-too-long']]);
    const told = await bench.ask({ do: 'run', stack: 'a', argv: ['ip', 'route', 'get', '10.2.0.2'] });
    expect(told.stdout).toContain('mtu 1400');
    const hole = routed({
      filter: [
        table('ip', chain('output', 'accept', [rule('drop', { kind: 'icmp-type', family: 4, types: [3], code: 4 })])),
      ],
    });
    await holds(bench, hole, [['black hole', long, 'timeout']]);
  });
});
