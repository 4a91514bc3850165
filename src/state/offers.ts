/** What is offered to those on a segment: by servers of DHCP, and by routers that advertise. */
import { type NetworkState } from './network-state.ts';
import { type Dhcp6Server, type DhcpServer, type RouterAdvertiser } from './service.ts';

export interface Offer<S> {
  readonly stack: string;
  readonly service: S;
}

/** By the name of the segment that `segmentOf` gives to an interface. */
export const offersOf = <S extends DhcpServer | Dhcp6Server | RouterAdvertiser>(
  { stacks }: NetworkState,
  segmentOf: (stack: string, name: string) => string,
  kind: S['kind'],
): ReadonlyMap<string, readonly Offer<S>[]> => {
  const offers = new Map<string, Offer<S>[]>();
  for (const [stack, { services }] of Object.entries(stacks))
    for (const service of services) {
      if (service.kind !== kind) continue;
      const it = service as S;
      const segment = segmentOf(stack, it.interface);
      const there = offers.get(segment);
      if (there === undefined) offers.set(segment, [{ stack, service: it }]);
      else there.push({ stack, service: it });
    }
  return offers;
};
