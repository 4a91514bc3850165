/**
 * DHCP clients that go on running through a change ask anew where the change concerns their lease: their interface got
 * another MAC (the name the server knows them by), or their server was started again with other reservations.
 */
import { type Step } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';
import { startService, stopService, untilServersListen } from './services.ts';
import { type Site } from './site.ts';

const hasOtherMac = (step: Step, stack: string, name: string): boolean =>
  step.kind === 'set-interface' &&
  step.stack === stack &&
  step.name === name &&
  step.from.mac !== undefined &&
  step.from.mac !== step.to.mac;

const isStarted = (steps: readonly Step[], stack: string, name: string): boolean =>
  steps.some(
    (step) =>
      step.kind === 'start-service' &&
      step.service.kind === 'dhcp-client' &&
      step.stack === stack &&
      step.service.interface === name,
  );

/** `steps`: all that were carried out. */
export const renewClients = async (site: Site, desired: NetworkState, steps: readonly Step[]): Promise<void> => {
  const segmentOf = segmentsOf(desired);
  const served = new Set(
    steps.flatMap((step) =>
      step.kind === 'start-service' && step.service.kind === 'dhcp-server'
        ? [segmentOf(step.stack, step.service.interface)]
        : [],
    ),
  );
  const stale = site.services.running.flatMap(({ stack, service, ended }) => {
    if (ended || service.kind !== 'dhcp-client' || isStarted(steps, stack, service.interface)) return [];
    const isConcerned =
      served.has(segmentOf(stack, service.interface)) ||
      steps.some((step) => hasOtherMac(step, stack, service.interface));
    return isConcerned ? [{ stack, service }] : [];
  });
  if (stale.length === 0) return;
  await untilServersListen(site.services);
  for (const { stack, service } of stale) {
    stopService(site.services, stack, service);
    startService(site.kernel, site.services, stack, service);
  }
};
