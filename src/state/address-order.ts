/**
 * The order in which the kernel keeps an interface's addresses: IPv4 first, primary addresses (the first of each
 * subnet) before secondary ones (inet_insert_ifa); the order of IPv6 addresses has no meaning here.
 */
import { compareIps, ip } from '../net/address.ts';
import { networkOf, printPrefix } from '../net/prefix.ts';
import { type InterfaceAddress } from './network-state.ts';

export const inKernelOrder = (addresses: readonly InterfaceAddress[]): InterfaceAddress[] => {
  const subnets = new Set<string>();
  const primary: InterfaceAddress[] = [];
  const secondary: InterfaceAddress[] = [];
  for (const it of addresses.filter(({ family }) => family === 4)) {
    const subnet = printPrefix(networkOf(it.address, it.prefixLength));
    (subnets.has(subnet) ? secondary : primary).push(it);
    subnets.add(subnet);
  }
  const ipv6 = addresses.filter(({ family }) => family === 6);
  return [...primary, ...secondary, ...ipv6.sort((a, b) => compareIps(ip(a.address), ip(b.address)))];
};
