/** 802.1Q devices (ip-link(8)). */
import { describe, it } from 'vitest';
import { agree, holds, type Bench } from '../bench/bench.ts';
import { ping } from '../bench/flows.ts';
import { bridge, network, nic, port, stack } from '../bench/network.ts';
import { vlan } from './links.ts';

export const vlans = (bench: Bench): void => {
  describe('802.1Q devices', () => {
    const pair = (idAtB: number) =>
      network(
        {
          a: stack({ e0: nic(['10.0.0.1/24']), v0: vlan(10, ['10.1.0.1/24']) }),
          b: stack({ e0: nic(['10.0.0.2/24']), v0: vlan(idAtB, ['10.1.0.2/24']) }),
        },
        ['a.e0 b.e0'],
      );

    it('talk to each other where the tag is the same, beside what has no tag', async () => {
      await holds(bench, pair(10), [
        ['tagged', ping('a', '10.1.0.2'), 'answer'],
        ['untagged', ping('a', '10.0.0.2'), 'answer'],
      ]);
      await holds(bench, pair(20), [['another tag', ping('a', '10.1.0.2'), 'host-unreachable']]);
    });

    it('pass bridges that do not filter with their tag, and end at a device on the bridge', async () => {
      const state = network(
        {
          a: stack({ e0: nic(), v0: vlan(10, ['10.1.0.1/24']) }),
          b: stack({ e0: nic(), v0: vlan(10, ['10.1.0.2/24']) }),
          sw: stack({ br0: bridge(), p0: port(), p1: port(), v0: vlan(10, ['10.1.0.254/24'], 'br0') }),
        },
        ['a.e0 sw.p0', 'b.e0 sw.p1'],
      );
      await holds(bench, state, [
        ['through', ping('a', '10.1.0.2'), 'answer'],
        ['to the device on the bridge', ping('a', '10.1.0.254'), 'answer'],
        ['from it', ping('sw', '10.1.0.2'), 'answer'],
      ]);
    });

    it('are ports of bridges', async () => {
      const state = network(
        {
          a: stack({ e0: nic(), v0: vlan(10, ['10.1.0.1/24']), v1: vlan(20, ['10.2.0.1/24']) }),
          b: stack({ e0: nic(['10.1.0.2/24', '10.2.0.2/24']) }),
          sw: stack({
            br0: bridge(['10.1.0.254/24']),
            e0: nic(),
            'e0.10': { ...vlan(10, []), master: 'br0' },
            p1: port(),
          }),
        },
        ['a.e0 sw.e0', 'b.e0 sw.p1'],
      );
      await holds(bench, state, [
        ['to the bridge', ping('a', '10.1.0.254'), 'answer'],
        ['through it', ping('a', '10.1.0.2'), 'answer'],
        ['back', ping('b', '10.1.0.1'), 'answer'],
        ['by another tag', ping('a', '10.2.0.2'), 'host-unreachable'],
      ]);
    });

    it('need their parent up', async () => {
      const pairWith = (up: boolean) =>
        network(
          {
            a: stack({ e0: nic([], { up }), v0: { ...vlan(10, ['10.1.0.1/24']), up } }),
            b: stack({ e0: nic(), v0: vlan(10, ['10.1.0.2/24']) }),
          },
          ['a.e0 b.e0'],
        );
      await holds(bench, pairWith(true), [['parent up', ping('b', '10.1.0.1'), 'answer']]);
      // What stands on it goes down with it.
      await bench.ask({ do: 'run', stack: 'a', argv: ['ip', 'link', 'set', 'e0', 'down'] });
      await agree(bench, pairWith(false), [['parent down', ping('b', '10.1.0.1'), 'host-unreachable']]);
    });
  });
};
