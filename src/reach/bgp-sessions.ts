/**
 * Which BGP sessions come to stand: both ends say each other's addresses and ASes, have their addresses on interfaces with a
 * link, in one subnet or with ways of OSPF between, and one of them reaches the other at its port (TCP 179).
 */
import { parseIp, type Family } from '../net/address.ts';
import { prefixOf, printPrefix } from '../net/prefix.ts';
import { bgpPort, type BgpSession, type BgpSpeaker } from '../state/bgp-speaker.ts';
import { daemonOf } from '../state/daemon-of.ts';
import { meetingPlaces } from './meeting-places.ts';
import { type Model } from './model/model.ts';
import { walk } from './walker/walk.ts';

/** A router, as BGP knows it. */
export interface BgpRouter {
  readonly stack: string;
  /** 32 bits (the BGP identifier). */
  readonly id: bigint;
  readonly speaker: BgpSpeaker;
}

/** One end of a session that stands. */
export interface StandingSession {
  /** Both ends of one session have the same. */
  readonly number: number;
  readonly from: BgpRouter;
  readonly to: BgpRouter;
  /** The address of `to`. */
  readonly remote: bigint;
  /** Where `from` sends what is to go by `to`. */
  readonly hop: Hop;
  readonly isInternal: boolean;
}

export interface Hop {
  readonly via: bigint;
  readonly dev: string;
  /** Of OSPF; 0 on a link. */
  readonly cost: number;
}

/** How a stack comes to an address by OSPF. */
export type HopTo = (stack: string, address: bigint) => Hop | undefined;

export const bgpRoutersOf = (model: Model): readonly BgpRouter[] =>
  [...model.stacks].flatMap(([stack, it]) => {
    const { routerId = '', bgp } = daemonOf(it.stack) ?? {};
    return bgp === undefined ? [] : [{ stack, id: parseIp(routerId)?.value ?? 0n, speaker: bgp }];
  });

interface End {
  readonly dev: string;
  readonly subnet: string;
}

/** One side of a session, and where it is; `end` undefined: its address is on no interface that is up. */
interface Side {
  readonly router: BgpRouter;
  readonly session: BgpSession;
  readonly end: End | undefined;
}

/** The interface that has an address; on a link of its own, it has one. */
const endOf = (model: Model, { stack }: BgpRouter, { family, local, isMultihop }: BgpSession): End | undefined => {
  const value = parseIp(local)?.value;
  for (const it of model.stacks.get(stack)?.interfaces.values() ?? []) {
    if (!it.isUp || (!it.hasCarrier && isMultihop !== true)) continue;
    const own = it.addresses.find((each) => each.family === family && each.value === value && !each.isUnusable);
    if (own !== undefined)
      return { dev: it.name, subnet: printPrefix(prefixOf({ family, value: own.value }, own.prefixLength)) };
  }
  return undefined;
};

const isAnswered = (model: Model, { stack }: BgpRouter, { family, local, remote }: BgpSession): boolean => {
  const asked = { from: stack, family, destination: remote, source: local, protocol: 'tcp', port: bgpPort } as const;
  return walk(model, { ...asked, isListening: true }, { isTraced: false }).verdict === 'yes';
};

/** Where each of two ends sends what is to go by the other. */
const hopsOf = (
  { router: one, session, end: near }: Side,
  { router: other, end: far }: Side,
  hopTo: HopTo,
): readonly [Hop, Hop] | undefined => {
  const [own, theirs] = [parseIp(session.local)?.value ?? 0n, parseIp(session.remote)?.value ?? 0n];
  if (near === undefined || far === undefined) return undefined;
  if (session.isMultihop !== true)
    return near.subnet === far.subnet
      ? [
          { via: theirs, dev: near.dev, cost: 0 },
          { via: own, dev: far.dev, cost: 0 },
        ]
      : undefined;
  const [there, here] = [hopTo(one.stack, theirs), hopTo(other.stack, own)];
  return there === undefined || here === undefined ? undefined : [there, here];
};

/** Every session twice: once from each side. `model`: with the routes of OSPF inside. */
export const standingSessions = (
  model: Model,
  family: Family,
  routers: readonly BgpRouter[],
  hopTo: HopTo,
): readonly StandingSession[] => {
  const meetingPlaceOf = meetingPlaces(model.state);
  const sides = routers.flatMap((router) =>
    router.speaker.sessions
      .filter((it) => it.family === family)
      .map((session): Side => ({ router, session, end: endOf(model, router, session) })),
  );
  // Sites that know nothing of each other may have the same private addresses on links of their own.
  const placeOf = ({ router, session, end }: Side): string =>
    session.isMultihop === true || end === undefined ? '' : meetingPlaceOf(router.stack, end.dev);
  const keyOf = (side: Side, from: string, to: string): string => `${from} ${to} ${placeOf(side)}`;
  const byAddress = new Map(sides.map((side) => [keyOf(side, side.session.local, side.session.remote), side]));
  const standing: StandingSession[] = [];
  for (const side of sides) {
    const { router: from, session } = side;
    const far = byAddress.get(keyOf(side, session.remote, session.local));
    // Each pair is asked about once, from the side with the lower address.
    if (far === undefined || session.local > session.remote) continue;
    const to = far.router;
    if (session.remoteAs !== to.speaker.asNumber || far.session.remoteAs !== from.speaker.asNumber) continue;
    const [there, here] = hopsOf(side, far, hopTo) ?? [];
    if (there === undefined || here === undefined) continue;
    if (!isAnswered(model, from, session) && !isAnswered(model, to, far.session)) continue;
    const common = { number: standing.length, isInternal: session.remoteAs === from.speaker.asNumber };
    const [own, other] = [parseIp(session.local)?.value ?? 0n, parseIp(session.remote)?.value ?? 0n];
    standing.push({ ...common, from, to, remote: other, hop: there });
    standing.push({ ...common, from: to, to: from, remote: own, hop: here });
  }
  return standing;
};
