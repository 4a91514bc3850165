/** Programs that give out addresses by DHCP, and those that pass questions on to them. */
import { type Family } from '../net/address.ts';
import { type Resolver } from './resolver.ts';

/** A way to a prefix by a router on the link. */
export interface ToldRoute {
  readonly to: string;
  readonly via: string;
}

/** What a client adds to the metric of its default route for other ways that it is told of: its own links come first. */
export const toldMetric = 50;

/** Addresses of one IPv4 subnet, and what those who get one are told. */
export interface DhcpPool {
  readonly first: string;
  readonly last: string;
  readonly netmask: string;
  readonly router?: string;
  /** Further ways, none of them a default route (option 121, RFC 3442); whoever takes them takes no other router than they name, so that it is told twice. */
  readonly routes?: readonly ToldRoute[];
  /** Whom clients are to ask for names: IPv4 addresses (option 6), and the domains to look in (options 15 and 119). */
  readonly resolver?: Resolver;
  /** The largest packet of the link, which clients are told (option 26); absent: they are told none. */
  readonly mtuBytes?: number;
  /** Whom clients may ask for the time: IPv4 addresses (option 42, RFC 2132 section 8.3). */
  readonly timeServers?: readonly string[];
  /** Stations are known by their MAC. */
  readonly reservations: readonly { readonly mac: string; readonly address: string; readonly name: string }[];
}

/** A subnet on another link: relays there pass on what its members ask, from these addresses of theirs (RFC 1542 `giaddr`). */
export interface RelayedPool extends DhcpPool {
  readonly relays: readonly string[];
}

/** One of two servers that know all leases: the standby answers when the primary does not (as Kea calls it). */
export interface HotStandby {
  readonly role: 'primary' | 'standby';
  /** This server and the other one: names, and the addresses by which they reach each other (TCP, `port`). */
  readonly self: { readonly name: string; readonly address: string };
  readonly partner: { readonly name: string; readonly address: string };
  readonly port: number;
}

interface Serving {
  readonly interface: string;
  readonly leaseSeconds: number;
  /** Others give out addresses here, too: it says nothing to clients that ask for an address that it does not know. */
  readonly isOneOfSeveral?: true;
  /** Absent: dnsmasq. */
  readonly program?: 'kea';
  /** Only of Kea. */
  readonly standby?: HotStandby;
}

/** IPv4 address assignment on one interface (RFC 2131), and on links from which relays pass questions on to it. */
export interface DhcpServer extends Serving, DhcpPool {
  readonly kind: 'dhcp-server';
  readonly relayed?: readonly RelayedPool[];
}

/** The same without a subnet on the interface itself, where questions come in that relays pass on. */
export interface RelayedDhcpServer extends Serving {
  readonly kind: 'relayed-dhcp-server';
  readonly relayed: readonly RelayedPool[];
}

/** Addresses of one IPv6 prefix, and what those who get one are told. */
export interface Dhcp6Pool {
  readonly first: string;
  readonly last: string;
  /** Of the prefix that holds both. */
  readonly prefixLength: number;
  /** Whom clients are to ask for names: IPv6 addresses (option 23), and the domains to look in (option 24, RFC 3646). */
  readonly resolver?: Resolver;
  /** Whom clients may ask for the time: IPv6 addresses (options 31, RFC 4075, and 56, RFC 5908). */
  readonly timeServers?: readonly string[];
  /** Clients are known by a DUID that is made of their MAC (DUID-LL, RFC 8415 section 11.4). */
  readonly reservations: DhcpPool['reservations'];
}

/** A prefix on another link: `relays` are the addresses by which relays name the link (RFC 8415 section 9, `link-address`). */
export interface RelayedPool6 extends Dhcp6Pool {
  readonly relays: readonly string[];
}

/**
 * IPv6 address assignment on one interface (RFC 8415). It says neither which router to use nor what is on the link: router
 * advertisements do.
 */
export interface Dhcp6Server extends Serving, Dhcp6Pool {
  readonly kind: 'dhcp6-server';
  readonly relayed?: readonly RelayedPool6[];
  /** Its own address, to which relays send; only where there are any. */
  readonly address?: string;
}

export interface RelayedDhcp6Server extends Serving {
  readonly kind: 'relayed-dhcp6-server';
  readonly relayed: readonly RelayedPool6[];
  readonly address: string;
}

export type DhcpServing = DhcpServer | RelayedDhcpServer | Dhcp6Server | RelayedDhcp6Server;

/** Passes on what is asked on some links to servers elsewhere, and their answers back (RFC 1542, RFC 8415 section 19). */
export interface DhcpRelay {
  readonly kind: 'dhcp-relay';
  readonly family: Family;
  readonly links: readonly {
    readonly interface: string;
    /** Its own address there, which tells servers the link. */
    readonly address: string;
    readonly servers: readonly string[];
  }[];
}
