/**
 * What else stands between two neighbours, beside that they do not find each other: the walk once more with both of them
 * told the other's MAC address. Where that stops, the link itself is at fault.
 */
import { printIp, type Family } from '../../net/address.ts';
import { type Neighbour, type NetworkState } from '../../state/network-state.ts';
import { buildModel } from '../model/build-model.ts';
import { type InterfaceModel } from '../model/model.ts';
import { walk } from '../walker/walk.ts';
import { situationOf, type Situation } from './situation.ts';
import { type Leg } from './terrain.ts';

const told = (state: NetworkState, stack: string, neighbour: Neighbour): NetworkState => {
  const it = state.stacks[stack];
  if (it === undefined) return state;
  const others = (it.neighbours ?? []).filter(
    ({ address, dev }) => address !== neighbour.address || dev !== neighbour.dev,
  );
  return { ...state, stacks: { ...state.stacks, [stack]: { ...it, neighbours: [...others, neighbour] } } };
};

const addressesOf = ({ addresses }: InterfaceModel, family: Family): readonly string[] =>
  addresses.filter((it) => it.family === family).map(({ value }) => printIp({ family, value }));

/** Undefined where nothing stops then, or where it stops as before. */
export const situationIfKnown = (
  { model, flow, family, stop }: Situation,
  asker: InterfaceModel,
  address: bigint,
  target: Leg,
): Situation | undefined => {
  const entry = { family, address: printIp({ family, value: address }), mac: target.it.mac, dev: asker.name };
  const back = addressesOf(asker, family).map((own) => ({ family, address: own, mac: asker.mac, dev: target.it.name }));
  const state = back.reduce(
    (before, neighbour) => told(before, target.stack, neighbour),
    told(model.state, asker.stack, entry),
  );
  const known = buildModel(state, model.facts);
  const after = situationOf(known, flow, walk(known, flow));
  return after?.stop.reason === stop.reason && after.stop.stack === stop.stack ? undefined : after;
};
