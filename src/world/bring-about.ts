/**
 * Makes a world what a NetworkState says: observe, plan, carry out, observe again; where that left a difference (a
 * route that went with an address, say) once more. What fails is taken back by planning to what was there before.
 */
import { carryOut, type Helpers } from '../linux/carry-out.ts';
import { observe } from '../linux/observe.ts';
import { type StepFailure } from '../linux/step-failure.ts';
import { machinesOf } from '../machines/carry-machines.ts';
import { type Accelerator } from '../machines/guest.ts';
import { type MachineWishes } from '../machines/guests-of.ts';
import { hardwareOf, wishesOf } from '../machines/machine-table.ts';
import { planChanges } from '../plan/plan-changes.ts';
import { printStep } from '../plan/print-step.ts';
import { type Step, type StepKind } from '../plan/plan.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Service } from '../state/service.ts';
import { type ApplyResult, type MachinesRequest } from './protocol.ts';
import { isWorthALook, shortfallsOf } from './readiness.ts';
import { renewClients } from './renew-clients.ts';
import { setResolver } from './resolver-files.ts';
import { statusOf, untilServersListen } from './service-status.ts';
import {
  changeService,
  forgetEnded,
  servicesOf,
  startService,
  stopService,
  stopStack,
  type Services,
} from './services.ts';
import { settle } from './settle.ts';
import { untilHandshaken } from './await-handshakes.ts';
import { untilRouted } from './await-routes.ts';
import { type Site } from './site.ts';
import { startStages } from './start-stages.ts';
import { untilZonesAreCopied } from './zone-copies.ts';

const rounds = 3;
const startRank: Readonly<Record<Service['kind'], number>> = {
  'root-server': 0,
  'name-server': 1,
  'dhcp-server': 2,
  'dhcp6-server': 2,
  'relayed-dhcp-server': 2,
  'relayed-dhcp6-server': 2,
  'dhcp-relay': 2,
  'router-advertiser': 3,
  'file-server': 4,
  'mail-server': 4,
  'time-server': 4,
  'web-server': 4,
  responder: 4,
  watcher: 4,
  'virtual-router': 5,
  'routing-daemon': 5,
  'dhcp-client': 6,
  'dhcp6-client': 6,
  'advertised-resolver': 7,
  'check-in': 8,
};

export const observeSite = ({ kernel, services }: Site): Promise<NetworkState> =>
  observe(
    kernel,
    (stack) => servicesOf(services, stack),
    (stack) => services.resolvers.get(stack),
  );

/** A change to a world: where to, and what its virtual machines are started as. */
interface Change {
  readonly desired: NetworkState;
  readonly wishes: MachineWishes;
  readonly accelerator: Accelerator;
  readonly onNews: (text: string) => void;
}

const helpersOf = ({ kernel, services, machines }: Site, change: Change): Helpers => ({
  startService: (stack, { service }) => startService(kernel, services, stack, service),
  stopService: (stack, { service }) => stopService(services, stack, service),
  changeService: (stack, { from, to }) => changeService(services, stack, from, to),
  setResolver: (stack, { to }) => setResolver(kernel, services.resolvers, stack, to),
  leaveStack: (stack) => stopStack(services, stack),
  machines: machinesOf(machines, kernel, { ...change, onStage: (_machine, text) => change.onNews(text) }),
});

const planFor = (site: Site, observed: NetworkState, { desired, wishes }: Change): readonly Step[] => {
  const hardware = Object.fromEntries(
    Object.entries(wishes).flatMap(([name, wish]) => (name in desired.stacks ? [[name, wish.hardware]] : [])),
  );
  return planChanges(observed, desired, { observed: hardwareOf(site.machines), desired: hardware }).steps;
};

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

const isClientKind = (kind: Service['kind']): boolean => kind === 'dhcp-client' || kind === 'advertised-resolver';

/** Clients start when the servers listen. */
const carryOutBoth = async (
  site: Site,
  steps: readonly Step[],
  helpers: Helpers,
  onDone: (done: number) => void,
): Promise<readonly StepFailure[]> => {
  const isClient = (step: Step): boolean => step.kind === 'start-service' && isClientKind(step.service.kind);
  const split = steps.findIndex(isClient);
  const first = split < 0 ? steps : steps.slice(0, split);
  const failures = await carryOut(site.kernel, first, helpers, onDone);
  if (failures.length > 0) return failures;
  await untilServersListen(site.services);
  if (split < 0) return failures;
  return carryOut(site.kernel, steps.slice(split), helpers, (done) => onDone(split + done));
};

export interface Wish {
  readonly desired: NetworkState;
  readonly startOrder: readonly string[];
  readonly machines?: MachinesRequest;
  readonly onProgress: (done: number, total: number, text: string) => void;
  readonly onNews?: (text: string) => void;
}

interface Approach {
  readonly done: readonly Step[];
  readonly failure?: StepFailure;
}

const isOfNames = (step: Step): boolean =>
  (step.kind === 'start-service' && step.service.kind === 'name-server') ||
  (step.kind === 'change-service' && step.to.kind === 'name-server');

/** Plans and carries out until nothing is left to do, or something fails. */
const approach = async (site: Site, change: Change, wish: Wish): Promise<Approach> => {
  let open = planFor(site, await observeSite(site), change);
  const done: Step[] = [];
  const helpers = helpersOf(site, change);
  for (let round = 0; round < rounds && open.length > 0; round += 1) {
    const steps = inStartOrder(open, wish.startOrder);
    const [failure] = await carryOutBoth(site, steps, helpers, (count) => {
      const step = steps[count - 1];
      wish.onProgress(done.length + count, done.length + steps.length, step === undefined ? '' : printStep(step));
    });
    if (failure !== undefined) return { done, failure };
    done.push(...steps);
    open = planFor(site, await observeSite(site), change);
  }
  const [left] = open;
  if (left !== undefined) return { done, failure: { step: left, message: 'the kernel took it, but does not show it' } };
  await renewClients(site, change.desired, done);
  await settle(site, change.desired);
  await untilRouted(site.kernel, change.desired);
  await untilHandshaken(site.kernel, change.desired, done);
  if (done.some(isOfNames) || site.services.running.some(({ lacks }) => lacks.length > 0))
    await untilZonesAreCopied(site.services);
  return { done };
};

const takeBack = async (site: Site, change: Change): Promise<number> => {
  const steps = planFor(site, await observeSite(site), change);
  await carryOut(site.kernel, steps, helpersOf(site, change), () => undefined);
  return steps.length;
};

const failed = (failure: StepFailure, undone: number, steps: number, services: Services): ApplyResult => ({
  steps,
  failure: { step: printStep(failure.step), message: failure.message, undone },
  services: statusOf(services),
  shortfalls: [],
});

export const bringAbout = async (site: Site, wish: Wish): Promise<ApplyResult> => {
  forgetEnded(site.services);
  const accelerator = wish.machines?.accelerator ?? 'tcg';
  const onNews = wish.onNews ?? (() => undefined);
  const before = { desired: await observeSite(site), wishes: wishesOf(site.machines), accelerator, onNews };
  const wishes = wish.machines?.wishes ?? {};
  let steps = 0;
  for (const desired of startStages(wish.desired, wishes, site.machines.running)) {
    const { done, failure } = await approach(site, { desired, wishes, accelerator, onNews }, wish);
    steps += done.length;
    if (failure !== undefined) return failed(failure, await takeBack(site, before), steps, site.services);
  }
  return {
    steps,
    services: statusOf(site.services),
    shortfalls: shortfallsOf(site, wish.desired, isWorthALook(site, wish.desired)),
  };
};
