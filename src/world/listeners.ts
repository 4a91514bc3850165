/** Interfaces that listen to router advertisements, and what they are to come to have of them: addresses and ways. */
import { hasStack, socketOf, type Kernel } from '../linux/kernel.ts';
import { readAddresses, readLinks, readRoutesWithMakers } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { prefix } from '../net/prefix.ts';
import { readSettings } from '../reach/model/settings.ts';
import { takenOf, type Taken } from '../reach/taken-advertisements.ts';
import { type NetworkState } from '../state/network-state.ts';
import { offersOf, type Offer } from '../state/offers.ts';
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

const everywhere = '::/0';

const waysOf = ({ takesDefault, longestRoute }: Taken, offers: readonly Offer<RouterAdvertiser>[]): Listener['ways'] =>
  offers.flatMap(({ stack: router, service }) => [
    ...(service.isDefaultRouter && takesDefault ? [{ router, to: everywhere }] : []),
    ...(service.routes ?? []).filter((to) => prefix(to).length <= longestRoute).map((to) => ({ router, to })),
  ]);

export const listenersOf = (desired: NetworkState): Listener[] => {
  const segmentOf = segmentsOf(desired);
  const advertised = offersOf<RouterAdvertiser>(desired, segmentOf, 'router-advertiser');
  return Object.entries(desired.stacks).flatMap(([stack, own]) => {
    const settingsOf = readSettings(own.sysctls);
    return Object.entries(own.interfaces).flatMap(([name, it]) => {
      // Nobody hears itself.
      const offers = (advertised.get(segmentOf(stack, name)) ?? []).filter((offer) => offer.stack !== stack);
      const taken = takenOf(own, name, it, settingsOf(name));
      if (offers.length === 0 || !it.up || taken === undefined) return [];
      const isAutonomous = offers.some(({ service }) => service.isOnLinkOnly !== true && service.prefixes.length > 0);
      const makesAddress = isAutonomous && taken.makesAddresses;
      return [{ stack, interface: name, makesAddress, ways: waysOf(taken, offers) }];
    });
  });
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
