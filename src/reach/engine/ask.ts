/** One question answered from a prediction; undefined where only the walker can answer it. */
import { parseIp } from '../../net/address.ts';
import { type Flow, type Verdict } from '../walk.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Prediction } from './prediction.ts';
import { onAxis, type FieldName, type Space } from './space.ts';
import { universeOf } from './seeds.ts';
import { defaultLength, defaultSourcePort } from './world.ts';

const value = (space: Space, name: FieldName, at: bigint): PacketSet => {
  const axis = space.axisOf(name);
  const { first, last } = axis.spanOf(axis.codeOf(at));
  return space.codes(name, first, last);
};

/** The requests that a question means; undefined where sets do not speak of it. */
export const requestsOf = (prediction: Prediction, flow: Flow): PacketSet | undefined => {
  const { world, seeds } = prediction;
  const { space } = world;
  const { bdd } = space;
  const { family, protocol } = flow;
  const destination = parseIp(flow.destination);
  if (!world.model.stacks.has(flow.from) || destination?.family !== family) return undefined;
  if (flow.interface !== undefined || flow.isListening === false) return undefined;
  const node = world.nodeOf(flow.from);
  const seed = seeds.get(node)?.find((it) => it.family === family);
  if (seed === undefined) return undefined;
  let set = bdd.and(universeOf(world, family), space.protocol(protocol));
  set = bdd.and(set, value(space, 'destination', onAxis(family, destination.value)));
  const length = flow.lengthBytes ?? defaultLength(family, protocol);
  set = bdd.and(set, value(space, 'length', BigInt(length)));
  const fragment = Number(flow.dontFragment ?? (family === 6 || protocol === 'tcp'));
  set = bdd.and(set, space.codes('fragment', fragment, fragment));
  if (protocol !== 'icmp') {
    set = bdd.and(set, value(space, 'destinationPort', BigInt(flow.port ?? 0)));
    set = bdd.and(set, value(space, 'sourcePort', BigInt(flow.sourcePort ?? defaultSourcePort)));
  }
  if (set === NOTHING) return undefined;
  const origin = world.origins.get(flow.from);
  if (origin !== undefined) set = bdd.and(set, space.codes('origin', origin, origin));
  const bound = Number(flow.source !== undefined);
  set = bdd.and(set, space.codes('bound', bound, bound));
  if (flow.source !== undefined) {
    const source = parseIp(flow.source);
    if (source?.family !== family) return undefined;
    const asked = bdd.and(bdd.and(set, seed.all), value(space, 'source', onAxis(family, source.value)));
    const isOwn = [...(world.model.stacks.get(flow.from)?.interfaces.values() ?? [])].some((it) =>
      it.addresses.some((address) => address.family === family && address.value === source.value),
    );
    if (!isOwn || asked === NOTHING) return undefined;
    set = asked;
  } else if (bdd.and(set, seed.unclear) !== NOTHING) return undefined;
  else if (node.group === undefined) set = bdd.and(set, seed.unbound);
  else {
    const it = world.model.stacks.get(flow.from)?.interfaces.get(node.group.dev);
    const own = it?.addresses.find((address) => address.family === family && address.scope === 'global');
    if (own === undefined) return undefined;
    set = bdd.and(set, value(space, 'source', onAxis(family, own.value)));
  }
  // Two that a stack asks itself are the walker's: a group does not know its members apart, and ports within a run are
  // taken to differ.
  const isSelf = [...(world.model.stacks.get(flow.from)?.interfaces.values() ?? [])].some((it) =>
    it.addresses.some((address) => address.family === family && address.value === destination.value),
  );
  const isOnePort = protocol !== 'icmp' && (flow.port ?? 0) === (flow.sourcePort ?? defaultSourcePort);
  if (isSelf && (node.group !== undefined || isOnePort)) return undefined;
  return set;
};

/** The verdict about requests, each of which is one header but for what nobody knows. */
export const verdictOf = (prediction: Prediction, requests: PacketSet): Verdict | undefined => {
  const { world, answered, unclear } = prediction;
  const { space } = world;
  const { bdd } = space;
  if (bdd.and(unclear, requests) !== NOTHING) return undefined;
  const header = space.headerEnd;
  let courses = bdd.exists(bdd.and(answered, requests), 0, header);
  if (courses < 2) return courses === 1 ? 'yes' : 'no';
  // By what was chance: never, sometimes, always; then by what is not modelled.
  let always = courses;
  for (const [key, { first, bits }] of space.unknownKeys) {
    if (key.startsWith('unknown ')) continue;
    courses = bdd.exists(courses, first, first + bits);
    always = bdd.forAll(always, first, first + bits);
  }
  if (always === 1) return 'yes';
  if (courses === 0) return 'no';
  return always === 0 && courses === 1 ? 'sometimes' : 'unknown';
};

export const ask = (prediction: Prediction, flow: Flow): Verdict | undefined => {
  const requests = requestsOf(prediction, flow);
  return requests === undefined ? undefined : verdictOf(prediction, requests);
};
