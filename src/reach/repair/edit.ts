/**
 * One change of a NetworkState that mends something: what `apply-edit.ts` does to the state and `commands.ts` says in
 * words of iproute2, sysctl(8) and nft(8). Addresses and prefixes are canonical text.
 */
import { type Neighbour, type NeighbourProxy, type PolicyRule, type Route } from '../../state/network-state.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../../state/packet-filter.ts';

export type Edit = { readonly stack: string } & (
  | { readonly kind: 'add-route'; readonly route: Route }
  /** `route` in the place of `was`, which has the same prefix, metric and table. */
  | { readonly kind: 'replace-route'; readonly was: Route; readonly route: Route }
  | { readonly kind: 'add-policy-rule'; readonly rule: PolicyRule }
  /** `key`: a path below /proc/sys. */
  | { readonly kind: 'set-sysctl'; readonly key: string; readonly value: string }
  /** Before the rule that has this index now; after the last where the index is the number of rules. */
  | {
      readonly kind: 'insert-rule';
      readonly table: Pick<FilterTable, 'family' | 'name'>;
      readonly chain: string;
      readonly index: number;
      readonly rule: FilterRule;
    }
  /** A base chain; its table too where there is none of that name. */
  | { readonly kind: 'add-chain'; readonly table: Pick<FilterTable, 'family' | 'name'>; readonly chain: FilterChain }
  | { readonly kind: 'add-neighbour-proxy'; readonly proxy: NeighbourProxy }
  /** Takes a static neighbour away. */
  | { readonly kind: 'remove-neighbour'; readonly neighbour: Neighbour }
  | { readonly kind: 'bring-up'; readonly interface: string }
  | { readonly kind: 'plug-into-bridge'; readonly interface: string; readonly bridge: string }
  | { readonly kind: 'set-port'; readonly interface: string; readonly setting: PortSetting; readonly isOn: boolean }
  | { readonly kind: 'set-mtu'; readonly interface: string; readonly mtuBytes: number }
  | {
      readonly kind: 'set-prefix-length';
      readonly interface: string;
      readonly address: string;
      readonly prefixLength: number;
    }
);

/** Settings of a bridge port, as bridge(8) names them. */
export type PortSetting = 'isolated' | 'hairpin' | 'flood' | 'learning';

/** What an administrator types, and on which machine. */
export interface Command {
  readonly machine: string;
  readonly argv: readonly string[];
}
