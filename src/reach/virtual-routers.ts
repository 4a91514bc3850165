/** Who of those that share addresses has them (VRRP, RFC 9568): of the routers on one link, the one with the highest priority. */
import { type NetworkState } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';
import { type VirtualRouter } from '../state/service.ts';
import { type Facts, type LearnedAddress } from './facts.ts';
import { type Model } from './model/model.ts';

interface Placed {
  readonly stack: string;
  readonly service: VirtualRouter;
}

/** Routers of one id and family on one link, those left out that have an interface down. */
const groupsOf = (state: NetworkState, model: Model): ReadonlyMap<string, readonly Placed[]> => {
  const segmentOf = segmentsOf(state);
  const groups = new Map<string, Placed[]>();
  for (const [stack, { services }] of Object.entries(state.stacks))
    for (const service of services) {
      if (service.kind !== 'virtual-router') continue;
      const isUp = (name: string): boolean => model.stacks.get(stack)?.interfaces.get(name)?.isUp === true;
      if (![service.interface, ...service.tracks].every(isUp)) continue;
      const key = `${segmentOf(stack, service.interface)} ${service.family} ${service.id}`;
      groups.set(key, [...(groups.get(key) ?? []), { stack, service }]);
    }
  return groups;
};

export const sharedAddresses = (state: NetworkState, model: Model): readonly LearnedAddress[] =>
  [...groupsOf(state, model).values()].flatMap((routers) => {
    const [first, ...others] = routers.toSorted((a, b) => b.service.priority - a.service.priority);
    if (first === undefined) return [];
    const { stack, service } = first;
    const among = others.length === 0 ? '' : ` before ${others.map((other) => other.stack).join(', ')}`;
    return service.addresses.map(({ address, prefixLength }): LearnedAddress => ({
      stack,
      interface: service.interface,
      family: service.family,
      address,
      prefixLength,
      from: 'vrrp',
      because: `${stack} ${service.interface} has ${address} by VRRP (priority ${service.priority})${among}`,
    }));
  });

/** Of IPv6 they are given so that nothing is sent from them that need not be (RFC 6724 section 5, rule 3). */
export const deprecated = (shared: readonly LearnedAddress[]): NonNullable<Facts['unusable']> =>
  shared.flatMap(({ stack, interface: name, family, address }) =>
    family === 6 ? [{ stack, interface: name, address, state: 'deprecated' as const }] : [],
  );
