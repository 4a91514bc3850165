/** The program of a stack that finds routes together with others; undefined: it has none. */
import { type Stack } from './network-state.ts';
import { type RoutingDaemon } from './routing-daemon.ts';

export const daemonOf = ({ services }: Pick<Stack, 'services'>): RoutingDaemon | undefined =>
  services.find((service) => service.kind === 'routing-daemon');
