/** Programs that are part of a stack's network: what they serve, not how they are started. */

import { type Family } from '../net/address.ts';
import {
  type Dhcp6Server,
  type DhcpRelay,
  type DhcpServer,
  type RelayedDhcp6Server,
  type RelayedDhcpServer,
} from './dhcp-service.ts';
import { type Resolver } from './resolver.ts';
import { type Role } from './role.ts';
import { type RoutingDaemon } from './routing-daemon.ts';

export type {
  Dhcp6Pool,
  Dhcp6Server,
  DhcpPool,
  DhcpRelay,
  DhcpServer,
  DhcpServing,
  HotStandby,
  RelayedDhcp6Server,
  RelayedDhcpServer,
  ToldRoute,
} from './dhcp-service.ts';

export type Service =
  | DhcpServer
  | RelayedDhcpServer
  | Dhcp6Server
  | RelayedDhcp6Server
  | DhcpRelay
  | RouterAdvertiser
  | VirtualRouter
  | RoutingDaemon
  | DhcpClient
  | Dhcp6Client
  | AdvertisedResolver
  | NameServer
  | RootServer
  | Responder
  | Watcher
  | CheckIn
  | Role;

/** What is served on, or asked by, one interface. */
export type InterfaceService = Extract<Service, { readonly interface: string }>;

export const isOnInterface = (service: Service): service is InterfaceService => 'interface' in service;

/** Where on its stack it is: an interface, the number of a port, or nothing where the stack has one at most. */
export const placeOfService = (service: Service): string => {
  if (service.kind === 'virtual-router') return `${service.interface}-${service.family}-${service.id}`;
  if (isOnInterface(service)) return service.interface;
  if (service.kind === 'dhcp-relay') return String(service.family);
  return service.kind === 'responder' ? String(service.port) : '';
};

/** As in `dhcp-server eth0`: no two of one stack have the same. */
export const nameOfService = (service: Service): string => `${service.kind} ${placeOfService(service)}`.trim();

/** Router advertisements on one interface (RFC 4861). */
export interface RouterAdvertiser {
  readonly kind: 'router-advertiser';
  readonly interface: string;
  readonly prefixes: readonly string[];
  /** Whether hosts may use it as default router. */
  readonly isDefaultRouter: boolean;
  /** Of several default routers hosts use one that they are told to prefer (RFC 4191 section 2.1); absent: medium. */
  readonly preference?: 'high' | 'low';
  /** Prefixes to which hosts may send by it (RFC 4191 section 2.3). */
  readonly routes?: readonly string[];
  /** It says that addresses are given out by DHCPv6 (the M flag). */
  readonly isManaged?: true;
  /** The prefixes are on the link, but not for addresses that hosts give themselves (the A flag is off). */
  readonly isOnLinkOnly?: true;
  /** Whom hosts may ask for names: IPv6 addresses, and the domains to look in (RFC 8106). */
  readonly resolver?: Resolver;
  /** The largest packet of the link, which hosts are told (RFC 4861 section 4.6.4); absent: they are told none. */
  readonly mtuBytes?: number;
}

/**
 * One of several that share addresses: of those that hear each other, the one with the highest priority has them (VRRP
 * version 3, RFC 9568).
 */
export interface VirtualRouter {
  readonly kind: 'virtual-router';
  readonly interface: string;
  readonly family: Family;
  /** 1 to 255, for one family on one link. */
  readonly id: number;
  /** 1 to 254. */
  readonly priority: number;
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
  /** Further interfaces without which it takes no part: who shares addresses on two links has both or none. */
  readonly tracks: readonly string[];
}

/** Asks for an IPv4 address on one interface. */
export interface DhcpClient {
  readonly kind: 'dhcp-client';
  readonly interface: string;
  readonly hostname: string;
  readonly metric: number;
  /** It takes no default route, whatever it is told. */
  readonly ignoresRouter?: true;
  /** The machine asks for names whom this lease tells. */
  readonly setsResolver?: true;
}

/** Asks for an IPv6 address on one interface, as the station that its MAC names (DUID-LL). */
export interface Dhcp6Client {
  readonly kind: 'dhcp6-client';
  readonly interface: string;
  readonly hostname: string;
}

/** The machine asks for names whom the router advertisements on one interface tell (RFC 8106). */
export interface AdvertisedResolver {
  readonly kind: 'advertised-resolver';
  readonly interface: string;
}

/** Answers for zones of its own, and finds out the rest for those who may ask for it (RFC 1034 section 4). */
export interface NameServer {
  readonly kind: 'name-server';
  /** Of the views that hold a client's address, the one with the longest prefix is its own. Others are refused. */
  readonly views: readonly NameView[];
  /** Where looking for other names begins; absent: at the servers of the real root zone. */
  readonly roots?: readonly string[];
  /** Who is asked for other names instead. */
  readonly forwarders?: readonly string[];
  /** Absent: nobody copies zones from it, and it copies none. */
  readonly transfers?: ZoneTransfers;
}

/** Who copies zones from whom (RFC 5936), by addresses. The zones of a secondary are names: it gets what is in them. */
export type ZoneTransfers =
  | { readonly kind: 'primary'; readonly secondaries: readonly string[] }
  /** `sources`: its own addresses that it asks from, one of a family at most. */
  | { readonly kind: 'secondary'; readonly primaries: readonly string[]; readonly sources: readonly string[] };

export interface NameView {
  readonly name: string;
  /** Prefixes of those whom it is for. */
  readonly clients: readonly string[];
  /** Whether other names are found out for them. */
  readonly isRecursive: boolean;
  readonly zones: readonly Zone[];
}

/** Names are written in full, in lower case, without the last dot. */
export interface Zone {
  readonly name: string;
  /** Whether it may hold names that are not here: the zone is wider than what it is about. */
  readonly isPartial?: true;
  readonly records: readonly ResourceRecord[];
}

/** RFC 1035 section 3.2; `data` as in a zone file, with names in full. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'MX' | 'NS' | 'PTR' | 'SOA';
  readonly data: string;
}

/** Serves the root zone, with all that is below it but for the zones that it says are elsewhere. */
export interface RootServer {
  readonly kind: 'root-server';
  readonly records: readonly ResourceRecord[];
}

/** Answers TCP and UDP on one port on all addresses, telling each client the source address that was seen. */
export interface Responder {
  readonly kind: 'responder';
  readonly port: number;
}

/** Hears machines check in (HTTP), and raises one alert for each that is not heard of for too long, until it is again. */
export interface Watcher {
  readonly kind: 'watcher';
  /** TCP. */
  readonly port: number;
  readonly silenceSeconds: number;
  readonly machines: readonly string[];
  /** Who is told that an alert is raised or over; absent: nobody. */
  readonly alert?: AlertCommand | AlertWebhook | AlertMail;
}

export interface AlertCommand {
  readonly kind: 'command';
  readonly argv: readonly string[];
}

export interface AlertWebhook {
  readonly kind: 'webhook';
  readonly address: string;
  readonly port: number;
  /** As in the first line and the `Host` of a request (RFC 9112). */
  readonly path: string;
  readonly host: string;
}

/** Handed to a mail host (SMTP, RFC 5321). */
export interface AlertMail {
  readonly kind: 'mail';
  readonly address: string;
  readonly port: number;
  /** By which the watcher says who it is, in full. */
  readonly name: string;
  readonly from: string;
  readonly to: readonly string[];
}

/** Tells a watcher, again and again, that the machine of this name is there. */
export interface CheckIn {
  readonly kind: 'check-in';
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly everySeconds: number;
}
