/** VRFs (Documentation/networking/vrf.rst of the kernel): tables that interfaces are looked up in, and sockets bound to them. */
import { describe, it } from 'vitest';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { holds, type Bench } from '../bench/bench.ts';
import { ping, tcp, udp } from '../bench/flows.ts';
import { forwarding, network, nic, route, special, stack } from '../bench/network.ts';

const vrf = (table: number): Interface => nic([], { kind: 'vrf', mtuBytes: 65535, vrf: { table } });

const host = (address: string, gateway: string, address6: string, gateway6: string): Stack =>
  stack(
    { e0: nic([address, address6]) },
    { routes: [route('default', gateway, { dev: 'e0' }), route('::/0', gateway6, { dev: 'e0' })] },
  );

/** a and b at the VRF `red` of r, c at none of its VRFs, d at `blue`. */
const shared = (atR: Partial<Omit<Stack, 'interfaces'>> = {}): NetworkState =>
  network(
    {
      a: host('10.1.0.1/24', '10.1.0.254', 'fd01::1/64', 'fd01::254'),
      b: host('10.2.0.1/24', '10.2.0.254', 'fd02::1/64', 'fd02::254'),
      c: host('10.3.0.1/24', '10.3.0.254', 'fd03::1/64', 'fd03::254'),
      d: host('10.2.0.1/24', '10.2.0.254', 'fd02::1/64', 'fd02::254'),
      r: stack(
        {
          red: vrf(100),
          blue: vrf(200),
          e0: nic(['10.1.0.254/24', 'fd01::254/64'], { master: 'red' }),
          e1: nic(['10.2.0.254/24', 'fd02::254/64'], { master: 'red' }),
          e2: nic(['10.3.0.254/24', 'fd03::254/64']),
          e3: nic(['10.2.0.254/24', 'fd02::254/64'], { master: 'blue' }),
        },
        { ...atR, sysctls: { ...forwarding, ...atR.sysctls } },
      ),
    },
    ['a.e0 r.e0', 'b.e0 r.e1', 'c.e0 r.e2', 'd.e0 r.e3'],
  );

export const vrfs = (bench: Bench): void => {
  describe('VRFs', () => {
    it('route among their members, with the same prefix in two of them', async () => {
      await holds(bench, shared(), [
        ['from member to member', ping('a', '10.2.0.1'), 'answer', '10.1.0.1'],
        ['TCP', tcp('b', '10.1.0.1'), 'answer'],
        ['IPv6', ping('a', 'fd02::1'), 'answer'],
        ['their own address', ping('a', '10.2.0.254'), 'answer'],
        ['the same address in the other', ping('d', '10.2.0.254'), 'answer'],
      ]);
    });

    it('fall through to the main table, which does not lead back', async () => {
      await holds(bench, shared(), [
        ['from a VRF to none', ping('a', '10.3.0.1'), 'timeout'],
        ['from none to a VRF', ping('c', '10.1.0.1'), 'net-unreachable'],
        ['an address of the main table', ping('a', '10.3.0.254'), 'answer'],
      ]);
      const ends = [special('0.0.0.0/0', 'unreachable', { table: 100, metric: 4096 })];
      await holds(bench, shared({ routes: ends }), [
        ['where it ends in the VRF', ping('a', '10.3.0.1'), 'host-unreachable'],
      ]);
    });

    it('leak by routes from table to table', async () => {
      const leaks = [route('10.3.0.0/24', 'dev e2', { table: 100 }), route('10.1.0.0/24', 'dev e0')];
      await holds(bench, shared({ routes: leaks }), [
        ['out', ping('a', '10.3.0.1'), 'answer', '10.1.0.1'],
        ['in', ping('c', '10.1.0.1'), 'answer'],
      ]);
    });

    it('hide programs that are bound to nothing, unless these may be seen from all', async () => {
      await holds(bench, shared(), [
        ['TCP', tcp('a', '10.1.0.254'), 'refused'],
        ['UDP', udp('a', '10.1.0.254'), 'refused'],
        ['TCP where there is no VRF', tcp('c', '10.3.0.254'), 'answer'],
      ]);
      await holds(bench, shared({ sysctls: { 'net/ipv4/tcp_l3mdev_accept': '1' } }), [
        ['TCP', tcp('a', '10.1.0.254'), 'answer'],
        ['UDP', udp('a', '10.1.0.254'), 'refused'],
      ]);
    });

    it('are not where programs that are bound to nothing send', async () => {
      await holds(bench, shared(), [
        ['into the VRF', ping('r', '10.1.0.1'), 'net-unreachable'],
        ['where there is none', ping('r', '10.3.0.1'), 'answer'],
      ]);
    });
  });
};
