/** A case of a rule: a network in which it finds something and one in which it does not, and the networks that most are made of. */
import { type Outside } from '../../../src/lint/rule.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterRule } from '../../../src/state/packet-filter.ts';
import { type DhcpServer, type RouterAdvertiser } from '../../../src/state/service.ts';
import { bridge, filter, forwarding, host, network, nic, via } from '../built.ts';
import { type Machines } from '../linted.ts';

export type Subject = NetworkState | Machines;

export interface Case {
  readonly code: string;
  readonly about?: string;
  readonly faulty: Subject;
  readonly right: Subject;
  /** A part of what is said: of the message, or of what comes of it. */
  readonly says: string;
  readonly shown?: string;
  readonly outside?: Partial<Outside>;
}

export const isState = (subject: Subject): subject is NetworkState => subject['version'] === 1;

export const server = (dev: string, first: string, last: string, more: Partial<DhcpServer> = {}): DhcpServer => ({
  ...{
    kind: 'dhcp-server',
    interface: dev,
    first,
    last,
    netmask: '255.255.255.0',
    leaseSeconds: 3600,
    reservations: [],
  },
  ...more,
});

export const client = (dev: string, metric = 0): Stack['services'][number] => ({
  kind: 'dhcp-client',
  interface: dev,
  hostname: 'h',
  metric,
});
export const advertiser = (dev: string, isDefaultRouter = true): RouterAdvertiser => ({
  ...{ kind: 'router-advertiser', interface: dev, prefixes: ['2001:db8:1::/64'], isDefaultRouter },
});

export const accept = (...matches: FilterRule['matches']): FilterRule => ({ matches, verdict: { kind: 'accept' } });
export const drop = (...matches: FilterRule['matches']): FilterRule => ({ matches, verdict: { kind: 'drop' } });
export const from = (prefix: string): FilterRule['matches'][number] => ({
  kind: 'source',
  family: 4,
  prefixes: [prefix],
});
export const oif = (name: string): FilterRule['matches'][number] => ({ kind: 'oif', names: [name] });
export const iif = (name: string): FilterRule['matches'][number] => ({ kind: 'iif', names: [name] });
export const masquerade = (...matches: FilterRule['matches']): FilterRule => ({
  matches,
  verdict: { kind: 'masquerade' },
});

/** Two machines on one wire. */
export const pair = (
  a: Partial<Stack>,
  b: Partial<Stack>,
  nics: readonly [Interface, Interface] = [nic(['10.0.0.1/24']), nic(['10.0.0.2/24'])],
): NetworkState => network({ a: host({ eth0: nics[0] }, a), b: host({ eth0: nics[1] }, b) }, 'a:eth0 b:eth0');

/** Two guests on a bridge of a host. */
export const bridged = (
  own: Partial<Stack>,
  br0: Interface = bridge(['10.0.0.254/24']),
  one: Partial<Stack> = {},
  more: Partial<Interface> = {},
): NetworkState =>
  network(
    {
      host: host({ br0, p1: nic([], { master: 'br0' }), p2: nic([], { master: 'br0', ...more }) }, own),
      one: host({ eth0: nic(['10.0.0.1/24']) }, one),
      two: host({ eth0: nic(['10.0.0.2/24']) }),
    },
    'host:p1 one:eth0',
    'host:p2 two:eth0',
  );

/** A guest behind a router, and a machine beyond. */
export const routed = (router: Partial<Stack>, guest: Partial<Stack> = {}, far: Partial<Stack> = {}): NetworkState =>
  network(
    {
      far: host(
        { eth0: nic(['192.0.2.2/24', '2001:db8:2::2/64']) },
        { routes: [via('10.0.0.0/24', '192.0.2.1', 'eth0')], ...far },
      ),
      guest: host(
        { eth0: nic(['10.0.0.2/24', '2001:db8:1::2/64']) },
        { routes: [via('0.0.0.0/0', '10.0.0.1', 'eth0')], ...guest },
      ),
      router: host(
        { in: nic(['10.0.0.1/24', '2001:db8:1::1/64']), out: nic(['192.0.2.1/24', '2001:db8:2::1/64']) },
        { sysctls: forwarding, ...router },
      ),
    },
    'guest:eth0 router:in',
    'far:eth0 router:out',
  );

export const acceptAll: Stack['filter'] = [filter('forward', 'accept', [])];
export const dockerized = (rules: readonly FilterRule[]): Partial<Stack> => ({
  sysctls: { 'net/bridge/bridge-nf-call-iptables': '1' },
  filter: [filter('forward', 'drop', rules)],
});
export const files = (path: string, text: string, name = 'host'): Machines => ({ [name]: { [path]: text } });
export const netplan = 'etc/netplan/01.yaml';
