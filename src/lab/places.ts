/**
 * Who has which address. Addresses are unique in a lab, link-local ones on their wire. A place is a host number of a
 * network: its IPv4 address, and the IPv6 address that mirrors it.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { printIp, type Family, type Ip } from '../net/address.ts';
import { addressAt, containsIp, prefix, usableHosts } from '../net/prefix.ts';
import { interfaceIdsOf, type Context, type NetworkPrefixes, type Prefixes } from './context.ts';
import { type InterfaceIds, mirrorOf } from './interface-ids.ts';
import { isReservedHost } from './read-prefix.ts';

/** Who has an address; `machine` may be gone from the file when `isKept`. */
export interface Holder {
  readonly network: string;
  readonly machine: string;
  readonly nic: string;
  readonly at: Span;
  readonly isKept: boolean;
}

const linkLocal = prefix('fe80::/10');

export const isLinkLocal = (address: Ip): boolean => containsIp(linkLocal, address);

/** Lives as long as one run of `buildLab`. */
export class Places {
  readonly #holders = new Map<string, Holder>();
  readonly #prefixes: Prefixes;
  readonly #context: Context;
  readonly #ids: InterfaceIds;

  constructor(context: Context, prefixes: Prefixes) {
    this.#context = context;
    this.#prefixes = prefixes;
    this.#ids = interfaceIdsOf(context.spec);
  }

  prefixesOf(network: string): NetworkPrefixes {
    return this.#prefixes.get(network) ?? {};
  }

  #key(network: string, address: Ip): string {
    const text = printIp(address);
    return isLinkLocal(address) ? `${text}%${this.#context.draft.networks.get(network)?.segment ?? network}` : text;
  }

  holderOf(network: string, address: Ip): Holder | undefined {
    return this.#holders.get(this.#key(network, address));
  }

  take(network: string, address: Ip, holder: Holder): void {
    this.#holders.set(this.#key(network, address), holder);
  }

  /** The address of a host number: undefined where the network has no such family or no such place. */
  address(network: string, family: Family, number: bigint): Ip | undefined {
    const block = this.prefixesOf(network)[family];
    if (block === undefined) return undefined;
    return family === 4 ? addressAt(block, number) : mirrorOf(block, number, this.#ids);
  }

  /** Host numbers that may fit the network in every wanted family that it has. */
  range(network: string, wanted: readonly Family[]): { first: bigint; last: bigint } | undefined {
    const blocks = this.prefixesOf(network);
    const ranges = wanted.flatMap((family) => (blocks[family] === undefined ? [] : [usableHosts(blocks[family])]));
    const [first, ...others] = ranges;
    if (first === undefined) return undefined;
    return { first: first.first, last: others.reduce((last, one) => (one.last < last ? one.last : last), first.last) };
  }

  /** Whether the number gives a usable address in each wanted family that the network has, and nobody has those. */
  isFree(network: string, number: bigint, wanted: readonly Family[]): boolean {
    return wanted.every((family) => {
      const block = this.prefixesOf(network)[family];
      if (block === undefined) return true;
      const address = this.address(network, family, number);
      return address !== undefined && !isReservedHost(block, address) && this.holderOf(network, address) === undefined;
    });
  }

  takePlace(network: string, number: bigint, wanted: readonly Family[], holder: Holder): void {
    for (const family of wanted) {
      const address = this.address(network, family, number);
      if (address !== undefined && this.holderOf(network, address) === undefined) this.take(network, address, holder);
    }
  }

  /** How many places nobody has, counted up to `most`. */
  countFree(network: string, most: number): number {
    const wanted: readonly Family[] = this.prefixesOf(network)[4] === undefined ? [6] : [4];
    const range = this.range(network, wanted);
    if (range === undefined) return 0;
    let count = 0;
    for (let number = range.first; number <= range.last && count < most; number += 1n)
      if (this.isFree(network, number, wanted)) count += 1;
    return count;
  }
}
