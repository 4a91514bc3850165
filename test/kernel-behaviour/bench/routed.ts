/** Two machines with a router between them. */
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { network, nic, route, stack } from './network.ts';

/** a - r - b, both families. */
export const routed = (
  sysctls: Stack['sysctls'],
  more: { readonly a?: Partial<Stack>; readonly r?: Partial<Stack>; readonly b?: Partial<Stack> } = {},
): NetworkState =>
  network(
    {
      a: stack(
        { e0: nic(['10.1.0.1/24', 'fd01::1/64']) },
        {
          routes: [route('default', '10.1.0.254', { dev: 'e0' }), route('::/0', 'fd01::254', { dev: 'e0' })],
          ...more.a,
        },
      ),
      b: stack(
        { e0: nic(['10.2.0.1/24', 'fd02::1/64']) },
        {
          routes: [route('default', '10.2.0.254', { dev: 'e0' }), route('::/0', 'fd02::254', { dev: 'e0' })],
          ...more.b,
        },
      ),
      r: stack(
        { e0: nic(['10.1.0.254/24', 'fd01::254/64']), e1: nic(['10.2.0.254/24', 'fd02::254/64']) },
        { ...more.r, sysctls },
      ),
    },
    ['a.e0 r.e0', 'b.e0 r.e1'],
  );
