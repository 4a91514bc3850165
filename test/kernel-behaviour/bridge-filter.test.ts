/** Packet filters in the way of bridged frames: how the kernel behaves, and that the walker says the same. */
import { describe, expect, it } from 'vitest';
import { settledFacts } from '../../src/reach/settled.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { agree, holds } from './bench/bench.ts';
import { ping } from './bench/flows.ts';
import { bridge, chain, iif, network, nic, oif, port, rule, stack, table } from './bench/network.ts';
import { predictBroadcast } from './bench/predictions.ts';
import { hasProgram } from './bench/programs.ts';
import { sharedBench } from './bench/shared-bench.ts';

const bench = sharedBench();

const calls = (on: '0' | '1') => ({ 'net/bridge/bridge-nf-call-iptables': on });

/** a and b behind a switch with this filter. */
const switched = (filter: Stack['filter'], sysctls: Stack['sysctls'] = {}, atB: Partial<Stack> = {}) =>
  network(
    {
      a: stack({ e0: nic(['10.0.0.1/24']) }),
      b: stack({ e0: nic(['10.0.0.2/24']) }, atB),
      sw: stack({ br0: bridge(), p0: port(), p1: port() }, { filter, sysctls }),
    },
    ['a.e0 sw.p0', 'b.e0 sw.p1'],
  );

/** The same with b for a DHCP server that a asks for an address. */
const withDhcp = (state: NetworkState): NetworkState => {
  const { a, b, ...others } = state.stacks;
  const range = { first: '10.0.0.100', last: '10.0.0.110', netmask: '255.255.255.0', leaseSeconds: 3600 };
  return {
    ...state,
    stacks: {
      ...others,
      a: { ...a!, services: [{ kind: 'dhcp-client', interface: 'e0', hostname: 'a', metric: 0 }] },
      b: { ...b!, services: [{ kind: 'dhcp-server', interface: 'e0', ...range, reservations: [] }] },
    },
  };
};

const forwardDrop = table('ip', chain('forward', 'drop'));

describe('br_netfilter', () => {
  it('G10 br_netfilter: bridged packets pass the IP filters, with the bridge for both interfaces', async () => {
    const flow = ping('a', '10.0.0.2');
    const cases: readonly (readonly [
      title: string,
      state: NetworkState,
      sees: 'answer' | 'timeout' | 'host-unreachable',
    ])[] = [
      ['policy drop; ARP is not asked', switched([forwardDrop]), 'timeout'],
      ['rule on the port', switched([table('ip', chain('forward', 'accept', [rule('drop', iif('p0'))]))]), 'answer'],
      [
        'rule on the bridge',
        switched([table('ip', chain('forward', 'accept', [rule('drop', iif('br0'), oif('br0'))]))]),
        'timeout',
      ],
      ['switched off', switched([forwardDrop], calls('0')), 'answer'],
      ['input is not asked', switched([table('ip', chain('input', 'drop'))]), 'answer'],
      ["the bridge's own filter, ARP too", switched([table('bridge', chain('forward', 'drop'))]), 'host-unreachable'],
    ];
    for (const [title, state, sees] of cases) await holds(bench, state, [[title, flow, sees]]);
  });

  it.runIf(hasProgram('iptables'))(
    'G10 br_netfilter: iptables rules on ports are physdev matches (carried out by iptables)',
    async () => {
      const state = (names: readonly string[]) =>
        switched([table('ip', chain('forward', 'accept', [rule('drop', { kind: 'port-in', names })]))]);
      for (const [name, sees] of [
        ['p0', 'timeout'],
        ['p7', 'answer'],
      ] as const) {
        await bench.lay(switched([]));
        const argv = ['iptables', '-A', 'FORWARD', '-m', 'physdev', '--physdev-in', name, '-j', 'DROP'];
        const { stderr } = await bench.ask({ do: 'run', stack: 'sw', argv });
        expect(stderr).toBe('');
        await agree(bench, state([name]), [[name, ping('a', '10.0.0.2', { sourcePort: 1 }), sees]]);
      }
    },
  );

  it("G10 br_netfilter: a bridge's own switch is enough too (measured only: a NetworkState has no word for it)", async () => {
    const off = switched([forwardDrop], calls('0'));
    await bench.lay(off);
    const argv = ['ip', 'link', 'set', 'br0', 'type', 'bridge', 'nf_call_iptables', '1'];
    await bench.ask({ do: 'run', stack: 'sw', argv });
    const { measured } = await bench.ask({ do: 'probe', flows: [ping('a', '10.0.0.2')], cutOffMs: 150 });
    expect(measured[0]?.sees).toBe('timeout');
  });

  it('G11 DHCP: a broadcast dies in a filter on the way; packet sockets hear it before the input filter', async () => {
    const question = { stack: 'a', interface: 'e0', listeners: ['b'] };
    const cases = [
      [switched([forwardDrop], calls('1')), [], []],
      [switched([forwardDrop], calls('0')), ['b'], ['b']],
      [switched([], {}, { filter: [table('ip', chain('input', 'drop'))] }), ['b'], []],
    ] as const;
    await bench.lay(switched([]));
    for (const [state, packetSockets, udpSockets] of cases) {
      await bench.change(state);
      const { did: _did, ...heard } = await bench.ask({ do: 'broadcast', ...question, waitMs: 40 });
      expect(heard).toEqual({ packetSockets, udpSockets });
      expect(predictBroadcast(state, question)).toEqual(heard);
      const { addresses = [] } = settledFacts(withDhcp(state));
      expect(addresses.map(({ stack: name }) => name)).toEqual(udpSockets.length > 0 ? ['a'] : []);
    }
  });
});
