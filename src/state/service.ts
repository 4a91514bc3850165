/** Programs that are part of a stack's network: what they serve, not how they are started. */

export type Service = DhcpServer | RouterAdvertiser | DhcpClient | Responder;

/** IPv4 address assignment on one interface (RFC 2131). */
export interface DhcpServer {
  readonly kind: 'dhcp-server';
  readonly interface: string;
  readonly first: string;
  readonly last: string;
  readonly netmask: string;
  readonly router?: string;
  readonly leaseSeconds: number;
  readonly reservations: readonly { readonly mac: string; readonly address: string; readonly name: string }[];
}

/** Router advertisements on one interface (RFC 4861). */
export interface RouterAdvertiser {
  readonly kind: 'router-advertiser';
  readonly interface: string;
  readonly prefixes: readonly string[];
  /** Whether hosts may use it as default router. */
  readonly isDefaultRouter: boolean;
}

/** Asks for an IPv4 address on one interface. */
export interface DhcpClient {
  readonly kind: 'dhcp-client';
  readonly interface: string;
  readonly hostname: string;
  readonly metric: number;
}

/** Answers TCP and UDP on one port on all addresses, telling each client the source address that was seen. */
export interface Responder {
  readonly kind: 'responder';
  readonly port: number;
}
