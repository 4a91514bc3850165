/** A program that finds routes together with the routers around it (OSPF, BGP), and what it says of each interface. */
import { normalBgpSpeaker, type BgpSpeaker } from './bgp-speaker.ts';

/**
 * OSPF in one area, version 2 for IPv4 (RFC 2328) and version 3 for IPv6 (RFC 5340). It tells of the networks that its
 * interfaces are on, and of a default route that the stack has otherwise.
 */
export interface RoutingDaemon {
  readonly kind: 'routing-daemon';
  /** 32 bits, written as an IPv4 address; no two routers that hear of each other have the same. */
  readonly routerId: string;
  /** None: no OSPF. */
  readonly interfaces: readonly RoutedInterface[];
  /** What it hears from other ASes by BGP it tells of by OSPF, and the reverse where that is announced. */
  readonly bgp?: BgpSpeaker;
}

export interface RoutedInterface {
  readonly name: string;
  /** Of sending by it: 1 to 65535. */
  readonly cost: number;
  /** `stub`: its networks are told of, and nobody is spoken to on it. */
  readonly link: 'point-to-point' | 'broadcast' | 'stub';
}

/** Of the routes that it gives to the kernel: behind those that configuration gives, whose metrics are 0 and 1024 (IPv6). */
export const routedMetric = 2048;

export const normalRoutingDaemon = ({ routerId, interfaces, bgp }: RoutingDaemon): RoutingDaemon => ({
  kind: 'routing-daemon',
  routerId,
  interfaces: interfaces
    .map(({ name, cost, link }) => ({ name, cost, link }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  ...(bgp === undefined ? {} : { bgp: normalBgpSpeaker(bgp) }),
});
