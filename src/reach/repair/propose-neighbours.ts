/**
 * Where nobody answers for the next hop: what keeps the one who has the address from hearing or answering, a router that
 * could stand in for it (proxy ARP, proxy NDP), a prefix length that makes it look near.
 */
import { bitsOf, ip, printIp } from '../../net/address.ts';
import { type StopReason } from '../walk.ts';
import { answersArp, arpSender } from '../walker/arp.ts';
import { lookUpRoute } from '../walker/route-lookup.ts';
import { type Edit } from './edit.ts';
import { situationIfKnown } from './known-neighbour.ts';
import { acceptNeighbours } from './accept-neighbours.ts';
import { bringUp, plugInto, proposeForStop, spareInterfaces } from './propose-links.ts';
import { forwardingOn } from './propose-settings.ts';
import { proposeSubnets } from './propose-subnets.ts';
import { type Proposal } from './proposal.ts';
import { type Situation } from './situation.ts';
import { distancesTo, isInSubnet, legsOf, ownerOf, type Leg } from './terrain.ts';

/** Who asks for which address by which interface. */
interface Question {
  readonly stack: string;
  readonly dev: string;
  readonly address: bigint;
}

const questionOf = ({ model, hops, stop, family, packet }: Situation): Question | undefined => {
  // Frames for a station that is not there stop at whoever hears them: it is the sender who has the wrong one.
  const sender = stop.reason === 'other_host' ? hops.at(-1) : undefined;
  const { stack: name, interface: dev } = sender === undefined ? stop : { stack: sender.stack, interface: sender.out };
  const stack = model.stacks.get(name);
  if (stack === undefined || dev === null) return undefined;
  const { destination } = packet;
  const key = { family, destination, source: packet.source ?? 0n, iif: 'lo', mark: 0, protocol: 0, sourcePort: 0 };
  const answer = lookUpRoute(stack, { ...key, destinationPort: 0 });
  const hop = answer.kind === 'route' ? answer.nexthops.find((other) => other.dev === dev) : undefined;
  return { stack: name, dev, address: hop?.via ?? destination };
};

const sysctl = (stack: string, key: string, value: string): Edit => ({ kind: 'set-sysctl', stack, key, value });

/** Settings of the one who has the address by which it does not answer. */
const muteSettings = (situation: Situation, { stack, dev, address }: Question, target: Leg): readonly Proposal[] => {
  const { model, packet, family } = situation;
  const asker = model.stacks.get(stack);
  const owner = model.stacks.get(target.stack);
  if (family !== 4 || asker === undefined || owner === undefined) return [];
  const sender = arpSender(asker, dev, address, packet.source ?? 0n);
  if (answersArp(owner, target.it.name, sender, address) !== undefined) return [];
  const { name, settings } = target.it;
  const off = (setting: string, what: string): Proposal => ({
    kind: 'setting',
    edits: [
      sysctl(target.stack, `net/ipv4/conf/${name}/${setting}`, '0'),
      sysctl(target.stack, `net/ipv4/conf/all/${setting}`, '0'),
    ],
    change: `turn ${setting} off for ${name} of ${target.stack}: ${what}`,
    effort: 4,
    sideEffects: [`${target.stack} then answers ARP on ${name} for more of its addresses`],
  });
  const loose: Proposal = {
    kind: 'setting',
    edits: [sysctl(target.stack, `net/ipv4/conf/${name}/rp_filter`, settings.rpFilter === 1 ? '2' : '0')],
    change: `make the reverse-path filter of ${name} on ${target.stack} ${settings.rpFilter === 1 ? 'loose' : 'quiet'}: it answers no ARP for senders that are routed another way`,
    effort: 4,
    sideEffects: [],
  };
  return [
    ...(settings.arpIgnore > 0 ? [off('arp_ignore', 'it keeps silent about this address')] : []),
    ...(settings.arpFilter ? [off('arp_filter', 'it answers by another interface only')] : []),
    ...(settings.rpFilter > 0 ? [loose] : []),
  ];
};

const linkReasons = new Set<StopReason>([
  ...(['isolated', 'not_flooded', 'hairpin', 'interface_down', 'no_carrier', 'mtu'] as const),
]);

const mostPorts = 3;

/** Bridges that the frames came to: one of them would have to send them back by the port that they came in by. */
const hairpins = (situation: Situation, { walk, stop }: Situation): readonly Proposal[] => {
  if (stop.reason !== 'other_host' && stop.reason !== 'isolated') return [];
  const { model } = situation;
  return (stop.direction === 'reply' ? walk.reply : walk.forward)
    .filter((hop) => hop.in !== null && model.stacks.get(hop.stack)?.interfaces.get(hop.in)?.it.master !== undefined)
    .slice(-mostPorts)
    .flatMap((hop) => proposeForStop(situation, { ...stop, stack: hop.stack, interface: hop.in, reason: 'hairpin' }));
};

/** The one who has the address is on the link: something keeps the two from finding each other. */
const onTheLink = (situation: Situation, question: Question, target: Leg): readonly Proposal[] => {
  const asker = situation.model.stacks.get(question.stack)?.interfaces.get(question.dev);
  if (asker === undefined) return [];
  if (!target.it.isUp) return [bringUp(target.stack, target.it.name)];
  const known = situationIfKnown(situation, asker, question.address, target);
  return [
    ...(known !== undefined && linkReasons.has(known.stop.reason) ? proposeForStop(known, known.stop) : []),
    ...(known === undefined ? [] : hairpins(situation, known)),
    ...acceptNeighbours(situation, question.stack, target),
    ...muteSettings(situation, question, target),
  ];
};

/** A router on the asker's link and nearer to the address answers in its place. */
const standIns = (situation: Situation, question: Question, target: Leg): readonly Proposal[] => {
  const { terrain, model, family } = situation;
  const distances = distancesTo(terrain, target.stack, family);
  const segment = terrain.segmentOf(question.stack, question.dev);
  const own = distances.get(question.stack) ?? Infinity;
  const asker = legsOf(terrain, question.stack, family).filter(({ it }) => it.name === question.dev);
  const isInReach = (leg: Leg): boolean => asker.some(({ address }) => isInSubnet(address, leg.address.value));
  const nearer = (terrain.legs.get(segment) ?? [])
    .filter((leg) => leg.address.family === family && (distances.get(leg.stack) ?? Infinity) < own)
    .toSorted((a, b) => Number(isInReach(a)) - Number(isInReach(b)));
  // Of several interfaces of one router the last one stays: that in the asker's own subnet.
  const routers = new Map(nearer.map((leg) => [leg.stack, leg]));
  const address = printIp({ family, value: question.address });
  return [...routers.values()].flatMap((leg): readonly Proposal[] => {
    const router = model.stacks.get(leg.stack);
    if (router === undefined || leg.stack === target.stack || router.proxies.has(`${leg.it.name} ${question.address}`))
      return [];
    const { stack } = leg;
    const dev = leg.it.name;
    const forwards = family === 4 ? leg.it.settings.forwarding4 : leg.it.settings.forwarding6;
    const forwarding = forwards ? [] : forwardingOn(situation, stack, dev).edits;
    const switches =
      family === 6 && !leg.it.settings.proxyNdp ? [sysctl(stack, `net/ipv6/conf/${dev}/proxy_ndp`, '1')] : [];
    return [
      {
        kind: 'proxy',
        edits: [
          { kind: 'add-neighbour-proxy', stack, proxy: { family, address, dev } },
          ...switches,
          ...forwarding,
          ...hostRoute(situation, stack, dev, question.address, target),
        ],
        change: `let ${stack} answer for ${address} on ${dev} (proxy ${family === 4 ? 'ARP' : 'NDP'})`,
        effort: forwards ? 6 : 9,
        sideEffects: forwards ? [] : [`${stack} then forwards IPv${family} between all of its networks`],
      },
    ];
  });
};

/** The one who stands in must know that the address is on another of its own links. */
const hostRoute = (
  { model, terrain, family }: Situation,
  name: string,
  dev: string,
  address: bigint,
  target: Leg,
): readonly Edit[] => {
  const stack = model.stacks.get(name);
  const key = { family, destination: address, source: 0n, iif: 'lo', mark: 0, protocol: 0, sourcePort: 0 };
  const answer = stack && lookUpRoute(stack, { ...key, destinationPort: 0 });
  if (answer?.kind === 'route' && answer.nexthops[0] !== undefined && answer.nexthops[0].dev !== dev) return [];
  const segment = terrain.segmentOf(target.stack, target.it.name);
  const out = [...(stack?.interfaces.values() ?? [])].find(
    (it) => it.name !== dev && it.it.master === undefined && terrain.segmentOf(name, it.name) === segment,
  );
  if (out === undefined) return [];
  const to = `${printIp({ family, value: address })}/${bitsOf(family)}`;
  const route = { family, to, type: 'unicast', dev: out.name, metric: family === 4 ? 0 : 1024, table: 254 } as const;
  return [{ kind: 'add-route', stack: name, route }];
};

const mostMoves = 3;

/** Bridges of the machine at the other end of the cable, other than the one it is plugged into. */
export const proposeOtherBridge = (
  { model, terrain }: Situation,
  stack: string,
  dev: string,
  isWanted: (segment: string) => boolean,
): readonly Proposal[] => {
  const peer = model.stacks.get(stack)?.interfaces.get(dev)?.peer;
  const host = peer && model.state.stacks[peer.stack];
  if (peer === undefined || host === undefined) return [];
  const was = host.interfaces[peer.interface]?.master;
  return Object.entries(host.interfaces)
    .filter(([name, it]) => it.kind === 'bridge' && name !== was && isWanted(terrain.segmentOf(peer.stack, name)))
    .slice(0, mostMoves)
    .map(([name]) => plugInto(peer.stack, peer.interface, name, was));
};

/** Interfaces on the one link that are plugged into nothing, on a machine that has a bridge on the other. */
const spareBetween = (situation: Situation, one: string, other: string): readonly Proposal[] => {
  const { model, terrain } = situation;
  return [...model.stacks.values()].flatMap(({ name, interfaces }) => {
    const spare = spareInterfaces(situation, name).filter((it) => terrain.segmentOf(name, it) === one);
    return [...interfaces.values()]
      .filter(({ it, name: bridge }) => it.kind === 'bridge' && terrain.segmentOf(name, bridge) === other)
      .flatMap((bridge) => spare.map((it) => plugInto(name, it, bridge.name, undefined)));
  });
};

const staticNeighbour = ({ model, family }: Situation, { stack, dev, address }: Question): readonly Proposal[] => {
  const entries = model.stacks.get(stack)?.stack.neighbours ?? [];
  return entries
    .filter((it) => it.family === family && it.dev === dev && ip(it.address).value === address)
    .map((neighbour) => ({
      kind: 'neighbour',
      edits: [{ kind: 'remove-neighbour', stack, neighbour }],
      change: `forget the static neighbour ${neighbour.address} (${neighbour.mac}) on ${dev} of ${stack}, and ask for it`,
      effort: 3,
      sideEffects: [],
    }));
};

export const proposeNeighbours = (situation: Situation): readonly Proposal[] => {
  const { stop, terrain, family } = situation;
  const question = questionOf(situation);
  if (question === undefined) return [];
  if (stop.reason === 'other_host') return staticNeighbour(situation, question);
  if (stop.reason !== 'no_neighbour') return [];
  const target = ownerOf(terrain, family, question.address);
  const subnets = proposeSubnets(situation, question.stack);
  if (target === undefined) return subnets;
  const segment = terrain.segmentOf(target.stack, target.it.name);
  const own = terrain.segmentOf(question.stack, question.dev);
  if (own === segment) return [...onTheLink(situation, question, target), ...subnets];
  return [
    ...subnets,
    ...standIns(situation, question, target),
    ...spareBetween(situation, segment, own),
    ...spareBetween(situation, own, segment),
    ...proposeOtherBridge(situation, question.stack, question.dev, (it) => it === segment),
    ...proposeOtherBridge(situation, target.stack, target.it.name, (it) => it === own),
  ];
};
