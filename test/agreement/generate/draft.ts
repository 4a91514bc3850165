/** A NetworkState in the making, and what the later steps of the generator need to know of the earlier ones. */
import { ip, printIp, type Family } from '../../../src/net/address.ts';
import { linkLocalOf } from '../../../src/net/mac.ts';
import { networkOf, printPrefix } from '../../../src/net/prefix.ts';
import { type Cable, type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type Chance } from './chance.ts';
import { type Feature } from './features.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface DraftInterface extends Mutable<Omit<Interface, 'addresses'>> {
  addresses: Interface['addresses'][number][];
}

export interface DraftStack extends Omit<
  Mutable<Stack>,
  'interfaces' | 'routes' | 'rules' | 'neighbourProxies' | 'neighbours' | 'sysctls' | 'filter'
> {
  readonly name: string;
  readonly interfaces: Record<string, DraftInterface>;
  readonly routes: Stack['routes'][number][];
  readonly rules: Stack['rules'][number][];
  readonly neighbourProxies: Stack['neighbourProxies'][number][];
  readonly neighbours: NonNullable<Stack['neighbours']>[number][];
  readonly sysctls: Record<string, string>;
  readonly filter: Stack['filter'][number][];
}

/** An interface that is to have addresses on a segment. */
export interface Member {
  readonly stack: string;
  readonly interface: string;
}

export interface Segment {
  /** Position among all, for numbering. */
  readonly id: number;
  readonly members: Member[];
  /** Bridges it is made of. */
  readonly bridges: Member[];
}

/** An address of the variant that somebody may ask for. */
export interface Target {
  readonly stack: string | null;
  readonly family: Family;
  readonly address: string;
}

export interface Draft {
  readonly chance: Chance;
  readonly has: (feature: Feature) => boolean;
  /** Tells variants' addresses apart: routers remember senders for a while. 0 to 255. */
  readonly universe: number;
  readonly stacks: DraftStack[];
  readonly cables: Cable[];
  readonly segments: Segment[];
  /** Addresses that no interface has: of neighbours that are not there, translated ones, local prefixes. */
  readonly others: Target[];
}

export const newStack = (name: string): DraftStack => ({
  name,
  interfaces: { lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] } },
  routes: [],
  rules: [],
  neighbourProxies: [],
  neighbours: [],
  sysctls: {},
  filter: [],
  services: [],
});

export const stackOf = (draft: Draft, name: string): DraftStack => {
  const found = draft.stacks.find((stack) => stack.name === name);
  if (found === undefined) throw new Error(`no stack ${name}`);
  return found;
};

export const interfaceOf = (draft: Draft, { stack, interface: name }: Member): DraftInterface => {
  const found = stackOf(draft, stack).interfaces[name];
  if (found === undefined) throw new Error(`no interface ${stack}/${name}`);
  return found;
};

/** The first address of a family, as text. */
export const addressOn = (draft: Draft, member: Member, family: Family): string | undefined =>
  interfaceOf(draft, member).addresses.find((address) => address.family === family)?.address;

export const linkLocalAt = (draft: Draft, member: Member): string | undefined => {
  const { mac } = interfaceOf(draft, member);
  return mac === undefined ? undefined : printIp(linkLocalOf(mac));
};

export const subnetText = ({ address, prefixLength }: { address: string; prefixLength: number }): string =>
  printPrefix(networkOf(address, prefixLength));

export const single = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

/** The address `offset` places further. */
export const shifted = (address: string, offset: number): string => {
  const { family, value } = ip(address);
  return printIp({ family, value: value + BigInt(offset) });
};

/** Segments that a stack has a member on. */
export const segmentsAt = (draft: Draft, stack: string): Segment[] =>
  draft.segments.filter(({ members }) => members.some((member) => member.stack === stack));

/** All addresses that interfaces have. */
export const ownedTargets = (draft: Draft): Target[] =>
  draft.stacks.flatMap(({ name, interfaces }) =>
    Object.values(interfaces).flatMap(({ addresses }) =>
      addresses.map(({ family, address }): Target => ({ stack: name, family, address })),
    ),
  );

const plain = ({ name: _name, neighbours, ...stack }: DraftStack): Stack => ({
  ...stack,
  ...(neighbours.length === 0 ? {} : { neighbours }),
});

export const finished = ({ stacks, cables }: Draft): NetworkState => ({
  version: 1,
  stacks: Object.fromEntries(stacks.map((stack) => [stack.name, plain(stack)])),
  cables,
});
