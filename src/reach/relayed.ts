/**
 * Whom a DHCP client reaches through a relay on its link: the relay hears it, its question reaches a server that has a pool
 * for that relay, and the answer comes back the same way.
 */
import { printIp, type Family } from '../net/address.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Dhcp6Pool, type DhcpPool, type DhcpRelay, type Service } from '../state/service.ts';
import { hearEachOther, hearEachOther6 } from './dhcp-path.ts';
import { type InterfaceModel, type Model } from './model/model.ts';
import { walk } from './walker/walk.ts';

interface Relay {
  readonly stack: string;
  readonly family: Family;
  readonly link: DhcpRelay['links'][number];
}

/** By segment. */
export const relaysIn = (
  state: NetworkState,
  segmentOf: (stack: string, name: string) => string,
): ReadonlyMap<string, readonly Relay[]> => {
  const relays = new Map<string, Relay[]>();
  for (const [stack, { services }] of Object.entries(state.stacks))
    for (const service of services) {
      if (service.kind !== 'dhcp-relay') continue;
      for (const link of service.links) {
        const segment = segmentOf(stack, link.interface);
        relays.set(segment, [...(relays.get(segment) ?? []), { stack, family: service.family, link }]);
      }
    }
  return relays;
};

interface Relayed<P> {
  readonly pool: P;
  /** Who gives, in words. */
  readonly by: string;
}

/** The stacks that have an address. */
const ownersOf = (model: Model, address: string): readonly string[] =>
  [...model.stacks.values()]
    .filter(({ interfaces }) =>
      [...interfaces.values()].some((it) => it.addresses.some((own) => printIp(own) === address)),
    )
    .map(({ name }) => name);

const isAnswered = (model: Model, { stack, family, link }: Relay, server: string): boolean => {
  const port = family === 4 ? 67 : 547;
  const sent = { from: stack, family, destination: server, source: link.address, protocol: 'udp' } as const;
  return walk(model, { ...sent, port, sourcePort: port, isListening: true }, { isTraced: false }).verdict === 'yes';
};

/** What a relay's servers give through it, whoever asks. */
const behind = <P extends { readonly relays: readonly string[] }>(
  model: Model,
  relay: Relay,
  poolsOf: (service: Service) => readonly P[],
): Relayed<P> | undefined => {
  for (const address of relay.link.servers)
    for (const server of ownersOf(model, address)) {
      const services = model.stacks.get(server)?.stack.services ?? [];
      const pool = services.flatMap(poolsOf).find((one) => one.relays.includes(relay.link.address));
      if (pool !== undefined && isAnswered(model, relay, address))
        return { pool, by: `${server} through ${relay.stack}` };
    }
  return undefined;
};

const pools4 = (service: Service) =>
  service.kind === 'dhcp-server' || service.kind === 'relayed-dhcp-server' ? (service.relayed ?? []) : [];

const pools6 = (service: Service) =>
  service.kind === 'dhcp6-server' || service.kind === 'relayed-dhcp6-server' ? (service.relayed ?? []) : [];

/** Of the relays on a client's link, what the first gives that hears it and is answered. */
type Through<P> = (client: InterfaceModel, relays: readonly Relay[]) => Relayed<P> | undefined;

const through = <P extends { readonly relays: readonly string[] }>(
  model: Model,
  asked: Family,
  hear: typeof hearEachOther,
  poolsOf: (service: Service) => readonly P[],
): Through<P> => {
  // Clients behind one relay share what it is answered.
  const known = new Map<Relay, Relayed<P> | undefined>();
  const givenBy = (relay: Relay): Relayed<P> | undefined => {
    if (!known.has(relay)) known.set(relay, behind(model, relay, poolsOf));
    return known.get(relay);
  };
  return ({ stack, name }, relays) => {
    for (const relay of relays) {
      if (relay.family !== asked || !hear(model, [stack, name], [relay.stack, relay.link.interface])) continue;
      const given = givenBy(relay);
      if (given !== undefined) return given;
    }
    return undefined;
  };
};

export const relayedPools = (model: Model): Through<DhcpPool> => through(model, 4, hearEachOther, pools4);

export const relayedPools6 = (model: Model): Through<Dhcp6Pool> => through(model, 6, hearEachOther6, pools6);
