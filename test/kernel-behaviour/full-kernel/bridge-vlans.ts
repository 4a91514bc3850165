/** Bridges that keep frames apart by their tag (vlan_filtering in ip-link(8), bridge(8)). */
import { describe, it } from 'vitest';
import { type PortVlan } from '../../../src/state/network-state.ts';
import { holds, type Bench } from '../bench/bench.ts';
import { ping } from '../bench/flows.ts';
import { bridge, forwarding, network, nic, port, route, stack } from '../bench/network.ts';
import { vlan } from './links.ts';

export const bridgeVlans = (bench: Bench): void => {
  describe('bridges that filter VLANs', () => {
    const filtering = (addresses: readonly string[] = [], vlans?: readonly PortVlan[]) =>
      bridge(addresses, {
        bridge: { stp: false, forwardDelaySeconds: 15, vlanFiltering: true, ...(vlans === undefined ? {} : { vlans }) },
      });
    const access = (id: number) => port({ vlans: [{ id, pvid: true, untagged: true }] });
    const trunk = (...ids: readonly number[]) => port({ vlans: ids.map((id) => ({ id })) });
    const hosts = {
      a: stack({ e0: nic(['10.1.0.1/24']) }, { routes: [route('default', '10.1.0.254', { dev: 'e0' })] }),
      b: stack({ e0: nic(['10.1.0.2/24']) }),
      c: stack(
        { e0: nic(['10.2.0.3/24', '10.1.0.3/24']) },
        { routes: [route('10.1.0.1/32', '10.2.0.254', { dev: 'e0' })] },
      ),
    };
    const cables = ['a.e0 sw.p0', 'b.e0 sw.p1', 'c.e0 sw.p2'];

    it('are all VLAN 1 to begin with, the bridge itself included', async () => {
      const state = network(
        { ...hosts, sw: stack({ br0: filtering(['10.1.0.254/24']), p0: port(), p1: port(), p2: port() }) },
        cables,
      );
      await holds(bench, state, [
        ['port to port', ping('a', '10.1.0.2'), 'answer'],
        ['the bridge', ping('a', '10.1.0.254'), 'answer'],
      ]);
    });

    it('keep access ports of different VLANs apart', async () => {
      const state = network(
        { ...hosts, sw: stack({ br0: filtering(['10.1.0.254/24']), p0: access(10), p1: access(10), p2: access(20) }) },
        cables,
      );
      await holds(bench, state, [
        ['the same', ping('a', '10.1.0.2'), 'answer'],
        ['another', ping('a', '10.1.0.3'), 'host-unreachable'],
        ['the bridge itself is in 1', ping('a', '10.1.0.254'), 'host-unreachable'],
      ]);
      const own = filtering(['10.1.0.254/24'], [{ id: 10, pvid: true, untagged: true }]);
      await holds(
        bench,
        network({ ...hosts, sw: stack({ br0: own, p0: access(10), p1: access(10), p2: access(20) }) }, cables),
        [['the bridge itself in 10', ping('a', '10.1.0.254'), 'answer']],
      );
    });

    it('carry several by a trunk, to a router on a stick', async () => {
      const state = network(
        {
          ...hosts,
          r: stack(
            { e0: nic(), v10: vlan(10, ['10.1.0.254/24']), v20: vlan(20, ['10.2.0.254/24']) },
            { sysctls: forwarding },
          ),
          sw: stack({ br0: filtering(), p0: access(10), p1: access(10), p2: access(20), up: trunk(10, 20) }),
        },
        [...cables, 'r.e0 sw.up'],
      );
      await holds(bench, state, [
        ['the gateway', ping('a', '10.1.0.254'), 'answer'],
        ['from VLAN to VLAN', ping('a', '10.2.0.3'), 'answer'],
        ['there is no other way', ping('b', '10.1.0.3'), 'host-unreachable'],
      ]);
    });

    it('take no untagged frames at a trunk, and no tagged ones at a port of another VLAN', async () => {
      const untagged = network(
        { ...hosts, sw: stack({ br0: filtering(), p0: trunk(10), p1: access(10), p2: access(20) }) },
        cables,
      );
      await holds(bench, untagged, [['untagged into a trunk', ping('a', '10.1.0.2'), 'host-unreachable']]);
      const tagged = network(
        {
          ...hosts,
          a: stack({ e0: nic(), v0: vlan(30, ['10.1.0.1/24']) }),
          sw: stack({ br0: filtering(), p0: access(10), p1: access(10), p2: access(20) }),
        },
        cables,
      );
      await holds(bench, tagged, [['tagged with another VLAN', ping('a', '10.1.0.2'), 'host-unreachable']]);
    });

    it('hand tagged frames to hosts that know no tags, which is the end of them', async () => {
      const state = network(
        { ...hosts, sw: stack({ br0: filtering(), p0: access(10), p1: trunk(10), p2: access(20) }) },
        cables,
      );
      await holds(bench, state, [['to the end of a trunk', ping('a', '10.1.0.2'), 'host-unreachable']]);
    });

    it('keep a station known in one VLAN unknown in the others', async () => {
      const twice = { mac: '52:54:00:ff:ff:01' };
      const state = network(
        {
          a: stack({ e0: nic(['10.1.0.1/24'], twice) }),
          b: stack({ e0: nic(['10.1.0.2/24']) }),
          c: stack({ e0: nic(['10.1.0.1/24'], twice) }),
          d: stack({ e0: nic(['10.1.0.4/24']) }),
          sw: stack({ br0: filtering(), p0: access(10), p1: access(10), p2: access(20), p3: access(20) }),
        },
        [...cables, 'd.e0 sw.p3'],
      );
      await holds(bench, state, [
        ['in 10', ping('b', '10.1.0.1'), 'answer'],
        ['in 20', ping('d', '10.1.0.1'), 'answer'],
      ]);
    });
  });
};
