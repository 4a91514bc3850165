/**
 * The networks of a state in the words of a lab: what a host's bridge is for (bridged, nat, routed, host-only, private),
 * and what is outside. Subnets, gateways, DHCP and router advertisements of each.
 */
import { ip } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type CarrierMode } from '../lab/lab.ts';
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type Dhcp6Pool, type DhcpPool, type Service } from '../state/service.ts';
import { isClosed, translationsOf } from './filters.ts';
import { relayed6On, relayedOn } from './relayed.ts';
import { proxiedPorts, type Role } from './roles.ts';
import { type Segment, type Station } from './segments.ts';
import { tunnelModeOf } from './tunnels.ts';

export type RecognisedMode = 'bridged' | 'nat' | 'routed' | 'proxied' | 'host-only' | 'private';

/** The machine that gives out addresses, and those that pass on what is asked where it is elsewhere. */
export interface Giving {
  readonly stack: string;
  readonly relays?: readonly string[];
}

export interface RecognisedNetwork {
  readonly segment: Segment;
  /** The name that the lab file has for it; `internet` where it is that. */
  readonly name: string;
  readonly kind: 'outside' | 'internet';
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
  /** The address that most members route to by default, and the machine that has it. */
  readonly gateway4: Gateway | undefined;
  readonly gateway6: Gateway | undefined;
  readonly dhcp: (DhcpPool & Giving) | undefined;
  readonly dhcp6: (Dhcp6Pool & Giving) | undefined;
  /** Its members are the ends of a tunnel. */
  readonly tunnel: CarrierMode | undefined;
  /** The machine that advertises. */
  readonly advertiser: string | undefined;
  /** It advertises because DHCPv6 does not say what is on the link, and nothing to make addresses of. */
  readonly isOnLinkOnly: boolean;
}

export interface Gateway {
  readonly address: string;
  /** Undefined: nobody that was read. */
  readonly machine: string | undefined;
}

/** A network that a host makes, with the outside one that it shares where it is bridged. */
export interface MadeNetwork extends Omit<RecognisedNetwork, 'kind'> {
  readonly kind: 'made';
  readonly mode: RecognisedMode;
  readonly host: string;
  readonly bridge: string;
  /** bridged: the host's NIC. */
  readonly nic?: string;
  /** proxied: the outside network that shares its subnet. */
  readonly on?: string;
}

const defaultsOn = (state: NetworkState, { stations }: Segment, family: 4 | 6): readonly string[] =>
  stations.flatMap(({ stack, name }) =>
    (state.stacks[stack]?.routes ?? [])
      .filter((route) => route.family === family && route.to.endsWith('/0') && route.dev === name)
      .flatMap(({ via }) => via ?? []),
  );

const mostFrequent = (values: readonly string[]): string | undefined => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
};

/** What a DHCP server there names counts first: it does so for all who ask. */
const gatewayOf = (
  state: NetworkState,
  segment: Segment,
  family: 4 | 6,
  block: string | undefined,
  told: string | undefined,
): Gateway | undefined => {
  const vias = defaultsOn(state, segment, family);
  const within = vias.filter((via) => block !== undefined && containsIp(prefix(block), ip(via)));
  const address = told ?? mostFrequent(within.length > 0 ? within : vias);
  if (address === undefined) return undefined;
  const owner = segment.stations.find(({ it }) => it.addresses.some((own) => own.address === address));
  return { address, machine: owner?.stack };
};

const serviceOn = <K extends Service['kind']>(
  state: NetworkState,
  { stations }: Segment,
  kind: K,
): { readonly stack: string; readonly service: Extract<Service, { kind: K }> } | undefined => {
  for (const { stack, name } of stations)
    for (const service of state.stacks[stack]?.services ?? [])
      if (service.kind === kind && 'interface' in service && service.interface === name)
        return { stack, service: service as Extract<Service, { kind: K }> };
  return undefined;
};

/** The subnet that holds most of the addresses there. */
const mainSubnet = (segment: Segment, family: 4 | 6): string | undefined => {
  const held = (subnet: string): number =>
    segment.stations.filter(({ it }) =>
      it.addresses.some((own) => own.family === family && containsIp(prefix(subnet), ip(own.address))),
    ).length;
  return [...segment.subnets[family]].sort((a, b) => held(b) - held(a))[0];
};

/** A single end of WireGuard is an interface like any other: who is at the other one is in no file. */
const tunnelOn = ({ stations }: Segment): CarrierMode | undefined => {
  const [first, second] = stations;
  const mode = first === undefined ? undefined : tunnelModeOf(first.it);
  return mode === 'wireguard' && second === undefined ? undefined : mode;
};

const base = (state: NetworkState, segment: Segment, name: string): Omit<RecognisedNetwork, 'kind'> => {
  const own = serviceOn(state, segment, 'dhcp-server');
  const own6 = serviceOn(state, segment, 'dhcp6-server');
  const dhcp = own === undefined ? relayedOn(state, segment) : { ...own.service, stack: own.stack };
  const dhcp6 = own6 === undefined ? relayed6On(state, segment) : { ...own6.service, stack: own6.stack };
  const advertiser = serviceOn(state, segment, 'router-advertiser');
  const served = dhcp?.first;
  const of4 =
    served === undefined ? undefined : segment.subnets[4].find((text) => containsIp(prefix(text), ip(served)));
  const [ipv4, ipv6] = [of4 ?? mainSubnet(segment, 4), mainSubnet(segment, 6)];
  return {
    segment,
    name,
    ipv4,
    ipv6,
    gateway4: gatewayOf(state, segment, 4, ipv4, dhcp?.router),
    gateway6: gatewayOf(state, segment, 6, ipv6, undefined),
    dhcp,
    tunnel: tunnelOn(segment),
    dhcp6,
    advertiser: advertiser?.stack,
    isOnLinkOnly: advertiser?.service.isOnLinkOnly === true,
  };
};

const isForwarding = ({ sysctls }: Stack): boolean =>
  sysctls['net/ipv4/ip_forward'] === '1' ||
  sysctls['net/ipv4/conf/all/forwarding'] === '1' ||
  sysctls['net/ipv6/conf/all/forwarding'] === '1';

const modeOf = (stack: Stack, bridge: string, ipv4: string | undefined): RecognisedMode => {
  if ((stack.interfaces[bridge]?.addresses.length ?? 0) === 0) return 'private';
  const translated = translationsOf(stack).some(
    ({ sources, out }) =>
      !out.includes(bridge) &&
      (sources.length === 0
        ? out.length > 0
        : ipv4 !== undefined && sources.some((text) => containsIp(prefix(text), ip(ipv4.split('/')[0] ?? '')))),
  );
  if (!isForwarding(stack)) return 'host-only';
  if (translated) return 'nat';
  return isClosed(stack, bridge) ? 'host-only' : 'routed';
};

/** The NIC of a bridge that leads out of the host, where it has one. */
const uplinkOf = (
  state: NetworkState,
  roles: ReadonlyMap<string, Role>,
  host: string,
  bridge: string,
): string | undefined => {
  const interfaces = state.stacks[host]?.interfaces ?? {};
  return Object.entries(interfaces).find(([name, { kind, master }]) => {
    if (master !== bridge || kind !== 'ethernet') return false;
    const cable = state.cables.find(
      ({ a, b }) => (a.stack === host && a.interface === name) || (b.stack === host && b.interface === name),
    );
    if (cable === undefined) return /^(?!vnet|tap|vif|veth)/.test(name);
    const far = cable.a.stack === host && cable.a.interface === name ? cable.b : cable.a;
    return roles.get(far.stack) !== 'guest';
  })?.[0];
};

const bridgeStation = (roles: ReadonlyMap<string, Role>, { stations }: Segment): Station | undefined =>
  stations.find(({ stack, it }) => it.kind === 'bridge' && roles.get(stack) === 'host');

export interface RecognisedNetworks {
  readonly outside: readonly RecognisedNetwork[];
  readonly made: readonly MadeNetwork[];
}

const freeName = (wanted: string, taken: Set<string>): string => {
  let name = wanted;
  for (let count = 2; taken.has(name) || name === 'internet'; count += 1) name = `${wanted}-${count}`;
  taken.add(name);
  return name;
};

/** Links from a host to guests for whom it answers, by host: each link is a segment of its own. */
const proxiedSegments = (
  state: NetworkState,
  segments: readonly Segment[],
  roles: ReadonlyMap<string, Role>,
): ReadonlyMap<string, readonly Segment[]> => {
  const found = new Map<string, readonly Segment[]>();
  for (const [host, stack] of Object.entries(state.stacks)) {
    const ports = roles.get(host) === 'host' ? proxiedPorts(stack) : [];
    const links = segments.filter(({ stations }) =>
      stations.some(({ stack: owner, name }) => owner === host && ports.includes(name)),
    );
    if (links.length > 0) found.set(host, links);
  }
  return found;
};

const proxiedNetwork = (
  state: NetworkState,
  host: string,
  links: readonly Segment[],
  outside: readonly RecognisedNetwork[],
  name: string,
): MadeNetwork | undefined => {
  const stations = links.flatMap((link) => link.stations.filter(({ stack }) => stack !== host));
  const on = outside.find(({ kind, ipv4, ipv6, segment }) => {
    const hasHost = segment.stations.some(({ stack }) => stack === host);
    const blocks = [ipv4, ipv6].flatMap((text) => (text === undefined ? [] : [prefix(text)]));
    return (
      kind === 'outside' &&
      hasHost &&
      stations.some(({ it }) =>
        it.addresses.some(({ address }) => blocks.some((block) => containsIp(block, ip(address)))),
      )
    );
  });
  if (on === undefined) return undefined;
  const segment: Segment = { name, stations, subnets: { 4: [], 6: [] } };
  const [gateway4, gateway6] = ([4, 6] as const).map((family) => {
    const address = mostFrequent(defaultsOn(state, segment, family));
    return address === undefined ? undefined : { address, machine: host };
  });
  return {
    ...{ ...on, kind: 'made', mode: 'proxied', name, segment, host, bridge: '', on: on.name },
    ...{ gateway4, gateway6, dhcp: undefined, dhcp6: undefined, advertiser: undefined, isOnLinkOnly: false },
  };
};

export const recogniseNetworks = (
  state: NetworkState,
  segments: readonly Segment[],
  roles: ReadonlyMap<string, Role>,
): RecognisedNetworks => {
  const outside: RecognisedNetwork[] = [];
  const made: MadeNetwork[] = [];
  const taken = new Set(Object.keys(state.stacks));
  const proxied = proxiedSegments(state, segments, roles);
  const links = new Set([...proxied.values()].flat());
  for (const segment of segments) {
    if (links.has(segment)) continue;
    if (segment.stations.some(({ stack }) => roles.get(stack) === 'internet')) {
      outside.push({ ...base(state, segment, 'internet'), kind: 'internet' });
      continue;
    }
    const bridges = segment.stations.filter(({ stack, it }) => it.kind === 'bridge' && roles.get(stack) === 'host');
    const bridge = bridgeStation(roles, segment);
    const nic = bridge && uplinkOf(state, roles, bridge.stack, bridge.name);
    if (bridge === undefined || nic !== undefined) {
      const wanted = /^(?:br|xenbr|virbr)\d*$/.test(segment.name) ? 'lan' : segment.name;
      outside.push({ ...base(state, segment, freeName(wanted, taken)), kind: 'outside' });
    }
    for (const station of nic === undefined ? bridges.slice(0, 1) : bridges) {
      const own = base(state, segment, freeName(station.name, taken));
      const stack = state.stacks[station.stack];
      const up = uplinkOf(state, roles, station.stack, station.name);
      if (stack === undefined) continue;
      made.push({
        ...own,
        kind: 'made',
        mode: up === undefined ? modeOf(stack, station.name, own.ipv4) : 'bridged',
        host: station.stack,
        bridge: station.name,
        ...(up === undefined ? {} : { nic: up }),
      });
    }
  }
  for (const [host, own] of proxied) {
    const network = proxiedNetwork(state, host, own, outside, freeName('shared', taken));
    if (network !== undefined) made.push(network);
  }
  return { outside, made };
};
