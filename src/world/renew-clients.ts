/**
 * Clients that go on running through a change ask anew where the change concerns what they were told: their interface got
 * another MAC (the name a DHCP server knows them by), their server has something else for them, or the router of their
 * segment tells of other name servers. Clients that it does not concern keep their lease.
 */
import { sameValue } from '../plan/compare.ts';
import { type Step } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';
import {
  type Dhcp6Server,
  type DhcpServer,
  isOnInterface,
  type RouterAdvertiser,
  type Service,
} from '../state/service.ts';
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

type Server = DhcpServer | Dhcp6Server | RouterAdvertiser;

const isServer = (service: Service): service is Server =>
  service.kind === 'dhcp-server' || service.kind === 'dhcp6-server' || service.kind === 'router-advertiser';

/** What a server has for one of its clients. */
const offerOf = (server: Server, mac: string | undefined): unknown =>
  server.kind === 'router-advertiser'
    ? server.resolver
    : { ...server, reservations: server.reservations.filter((reservation) => reservation.mac === mac) };

interface Served {
  readonly segment: string;
  readonly is: Server;
  /** What it was before, where it was there. */
  readonly was: Server | undefined;
}

const servedBy = (steps: readonly Step[], segmentOf: ReturnType<typeof segmentsOf>): readonly Served[] =>
  steps.flatMap((step): readonly Served[] => {
    if (step.kind !== 'start-service' || !isServer(step.service)) return [];
    const is = step.service;
    const was = steps.flatMap((other) =>
      other.kind === 'stop-service' && other.stack === step.stack && isServer(other.service) ? [other.service] : [],
    );
    const before = was.find((other) => other.kind === is.kind && other.interface === is.interface);
    return [{ segment: segmentOf(step.stack, is.interface), is, was: before }];
  });

const serverKind: Readonly<Partial<Record<Service['kind'], Server['kind']>>> = {
  'dhcp-client': 'dhcp-server',
  'dhcp6-client': 'dhcp6-server',
  'advertised-resolver': 'router-advertiser',
};

/** `steps`: all that were carried out. */
export const renewClients = async (site: Site, desired: NetworkState, steps: readonly Step[]): Promise<void> => {
  const segmentOf = segmentsOf(desired);
  const served = servedBy(steps, segmentOf);
  const isConcerned = (running: Running): boolean => {
    const { stack, service, ended } = running;
    if (ended || !isOnInterface(service) || isServer(service) || isStarted(steps, stack, service)) return false;
    if (steps.some((step) => hasOtherMac(step, stack, service.interface))) return true;
    const mac = desired.stacks[stack]?.interfaces[service.interface]?.mac;
    const segment = segmentOf(stack, service.interface);
    const own = served.filter((it) => it.segment === segment && it.is.kind === serverKind[service.kind]);
    if (own.length === 0) return false;
    if (!hasLease(running) || (mac === undefined && service.kind !== 'advertised-resolver')) return true;
    return own.some(({ is, was }) => was === undefined || !sameValue(offerOf(is, mac), offerOf(was, mac)));
  };
  const stale = site.services.running.filter(isConcerned).map(({ stack, service }) => ({ stack, service }));
  if (stale.length === 0) return;
  await untilServersListen(site.services);
  for (const { stack, service } of stale) {
    stopService(site.services, stack, service);
    startService(site.kernel, site.services, stack, service);
  }
};
