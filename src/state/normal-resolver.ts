/** The one spelling of whom a machine asks for names, or is told to. */
import { type Resolver } from './resolver.ts';
import { canonicalIp } from './spelling.ts';

/** Order is meaning in both lists. */
export const normalResolver = (resolver: Resolver | undefined): Resolver | undefined =>
  resolver === undefined || resolver.nameservers.length + resolver.search.length === 0
    ? undefined
    : {
        nameservers: [...new Set(resolver.nameservers.map(canonicalIp))],
        search: [...new Set(resolver.search.map((domain) => domain.toLowerCase()))],
      };
