/** Stacks at random, as far as a dialect can say them. */
import * as fc from 'fast-check';
import { type Family } from '../../src/net/address.ts';
import {
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { field } from '../../src/state/spelling.ts';

/** What a dialect has words for; what is not named it does not have. */
export interface Vocabulary {
  readonly kinds: readonly Interface['kind'][];
  readonly labels?: boolean;
  readonly routeTypes?: readonly Route['type'][];
  readonly metrics?: boolean;
  readonly tables?: boolean;
  readonly sources?: boolean;
  readonly onlink?: boolean;
  readonly multipath?: boolean;
  readonly rules?: boolean;
  /** Of marks; 255 where nothing is said. */
  readonly markMask?: number;
  readonly neighbours?: boolean;
  readonly ports?: boolean;
  readonly dhcp?: boolean;
  readonly resolver?: boolean;
  readonly down?: boolean;
  readonly macs?: boolean;
  readonly forwarding?: boolean;
}

const octet = fc.integer({ min: 1, max: 254 });
const address4 = fc
  .tuple(fc.constantFrom('10.0', '192.168', '172.16'), octet, octet)
  .map(([net, third, last]): InterfaceAddress => ({ family: 4, address: `${net}.${third}.${last}`, prefixLength: 24 }));
const address6 = fc
  .tuple(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffff }))
  .map(([net, host]): InterfaceAddress => ({
    family: 6,
    address: `2001:db8:${net.toString(16)}::${host.toString(16)}`,
    prefixLength: 64,
  }));

const macText = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 })
  .map((bytes) => ['02', '00', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':'));

const maybe = <T>(is: boolean | undefined, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  is === true ? fc.option(arbitrary, { nil: undefined }) : fc.constant(undefined);

const bornMtuBytes: Readonly<Partial<Record<Interface['kind'], number>>> = {
  vrf: 65575, wireguard: 1420, tunnel: 1480,
}; // prettier-ignore

const natures = (lower: string): Readonly<Partial<Record<Interface['kind'], fc.Arbitrary<Partial<Interface>>>>> => ({
  ethernet: fc.constant({}),
  dummy: fc.constant({}),
  bridge: fc
    .record({ stp: fc.boolean(), forwardDelaySeconds: fc.constantFrom(0, 4, 15) })
    .map((bridge) => ({ bridge })),
  bond: fc
    .record({
      mode: fc.constantFrom('active-backup' as const, '802.3ad' as const, 'balance-rr' as const),
      miimonMilliseconds: fc.constantFrom(100, 250),
    })
    .map((bond) => ({ bond })),
  vlan: fc.integer({ min: 1, max: 4094 }).map((id) => ({ vlan: { link: lower, id } })),
  vrf: fc.integer({ min: 1000, max: 2000 }).map((table) => ({ vrf: { table } })),
  vxlan: fc
    .record({ id: fc.integer({ min: 1, max: 16777215 }), port: fc.constantFrom(4789, 8472) })
    .map((vxlan) => ({ vxlan: { ...vxlan, remotes: ['192.0.2.77'] } })),
  tunnel: fc
    .constantFrom('sit' as const, 'ipip' as const)
    .map((mode) => ({ tunnel: { mode, local: '192.0.2.1', remote: '192.0.2.2', ttl: 64 } })),
  wireguard: fc.constant({
    wireguard: {
      privateKeyFile: '/etc/wireguard/key',
      listenPort: 51820,
      peers: [
        {
          publicKey: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
          endpoint: '192.0.2.9:51820',
          allowedPrefixes: ['10.99.0.0/16'],
          keepaliveSeconds: 25,
        },
      ],
    },
  }),
});

const prefixes: Readonly<Record<Family, readonly string[]>> = {
  4: ['0.0.0.0/0', '198.51.100.0/24', '203.0.113.8/29', '192.0.2.1/32'],
  6: ['::/0', '2001:db8:ffff::/48', 'fd00::/8'],
};

interface Named {
  readonly name: string;
  readonly it: Interface;
}

const anyInterface = (name: string, kind: Interface['kind'], words: Vocabulary): fc.Arbitrary<Named> =>
  fc
    .record({
      nature: natures('eth0')[kind] ?? fc.constant({}),
      addresses: fc.uniqueArray(fc.oneof(address4, address6), {
        maxLength: 3,
        selector: ({ address }) => address.slice(0, address.lastIndexOf(address.includes(':') ? ':' : '.')),
      }),
      label: maybe(words.labels, fc.constantFrom('0', '1', 'x')),
      mac: maybe(words.macs === true && kind !== 'vrf' && kind !== 'tunnel' && kind !== 'wireguard', macText),
      mtuBytes: fc.option(fc.constantFrom(1280, 1400), { nil: undefined }),
      up: words.down === true ? fc.boolean() : fc.constant(true),
    })
    .map(({ nature, addresses, label, mac, mtuBytes, up }) => ({
      name,
      it: {
        kind,
        ...nature,
        ...field('mac', mac),
        mtuBytes: (kind === 'vrf' ? undefined : mtuBytes) ?? bornMtuBytes[kind] ?? 1500,
        up,
        addresses: addresses.map((address, index) =>
          label !== undefined && index === 0 && address.family === 4
            ? { ...address, label: `${name}:${label}` }
            : address,
        ),
      },
    }));

/** The first of the subnet, or the second where the first is the stack's own, which no kernel takes for a gateway. */
const gatewayOf = ({ address, family }: InterfaceAddress): string => {
  const net = family === 4 ? address.replace(/\d+$/, '') : address.replace(/::.*$/, '::');
  return address === `${net}1` ? `${net}2` : `${net}1`;
};

const anyRoute = ({ name, it }: Named, words: Vocabulary): fc.Arbitrary<Route> =>
  fc.constantFrom<Family>(4, 6).chain((family) =>
    fc
      .record({
        to: fc.constantFrom(...prefixes[family]),
        type: fc.constantFrom(...(words.routeTypes ?? (['unicast'] as const))),
        metric: maybe(words.metrics, fc.integer({ min: 1, max: 5000 })),
        table: maybe(words.tables, fc.integer({ min: 100, max: 200 })),
        onlink: maybe(words.onlink, fc.constant(true as const)),
        hasSource: words.sources === true ? fc.boolean() : fc.constant(false),
      })
      .map(({ to, type, metric, table, onlink, hasSource }): Route => {
        const own = it.addresses.find((address) => address.family === family);
        const via = own === undefined ? (family === 4 ? '192.0.2.254' : 'fe80::1') : gatewayOf(own);
        const isRefusing = type !== 'unicast' && type !== 'local';
        return {
          family,
          to,
          type,
          ...field('via', type === 'unicast' ? via : undefined),
          ...field('dev', isRefusing ? undefined : name),
          metric: metric ?? (family === 4 ? 0 : 1024),
          table: table ?? 254,
          ...field('source', hasSource && type === 'unicast' ? own?.address : undefined),
          ...field('onlink', type === 'unicast' ? onlink : undefined),
        };
      }),
  );

const anyRule = (mask: number): fc.Arbitrary<PolicyRule> =>
  fc
    .record({
      family: fc.constantFrom<Family>(4, 6),
      priority: fc.integer({ min: 100, max: 30000 }),
      table: fc.integer({ min: 100, max: 200 }),
      hasFrom: fc.boolean(),
      mark: fc.option(fc.record({ value: fc.integer({ min: 1, max: 255 }), mask: fc.constant(mask) }), {
        nil: undefined,
      }),
    })
    .map(({ family, priority, table, hasFrom, mark }) => ({
      family,
      priority,
      ...field('from', hasFrom ? prefixes[family][1] : undefined),
      ...field('mark', mark),
      table,
    }));

const routeId = ({ family, to, metric, table }: Route): string => `${family} ${to} ${metric} ${table}`;

const chosenKinds = (words: Vocabulary): fc.Arbitrary<readonly Interface['kind'][]> =>
  fc
    .array(fc.constantFrom(...words.kinds), { maxLength: 3 })
    .map((kinds): readonly Interface['kind'][] => ['ethernet', ...kinds]);

const plugged = (interfaces: readonly Named[], words: Vocabulary, choice: number): readonly Named[] => {
  const bridge = interfaces.find(({ it }) => it.kind === 'bridge');
  if (bridge === undefined || choice % 2 === 0) return interfaces;
  return interfaces.map((named) => {
    const isBase = interfaces.some(({ it }) => it.vlan?.link === named.name);
    if (named.it.kind !== 'ethernet' || isBase || named.it.addresses.length > 0) return named;
    const port = words.ports === true && choice % 3 === 0 ? { port: { isolated: true as const } } : {};
    return { ...named, it: { ...named.it, master: bridge.name, ...port } };
  });
};

/** A state of one stack `host`, in normal form. */
export const anyStack = (words: Vocabulary): fc.Arbitrary<NetworkState> =>
  chosenKinds(words)
    .chain((kinds) => {
      const counts: Record<string, number> = {};
      const named = kinds.map((kind) => {
        counts[kind] = (counts[kind] ?? -1) + 1;
        const stem = kind === 'ethernet' ? 'eth' : kind === 'tunnel' ? 'tun' : kind === 'wireguard' ? 'wg' : kind;
        return anyInterface(`${stem}${counts[kind]}`, kind, words);
      });
      return fc.tuple(fc.tuple(...named), fc.nat(11));
    })
    .chain(([interfaces, choice]) => {
      const all = plugged(interfaces, words, choice);
      const routed = all.filter(({ it }) => it.master === undefined && it.kind !== 'vrf' && it.up);
      return fc.record({
        all: fc.constant(all),
        routes:
          routed.length === 0
            ? fc.constant([])
            : fc.uniqueArray(fc.oneof(...routed.map((named) => anyRoute(named, words))), {
                maxLength: 3,
                selector: routeId,
              }),
        rules:
          words.rules === true
            ? fc.uniqueArray(anyRule(words.markMask ?? 255), { maxLength: 2, selector: ({ priority }) => priority })
            : fc.constant([]),
        hasNeighbour: words.neighbours === true ? fc.boolean() : fc.constant(false),
        hasDhcp: words.dhcp === true ? fc.boolean() : fc.constant(false),
        hasResolver: words.resolver === true ? fc.boolean() : fc.constant(false),
        forwards: words.forwarding === true ? fc.boolean() : fc.constant(false),
      });
    })
    .map(({ all, routes, rules, hasNeighbour, hasDhcp, hasResolver, forwards }) => {
      const client = all.find(
        ({ it }) => it.master === undefined && it.kind === 'ethernet' && it.addresses.length === 0 && it.up,
      );
      const host: Stack = {
        interfaces: Object.fromEntries(all.map(({ name, it }) => [name, it])),
        routes,
        rules,
        neighbourProxies: [],
        ...field(
          'neighbours',
          hasNeighbour
            ? [{ family: 4 as const, address: '192.0.2.33', mac: '02:00:00:00:00:33', dev: 'eth0' }]
            : undefined,
        ),
        sysctls: forwards ? { 'net/ipv4/ip_forward': '1' } : {},
        filter: [],
        services:
          hasDhcp && client !== undefined
            ? [{ kind: 'dhcp-client', interface: client.name, hostname: 'host', metric: 1024 }]
            : [],
        ...field(
          'resolver',
          hasResolver ? { nameservers: ['192.0.2.53', '2001:db8::53'], search: ['example.test'] } : undefined,
        ),
      };
      return normalize({ version: 1, stacks: { host }, cables: [] });
    });
