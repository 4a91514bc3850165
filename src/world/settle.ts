/**
 * Waits, within bounds, for what comes by itself after a change: leases for DHCP clients that have a server on their
 * segment, and addresses for interfaces that listen to a router's advertisements. Hosts solicit routers at once rather
 * than waiting for the next advertisement (RFC 4861 section 6.3.7).
 */
import { doorOf, socketOf, type Kernel } from '../linux/kernel.ts';
import { readAddresses } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { type Family } from '../net/address.ts';
import { type NetworkState } from '../state/network-state.ts';
import { offersOf } from '../state/offers.ts';
import { segmentsOf } from '../state/segments.ts';
import { type Service } from '../state/service.ts';
import { hasHeardRouters, listenersOf } from './listeners.ts';
import { solicitRouters } from './router-messages.ts';
import { hasLease } from './service-status.ts';
import { type Site } from './site.ts';

const patienceMs = 6000;
/** Two servers in hot standby serve nobody until they have found each other. */
const patienceWithStandbyMs = 20_000;
const lookEveryMs = 20;
const solicitEveryMs = 400;
type Serving = 'dhcp-server' | 'dhcp6-server' | 'router-advertiser';

/** Segments on which there is one. */
const serversOf = (desired: NetworkState, kind: Serving): Set<string> =>
  new Set(offersOf(desired, segmentsOf(desired), kind).keys());

const hasStandby = ({ stacks }: NetworkState): boolean =>
  Object.values(stacks).some(({ services }) => services.some((service) => 'standby' in service));

/** Segments on which somebody passes on what is asked. */
const relayedOn = (desired: NetworkState, family: Family): readonly string[] => {
  const segmentOf = segmentsOf(desired);
  return Object.entries(desired.stacks).flatMap(([stack, { services }]) =>
    services.flatMap((service) =>
      service.kind === 'dhcp-relay' && service.family === family
        ? service.links.map((link) => segmentOf(stack, link.interface))
        : [],
    ),
  );
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Shared addresses that no stack has yet: an election takes a moment. */
const unelected = (kernel: Kernel, desired: NetworkState): readonly string[] => {
  const routers = Object.entries(desired.stacks).flatMap(([stack, { services }]) =>
    services.flatMap((service) => (service.kind === 'virtual-router' ? [{ stack, service }] : [])),
  );
  const shared = new Set(routers.flatMap(({ service }) => service.addresses.map(({ address }) => address)));
  for (const stack of new Set(routers.map((router) => router.stack)))
    for (const { address, isTentative } of unlessLost(() => readAddresses(socketOf(kernel, stack))) ?? [])
      if (!isTentative) shared.delete(address);
  return [...shared];
};

export const settle = async (
  { kernel, services }: Pick<Site, 'kernel' | 'services'>,
  desired: NetworkState,
): Promise<void> => {
  const segmentOf = segmentsOf(desired);
  const served = {
    dhcp: new Set([...serversOf(desired, 'dhcp-server'), ...relayedOn(desired, 4)]),
    dhcp6: new Set([...serversOf(desired, 'dhcp6-server'), ...relayedOn(desired, 6)]),
    advertised: serversOf(desired, 'router-advertiser'),
  };
  const isClientOf = (stack: string, service: Service): boolean =>
    (service.kind === 'dhcp-client' && served.dhcp.has(segmentOf(stack, service.interface))) ||
    (service.kind === 'dhcp6-client' && served.dhcp6.has(segmentOf(stack, service.interface))) ||
    (service.kind === 'advertised-resolver' && served.advertised.has(segmentOf(stack, service.interface)));
  const clients = services.running.filter(({ stack, service, ended }) => !ended && isClientOf(stack, service));
  let listeners = listenersOf(desired);
  const end = Date.now() + (hasStandby(desired) ? patienceWithStandbyMs : patienceMs);
  let solicitAt = Date.now();
  while (Date.now() < end) {
    listeners = listeners.filter((listener) => !hasHeardRouters(kernel, listener));
    const waiting = clients.filter((client) => !client.ended && !hasLease(client));
    if (listeners.length === 0 && waiting.length === 0 && unelected(kernel, desired).length === 0) return;
    if (Date.now() >= solicitAt) {
      for (const listener of listeners) solicitRouters(doorOf(kernel, listener.stack), listener.interface);
      solicitAt = Date.now() + solicitEveryMs;
    }
    await pause(lookEveryMs);
  }
};
