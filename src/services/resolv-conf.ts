/** Turns whom a machine asks for names into resolv.conf(5). */
import { type Resolver } from '../state/network-state.ts';

export const resolvConf = ({ nameservers, search }: Resolver): string =>
  [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...nameservers.map((address) => `nameserver ${address}`),
    '',
  ].join('\n');
