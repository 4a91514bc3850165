/** Turns whom a machine asks for names into resolv.conf(5). */
import { type Resolver } from '../state/network-state.ts';

/** Where there is another server to ask, it is asked after one second; resolv.conf(5) would wait for five. */
export const nextServerSoon = 'options timeout:1';

export const resolvConf = ({ nameservers, search }: Resolver): string =>
  [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(nameservers.length > 1 ? [nextServerSoon] : []),
    '',
  ].join('\n');
