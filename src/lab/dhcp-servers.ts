/**
 * Which machine assigns addresses on which network, and from which pool. The default pool is the third quarter of the
 * network: machines grow from the bottom, routers from the top. In an IPv6 network of the usual size it is beyond all
 * addresses that mirror host numbers.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { printIp, type Family, type Ip } from '../net/address.ts';
import { addressAt, printPrefix, sizeOf, usableHosts, type Prefix } from '../net/prefix.ts';
import { type Context, type Prefixes } from './context.ts';
import { families, type DraftMachine, type DraftNetwork, type DraftNic } from './draft.ts';
import { omitAbsent } from './omit-absent.ts';
import { type Path } from '../spec/spec.ts';
import { helpForUnknown } from './unknown-name.ts';

export interface DhcpPlan {
  readonly network: string;
  /** Each gives out a part of the range, and what is reserved. */
  readonly servers: readonly string[];
  /** Machines on the network that pass its questions on. */
  readonly relays?: readonly string[];
  readonly program?: 'kea';
  readonly isHotStandby?: true;
  readonly first: Ip;
  readonly last: Ip;
  readonly at: Span;
}
/** By network, in each family. */
export type DhcpPlans = Readonly<Record<Family, ReadonlyMap<string, DhcpPlan>>>;

interface Request extends Pick<DhcpPlan, 'servers' | 'relays' | 'program' | 'isHotStandby'> {
  readonly network: DraftNetwork;
  readonly range?: readonly [number, number] | undefined;
  readonly at: Span;
}

export const planDhcp = (context: Context, prefixes: Prefixes): DhcpPlans => ({
  4: planFamily(context, prefixes, 4, [...networkRequests(context, 'dhcp'), ...machineRequests(context)]),
  6: planFamily(context, prefixes, 6, networkRequests(context, 'dhcp6')),
});

const planFamily = (
  context: Context,
  prefixes: Prefixes,
  family: Family,
  requests: readonly Request[],
): ReadonlyMap<string, DhcpPlan> => {
  const { findings } = context;
  const plans = new Map<string, DhcpPlan>();
  for (const request of requests) {
    const { network, servers, at, relays, program, isHotStandby } = request;
    const first = plans.get(network.name);
    if (first !== undefined) {
      findings.error(
        'two-dhcp-servers',
        `\`${network.name}\` has two DHCP servers, ${inWords(first.servers)} and ${inWords(servers)}`,
        at,
        {
          notes: [{ message: `${inWords(first.servers)} serves it here`, at: first.at }],
          help: `keep one of the two, or let them share the range: \`${family === 4 ? 'dhcp' : 'dhcp6'}: [${[...first.servers, ...servers].join(', ')}]\``,
        },
      );
      continue;
    }
    const block = prefixes.get(network.name)?.[family];
    if (block === undefined) {
      findings.error(
        family === 4 ? 'dhcp-without-ipv4' : 'dhcp-without-ipv6',
        `\`${network.name}\` has no IPv${family} prefix that ${inWords(servers)} could assign from`,
        at,
        {
          help: `give \`${network.name}\` an \`ipv${family}:\` prefix`,
        },
      );
      continue;
    }
    const range = poolOf(context, request, block);
    if (range !== undefined)
      plans.set(network.name, {
        ...{ network: network.name, servers, ...range, at },
        ...omitAbsent({ relays, program, isHotStandby }),
      });
  }
  return plans;
};

/** The server that a NIC's request reaches: that of its network, or of the wire that it is bridged to. */
export const dhcpFor = (context: Context, plans: DhcpPlans, nic: DraftNic, family: Family): DhcpPlan | undefined => {
  const network = context.draft.networks.get(nic.network);
  if (network === undefined || network.mode === 'proxied') return undefined;
  const own = plans[family].get(network.name);
  if (own !== undefined) return own;
  const onWire = [...context.draft.networks.values()].filter(
    (one) => one.segment === network.segment && one.mode !== 'proxied',
  );
  return onWire.map((one) => plans[family].get(one.name)).find((plan) => plan !== undefined);
};

/** The families in which a NIC asks a server. */
export const askedFamilies = (context: Context, plans: DhcpPlans, nic: DraftNic): readonly Family[] =>
  families.filter((family) => {
    const isServed = dhcpFor(context, plans, nic, family) !== undefined;
    return nic.wishes[family].some((wish) => wish.kind === 'dhcp' && (isServed || !wish.onlyWhereServed));
  });

/** The machine that serves a network unless another one is named: its host, or the router of an outside network. */
export const defaultServer = (context: Context, network: DraftNetwork): string | undefined => {
  if (network.kind === 'outside') {
    const { gateway } = network.spec;
    return typeof gateway === 'string' && context.draft.machines.has(gateway) ? gateway : undefined;
  }
  const hostIsRouter = network.mode === 'nat' || network.mode === 'routed' || network.mode === 'host-only';
  return hostIsRouter ? network.host : undefined;
};

const networkRequests = (context: Context, key: 'dhcp' | 'dhcp6'): readonly Request[] =>
  [...context.draft.networks.values()].flatMap((network): Request[] => {
    const dhcp = network.spec[key];
    if (dhcp === undefined || dhcp === false) return [];
    const at = context.spec.source.spanOf([...network.path, key]);
    const isInFull = typeof dhcp === 'object' && !Array.isArray(dhcp);
    const named = dhcp === true ? undefined : isInFull ? dhcp.server : dhcp;
    const more = isInFull ? dhcp : {};
    const server = named ?? defaultServer(context, network);
    if (server === undefined) {
      const help = `name it: \`${key}: MACHINE\``;
      context.findings.error('dhcp-server-unknown', `\`${network.name}\` does not say which machine serves DHCP`, at, {
        help,
      });
      return [];
    }
    const servers = typeof server === 'string' ? [server] : [...new Set(server)];
    if (!servers.every((one) => isMachine(context, one, network, at))) return [];
    const relays = relaysOf(context, network, key, more.relay);
    const way = wayOf(context, [...network.path, key], servers, more);
    if (relays === 'unknown' || way === undefined) return [];
    return [{ network, servers, at, ...way, ...omitAbsent({ relays, range: more.range }) }];
  });

/** The machine that a network names as its router, else the one that serves it by default. */
export const routerOf = (context: Context, network: DraftNetwork, family: Family): string | undefined => {
  const { gateway, gateway6 } = network.spec;
  const named = family === 6 ? (gateway6 ?? gateway) : gateway;
  return typeof named === 'string' && context.draft.machines.has(named) ? named : defaultServer(context, network);
};

const relaysOf = (
  context: Context,
  network: DraftNetwork,
  key: 'dhcp' | 'dhcp6',
  written: true | string | readonly string[] | undefined,
): readonly string[] | undefined | 'unknown' => {
  if (written === undefined) return undefined;
  const at = context.spec.source.spanOf([...network.path, key, 'relay']);
  const relay = written === true ? routerOf(context, network, key === 'dhcp' ? 4 : 6) : written;
  if (relay === undefined) {
    const message = `\`${network.name}\` does not say which machine passes on what its members ask`;
    context.findings.error('dhcp-relay-unknown', message, at, { help: 'name it: `relay: MACHINE`' });
    return 'unknown';
  }
  const relays = typeof relay === 'string' ? [relay] : [...new Set(relay)];
  return relays.every((one) => isMachine(context, one, network, at)) ? relays : 'unknown';
};

type Way = Pick<Request, 'program' | 'isHotStandby'>;

/** By which program, alone or as a pair. */
const wayOf = (
  context: Context,
  path: Path,
  servers: readonly string[],
  { program, standby }: { readonly program?: 'dnsmasq' | 'kea' | undefined; readonly standby?: 'hot' | undefined },
): Way | undefined => {
  const at = context.spec.source.spanOf([...path, 'standby']);
  if (standby === undefined) return program === 'kea' ? { program } : {};
  if (servers.length !== 2) {
    context.findings.error(
      'standby-needs-two',
      `a server in hot standby stands beside one other, and ${servers.length === 1 ? 'there is one' : `there are ${servers.length}`} in all: ${inWords(servers)}`,
      at,
      { help: 'name two: `server: [FIRST, SECOND]`' },
    );
    return undefined;
  }
  if (program === 'dnsmasq') {
    context.findings.error('standby-needs-kea', 'dnsmasq tells no other server what it gives out', at, {
      help: 'take `program` out: Kea does; or take `standby` out: two servers of dnsmasq share the range',
    });
    return undefined;
  }
  return { program: 'kea', isHotStandby: true };
};

const machineRequests = (context: Context): readonly Request[] =>
  [...context.draft.machines.values()].flatMap((machine): Request[] =>
    (machine.spec.services ?? []).flatMap((service, index): Request[] => {
      if (typeof service === 'string' || !('dhcp' in service)) return [];
      const path = [...machine.path, 'services', index, 'dhcp'];
      const at = context.spec.source.spanOf([...path, 'network']);
      const network = context.draft.networks.get(service.dhcp.network);
      if (network === undefined) {
        reportUnknownNetwork(context, machine, service.dhcp.network, at);
        return [];
      }
      return [{ network, servers: [machine.name], range: service.dhcp.range, at }];
    }),
  );

const reportUnknownNetwork = (context: Context, machine: DraftMachine, name: string, at: Span): void => {
  const known = [...context.draft.networks.keys()];
  const message = `\`${machine.name}\` serves \`${name}\`, and there is no such network`;
  context.findings.error('unknown-network', message, at, { help: helpForUnknown(name, known, 'networks') });
};

const isMachine = (context: Context, server: string, network: DraftNetwork, at: Span): boolean => {
  if (context.draft.machines.has(server)) return true;
  const known = [...context.draft.machines.keys()];
  const message = `\`${network.name}\` names \`${server}\`, and there is no such machine`;
  context.findings.error('unknown-machine', message, at, { help: helpForUnknown(server, known, 'machines') });
  return false;
};

/** Beyond `::ffff:ffff`: no host number is that large, in whatever way IPv6 mirrors it. */
const firstBeyond = 1n << 32n;
const beyond = 1n << 16n;

const poolOf = (context: Context, request: Request, block: Prefix): { first: Ip; last: Ip } | undefined => {
  const usable = usableHosts(block);
  if (request.range === undefined && block.family === 6 && block.length <= 64)
    return rangeIn(block, firstBeyond, firstBeyond + beyond - 1n);
  if (request.range === undefined) {
    const size = sizeOf(block);
    const last = larger(usable.first, smaller((size * 3n) / 4n - 1n, usable.last - 1n));
    const first = smaller(size / 2n, last);
    return rangeIn(block, first, last);
  }
  const [first, last] = [BigInt(request.range[0]), BigInt(request.range[1])];
  if (first <= last && last - first + 1n < BigInt(request.servers.length)) {
    const message = `the range ${first} to ${last} of \`${request.network.name}\` is too small for ${request.servers.length} servers`;
    context.findings.error('dhcp-range-outside-network', message, request.at, {
      help: 'each needs an address at least',
    });
    return undefined;
  }
  if (first <= last && first >= usable.first && last <= usable.last) return rangeIn(block, first, last);
  const message = `the range ${first} to ${last} does not fit \`${request.network.name}\` (${printPrefix(block)})`;
  context.findings.error('dhcp-range-outside-network', message, request.at, {
    help: `its machines have the host numbers ${usable.first} to ${usable.last}; the smaller one comes first`,
  });
  return undefined;
};

const inWords = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const rangeIn = (block: Prefix, first: bigint, last: bigint): { first: Ip; last: Ip } | undefined => {
  const [from, to] = [addressAt(block, first), addressAt(block, last)];
  return from === undefined || to === undefined ? undefined : { first: from, last: to };
};

export const printRange = (plan: DhcpPlan): { first: string; last: string } => ({
  first: printIp(plan.first),
  last: printIp(plan.last),
});
