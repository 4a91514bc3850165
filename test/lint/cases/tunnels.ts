/** Tunnels to many ends: where their one route makes a difference, and where not. */
import { type NetworkState, type PolicyRule, type Stack } from '../../../src/state/network-state.ts';
import { forwarding, host, network, nic, via } from '../built.ts';
import { type Case } from './case.ts';

/** Two sites of 6to4 on one link, and one behind the router; one of them has these rules. */
const sixToFourSites = (rules: readonly PolicyRule[]): NetworkState => {
  const site = (local: string, length: number, six: string, gateway: string, more: Partial<Stack> = {}): Stack => {
    const tunnel = { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', local } } as const;
    const byGateway = via('0.0.0.0/0', gateway, 'wan');
    return host(
      { wan: nic([`${local}/${length}`]), six: nic([six], tunnel) },
      { routes: [byGateway, { ...byGateway, table: 41 }], ...more },
    );
  };
  const port = nic([], { master: 'br0' });
  return network(
    {
      other: site('203.0.113.40', 24, '2002:cb00:7128::1/16', '203.0.113.1', { rules }),
      relay: site('203.0.113.20', 24, '2002:cb00:7114::1/16', '203.0.113.1', {
        rules: [{ family: 4, priority: 41, protocol: 41, table: 41 }],
      }),
      gate: site('192.0.2.10', 30, '2002:c000:20a::1/16', '192.0.2.9', {
        rules: [{ family: 4, priority: 41, protocol: 41, table: 41 }],
      }),
      router: host({ lan: nic(['203.0.113.1/24']), far: nic(['192.0.2.9/30']) }, { sysctls: forwarding }),
      sw: host({
        br0: nic([], { kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 15 } }),
        ...{ p0: port, p1: port, p2: port },
      }),
    },
    ...['other:wan sw:p0', 'relay:wan sw:p1', 'router:lan sw:p2', 'gate:wan router:far'],
  );
};

/** `relayPrefix`: where the provider's other customers are. */
const sixRdRouter = (relayPrefix: string): Stack =>
  host(
    {
      wan: nic(['10.1.0.2/24']),
      six: nic(['3fff::1/32'], {
        ...{ kind: 'tunnel', mtuBytes: 1480 },
        tunnel: { mode: 'sit', sixRd: { prefix: '3fff::/32', relayPrefix } },
      }),
    },
    { routes: [via('0.0.0.0/0', '10.1.0.254', 'wan')] },
  );

export const tunnelCases: readonly Case[] = [
  {
    code: 'tunnel-keeps-route',
    faulty: sixToFourSites([]),
    right: sixToFourSites([{ family: 4, priority: 41, from: '203.0.113.40/32', protocol: 41, table: 41 }]),
    says: 'has ends in 203.0.113.0/24 and behind 203.0.113.1, and sends to all of them by the route of the first',
    shown: 'other → gate 2002:c000:20a::1',
  },
  {
    code: 'tunnel-keeps-route',
    about: 'of 6rd',
    faulty: network({ a: sixRdRouter('10.0.0.0/8') }),
    right: network({ a: sixRdRouter('100.64.0.0/10') }),
    says: 'has ends in 10.1.0.0/24 and behind 10.1.0.254',
  },
];
