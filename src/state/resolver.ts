/** Whom a machine asks for names (resolv.conf(5)). */

export interface Resolver {
  /** Addresses, in the order they are asked. */
  readonly nameservers: readonly string[];
  /** Domains that are tried behind a bare name. */
  readonly search: readonly string[];
}
