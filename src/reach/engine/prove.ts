/**
 * Statements about all packets at once: proven, or refuted by one packet that the walker follows. What only the walker
 * can answer, and what depends on matches that are not modelled, keeps a proof open.
 */
import { ip, printIp, type Family } from '../../net/address.ts';
import { parsePrefix } from '../../net/prefix.ts';
import { type Flow, type Walk } from '../walk.ts';
import { walk } from '../walker/walk.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Prediction } from './prediction.ts';
import { universeOf } from './seeds.ts';
import { blockOnAxis, offAxis, onAxis, type Space } from './space.ts';
import { headerOf } from './view.ts';
import { defaultSourcePort, type AskedService, type World } from './world.ts';

export interface Property {
  /** `never`: no such request is answered; `always`: each is, whatever chance does. */
  readonly kind: 'never' | 'always';
  readonly family: Family;
  /** Stacks that ask. */
  readonly from: readonly string[];
  /** Addresses or prefixes that are asked. */
  readonly to: readonly string[];
  /** Default: all protocols and ports. */
  readonly services?: readonly AskedService[];
}

export type Proof =
  | { readonly verdict: 'proven' }
  /** A request that does otherwise, and its walk. `pairs`: how many (sender, destination) pairs do. */
  | { readonly verdict: 'refuted'; readonly flow: Flow; readonly walk: Walk }
  | { readonly verdict: 'unknown'; readonly because: readonly string[]; readonly flow?: Flow }
  /** Engine and walker disagree: a fault of this program. */
  | { readonly verdict: 'contradiction'; readonly flow: Flow; readonly walk: Walk };

/** Requests that a property speaks of. A machine's packets to itself are left out. */
const requestsOf = ({ world, seeds }: Prediction, property: Property): readonly { from: string; set: PacketSet }[] => {
  const { space, model } = world;
  const { bdd } = space;
  const { family, services } = property;
  const destinations = property.to.map((text) => {
    const block = parsePrefix(text);
    const { value, length } = block ?? { value: ip(text).value, length: family === 4 ? 32 : 128 };
    const [first, last] = blockOnAxis(family, value, length);
    for (const cut of [first, last + 1n])
      if (!space.axes.address.cut(cut))
        throw new Error(`no code is left for ${text}: ask for it when the world is built`);
    return space.values('destination', first, last);
  });
  const asked = (services ?? []).map(({ protocol, port }) => {
    if (port === null) return space.protocol(protocol);
    for (const cut of [port, port + 1])
      if (!space.axes.port.cut(BigInt(cut)))
        throw new Error(`no code is left for port ${port}: ask for it when the world is built`);
    return bdd.and(space.protocol(protocol), space.values('destinationPort', BigInt(port), BigInt(port)));
  });
  const what = bdd.and(bdd.union(destinations), services === undefined ? 1 : bdd.union(asked));
  const within = bdd.and(what, universeOf(world, family));
  return property.from.flatMap((from) => {
    const stack = model.stacks.get(from);
    if (stack === undefined) throw new Error(`the state has no stack \`${from}\``);
    const node = world.nodeOf(from);
    const seed = seeds.get(node)?.find((it) => it.family === family);
    if (seed === undefined) return [];
    const own = [...stack.interfaces.values()].flatMap((it) =>
      it.addresses.filter((address) => address.family === family && address.scope === 'global'),
    );
    const codes = (name: 'source' | 'destination'): PacketSet =>
      bdd.union(own.map(({ value }) => space.values(name, onAxis(family, value), onAxis(family, value))));
    const mine = node.group === undefined ? seed.all : bdd.and(seed.all, codes('source'));
    return [{ from, set: bdd.minus(bdd.and(mine, within), codes('destination')) }];
  });
};

const usualPort = 80;

/** Of ports that nothing tells apart, the most usual. */
const portLike = (space: Space, port: number): number => {
  const codeOf = (it: number): number => space.axes.port.codeOf(BigInt(it));
  return [usualPort, port, 1].find((it) => it > 0 && codeOf(it) === codeOf(port)) ?? port;
};

/** The most usual of the requests in a set, as a question. */
export const flowIn = (world: World, family: Family, from: string, set: PacketSet): Flow => {
  const { space } = world;
  const { bdd } = space;
  const wished = [
    space.codes('bound', 0, 0),
    space.protocol('icmp'),
    space.protocol('tcp'),
    space.values('sourcePort', BigInt(defaultSourcePort), BigInt(defaultSourcePort)),
    bdd.union(
      [...world.model.stacks.values()]
        .slice(0, 2000)
        .flatMap(({ interfaces }) => [...interfaces.values()].flatMap(({ addresses }) => addresses))
        .filter((it) => it.family === family && it.scope === 'global')
        .map(({ value }) => space.values('destination', onAxis(family, value), onAxis(family, value))),
    ),
  ];
  let chosen = set;
  for (const wish of wished) chosen = bdd.and(chosen, wish) === NOTHING ? chosen : bdd.and(chosen, wish);
  const header = headerOf(space, chosen);
  const isUsualLength = world.options.allLengths !== true;
  return {
    from,
    family,
    destination: printIp(offAxis(header.destination)),
    protocol: header.protocol,
    port: header.protocol === 'icmp' ? null : portLike(space, header.destinationPort),
    ...(header.isBound ? { source: printIp(offAxis(header.source)) } : {}),
    ...(header.protocol === 'icmp' || header.sourcePort === defaultSourcePort ? {} : { sourcePort: header.sourcePort }),
    ...(isUsualLength ? {} : { lengthBytes: header.lengthBytes, dontFragment: header.dontFragment }),
  };
};

export const prove = (prediction: Prediction, property: Property): Proof => {
  const { world, answered, unclear } = prediction;
  const { space, model } = world;
  const { bdd } = space;
  const { family } = property;
  const isNever = property.kind === 'never';
  const courses = (set: PacketSet): PacketSet => bdd.exists(set, space.headerEnd, space.end);
  let open: { from: string; set: PacketSet } | undefined;
  for (const { from, set } of requestsOf(prediction, property)) {
    const wrong = isNever ? bdd.and(set, answered) : bdd.minus(set, answered);
    const dark = bdd.and(courses(set), courses(unclear));
    const clear = bdd.minus(courses(wrong), dark);
    const sure = isNever
      ? bdd.minus(clear, courses(bdd.minus(bdd.and(set, clear), answered)))
      : bdd.minus(clear, courses(bdd.and(bdd.and(set, clear), answered)));
    if (sure !== NOTHING) {
      const flow = flowIn(world, family, from, sure);
      const followed = walk(model, flow);
      const isRefuted = isNever ? followed.verdict === 'yes' : followed.verdict === 'no';
      return { verdict: isRefuted ? 'refuted' : 'contradiction', flow, walk: followed };
    }
    // Chance alone refutes as well: it may happen.
    if (clear !== NOTHING) {
      const flow = flowIn(world, family, from, clear);
      const followed = walk(model, flow);
      if (followed.verdict === 'sometimes') return { verdict: 'refuted', flow, walk: followed };
    }
    if (open === undefined && bdd.or(clear, dark) !== NOTHING) open = { from, set: bdd.or(clear, dark) };
  }
  if (open === undefined) return { verdict: 'proven' };
  const flow = flowIn(world, family, open.from, open.set);
  const followed = walk(model, flow);
  if (followed.verdict === (isNever ? 'yes' : 'no')) return { verdict: 'refuted', flow, walk: followed };
  const because = followed.unknown.length > 0 ? followed.unknown : ['packets take a way that sets are not followed on'];
  return { verdict: 'unknown', because, flow };
};
