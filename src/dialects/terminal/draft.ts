/** What lines of a terminal have said so far. */
import { parseIp, printIp, type Family } from '../../net/address.ts';
import { networkOf, printPrefix } from '../../net/prefix.ts';
import {
  type Interface,
  type InterfaceAddress,
  type Neighbour,
  type NeighbourProxy,
  type PolicyRule,
  type Route,
} from '../../state/network-state.ts';
import { type Place, type Remark } from '../dialect.ts';

export interface InterfaceDraft {
  /** Undefined: not told yet; a NIC, unless others are its ports. */
  kind: Interface['kind'] | undefined;
  mac: string | undefined;
  mtuBytes: number | undefined;
  up: boolean;
  readonly addresses: InterfaceAddress[];
  master: string | undefined;
  /** Flags and kinds that are printed without a word for what it is; see kinds.ts. */
  hint: 'bond' | 'vrf' | 'point-to-point' | 'above-another' | undefined;
  /** What is behind an address of its own with a far end: a prefix, mostly of one address. */
  readonly far: { readonly family: Family; readonly to: string }[];
  /** It has an address that it was given. */
  isLeased: boolean;
  settings: Partial<Interface>;
  readonly place: Place;
}

export interface RouteDraft extends Route {
  readonly place: Place;
  /** Nothing says whether it is the kernel's own, as routes to connected subnets are. */
  readonly mayBeConnected?: true;
}

/** A route that DHCP or a router advertisement made, not the configuration. */
export interface GivenRoute {
  readonly text: string;
  readonly to: string;
  readonly dev: string | undefined;
  readonly by: 'DHCP' | 'a router advertisement' | 'a redirect';
  readonly metric: number;
  readonly place: Place;
}

export interface Draft {
  readonly interfaces: Map<string, InterfaceDraft>;
  readonly routes: RouteDraft[];
  readonly given: GivenRoute[];
  readonly rules: PolicyRule[];
  readonly neighbours: Neighbour[];
  readonly proxies: NeighbourProxy[];
  readonly remarks: Remark[];
  isAny: boolean;
}

export const emptyDraft = (): Draft => ({
  ...{
    interfaces: new Map(),
    routes: [],
    given: [],
    rules: [],
    neighbours: [],
    proxies: [],
    remarks: [],
    isAny: false,
  },
});

export const interfaceIn = (draft: Draft, name: string, place: Place): InterfaceDraft => {
  draft.isAny = true;
  const known = draft.interfaces.get(name);
  if (known !== undefined) return known;
  const fresh: InterfaceDraft = {
    ...{ kind: undefined, mac: undefined, mtuBytes: undefined, up: false, addresses: [], master: undefined },
    ...{ hint: undefined, far: [], isLeased: false, settings: {}, place },
  };
  draft.interfaces.set(name, fresh);
  return fresh;
};

/** Each once, whichever command printed it. */
export const addAddress = (it: InterfaceDraft, address: InterfaceAddress): void => {
  const isKnown = it.addresses.some(
    (own) => own.address === address.address && own.prefixLength === address.prefixLength,
  );
  if (!isKnown) it.addresses.push(address);
};

/** Far ends, each once. */
export const addFar = (it: InterfaceDraft, far: { readonly family: Family; readonly to: string }): void => {
  if (it.far.every(({ to }) => to !== far.to)) it.far.push(far);
};

/**
 * The kernel and network managers make link-local addresses of a MAC or a hash; `fe80::1` nobody makes but a person. Tunnels make theirs of an
 * IPv4 address, which may be as short.
 */
export const isLinkLocalByHand = (address: string, it: InterfaceDraft): boolean =>
  it.kind !== 'tunnel' && /^fe80::[0-9a-f]{1,4}$/.test(address);

export const canonical = (text: string): { readonly family: Family; readonly address: string } | undefined => {
  const address = parseIp(text.replace(/%.*$/, ''));
  return address === undefined ? undefined : { family: address.family, address: printIp(address) };
};

/** `192.0.2.0/24`, or one address; host bits are cleared. */
export const prefixOf = (text: string | undefined): { readonly family: Family; readonly to: string } | undefined => {
  const [host = '', length] = (text ?? '').split('/');
  const own = canonical(host);
  if (own === undefined) return undefined;
  const whole = own.family === 4 ? 32 : 128;
  const bits = length === undefined ? whole : /^\d{1,3}$/.test(length) ? Number(length) : whole + 1;
  return bits > whole ? undefined : { family: own.family, to: printPrefix(networkOf(own.address, bits)) };
};
