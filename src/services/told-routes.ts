/**
 * The routes that a DHCP server tells (option 121, RFC 3442). Whoever takes them leaves option 3 alone, so that the default
 * route stands among them.
 */
import { ip } from '../net/address.ts';
import { prefix } from '../net/prefix.ts';
import { type DhcpPool, type ToldRoute } from '../state/service.ts';

export const allRoutes = ({ router, routes }: Pick<DhcpPool, 'router' | 'routes'>): readonly ToldRoute[] => {
  if (routes === undefined) return [];
  return [...routes, ...(router === undefined ? [] : [{ to: '0.0.0.0/0', via: router }])];
};

const octets = (value: bigint): readonly number[] =>
  [24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 0xffn));

/** In hexadecimal digits: of each route the length of the prefix, as many octets of it as that needs, and the router. */
export const routeData = (routes: readonly ToldRoute[]): string =>
  routes
    .flatMap(({ to, via }) => {
      const { value, length } = prefix(to);
      return [length, ...octets(value).slice(0, Math.ceil(length / 8)), ...octets(ip(via).value)];
    })
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join('');
