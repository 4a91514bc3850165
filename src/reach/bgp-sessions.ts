/**
 * Which BGP sessions come to stand: both ends say each other's addresses and ASes, have their addresses on interfaces with a
 * link, in one subnet, and one of them reaches the other at its port (TCP 179).
 */
import { parseIp, type Family } from '../net/address.ts';
import { prefixOf, printPrefix } from '../net/prefix.ts';
import { bgpPort, type BgpSession, type BgpSpeaker } from '../state/bgp-speaker.ts';
import { type RoutingDaemon } from '../state/routing-daemon.ts';
import { type Model, type StackModel } from './model/model.ts';
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
  /** Where `from` sends what is to go by `to`. */
  readonly remote: bigint;
  readonly dev: string;
  readonly isInternal: boolean;
}

const daemonOf = ({ stack }: StackModel): RoutingDaemon | undefined =>
  stack.services.find((service) => service.kind === 'routing-daemon');

export const bgpRoutersOf = (model: Model): readonly BgpRouter[] =>
  [...model.stacks].flatMap(([stack, it]) => {
    const { routerId = '', bgp } = daemonOf(it) ?? {};
    return bgp === undefined ? [] : [{ stack, id: parseIp(routerId)?.value ?? 0n, speaker: bgp }];
  });

interface End {
  readonly dev: string;
  readonly subnet: string;
}

/** The interface that has an address, where it has a link. */
const endOf = (model: Model, { stack }: BgpRouter, family: Family, address: string): End | undefined => {
  const value = parseIp(address)?.value;
  for (const it of model.stacks.get(stack)?.interfaces.values() ?? []) {
    if (!it.isUp || !it.hasCarrier) continue;
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

/** Every session twice: once from each side. */
export const standingSessions = (
  model: Model,
  family: Family,
  routers: readonly BgpRouter[],
): readonly StandingSession[] => {
  const ends = routers.flatMap((router) =>
    router.speaker.sessions.filter((it) => it.family === family).map((session) => ({ router, session })),
  );
  const byAddress = new Map(ends.map((end) => [`${end.session.local} ${end.session.remote}`, end]));
  const standing: StandingSession[] = [];
  for (const { router: from, session } of ends) {
    const far = byAddress.get(`${session.remote} ${session.local}`);
    // Each pair is asked about once, from the side with the lower address.
    if (far === undefined || session.local > session.remote) continue;
    const to = far.router;
    if (session.remoteAs !== to.speaker.asNumber || far.session.remoteAs !== from.speaker.asNumber) continue;
    const [near, beyond] = [endOf(model, from, family, session.local), endOf(model, to, family, session.remote)];
    if (near === undefined || beyond === undefined || near.subnet !== beyond.subnet) continue;
    if (!isAnswered(model, from, session) && !isAnswered(model, to, far.session)) continue;
    const common = { number: standing.length, isInternal: session.remoteAs === from.speaker.asNumber };
    const [own, other] = [parseIp(session.local)?.value ?? 0n, parseIp(session.remote)?.value ?? 0n];
    standing.push({ ...common, from, to, remote: other, dev: near.dev });
    standing.push({ ...common, from: to, to: from, remote: own, dev: beyond.dev });
  }
  return standing;
};
