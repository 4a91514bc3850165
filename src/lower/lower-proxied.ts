/**
 * Proxied networks: guests share the outside network's subnet without a bridge. The host routes each guest's address to
 * its port, and answers on either side for the other: proxy ARP (RFC 1027), and proxy NDP, which needs an entry for
 * each address (RFC 4389; Linux has no entry for a prefix).
 */
import { type Lab, type LabAddress, type LabNic } from '../lab/lab.ts';
import { leasesOf } from '../lab/leases.ts';
import { ip } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type NeighbourProxy, type Route } from '../state/network-state.ts';
import { interfaceOf, machineOf } from './names.ts';
import { type ProxiedPort } from './wire.ts';

export interface ProxiedPart {
  readonly routes: readonly Route[];
  readonly neighbourProxies: readonly NeighbourProxy[];
  readonly sysctls: Readonly<Record<string, string>>;
}

const addressesOf = (nic: LabNic): readonly LabAddress[] => [...nic.addresses, ...leasesOf(nic)];

/** Proxied answers are sent at once, not after a random time (proxy_delay, arp(7)); nobody is redirected past the host. */
const proxySysctls = (dev: string): Record<string, string> => ({
  [`net/ipv4/conf/${dev}/proxy_arp`]: '1',
  [`net/ipv6/conf/${dev}/proxy_ndp`]: '1',
  [`net/ipv4/conf/${dev}/send_redirects`]: '0',
  [`net/ipv4/neigh/${dev}/proxy_delay`]: '0',
  [`net/ipv6/neigh/${dev}/proxy_delay`]: '0',
});

/** Every IPv6 address that a guest takes to be on its link, other than its own. */
const peersOf = (lab: Lab, { network, machine, nic }: ProxiedPort): readonly string[] => {
  const block = network.ipv6 === undefined ? undefined : prefix(network.ipv6);
  if (block === undefined) return [];
  const own = new Set(addressesOf(nic).map(({ address }) => address));
  const all = Object.values(lab.machines)
    .filter((other) => other.name !== machine.name)
    .flatMap((other) => other.nics.filter((it) => [network.name, network.uplink?.network].includes(it.network)))
    .flatMap(addressesOf)
    .filter(({ family, address }) => family === 6 && containsIp(block, ip(address)) && !own.has(address));
  return [...new Set(all.map(({ address }) => address))];
};

const isGlobal = ({ family, address }: LabAddress): boolean =>
  family === 4 || !containsIp(prefix('fe80::/10'), ip(address));

const lowerPort = (lab: Lab, host: string, guest: ProxiedPort): Omit<ProxiedPart, 'sysctls'> => {
  const uplink = machineOf(lab, host).nics.find((nic) => nic.name === guest.network.uplink?.nic);
  const outside = uplink === undefined ? undefined : interfaceOf(lab, host, uplink.name);
  const guestAddresses = addressesOf(guest.nic).filter(isGlobal);
  const routes = guestAddresses.map(({ family, address }): Route => {
    const source = family === 4 ? uplink?.addresses.find((own) => own.family === 4)?.address : undefined;
    return {
      family,
      to: `${address}/${family === 4 ? 32 : 128}`,
      type: 'unicast',
      dev: guest.port,
      metric: family === 4 ? 0 : 1024,
      table: 254,
      // The port has no IPv4 address of its own: the host speaks as what it is on the shared subnet.
      ...(source === undefined ? {} : { source }),
    };
  });
  const outwards = guestAddresses.filter(({ family }) => family === 6).map(({ address }) => address);
  return {
    routes,
    neighbourProxies: [
      ...(outside === undefined
        ? []
        : outwards.map((address): NeighbourProxy => ({ family: 6, address, dev: outside }))),
      ...peersOf(lab, guest).map((address): NeighbourProxy => ({ family: 6, address, dev: guest.port })),
    ],
  };
};

/** What a host adds for the guests of its proxied networks. */
export const lowerProxied = (lab: Lab, host: string, guests: readonly ProxiedPort[]): ProxiedPart => {
  const parts = guests
    .filter(({ network }) => network.host === host)
    .map((guest) => ({ guest, ...lowerPort(lab, host, guest) }));
  const uplinks = parts.flatMap(({ guest }) =>
    guest.network.uplink === undefined ? [] : [interfaceOf(lab, host, guest.network.uplink.nic)],
  );
  const devices = [...new Set([...uplinks, ...parts.map(({ guest }) => guest.port)])];
  return {
    routes: parts.flatMap(({ routes }) => routes),
    neighbourProxies: parts.flatMap(({ neighbourProxies }) => neighbourProxies),
    // A redirect is sent when either the interface or `all` says so (ip-sysctl).
    sysctls: Object.assign(
      {},
      devices.length === 0 ? {} : { 'net/ipv4/conf/all/send_redirects': '0' },
      ...devices.map(proxySysctls),
    ) as Record<string, string>,
  };
};
