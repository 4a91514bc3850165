/** What an interface takes of the advertisements of a router on its link (RFC 4861, RFC 4862, RFC 4191), as Linux does. */
import { printIp } from '../net/address.ts';
import { eui64 } from '../net/mac.ts';
import { prefix } from '../net/prefix.ts';
import { type Stack } from '../state/network-state.ts';
import { type RouterAdvertiser } from '../state/service.ts';
import { type LearnedAddress, type LearnedRoute } from './facts.ts';
import { type InterfaceModel, type Model } from './model/model.ts';
import { takenOf } from './taken-advertisements.ts';

/** `rank`: of several routers the one that hosts are to prefer has the highest. */
export interface AdvertisedRoute {
  readonly route: LearnedRoute;
  readonly rank: number;
}

interface Heard {
  readonly addresses: readonly LearnedAddress[];
  readonly routes: readonly AdvertisedRoute[];
}

const advertisedMetric = 1024;
/** Of prefixes that are on the link (IP6_RT_PRIO_ADDRCONF). */
const onLinkMetric = 256;

const mediumRank = 1;
const rankOf = ({ preference }: RouterAdvertiser): number =>
  preference === undefined ? mediumRank : preference === 'high' ? 2 : 0;

export const advertised = (
  model: Model,
  { stack: router, service }: { readonly stack: string; readonly service: RouterAdvertiser },
  stack: Stack,
  it: InterfaceModel,
): Heard => {
  const addresses: LearnedAddress[] = [];
  const routes: AdvertisedRoute[] = [];
  const taken = takenOf(stack, it.name, it.it, it.settings);
  if (router === it.stack || !it.isUp || taken === undefined) return { addresses, routes };
  const gateway = model.stacks.get(router)?.interfaces.get(service.interface);
  if (gateway?.isUp !== true) return { addresses, routes };
  const place = { stack: it.stack, family: 6, from: 'advertisement' } as const;
  const by = `by the router advertisements of ${router}`;
  const makesAddresses = taken.makesAddresses && service.isOnLinkOnly !== true;
  for (const text of service.prefixes) {
    const block = prefix(text);
    if (!makesAddresses) {
      const because = `${it.stack} has ${text} on its link ${by}`;
      const route = { ...place, to: text, dev: it.name, metric: onLinkMetric, table: 254, because };
      routes.push({ route, rank: mediumRank });
    } else if (block.length === 64) {
      const address = printIp(eui64(it.mac, block.value));
      const because = `${it.stack} ${it.name} has ${address} ${by}`;
      addresses.push({ ...place, interface: it.name, address, prefixLength: 64, because });
    }
  }
  const linkLocal = gateway.addresses.find(({ family, scope }) => family === 6 && scope === 'link')?.value;
  if (linkLocal === undefined) return { addresses, routes };
  const via = printIp({ family: 6, value: linkLocal });
  const led = { ...place, via, dev: it.name, metric: advertisedMetric, table: 254 };
  if (service.isDefaultRouter && taken.takesDefault) {
    const because = `${it.stack} has its IPv6 default route ${by}`;
    routes.push({ route: { ...led, to: '::/0', because }, rank: rankOf(service) });
  }
  for (const to of service.routes ?? [])
    if (prefix(to).length <= taken.longestRoute)
      routes.push({
        route: { ...led, to, because: `${it.stack} has its route to ${to} ${by}` },
        rank: mediumRank,
      });
  return { addresses, routes };
};

/**
 * Of routes of a stack to one prefix those of the routers that it is to prefer (RFC 4191 section 3.1); what several say of
 * the link is one route.
 */
export const preferred = (all: readonly AdvertisedRoute[]): readonly LearnedRoute[] => {
  const key = ({ route: { stack, to } }: AdvertisedRoute): string => `${stack} ${to}`;
  const best = new Map<string, number>();
  for (const one of all) best.set(key(one), Math.max(best.get(key(one)) ?? 0, one.rank));
  const chosen = all.filter((one) => one.rank === best.get(key(one))).map(({ route }) => route);
  return [
    ...new Map(
      chosen.toReversed().map((route) => [`${route.stack} ${route.to} ${route.via} ${route.dev}`, route]),
    ).values(),
  ].toReversed();
};
