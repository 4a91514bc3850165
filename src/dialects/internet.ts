/**
 * What stands for the internet behind machines that were read from files: a router with the addresses that they take for
 * their gateways, and a server behind it. Addresses are of the documentation prefixes (RFC 5737, RFC 3849).
 */
import { ip } from '../net/address.ts';
import { containsIp, networkOf } from '../net/prefix.ts';
import { type InterfaceAddress, type Stack } from '../state/network-state.ts';
import { emptyStack } from '../state/empty-stack.ts';
import { plainNic } from './reading.ts';

export const internetServers = ['198.51.100.1', '2001:db8:fffe::1'] as const;

/** A machine on the wire, with the interface that it is there with. */
export interface Peer {
  readonly stack: Stack;
  readonly name: string;
}

/** The gateway of a peer's default route, with the length of the subnet that it is in. */
const gatewaysOf = ({ stack, name }: Peer): readonly InterfaceAddress[] =>
  stack.routes.flatMap(({ family, to, via, dev }) => {
    if (!to.endsWith('/0') || via === undefined || (dev !== undefined && dev !== name)) return [];
    const own = stack.interfaces[name]?.addresses.find(
      (it) => it.family === family && containsIp(networkOf(it.address, it.prefixLength), ip(via)),
    );
    return own === undefined ? [] : [{ family, address: via, prefixLength: own.prefixLength }];
  });

const wire: InterfaceAddress = { family: 4, address: '203.0.113.1', prefixLength: 24 };

export const internetStack = (peers: readonly Peer[]): Stack => {
  const gateways = peers.flatMap(gatewaysOf);
  const asks = peers.some(({ stack, name }) =>
    stack.services.some((service) => service.kind === 'dhcp-client' && service.interface === name),
  );
  const all = [...gateways, ...(asks || gateways.length === 0 ? [wire] : [])];
  const addresses = [...new Map(all.map((it) => [it.address, it])).values()];
  const [server4, server6] = internetServers;
  return {
    ...emptyStack,
    interfaces: {
      eth0: { ...plainNic, addresses },
      lo: {
        ...{ kind: 'loopback', mtuBytes: 65536, up: true },
        addresses: [
          { family: 4, address: server4, prefixLength: 32 },
          { family: 6, address: server6, prefixLength: 128 },
        ],
      },
    },
    sysctls: { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' },
    services: asks
      ? [
          {
            ...{ kind: 'dhcp-server', interface: 'eth0', first: '203.0.113.100', last: '203.0.113.199' },
            ...{ netmask: '255.255.255.0', router: '203.0.113.1', leaseSeconds: 3600, reservations: [] },
          },
        ]
      : [],
  };
};
