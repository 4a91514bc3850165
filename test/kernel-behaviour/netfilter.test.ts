/** Packet filters in the way of IP packets: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { type ClientSees } from '../../src/reach/walk.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { type FilterTable, type FilterVerdict, type RejectWith } from '../../src/state/packet-filter.ts';
import { agree, becomes, holds } from './bench/bench.ts';
import { ping, tcp, udp } from './bench/flows.ts';
import {
  type ConnectionState,
  chain,
  forwarding,
  iif,
  network,
  nic,
  route,
  rule,
  stack,
  state,
  table,
  tcpTo,
} from './bench/network.ts';
import { hasProgram } from './bench/programs.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

interface Filters {
  readonly a?: Stack['filter'];
  readonly r?: Stack['filter'];
  readonly b?: Stack['filter'];
}

/** a - r - b, both families, with filters. */
const routed = ({ a = [], r = [], b = [] }: Filters, mtuBytes = 1500): NetworkState =>
  network(
    {
      a: stack(
        { e0: nic(['10.1.0.1/24', 'fd01::1/64']) },
        {
          filter: a,
          routes: [route('default', '10.1.0.254', { dev: 'e0' }), route('::/0', 'fd01::254', { dev: 'e0' })],
        },
      ),
      b: stack(
        { e0: nic(['10.2.0.1/24', 'fd02::1/64'], { mtuBytes }) },
        {
          filter: b,
          routes: [route('default', '10.2.0.254', { dev: 'e0' }), route('::/0', 'fd02::254', { dev: 'e0' })],
        },
      ),
      r: stack(
        { e0: nic(['10.1.0.254/24', 'fd01::254/64']), e1: nic(['10.2.0.254/24', 'fd02::254/64'], { mtuBytes }) },
        { filter: r, sysctls: forwarding },
      ),
    },
    ['a.e0 r.e0', 'b.e0 r.e1'],
  );

const reject = (kind: RejectWith): FilterVerdict => ({ kind: 'reject', with: kind });
const ofTcp = { kind: 'protocol', protocols: [6] } as const;
const errors = { kind: 'icmp-type', family: 4, types: [3] } as const;

describe('what the client sees', () => {
  const inForward = (verdict: FilterVerdict) => [
    table('ip', chain('forward', 'accept', [rule(verdict, ofTcp, iif('e0'))])),
  ];
  const flow = tcp('a', '10.2.0.1');

  it('G51 refusals on the way: a drop is a timeout, each kind of reject has its error', async () => {
    const kinds: readonly (readonly [RejectWith, ClientSees])[] = [
      ['port-unreachable', 'refused'],
      ['net-unreachable', 'net-unreachable'],
      ['host-unreachable', 'host-unreachable'],
      ['host-prohibited', 'host-unreachable'],
      ['admin-prohibited', 'host-unreachable'],
      ['net-prohibited', 'net-unreachable'],
      ['protocol-unreachable', 'protocol-unreachable'],
      ['tcp-reset', 'refused'],
    ];
    await bench.lay(routed({}));
    for (const [kind, sees] of kinds) {
      const laid = routed({ r: inForward(reject(kind)) });
      await bench.change(laid);
      await agree(bench, laid, [[kind, flow, sees]]);
    }
    await becomes(bench, routed({ r: inForward({ kind: 'drop' }) }), [['drop', flow, 'timeout']]);
  });

  it('G51 refusals nobody hears of, and those at home', async () => {
    const muted = [
      table(
        'ip',
        chain('forward', 'accept', [rule(reject('port-unreachable'), ofTcp)]),
        chain('output', 'accept', [rule('drop', errors)]),
      ),
    ];
    await holds(bench, routed({ r: muted }), [['the error is dropped', flow, 'timeout']]);
    const atHome = (verdict: FilterVerdict) =>
      routed({ a: [table('ip', chain('output', 'accept', [rule(verdict, ofTcp)]))] });
    await becomes(bench, atHome(reject('port-unreachable')), [['rejected at home', flow, 'refused']]);
    await becomes(bench, atHome({ kind: 'drop' }), [['dropped at home', flow, 'timeout']]);
  });
});

describe('chains', () => {
  it('G52 own addresses are reached by lo: rules on other interfaces do not mean them', async () => {
    const dropFrom = (name: string) =>
      routed({ a: [table('ip', chain('input', 'accept', [rule('drop', iif(name))]))] });
    const self = ping('a', '10.1.0.1');
    await holds(bench, dropFrom('e0'), [['the interface that has it', self, 'answer']]);
    await becomes(bench, dropFrom('lo'), [['lo', self, 'timeout']]);
  });

  it('G53 accept ends one base chain: a later one, or another table, may still drop', async () => {
    const accepts: FilterTable = { ...table('ip', chain('forward', 'drop', [rule('accept')])), name: 'first' };
    const later: FilterTable = {
      ...table('ip', chain('forward', 'accept', [rule('drop', iif('e0'))], { priority: 10 })),
      name: 'second',
    };
    const flow = ping('a', '10.2.0.1');
    await holds(bench, routed({ r: [accepts] }), [['one', flow, 'answer']]);
    await becomes(bench, routed({ r: [accepts, later] }), [['and another', flow, 'timeout']]);
    await holds(bench, routed({ r: [table('netdev', chain('ingress', 'drop', [], { device: 'e0' }))] }), [
      ['ingress of a device, ARP too', flow, 'host-unreachable'],
    ]);
    await holds(bench, routed({ r: [table('arp', chain('input', 'drop'))] }), [
      ['the arp family', flow, 'host-unreachable'],
    ]);
  });

  it.runIf(hasProgram('iptables'))('G53 accept in nftables does not spare a packet the rules of iptables', async () => {
    const accepts = table('ip', chain('forward', 'accept', [rule('accept')]));
    await bench.lay(routed({ r: [accepts] }));
    const argv = ['iptables', '-A', 'FORWARD', '-i', 'e0', '-j', 'DROP'];
    await bench.ask({ do: 'run', stack: 'r', argv });
    const { state: both } = await bench.ask({ do: 'observe' });
    expect(both.stacks['r']?.filter.map(({ name }) => name).sort()).toEqual(['filter', 'test']);
    await agree(bench, both, [['stacked', ping('a', '10.2.0.1'), 'timeout']]);
  });
});

describe('connections', () => {
  const firewall = (states: ConnectionState[], ...more: ReturnType<typeof rule>[]) => [
    table('inet', chain('forward', 'drop', [rule('accept', state(...states)), ...more])),
  ];

  it('G57 an answer whose question went another way is invalid', async () => {
    /** a asks by r1; b answers by r2. Both have filters. */
    const crossed = (onTheWay: Stack['filter'], onTheWayBack: Stack['filter']) =>
      network(
        {
          a: stack(
            { e0: nic(['10.1.0.1/24']), e1: nic(['10.3.0.1/24']) },
            { routes: [route('10.2.0.0/24', '10.1.0.254', { dev: 'e0' })] },
          ),
          b: stack(
            { e0: nic(['10.2.0.1/24']), e1: nic(['10.4.0.1/24']) },
            { routes: [route('10.1.0.0/24', '10.4.0.254', { dev: 'e1' })] },
          ),
          r1: stack(
            { e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24']) },
            { sysctls: forwarding, filter: onTheWay },
          ),
          r2: stack(
            { e0: nic(['10.3.0.254/24']), e1: nic(['10.4.0.254/24']) },
            { sysctls: forwarding, filter: onTheWayBack, routes: [route('10.1.0.1/32', '10.3.0.1', { dev: 'e0' })] },
          ),
        },
        ['a.e0 r1.e0', 'b.e0 r1.e1', 'a.e1 r2.e0', 'b.e1 r2.e1'],
      );
    const rows = (sees: ClientSees) =>
      [
        ['tcp', tcp('a', '10.2.0.1'), sees],
        ['ping', ping('a', '10.2.0.1'), sees],
      ] as const;
    await holds(bench, crossed([], []), rows('answer'));
    await becomes(bench, crossed([], firewall(['new', 'established', 'related'])), rows('timeout'));
    const strict = [
      table(
        'inet',
        chain('forward', 'drop', [
          rule('accept', state('established', 'related')),
          rule('accept', state('new'), { kind: 'tcp-flags', mask: 23, value: 2 }, tcpTo(80)),
        ]),
      ),
    ];
    await becomes(bench, crossed(strict, []), [['one direction seen', tcp('a', '10.2.0.1'), 'timeout']]);
  });

  it('G58 connections are tracked once something asks for it', async () => {
    const count = async () => {
      const argv = ['cat', '/proc/sys/net/netfilter/nf_conntrack_count'];
      return Number((await bench.ask({ do: 'run', stack: 'r', argv })).stdout);
    };
    await bench.lay(routed({}));
    for (const [filter, isTracked] of [
      [[], false],
      [[table('ip', chain('forward', 'accept', [rule('drop', tcpTo(99))]))], false],
      [[table('ip', chain('forward', 'accept', [rule('accept', state('new'))]))], true],
    ] as const) {
      const laid = routed({ r: filter });
      await becomes(bench, laid, [['by', udp('a', '10.2.0.1'), 'answer']]);
      expect([(await count()) > 0, buildModel(laid).stacks.get('r')?.tracks[4]]).toEqual([isTracked, isTracked]);
    }
  });
});

describe('IPv6 and errors', () => {
  it('G59 a filter of IPv6 that drops all drops neighbour discovery too; tables of IPv4 do not mean IPv6', async () => {
    const discovery = rule('accept', { kind: 'icmp', types: 'neighbour-discovery' });
    const echo = rule('accept', { kind: 'icmp', types: 'echo-request' });
    const atB = (family: FilterTable['family'], ...rules: ReturnType<typeof rule>[]) =>
      routed({ b: [table(family, chain('input', 'drop', rules))] });
    const flow = ping('a', 'fd02::1');
    await holds(bench, atB('ip6', echo), [['no discovery', flow, 'host-unreachable']]);
    await becomes(bench, atB('ip6', echo, discovery), [['discovery', flow, 'answer']]);
    await becomes(bench, atB('ip'), [
      ['IPv4', ping('a', '10.2.0.1'), 'timeout'],
      ['IPv6', flow, 'answer'],
    ]);
  });

  it('G59 errors are related: without them a sender never learns that packets are too long', async () => {
    const atA = (...states: ConnectionState[]) =>
      routed(
        {
          a: [
            table(
              'inet',
              chain('input', 'drop', [
                rule('accept', state(...states)),
                rule('accept', { kind: 'icmp', types: 'neighbour-discovery' }),
              ]),
            ),
          ],
        },
        1400,
      );
    const long = { lengthBytes: 1450, dontFragment: true };
    await holds(bench, atA('established'), [['hole', udp('a', '10.2.0.1', long), 'timeout']]);
    await becomes(bench, atA('established', 'related'), [['told', udp('a', '10.2.0.1', long), 'message-too-long']]);
  });
});
