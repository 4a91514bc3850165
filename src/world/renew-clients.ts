/**
 * Clients that go on running through a change ask anew where the change concerns what they were told: their interface got
 * another MAC (the name a DHCP server knows them by), their server has something else for them, or the router of their
 * segment tells of other name servers. Clients that it does not concern keep their lease.
 */
import { sameValue } from '../plan/compare.ts';
import { type Step } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';
import { type Dhcp6Pool, type DhcpPool, isOnInterface, type RouterAdvertiser, type Service } from '../state/service.ts';
import { hasLease, untilServersListen } from './service-status.ts';
import { type Running, startService, stopService } from './services.ts';
import { type Site } from './site.ts';

const hasOtherMac = (step: Step, stack: string, name: string): boolean =>
  step.kind === 'set-interface' &&
  step.stack === stack &&
  step.name === name &&
  step.from.mac !== undefined &&
  step.from.mac !== step.to.mac;

const isStarted = (steps: readonly Step[], stack: string, service: Service): boolean =>
  steps.some((step) => step.kind === 'start-service' && step.stack === stack && sameValue(step.service, service));

type Told = DhcpPool | Dhcp6Pool | RouterAdvertiser;

type RelayedTold = (DhcpPool | Dhcp6Pool) & { readonly relays: readonly string[] };

type ServerKind = 'dhcp' | 'dhcp6' | 'advertiser';

/** What a service tells the clients of one segment. */
interface Telling {
  readonly kind: ServerKind;
  readonly segment: string;
  readonly told: Told;
}

type SegmentOf = ReturnType<typeof segmentsOf>;

/** The segments on which relays have these addresses. */
const segmentsOfRelays = (
  { stacks }: NetworkState,
  segmentOf: SegmentOf,
  relays: readonly string[],
): readonly string[] =>
  Object.entries(stacks).flatMap(([stack, { services }]) =>
    services.flatMap((service) =>
      service.kind === 'dhcp-relay'
        ? service.links
            .filter(({ address }) => relays.includes(address))
            .map((link) => segmentOf(stack, link.interface))
        : [],
    ),
  );

const tellingsOf = (
  desired: NetworkState,
  segmentOf: SegmentOf,
  stack: string,
  service: Service,
): readonly Telling[] => {
  const own = (kind: ServerKind, name: string, told: Told): Telling => ({
    kind,
    segment: segmentOf(stack, name),
    told,
  });
  const far = (kind: ServerKind, pools: readonly RelayedTold[]): readonly Telling[] =>
    pools.flatMap((told) =>
      segmentsOfRelays(desired, segmentOf, told.relays).map((segment) => ({ kind, segment, told })),
    );
  switch (service.kind) {
    case 'router-advertiser':
      return [own('advertiser', service.interface, service)];
    case 'dhcp-server': {
      const { relayed = [], ...told } = service;
      return [own('dhcp', service.interface, told), ...far('dhcp', relayed)];
    }
    case 'dhcp6-server': {
      const { relayed = [], ...told } = service;
      return [own('dhcp6', service.interface, told), ...far('dhcp6', relayed)];
    }
    case 'relayed-dhcp-server':
      return far('dhcp', service.relayed);
    case 'relayed-dhcp6-server':
      return far('dhcp6', service.relayed);
    default:
      return [];
  }
};

/** What a server has for one of its clients. */
const offerOf = (told: Told, mac: string | undefined): unknown =>
  'prefixes' in told
    ? told.resolver
    : { ...told, reservations: told.reservations.filter((reservation) => reservation.mac === mac) };

interface Served extends Telling {
  /** What it was before, where it was there. */
  readonly was: Told | undefined;
}

const servedBy = (steps: readonly Step[], desired: NetworkState, segmentOf: SegmentOf): readonly Served[] =>
  steps.flatMap((step): readonly Served[] => {
    if (step.kind !== 'start-service') return [];
    const before = steps.flatMap((other) =>
      other.kind === 'stop-service' && other.stack === step.stack
        ? tellingsOf(desired, segmentOf, other.stack, other.service)
        : [],
    );
    return tellingsOf(desired, segmentOf, step.stack, step.service).map((telling) => ({
      ...telling,
      was: before.find(({ kind, segment }) => kind === telling.kind && segment === telling.segment)?.told,
    }));
  });

const serverKind: Readonly<Partial<Record<Service['kind'], ServerKind>>> = {
  'dhcp-client': 'dhcp',
  'dhcp6-client': 'dhcp6',
  'advertised-resolver': 'advertiser',
};

/** `steps`: all that were carried out. */
export const renewClients = async (site: Site, desired: NetworkState, steps: readonly Step[]): Promise<void> => {
  const segmentOf = segmentsOf(desired);
  const served = servedBy(steps, desired, segmentOf);
  const isConcerned = (running: Running): boolean => {
    const { stack, service, ended } = running;
    if (ended || !isOnInterface(service) || isStarted(steps, stack, service)) return false;
    const kind = serverKind[service.kind];
    if (kind === undefined) return false;
    if (steps.some((step) => hasOtherMac(step, stack, service.interface))) return true;
    const mac = desired.stacks[stack]?.interfaces[service.interface]?.mac;
    const segment = segmentOf(stack, service.interface);
    const own = served.filter((it) => it.segment === segment && it.kind === kind);
    if (own.length === 0) return false;
    if (!hasLease(running) || (mac === undefined && service.kind !== 'advertised-resolver')) return true;
    return own.some(({ told, was }) => was === undefined || !sameValue(offerOf(told, mac), offerOf(was, mac)));
  };
  const stale = site.services.running.filter(isConcerned).map(({ stack, service }) => ({ stack, service }));
  if (stale.length === 0) return;
  await untilServersListen(site.services);
  for (const { stack, service } of stale) {
    stopService(site.services, stack, service);
    startService(site.kernel, site.services, stack, service);
  }
};
