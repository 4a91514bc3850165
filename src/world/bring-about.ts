/**
 * Makes a world what a NetworkState says: observe, plan, carry out, observe again; where that left a difference (a
 * route that went with an address, say) once more. What fails is taken back by planning to what was there before.
 */
import { carryOut, type Helpers } from '../linux/carry-out.ts';
import { observe } from '../linux/observe.ts';
import { type StepFailure } from '../linux/step-failure.ts';
import { planChanges } from '../plan/plan-changes.ts';
import { printStep } from '../plan/print-step.ts';
import { type Step, type StepKind } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Service } from '../state/service.ts';
import { type ApplyResult } from './protocol.ts';
import { renewClients } from './renew-clients.ts';
import {
  forgetEnded,
  servicesOf,
  startService,
  statusOf,
  stopService,
  stopStack,
  untilServersListen,
  type Services,
} from './services.ts';
import { settle } from './settle.ts';
import { type Site } from './site.ts';

const rounds = 3;
const startRank: Readonly<Record<Service['kind'], number>> = {
  'dhcp-server': 0,
  'router-advertiser': 1,
  responder: 2,
  'dhcp-client': 3,
};

export const observeSite = ({ kernel, services }: Site): Promise<NetworkState> =>
  observe(kernel, (stack) => servicesOf(services, stack));

const helpersOf = ({ kernel, services }: Site): Helpers => ({
  startService: (stack, { service }) => startService(kernel, services, stack, service),
  stopService: (stack, { service }) => stopService(services, stack, service),
  leaveStack: (stack) => stopStack(services, stack),
});

/** Servers before clients, and among equals the machines that start first. */
const inStartOrder = (steps: readonly Step[], startOrder: readonly string[]): readonly Step[] => {
  const place = new Map(startOrder.map((stack, index) => [stack, index]));
  const rankOf = (step: Step): number => (step.kind === 'start-service' ? startRank[step.service.kind] : -1);
  const isStart = (kind: StepKind): boolean => kind === 'start-service';
  return [
    ...steps.filter(({ kind }) => !isStart(kind)),
    ...steps
      .filter(({ kind }) => isStart(kind))
      .sort((a, b) => rankOf(a) - rankOf(b) || (place.get(a.stack) ?? 0) - (place.get(b.stack) ?? 0)),
  ];
};

/** DHCP clients start when the servers listen. */
const carryOutBoth = async (
  site: Site,
  steps: readonly Step[],
  onDone: (done: number) => void,
): Promise<readonly StepFailure[]> => {
  const isClient = (step: Step): boolean => step.kind === 'start-service' && step.service.kind === 'dhcp-client';
  const split = steps.findIndex(isClient);
  const first = split < 0 ? steps : steps.slice(0, split);
  const failures = await carryOut(site.kernel, first, helpersOf(site), onDone);
  if (failures.length > 0 || split < 0) return failures;
  await untilServersListen(site.services);
  return carryOut(site.kernel, steps.slice(split), helpersOf(site), (done) => onDone(split + done));
};

const takeBack = async (site: Site, before: NetworkState): Promise<number> => {
  const steps = planChanges(await observeSite(site), before).steps;
  await carryOut(site.kernel, steps, helpersOf(site), () => undefined);
  return steps.length;
};

export interface Wish {
  readonly desired: NetworkState;
  readonly startOrder: readonly string[];
  readonly onProgress: (done: number, total: number, text: string) => void;
}

const failed = (failure: StepFailure, undone: number, steps: number, services: Services): ApplyResult => ({
  steps,
  failure: { step: printStep(failure.step), message: failure.message, undone },
  services: statusOf(services),
});

export const bringAbout = async (site: Site, { desired, startOrder, onProgress }: Wish): Promise<ApplyResult> => {
  forgetEnded(site.services);
  const before = await observeSite(site);
  let open = planChanges(before, desired).steps;
  const done: Step[] = [];
  for (let round = 0; round < rounds && open.length > 0; round += 1) {
    const steps = inStartOrder(open, startOrder);
    const failures = await carryOutBoth(site, steps, (count) => {
      const step = steps[count - 1];
      onProgress(done.length + count, done.length + steps.length, step === undefined ? '' : printStep(step));
    });
    const [failure] = failures;
    if (failure !== undefined) return failed(failure, await takeBack(site, before), done.length, site.services);
    done.push(...steps);
    open = planChanges(await observeSite(site), desired).steps;
  }
  const [left] = open;
  if (left !== undefined)
    return failed(
      { step: left, message: 'the kernel took it, but does not show it' },
      await takeBack(site, before),
      done.length,
      site.services,
    );
  await renewClients(site, desired, done);
  await settle(site, desired);
  return { steps: done.length, services: statusOf(site.services) };
};
