/** Interfaces that listen to router advertisements, and what they are to come to have of them: addresses and ways. */
import { hasStack, socketOf, type Kernel } from '../linux/kernel.ts';
import { readAddresses, readLinks, readRoutesWithMakers } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { prefix } from '../net/prefix.ts';
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';
import { type RouterAdvertiser } from '../state/service.ts';

export interface Listener {
  readonly stack: string;
  readonly interface: string;
  /** Whether it makes an address of what it hears. */
  readonly makesAddress: boolean;
  /** Where routers on its link say that they lead, one entry for each router and prefix, and it believes them. */
  readonly ways: readonly { readonly router: string; readonly to: string }[];
}

interface Offer {
  readonly router: string;
  readonly service: RouterAdvertiser;
}

/** By segment. */
const offersOf = (
  { stacks }: NetworkState,
  segmentOf: (stack: string, name: string) => string,
): ReadonlyMap<string, readonly Offer[]> => {
  const offers = new Map<string, Offer[]>();
  for (const [router, { services }] of Object.entries(stacks))
    for (const service of services) {
      if (service.kind !== 'router-advertiser') continue;
      const segment = segmentOf(router, service.interface);
      offers.set(segment, [...(offers.get(segment) ?? []), { router, service }]);
    }
  return offers;
};

const everywhere = '::/0';

const waysOf = ({ sysctls }: Stack, name: string, offers: readonly Offer[]): Listener['ways'] => {
  const setting = (key: string, usual: number): number => Number(sysctls[`net/ipv6/conf/${name}/${key}`] ?? usual);
  const longest = setting('accept_ra_rt_info_max_plen', 0);
  return offers.flatMap(({ router, service }) => [
    ...(service.isDefaultRouter && setting('accept_ra_defrtr', 1) > 0 ? [{ router, to: everywhere }] : []),
    ...(service.routes ?? []).filter((to) => prefix(to).length <= longest).map((to) => ({ router, to })),
  ]);
};

export const listenersOf = (desired: NetworkState): Listener[] => {
  const segmentOf = segmentsOf(desired);
  const advertised = offersOf(desired, segmentOf);
  return Object.entries(desired.stacks).flatMap(([stack, own]) =>
    Object.keys(own.interfaces).flatMap((name) => {
      const offers = advertised.get(segmentOf(stack, name)) ?? [];
      const takes = Number(own.sysctls[`net/ipv6/conf/${name}/accept_ra`] ?? 0) > 0;
      if (offers.length === 0 || !takes) return [];
      const isAutonomous = offers.some(({ service }) => service.isOnLinkOnly !== true && service.prefixes.length > 0);
      const makesAddress = isAutonomous && Number(own.sysctls[`net/ipv6/conf/${name}/autoconf`] ?? 1) > 0;
      return [{ stack, interface: name, makesAddress, ways: waysOf(own, name, offers) }];
    }),
  );
};

const RTPROT_KERNEL = 2;
const RTPROT_RA = 9;

export const hasHeardRouters = (kernel: Kernel, listener: Listener): boolean => {
  const { stack, interface: name, makesAddress, ways } = listener;
  const socket = socketOf(kernel, stack);
  const index = readLinks(socket).find((link) => link.name === name)?.index;
  const routes = readRoutesWithMakers(socket).filter(({ route: { family, oif } }) => family === 6 && oif === index);
  const led = routes.filter(({ protocol }) => protocol === RTPROT_RA).map(({ route }) => route.to);
  // A router that was stopped leads nowhere.
  const awaited = ways.filter(({ router }) => hasStack(kernel, router));
  const count = (all: readonly string[], wanted: string): number => all.filter((to) => to === wanted).length;
  const all = awaited.map(({ to }) => to);
  if (all.some((to) => count(led, to) < count(all, to))) return false;
  if (makesAddress)
    return readAddresses(socket).some(
      (it) => it.index === index && it.family === 6 && !it.isLinkScope && !it.isPermanent && !it.isTentative,
    );
  // A default route, or a prefix that is on the link: the kernel makes both of what routers advertise.
  return (
    led.length > 0 ||
    routes.some(({ protocol, route: { to } }) => protocol === RTPROT_KERNEL && !/^f[ef]|\/128$/.test(to))
  );
};

/** Interfaces that listen to routers' advertisements, and have not got all of it yet. */
export const unadvertised = (
  kernel: Kernel,
  desired: NetworkState,
  isAsked: (stack: string) => boolean,
): readonly Listener[] =>
  listenersOf(desired).filter(
    (listener) => isAsked(listener.stack) && unlessLost(() => hasHeardRouters(kernel, listener)) === false,
  );
