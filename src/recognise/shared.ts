/** Shared addresses of a segment (VRRP) in the words of a lab. */
import { type NetworkState } from '../state/network-state.ts';
import { type VirtualRouter } from '../state/service.ts';
import { hostNumber } from './host-number.ts';
import { type Segment } from './segments.ts';
import { type Yaml } from './yaml-text.ts';

interface Sharer {
  readonly stack: string;
  readonly router: VirtualRouter;
}

export const sharersOn = (state: NetworkState, { stations }: Segment): readonly Sharer[] =>
  stations.flatMap(({ stack, name }) =>
    (state.stacks[stack]?.services ?? []).flatMap((service) =>
      service.kind === 'virtual-router' && service.interface === name ? [{ stack, router: service }] : [],
    ),
  );

export const isShared = (state: NetworkState, segment: Segment, address: string): boolean =>
  sharersOn(state, segment).some(({ router }) => router.addresses.some((one) => one.address === address));

/** One entry for each address; a number speaks of both families, so that each is written once. */
export const sharedText = (
  state: NetworkState,
  segment: Segment,
  blocks: { readonly ipv4: string | undefined; readonly ipv6: string | undefined },
): Yaml | undefined => {
  const sharers = sharersOn(state, segment).toSorted((a, b) => b.router.priority - a.router.priority);
  const entries = new Map<string, { readonly address: number | string; readonly id: number; readonly by: string[] }>();
  for (const { stack, router } of sharers)
    for (const { address } of router.addresses) {
      const written = hostNumber(address, router.family === 4 ? blocks.ipv4 : blocks.ipv6) ?? address;
      const key = `${router.id} ${written}`;
      const entry = entries.get(key) ?? { address: written, id: router.id, by: [] };
      if (!entry.by.includes(stack)) entry.by.push(stack);
      entries.set(key, entry);
    }
  const all = [...entries.values()].filter(({ by }) => by.length > 1);
  return all.length === 0 ? undefined : all.map(({ address, id, by }) => ({ address, by, id }));
};
