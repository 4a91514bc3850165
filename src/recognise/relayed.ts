/** What a network's members are given by a server elsewhere, through a relay of theirs. */
import { type Family } from '../net/address.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Dhcp6Pool, type DhcpPool } from '../state/service.ts';
import { type Segment } from './segments.ts';

/** A pool, the machine that gives out of it, and those that pass on what is asked. */
export type Relayed<P> = P & { readonly stack: string; readonly relays: readonly string[] };

interface OwnRelay {
  readonly stack: string;
  readonly address: string;
}

const relaysOn = (state: NetworkState, { stations }: Segment, family: Family): readonly OwnRelay[] =>
  stations.flatMap(({ stack, name }) =>
    (state.stacks[stack]?.services ?? []).flatMap((service) =>
      service.kind === 'dhcp-relay' && service.family === family
        ? service.links.filter((link) => link.interface === name).map(({ address }) => ({ stack, address }))
        : [],
    ),
  );

const withRelays = <P extends { readonly relays: readonly string[] }>(
  own: readonly OwnRelay[],
  stack: string,
  pools: readonly P[],
): readonly Relayed<P>[] =>
  pools.flatMap((pool) => {
    const relays = own.filter(({ address }) => pool.relays.includes(address)).map((relay) => relay.stack);
    return relays.length === 0 ? [] : [{ ...pool, stack, relays }];
  });

export const relayedOn = (state: NetworkState, segment: Segment): Relayed<DhcpPool> | undefined => {
  const own = relaysOn(state, segment, 4);
  return Object.entries(state.stacks).flatMap(([stack, { services }]) =>
    services.flatMap((service) =>
      service.kind === 'dhcp-server' || service.kind === 'relayed-dhcp-server'
        ? withRelays(own, stack, service.relayed ?? [])
        : [],
    ),
  )[0];
};

export const relayed6On = (state: NetworkState, segment: Segment): Relayed<Dhcp6Pool> | undefined => {
  const own = relaysOn(state, segment, 6);
  return Object.entries(state.stacks).flatMap(([stack, { services }]) =>
    services.flatMap((service) =>
      service.kind === 'dhcp6-server' || service.kind === 'relayed-dhcp6-server'
        ? withRelays(own, stack, service.relayed ?? [])
        : [],
    ),
  )[0];
};
