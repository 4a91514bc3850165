/**
 * Waits, within bounds, for what comes by itself after a change: leases for DHCP clients that have a server on their
 * segment, and addresses for interfaces that listen to a router's advertisements. Hosts solicit routers at once rather
 * than waiting for the next advertisement (RFC 4861 section 6.3.7).
 */
import { doorOf, socketOf, type Kernel } from '../linux/kernel.ts';
import { SOCK_RAW } from '../linux/libc.ts';
import { readAddresses, readLinks, readRoutesWithMakers } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { AF_INET6, intOption, sockaddr } from '../linux/sockaddr.ts';
import { type Family } from '../net/address.ts';
import { type NetworkState } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';
import { type Service } from '../state/service.ts';
import { hasLease } from './service-status.ts';
import { type Site } from './site.ts';

const patienceMs = 6000;
/** Two servers in hot standby serve nobody until they have found each other. */
const patienceWithStandbyMs = 20_000;
const lookEveryMs = 20;
const solicitEveryMs = 400;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_IPV6 = 41;
const IPV6_MULTICAST_HOPS = 18;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

export interface Listener {
  readonly stack: string;
  readonly interface: string;
  /** Whether it makes an address of what it hears. */
  readonly makesAddress: boolean;
}

type Serving = 'dhcp-server' | 'dhcp6-server' | 'router-advertiser';

/** Segments on which there is one. */
const serversOf = (
  desired: NetworkState,
  kind: Serving,
  counts: (service: Service) => boolean = () => true,
): Set<string> => {
  const segmentOf = segmentsOf(desired);
  return new Set(
    Object.entries(desired.stacks).flatMap(([stack, { services }]) =>
      services.flatMap((service) =>
        service.kind === kind && counts(service) ? [segmentOf(stack, service.interface)] : [],
      ),
    ),
  );
};

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

const listenersOf = (desired: NetworkState): Listener[] => {
  const segmentOf = segmentsOf(desired);
  const advertised = serversOf(desired, 'router-advertiser');
  const autonomous = serversOf(
    desired,
    'router-advertiser',
    (service) => service.kind === 'router-advertiser' && service.isOnLinkOnly !== true,
  );
  return Object.entries(desired.stacks).flatMap(([stack, { sysctls, interfaces }]) =>
    Object.keys(interfaces)
      .filter(
        (name) => Number(sysctls[`net/ipv6/conf/${name}/accept_ra`] ?? 0) > 0 && advertised.has(segmentOf(stack, name)),
      )
      .map((name) => ({
        stack,
        interface: name,
        makesAddress:
          Number(sysctls[`net/ipv6/conf/${name}/autoconf`] ?? 1) > 0 && autonomous.has(segmentOf(stack, name)),
      })),
  );
};

const RTPROT_KERNEL = 2;
const RTPROT_RA = 9;

/** A default route, or a prefix that is on the link: the kernel makes both of what routers advertise. */
const hasAdvertisedRoute = (kernel: Kernel, stack: string, index: number | undefined): boolean =>
  readRoutesWithMakers(socketOf(kernel, stack)).some(({ protocol, route: { family, oif, to } }) => {
    if (family !== 6 || oif !== index) return false;
    return protocol === RTPROT_RA || (protocol === RTPROT_KERNEL && !/^f[ef]|\/128$/.test(to));
  });

const hasHeardRouter = (kernel: Kernel, { stack, interface: name, makesAddress }: Listener): boolean => {
  const socket = socketOf(kernel, stack);
  const index = readLinks(socket).find((link) => link.name === name)?.index;
  if (!makesAddress) return hasAdvertisedRoute(kernel, stack, index);
  return readAddresses(socket).some(
    (it) => it.index === index && it.family === 6 && !it.isLinkScope && !it.isPermanent && !it.isTentative,
  );
};

/** Interfaces that listen to a router's advertisements, have one on their segment, and got nothing of it yet. */
export const unadvertised = (
  kernel: Kernel,
  desired: NetworkState,
  isAsked: (stack: string) => boolean,
): readonly Listener[] =>
  listenersOf(desired).filter(
    (listener) => isAsked(listener.stack) && unlessLost(() => hasHeardRouter(kernel, listener)) === false,
  );

/** Sends a router solicitation (RFC 4861 section 4.1) to all routers of the link. */
const solicit = (kernel: Kernel, { stack, interface: name }: Listener): void => {
  const socket = doorOf(kernel, stack).openSocket({
    domain: AF_INET6,
    type: SOCK_RAW,
    protocol: IPPROTO_ICMPV6,
    options: [
      intOption(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255),
      { level: SOL_SOCKET, name: SO_BINDTODEVICE, value: Buffer.from(`${name}\0`) },
    ],
  });
  socket.sendTo(Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0), sockaddr(6, 'ff02::2', 0), () => undefined);
  socket.close();
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
    listeners = listeners.filter((listener) => !hasHeardRouter(kernel, listener));
    const waiting = clients.filter((client) => !client.ended && !hasLease(client));
    if (listeners.length === 0 && waiting.length === 0 && unelected(kernel, desired).length === 0) return;
    if (Date.now() >= solicitAt) {
      for (const listener of listeners) solicit(kernel, listener);
      solicitAt = Date.now() + solicitEveryMs;
    }
    await pause(lookEveryMs);
  }
};
