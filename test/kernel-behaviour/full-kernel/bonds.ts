/** Bonds: several cables that act as one (bonding.txt of the kernel). */
import { describe, it } from 'vitest';
import { type BondSettings, type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { becomes, holds, type Bench, type Row } from '../bench/bench.ts';
import { ping } from '../bench/flows.ts';
import { bridge, network, nic, stack } from '../bench/network.ts';
import { vlan } from './links.ts';

const watched = { miimonMilliseconds: 100 } as const;

const bond = (settings: BondSettings, addresses: readonly string[] = ['10.0.0.1/24']): Interface =>
  nic(addresses, { kind: 'bond', bond: settings });

const member = nic([], { master: 'bond0' });

const hostWith = (settings: BondSettings): Stack => stack({ bond0: bond(settings), e0: member, e1: member });

/** A host with two cables to a switch; `downs`: ports of the switch that are down. */
const switched = (host: Stack, downs: readonly string[] = []): NetworkState =>
  network(
    {
      host,
      sw: stack({
        br: bridge(),
        p0: nic([], { master: 'br', up: !downs.includes('p0') }),
        p1: nic([], { master: 'br', up: !downs.includes('p1') }),
        p2: nic([], { master: 'br' }),
      }),
      far: stack({ e0: nic(['10.0.0.2/24']) }),
    },
    ['host.e0 sw.p0', 'host.e1 sw.p1', 'far.e0 sw.p2'],
  );

const bothWays: readonly Row[] = [
  ['out', ping('host', '10.0.0.2'), 'answer'],
  ['in', ping('far', '10.0.0.1'), 'answer'],
];

export const bonds = (bench: Bench): void => {
  describe('bonds', () => {
    it('are one interface over any member that has a carrier', async () => {
      const host = hostWith({ mode: 'active-backup', ...watched, primary: 'e1' });
      for (const downs of [[], ['p1'], ['p0']]) await holds(bench, switched(host, downs), bothWays);
      await holds(bench, switched(host, ['p0', 'p1']), [['cut off', ping('far', '10.0.0.1'), 'host-unreachable']]);
    });

    it.each(['active-backup', 'balance-xor'] as const)('go on when a member loses its carrier: %s', async (mode) => {
      const host = hostWith({ mode, ...watched });
      await holds(bench, switched(host), bothWays);
      await becomes(bench, switched(host, ['p0']), bothWays);
      await becomes(bench, switched(host, ['p1']), bothWays);
    });

    it.each(['balance-rr', 'balance-tlb', 'balance-alb'] as const)('spread what they send: %s', async (mode) => {
      await holds(bench, switched(hostWith({ mode, ...watched })), bothWays);
    });

    it('that do not look at carriers go on by a member that has lost its own', async () => {
      const host = hostWith({ mode: 'active-backup', primary: 'e0' });
      await holds(bench, switched(host), bothWays);
      await holds(bench, switched(host, ['p0']), [
        ['out', ping('host', '10.0.0.2'), 'host-unreachable'],
        ['in', ping('far', '10.0.0.1'), 'host-unreachable'],
      ]);
    });

    it('carry VLANs where both ends aggregate by LACP', async () => {
      const lacp = { mode: '802.3ad', ...watched } as const;
      const over = (id: number) =>
        network(
          {
            host: stack({ bond0: bond(lacp), e0: member, e1: member, v: vlan(id, ['10.1.0.1/24'], 'bond0') }),
            far: stack({
              bond0: bond({ mode: '802.3ad' }, ['10.0.0.2/24']),
              e0: member,
              e1: member,
              v: vlan(30, ['10.1.0.2/24'], 'bond0'),
            }),
          },
          ['host.e0 far.e0', 'host.e1 far.e1'],
        );
      await holds(bench, over(30), [
        ['untagged', ping('host', '10.0.0.2'), 'answer'],
        ['one VLAN', ping('host', '10.1.0.2'), 'answer'],
      ]);
      await holds(bench, over(31), [['another', ping('host', '10.1.0.2'), 'host-unreachable']]);
    });

    it('are ports of bridges', async () => {
      const bridged = network(
        {
          host: stack({
            br: bridge(['10.0.0.1/24']),
            bond0: nic([], { kind: 'bond', master: 'br', bond: { mode: 'active-backup' } }),
            e0: member,
          }),
          far: stack({ e0: nic(['10.0.0.2/24']) }),
        },
        ['host.e0 far.e0'],
      );
      await holds(bench, bridged, [['through the bridge', ping('far', '10.0.0.1'), 'answer']]);
    });
  });
};
