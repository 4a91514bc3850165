/** Leases come to clients that a server can hear, and to no others. */
import { describe, expect, it } from 'vitest';
import { settledFacts } from '../../src/reach/settled.ts';
import { type Interface, type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { type FilterTable } from '../../src/state/packet-filter.ts';

const nic = (more: Partial<Interface> = {}): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  addresses: [],
  ...more,
});

const stack = (interfaces: Stack['interfaces'], more: Partial<Stack> = {}): Stack => ({
  interfaces,
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...more,
});

const dropping = (hook: 'forward' | 'input'): FilterTable => ({
  family: 'ip',
  name: 'filter',
  chains: [{ name: hook, type: 'filter', hook, priority: 0, policy: 'drop', rules: [] }],
});

interface Variant {
  readonly onSwitch?: Partial<Stack>;
  readonly onServer?: readonly FilterTable[];
  readonly onClient?: readonly FilterTable[];
  readonly isIsolated?: true;
}

/** A client and a server behind one bridge. */
const network = ({ onSwitch, onServer, onClient, isIsolated }: Variant): NetworkState => {
  const port = nic({ master: 'br0', ...(isIsolated === undefined ? {} : { port: { isolated: true } }) });
  return {
    version: 1,
    stacks: {
      client: stack(
        { eth0: nic({ mac: '52:54:00:00:00:01' }) },
        {
          filter: onClient ?? [],
          services: [{ kind: 'dhcp-client', interface: 'eth0', hostname: 'client', metric: 0 }],
        },
      ),
      server: stack(
        { eth0: nic({ mac: '52:54:00:00:00:02', addresses: [{ family: 4, address: '10.0.0.1', prefixLength: 24 }] }) },
        {
          filter: onServer ?? [],
          services: [
            {
              kind: 'dhcp-server',
              interface: 'eth0',
              first: '10.0.0.100',
              last: '10.0.0.199',
              netmask: '255.255.255.0',
              leaseSeconds: 3600,
              reservations: [],
            },
          ],
        },
      ),
      switch: stack(
        { br0: nic({ kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 } }), p1: port, p2: port },
        onSwitch,
      ),
    },
    cables: [
      { a: { stack: 'client', interface: 'eth0' }, b: { stack: 'switch', interface: 'p1' } },
      { a: { stack: 'server', interface: 'eth0' }, b: { stack: 'switch', interface: 'p2' } },
    ],
  };
};

const leaseOf = (variant: Variant): string | undefined => settledFacts(network(variant)).addresses?.[0]?.address;

describe('a lease', () => {
  it('is given where client and server hear each other', () => {
    expect(leaseOf({})).toBe('10.0.0.100');
  });

  it('is not given where the bridge between sends its packets through a filter that drops them', () => {
    expect(leaseOf({ onSwitch: { filter: [dropping('forward')] } })).toBeUndefined();
    const sysctls = { 'net/bridge/bridge-nf-call-iptables': '0' };
    expect(leaseOf({ onSwitch: { filter: [dropping('forward')], sysctls } })).toBe('10.0.0.100');
  });

  it('is not given between isolated ports', () => {
    expect(leaseOf({ isIsolated: true })).toBeUndefined();
  });

  it('is stopped by the input filter of the server, not by that of the client', () => {
    expect(leaseOf({ onServer: [dropping('input')] })).toBeUndefined();
    expect(leaseOf({ onClient: [dropping('input')] })).toBe('10.0.0.100');
  });
});

it('a host takes more ways than a call can have arguments', () => {
  const routes = Array.from({ length: 130_000 }, (_, index) => {
    const [high, low] = [(index >> 16).toString(16), (index & 0xffff).toString(16)];
    return `2001:db8:${high}:${low}::/64`;
  });
  const linkLocal = { family: 6, address: 'fe80::1', prefixLength: 64 } as const;
  const settings = { 'net/ipv6/conf/eth0/accept_ra_rt_info_max_plen': '128' };
  const state: NetworkState = {
    version: 1,
    stacks: {
      host: stack({ eth0: nic({ mac: '52:54:00:00:00:01' }) }, { sysctls: settings }),
      router: stack(
        { eth0: nic({ mac: '52:54:00:00:00:02', addresses: [linkLocal] }) },
        {
          services: [{ kind: 'router-advertiser', interface: 'eth0', prefixes: [], isDefaultRouter: false, routes }],
        },
      ),
    },
    cables: [{ a: { stack: 'host', interface: 'eth0' }, b: { stack: 'router', interface: 'eth0' } }],
  };
  expect(settledFacts(state).routes).toHaveLength(routes.length);
});
