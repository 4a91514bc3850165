/** What `last` means: the last IPv4 host, and in IPv6 its mirror, or the last address where there is no IPv4. */
import { type Family, type Ip } from '../net/address.ts';
import { addressAt, usableHosts } from '../net/prefix.ts';
import { type NetworkPrefixes } from './context.ts';
import { mirrorOf, type InterfaceIds } from './interface-ids.ts';

export const lastHostOf = (prefixes: NetworkPrefixes, family: Family, ids: InterfaceIds): Ip | undefined => {
  const block = prefixes[family];
  if (block === undefined) return undefined;
  const ipv4 = prefixes[4];
  if (family === 6 && ipv4 !== undefined) return mirrorOf(block, usableHosts(ipv4).last, ids);
  return addressAt(block, usableHosts(block).last);
};
