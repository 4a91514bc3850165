/** Where interfaces may meet others: on their segments, which overlays (VXLAN, tunnels, WireGuard) join by ways of their own. */
import { type Interface, type NetworkState } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';

const overlays: ReadonlySet<Interface['kind']> = new Set(['vxlan', 'tunnel', 'wireguard']);

/** For each interface (`stack`, `name`) the name of its place, `overlay` for all that an overlay may join. */
export const meetingPlaces = (state: NetworkState): ((stack: string, name: string) => string) => {
  const segmentOf = segmentsOf(state);
  const interfaces = Object.entries(state.stacks).flatMap(([stack, own]) =>
    Object.entries(own.interfaces).map(([name, it]) => ({ stack, name, it })),
  );
  const joined = new Set(
    interfaces.filter(({ it }) => overlays.has(it.kind)).map(({ stack, name }) => segmentOf(stack, name)),
  );
  // Tags go along with the frames of what carries them, one within another.
  const tagged = interfaces.filter(({ it }) => it.vlan !== undefined);
  for (let before = -1; joined.size > before;) {
    before = joined.size;
    for (const { stack, name, it } of tagged)
      if (joined.has(segmentOf(stack, it.vlan?.link ?? ''))) joined.add(segmentOf(stack, name));
  }
  return (stack, name) => {
    const segment = segmentOf(stack, name);
    return joined.has(segment) ? 'overlay' : segment;
  };
};
