/**
 * A state for proofs, in which the internet is without bounds: every address is there that no network of the lab holds,
 * and takes what is sent to it. So a packet that gets out is delivered, whatever its destination.
 */
import { type Lab } from '../lab/lab.ts';
import { insideOf } from '../lower/endpoint-sets.ts';
import { type NetworkState, type Route, type Stack } from '../state/network-state.ts';
import { families } from './endpoint-targets.ts';

/** The least preferred of all routes. */
const last = 4_294_967_295;

const routesOf = (lab: Lab): readonly Route[] =>
  families.flatMap((family): readonly Route[] => {
    const base = { family, metric: last, table: 254 };
    return [
      { ...base, to: family === 4 ? '0.0.0.0/0' : '::/0', type: 'local', dev: 'lo' },
      ...insideOf(lab, family).map((to): Route => ({ ...base, to, type: 'unreachable' })),
    ];
  });

/** Without its own translation (to the port of its one server), and taking senders that it might take for itself. */
const boundless = (lab: Lab, stack: Stack): Stack => ({
  ...stack,
  filter: [],
  routes: [...stack.routes, ...routesOf(lab)],
  sysctls: { ...stack.sysctls, 'net/ipv4/conf/all/accept_local': '1' },
});

export const withBoundlessInternet = (lab: Lab, state: NetworkState): NetworkState => ({
  ...state,
  stacks: Object.fromEntries(
    Object.entries(state.stacks).map(([name, stack]) => [
      name,
      lab.machines[name]?.role === 'internet' ? boundless(lab, stack) : stack,
    ]),
  ),
});
