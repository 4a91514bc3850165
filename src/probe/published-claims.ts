/**
 * What a translation of destinations may lead to where a line denies it: a published port or address. Every kind of
 * packet to anywhere else is asked about, and may not come out as one that the line speaks of.
 */
import { type Lab } from '../lab/lab.ts';
import { ip, type Family } from '../net/address.ts';
import { prefix } from '../net/prefix.ts';
import { type Denial } from '../reach/engine/denial.ts';
import { type Addresses, type Region } from '../reach/engine/regions.ts';
import { type Predictor } from '../reach/predict.ts';
import { type Representatives } from '../reach/representatives.ts';
import { type Flow } from '../reach/walk.ts';
import { type NetworkState } from '../state/network-state.ts';
import { packetsOf, setHolds, sparing, standIns, type Claim } from './claims.ts';
import { globalAddresses, targetsOf } from './endpoint-targets.ts';
import { everything } from './wish.ts';

const within = (alternatives: readonly Addresses[], address: string): boolean =>
  alternatives.some((set) => setHolds(set, address));

/** Whether a packet is one of a region, by its source and what it asks for. */
const isIn = (region: Region, { protocol }: Flow, source: string, address: string, port: number | null): boolean =>
  within(region.from, source) &&
  within(region.to, address) &&
  (region.services === undefined ||
    region.services.some((it) => it.protocol === protocol && (it.port === undefined || it.port === port)));

/** Whether a denial speaks of a packet, by the destination that it has when it is sent, or when it is delivered. */
export const isSpokenOf = (
  { asked, except }: Pick<Denial, 'asked' | 'except'>,
  flow: Flow,
  source: string,
  { address, port }: { readonly address: string; readonly port: number | null },
): boolean =>
  isIn(asked, flow, source, address, port) && !except.some((region) => isIn(region, flow, source, address, port));

/** Whether some of the addresses from the first to the last may be among the alternatives. */
const mayBeIn = (alternatives: readonly Addresses[], family: Family, first: string, last: string): boolean => {
  const [low, high] = [ip(first), ip(last)];
  if (low.family !== family) return false;
  return alternatives.some(({ inside }) => {
    if (inside === undefined) return true;
    return inside.map(prefix).some((block) => {
      const size = 1n << BigInt((family === 4 ? 32 : 128) - block.length);
      return block.family === family && low.value < block.value + size && high.value >= block.value;
    });
  });
};

/** Whether any rule of the state translates a destination to one that the region speaks of. */
const isTranslatedTo = ({ stacks }: NetworkState, { to }: Region, family: Family): boolean =>
  Object.values(stacks).some(({ filter, interfaces }) =>
    filter
      .flatMap(({ chains, subchains = [] }) => [...chains, ...subchains].flatMap(({ rules }) => rules))
      .some(({ verdict }) => {
        if (verdict.kind === 'dnat')
          return mayBeIn(to, family, verdict.address, verdict.lastAddress ?? verdict.address);
        return (
          verdict.kind === 'redirect' &&
          Object.values(interfaces).some(({ addresses }) => addresses.some(({ address }) => within(to, address)))
        );
      }),
  );

/** One claim for each kind of packet to addresses that the line does not name. */
export const publishedClaims = (
  lab: Lab,
  predictor: Predictor,
  representatives: Representatives,
  { family, senders, asked, except }: Denial,
): readonly Claim[] => {
  if (!isTranslatedTo(predictor.state, asked, family)) return [];
  const isNew = sparing(predictor);
  const machines = standIns(lab, predictor);
  const owned = machines.flatMap((owner) =>
    targetsOf(lab, owner)
      .filter((target) => target.family === family)
      .map(({ address }) => ({ address, owner: owner })),
  );
  const free = representatives.unowned(family, undefined, []).map((address) => ({ address, owner: undefined }));
  const goals = [...owned, ...free].filter(({ address }) => !within(asked.to, address));
  const packets = packetsOf(everything, representatives);
  return machines
    .filter(({ name }) => senders.includes(name))
    .flatMap((sender) =>
      globalAddresses(lab, sender, family)
        .filter((source) => within(asked.from, source))
        .flatMap((source) =>
          goals
            .filter(({ owner }) => owner !== sender)
            .flatMap(({ address, owner }) =>
              packets.flatMap((packet): readonly Claim[] => {
                const flow: Flow = { from: sender.name, family, destination: address, source, ...packet };
                if (!isNew(flow, owner?.name)) return [];
                const concerns: Claim['concerns'] = (to) => isSpokenOf({ asked, except }, flow, source, to);
                return [{ flow, owner: owner?.name, wanted: 'not-arrive', concerns }];
              }),
            ),
        ),
    );
};
