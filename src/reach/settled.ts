/**
 * What DHCP, router advertisements, VRRP and OSPF come to give by themselves, from the services that a state holds: the facts
 * of a network that has come to rest. Each says where it comes from.
 */
import { ip, printIp, type Ip } from '../net/address.ts';
import { containsIp, networkOf } from '../net/prefix.ts';
import { type NetworkState } from '../state/network-state.ts';
import { toldMetric } from '../state/dhcp-service.ts';
import { offersOf, type Offer } from '../state/offers.ts';
import { segmentsOf } from '../state/segments.ts';
import {
  type Dhcp6Client,
  type Dhcp6Pool,
  type Dhcp6Server,
  type DhcpClient,
  type DhcpPool,
  type DhcpServer,
  type RouterAdvertiser,
} from '../state/service.ts';
import { advertised, preferred, type AdvertisedRoute } from './advertised.ts';
import { hearEachOther, hearEachOther6 } from './dhcp-path.ts';
import { type Facts, type LearnedAddress, type LearnedRoute } from './facts.ts';
import { buildModel } from './model/build-model.ts';
import { type InterfaceModel, type Model } from './model/model.ts';
import { routedRoutes } from './routed-routes.ts';
import { relayedPools, relayedPools6, relaysIn } from './relayed.ts';
import { deprecated, sharedAddresses } from './virtual-routers.ts';

interface Learned {
  readonly addresses: LearnedAddress[];
  readonly routes: LearnedRoute[];
}

/** Addresses that somebody gives out, and who that is, in words. */
interface Given<P> {
  readonly pool: P;
  readonly by: string;
}

const bitsOfNetmask = (netmask: string): number => {
  let bits = 0;
  for (let mask = ip(netmask).value; mask > 0n; mask &= mask - 1n) bits += 1;
  return bits;
};

/** The address that is kept for a station, or the first of the range that is nobody's. */
const leaseFor = (server: DhcpPool | Dhcp6Pool, mac: string, taken: Set<string>): string | undefined => {
  const reserved = server.reservations.find((reservation) => reservation.mac === mac)?.address;
  if (reserved !== undefined) return reserved;
  const kept = new Set(server.reservations.map(({ address }) => address));
  const last = ip(server.last).value;
  for (let next: Ip = ip(server.first); next.value <= last; next = { ...next, value: next.value + 1n }) {
    const address = printIp(next);
    if (kept.has(address) || taken.has(address)) continue;
    taken.add(address);
    return address;
  }
  return undefined;
};

const lease = (
  { pool, by }: Given<DhcpPool>,
  it: InterfaceModel,
  { metric, ignoresRouter }: DhcpClient,
  taken: Set<string>,
  learned: Learned,
): void => {
  const address = leaseFor(pool, it.mac, taken);
  if (address === undefined) return;
  const place = { stack: it.stack, family: 4, from: 'dhcp' } as const;
  const because = `${it.stack} ${it.name} has ${address} by DHCP from ${by}`;
  learned.addresses.push({
    ...place,
    interface: it.name,
    address,
    prefixLength: bitsOfNetmask(pool.netmask),
    because,
  });
  if (pool.router !== undefined && ignoresRouter !== true)
    learned.routes.push({
      ...{ ...place, to: '0.0.0.0/0', via: pool.router, dev: it.name, metric, table: 254 },
      because: `${it.stack} has its default route by DHCP from ${by}`,
    });
  const link = networkOf(address, bitsOfNetmask(pool.netmask));
  for (const { to, via } of pool.routes ?? [])
    // The kernel takes no router that is not on the link, or the stack itself.
    if (containsIp(link, ip(via)) && via !== address)
      learned.routes.push({
        ...{ ...place, to, via, dev: it.name, metric: metric + toldMetric, table: 254 },
        because: `${it.stack} has its route to ${to} by DHCP from ${by}`,
      });
};

/** An address of its own: what is on the link beside it, router advertisements say (RFC 5942). */
const lease6 = ({ pool, by }: Given<Dhcp6Pool>, it: InterfaceModel, taken: Set<string>, learned: Learned): void => {
  const address = leaseFor(pool, it.mac, taken);
  if (address === undefined) return;
  const because = `${it.stack} ${it.name} has ${address} by DHCPv6 from ${by}`;
  const place = { stack: it.stack, interface: it.name, family: 6, from: 'dhcp' } as const;
  learned.addresses.push({ ...place, address, prefixLength: 128, because });
};

/** The first server that hears a client and is heard by it. */
const firstHeard = <S extends DhcpServer | Dhcp6Server>(
  model: Model,
  { stack, name }: InterfaceModel,
  offers: readonly Offer<S>[] | undefined,
  hear: typeof hearEachOther,
): Given<S> | undefined => {
  const offer = offers?.find((one) => hear(model, [stack, name], [one.stack, one.service.interface]));
  return offer === undefined ? undefined : { pool: offer.service, by: offer.stack };
};

/** A client that nobody on its own link answers. */
interface Waiting {
  readonly service: DhcpClient | Dhcp6Client;
  readonly it: InterfaceModel;
}

/** What is given to interfaces: all but what routers find out from it. */
const givenFacts = (state: NetworkState): Facts => {
  const segmentOf = segmentsOf(state);
  const servers = offersOf<DhcpServer>(state, segmentOf, 'dhcp-server');
  const servers6 = offersOf<Dhcp6Server>(state, segmentOf, 'dhcp6-server');
  const routers = offersOf<RouterAdvertiser>(state, segmentOf, 'router-advertiser');
  const isShared = Object.values(state.stacks).some(({ services }) =>
    services.some(({ kind }) => kind === 'virtual-router'),
  );
  const relays = relaysIn(state, segmentOf);
  if (servers.size + servers6.size + routers.size + relays.size === 0 && !isShared) return {};
  const model = buildModel(state);
  const learned: Learned = { addresses: [], routes: [] };
  const taken = new Set<string>();
  const waiting: Waiting[] = [];
  const advertisedRoutes: AdvertisedRoute[] = [];
  for (const [name, stack] of Object.entries(state.stacks)) {
    for (const service of stack.services) {
      if (service.kind !== 'dhcp-client' && service.kind !== 'dhcp6-client') continue;
      const it = model.stacks.get(name)?.interfaces.get(service.interface);
      if (it?.isUp !== true) continue;
      const segment = segmentOf(name, it.name);
      if (service.kind === 'dhcp-client') {
        const given = firstHeard(model, it, servers.get(segment), hearEachOther);
        if (given === undefined) waiting.push({ service, it });
        else lease(given, it, service, taken, learned);
      } else {
        const given = firstHeard(model, it, servers6.get(segment), hearEachOther6);
        if (given === undefined) waiting.push({ service, it });
        else lease6(given, it, taken, learned);
      }
    }
    for (const it of model.stacks.get(name)?.interfaces.values() ?? []) {
      const heard = (routers.get(segmentOf(name, it.name)) ?? []).map((offer) => advertised(model, offer, stack, it));
      // Several routers may advertise one prefix.
      const own = new Map(heard.flatMap(({ addresses }) => addresses.map((one) => [one.address, one])));
      for (const address of own.values()) learned.addresses.push(address);
      for (const { routes } of heard) for (const route of routes) advertisedRoutes.push(route);
    }
  }
  for (const route of preferred(advertisedRoutes)) learned.routes.push(route);
  const shared = isShared ? sharedAddresses(state, model) : [];
  if (relays.size > 0 && waiting.length > 0) {
    // The way between relay and server may lead over what was given, or shared.
    const settled = buildModel(state, { ...learned, addresses: [...learned.addresses, ...shared] });
    const relayed = relayedPools(settled);
    const relayed6 = relayedPools6(settled);
    for (const { service, it } of waiting) {
      const near = relays.get(segmentOf(it.stack, it.name)) ?? [];
      if (service.kind === 'dhcp-client') {
        const given = relayed(it, near);
        if (given !== undefined) lease(given, it, service, taken, learned);
      } else {
        const given = relayed6(it, near);
        if (given !== undefined) lease6(given, it, taken, learned);
      }
    }
  }
  if (!isShared) return learned;
  return { ...learned, addresses: [...learned.addresses, ...shared], unusable: deprecated(shared) };
};

export const settledFacts = (state: NetworkState): Facts => {
  const given = givenFacts(state);
  const isRouted = Object.values(state.stacks).some(({ services }) =>
    services.some(({ kind }) => kind === 'routing-daemon'),
  );
  if (!isRouted) return given;
  return { ...given, routes: [...(given.routes ?? []), ...routedRoutes(buildModel(state, given))] };
};
