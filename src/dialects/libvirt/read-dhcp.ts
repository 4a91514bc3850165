/**
 * `<dhcp>` of a network as libvirt has dnsmasq serve it (networkDnsmasqConfContents, networkDnsmasqConfLocalPTRs): a pool for
 * each range, an hour where no lease is said; hosts without ranges get their own addresses, and others none; guests of an
 * isolated network are told of no router.
 */
import { netmaskOf, networkOf, printPrefix } from '../../net/prefix.ts';
import { type InterfaceAddress } from '../../state/network-state.ts';
import { type DhcpServer } from '../../state/service.ts';
import { addService, type Draft } from '../draft.ts';
import { readAddress, readInteger, readMac } from '../plain-values.ts';
import { attributeOf, childOf, childrenOf, type Element } from '../xml/tree.ts';
import { type ForwardMode } from './networks.ts';

const usualLeaseSeconds = 3600;
/** What the protocol calls infinite: an expiry of 0. */
const foreverSeconds = 0xffffffff;
const unitSeconds: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600 };

/** `<lease expiry='…' unit='…'/>`: minutes where no unit is said. */
const leaseOf = (range: Element | undefined): number => {
  const lease = childOf(range, 'lease');
  const expiry = readInteger(attributeOf(lease, 'expiry') ?? '', 0, foreverSeconds);
  if (lease === undefined || expiry === undefined) return usualLeaseSeconds;
  if (expiry === 0) return foreverSeconds;
  return Math.min(foreverSeconds, expiry * (unitSeconds[attributeOf(lease, 'unit') ?? 'minutes'] ?? 60));
};

type Reservations = DhcpServer['reservations'];

const hostsOf = (dhcp: Element, draft: Draft): Reservations =>
  childrenOf(dhcp, 'host').flatMap((host) => {
    const mac = readMac(attributeOf(host, 'mac') ?? '');
    const lease = readAddress(attributeOf(host, 'ip') ?? '');
    if (mac !== undefined && lease !== undefined)
      return [{ mac, address: lease.address, name: attributeOf(host, 'name') ?? '' }];
    draft.tell('not-said', 'host', 'a host without MAC or address has no place in the model', host.at);
    return [];
  });

interface Pool {
  readonly first: string;
  readonly last: string;
  readonly leaseSeconds: number;
}

const poolsOf = (dhcp: Element, hosts: Reservations, draft: Draft): readonly Pool[] => {
  const ranges = childrenOf(dhcp, 'range');
  // One address that is kept for somebody: nobody else gets any.
  const [anchor] = hosts;
  if (ranges.length === 0)
    return anchor === undefined
      ? []
      : [{ first: anchor.address, last: anchor.address, leaseSeconds: usualLeaseSeconds }];
  return ranges.flatMap((range) => {
    const first = readAddress(attributeOf(range, 'start') ?? '')?.address;
    const last = readAddress(attributeOf(range, 'end') ?? '')?.address;
    if (first !== undefined && last !== undefined) return [{ first, last, leaseSeconds: leaseOf(range) }];
    draft.tell('error', 'bad-value', 'a range needs `start` and `end`; libvirt refuses the network', range.at);
    return [];
  });
};

/** `name`: of the bridge; `address`: libvirt's own in the subnet. */
export const readDhcp = (
  name: string,
  element: Element,
  address: InterfaceAddress,
  mode: ForwardMode,
  draft: Draft,
): void => {
  const dhcp = childOf(element, 'dhcp');
  if (dhcp === undefined) return;
  if (address.family === 6) {
    draft.tell('not-said', 'dhcpv6', 'addresses by DHCPv6 have no place in the model', dhcp.at);
    return;
  }
  const hosts = hostsOf(dhcp, draft);
  for (const pool of poolsOf(dhcp, hosts, draft))
    addService(
      draft,
      {
        ...{ kind: 'dhcp-server', interface: name, first: pool.first, last: pool.last },
        netmask: netmaskOf(address.prefixLength),
        ...(mode === 'isolated' ? {} : { router: address.address }),
        ...{ leaseSeconds: pool.leaseSeconds, reservations: hosts },
      },
      dhcp.at,
    );
};

/** Where one of them is given out by DHCPv6, guests make addresses in none of them. */
export const advertisedPrefixes = (network: Element, addresses: readonly InterfaceAddress[]): readonly string[] => {
  const isGivenOut = childrenOf(network, 'ip').some((element) => {
    const dhcp = attributeOf(element, 'family') === 'ipv6' ? childOf(element, 'dhcp') : undefined;
    return dhcp?.children.some(({ name }) => name === 'range' || name === 'host') === true;
  });
  return isGivenOut
    ? []
    : addresses
        .filter(({ family }) => family === 6)
        .map(({ address, prefixLength }) => printPrefix(networkOf(address, prefixLength)));
};
