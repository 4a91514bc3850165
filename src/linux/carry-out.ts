/**
 * Carries out the steps of a plan on the kernel, in bulk: neighbouring steps of one kind become one system call per
 * stack. Stops at the first kind of step that fails; what to do then is the caller's decision.
 */
import { constants } from 'node:os';
import { changesMac } from '../plan/interface-steps.ts';
import { type InterfaceSettings, type Step, type StepKind, type StepOf } from '../plan/plan.ts';
import { interfaceOfSysctl } from '../plan/step-order.ts';
import { writeFilters } from './filters.ts';
import { clearBornLinks, connectGuests, disconnectGuests, endsInGuest, nameCards } from './guest-cables.ts';
import { carryOn } from './guest-carriers.ts';
import { addGuest, addStack, hasStack, isGuest, removeStack, socketOf, type Kernel } from './kernel.ts';
import {
  createCables,
  createBridges,
  createLinks,
  forgetInterface,
  indexOf,
  joinRequests,
  knowNewborn,
  refreshLinks,
  removeCables,
  removeLinks,
  type Links,
} from './links.ts';
import { type Machines } from './machines.ts';
import { type NetlinkRequest } from './netlink-message.ts';
import { sendRequests } from './netlink-socket.ts';
import {
  addressRequest,
  neighbourRequest,
  proxyRequest,
  routeRequest,
  ruleRequest,
  setLink,
  setPort,
  setVlanFiltering,
  vlanRequests,
} from './rtnetlink-write.ts';
import { changeServices, type ServiceHelpers } from './change-services.ts';
import { StackLost } from './stack-door.ts';
import { type StepFailure } from './step-failure.ts';
import { writeSysctls } from './sysctl.ts';
import { setWireguards } from './wireguard.ts';

/** Steps that are not the kernel's alone. */
export interface Helpers extends ServiceHelpers {
  /** Called when a stack is about to go. */
  readonly leaveStack: (stack: string) => void;
  /** Whoever runs guests; absent: every stack is a namespace. */
  readonly machines?: Machines;
}

/** What goes may have gone with something else before. */
const goneAlready = new Set([
  constants.errno.ENOENT,
  constants.errno.ESRCH,
  constants.errno.ENODEV,
  constants.errno.EADDRNOTAVAIL,
]);

const byStack = <S extends Step>(steps: readonly S[]): Map<string, S[]> => {
  const groups = new Map<string, S[]>();
  for (const step of steps) {
    const group = groups.get(step.stack);
    if (group === undefined) groups.set(step.stack, [step]);
    else group.push(step);
  }
  return groups;
};

const inBulk = <S extends Step>(
  kernel: Kernel,
  steps: readonly S[],
  isRemoval: boolean,
  requestsOf: (step: S) => readonly NetlinkRequest[],
): StepFailure[] => {
  const failures: StepFailure[] = [];
  for (const [stack, group] of byStack(steps)) {
    const sent = group.flatMap((step) => requestsOf(step).map((request) => ({ step, request })));
    const refusals = sendRequests(
      socketOf(kernel, stack),
      sent.map(({ request }) => request),
    );
    for (const refusal of refusals) {
      const step = sent[refusal.index]?.step;
      if (step !== undefined && !(isRemoval && goneAlready.has(refusal.errno)))
        failures.push({ step, message: refusal.message });
    }
  }
  return failures;
};

const bridgeChanges = (
  index: number,
  { bridge: from }: InterfaceSettings,
  { bridge: to }: InterfaceSettings,
): NetlinkRequest[] => [
  ...(from?.vlanFiltering === to?.vlanFiltering ? [] : [setVlanFiltering(index, to?.vlanFiltering === true)]),
  ...vlanRequests('bridge', index, from?.vlans, to?.vlans),
];

/** Who changes bridges is a port by default there first. */
const portChanges = (index: number, from: InterfaceSettings, to: InterfaceSettings): NetlinkRequest[] => {
  const before = from.master === to.master ? from.port : undefined;
  if (to.master === undefined || (before === undefined && to.port === undefined)) return [];
  return [setPort(index, to.port ?? {}), ...vlanRequests('port', index, before?.vlans, to.port?.vlans)];
};

/** An interface whose MAC changes is down meanwhile. */
const setInterfaces = (kernel: Kernel, links: Links, steps: readonly StepOf<'set-interface'>[]): StepFailure[] => {
  const lowered = inBulk(
    kernel,
    steps.filter(({ from, to }) => from.up && changesMac(from, to)),
    false,
    (step) => [setLink(indexOf(links, step.stack, step.name), { mtuBytes: step.from.mtuBytes, up: false }, undefined)],
  );
  if (lowered.length > 0) return lowered;
  return inBulk(kernel, steps, false, ({ stack, name, from, to }) => {
    const { master } = to;
    const bridge = master === undefined ? (from.master === undefined ? undefined : 0) : indexOf(links, stack, master);
    const index = indexOf(links, stack, name);
    const settings =
      master !== undefined && from.master !== master
        ? joinRequests(kernel, links, stack, index, to)
        : [setLink(index, to, bridge)];
    return [...settings, ...bridgeChanges(index, from, to), ...portChanges(index, from, to)];
  });
};

const setSysctls = (kernel: Kernel, steps: readonly StepOf<'set-sysctl'>[]): StepFailure[] =>
  [...byStack(steps)].flatMap(([stack, group]) =>
    writeSysctls(
      kernel,
      stack,
      group.map(({ key, to }) => ({ key, to })),
    ).flatMap(({ index, message }) => {
      const step = group[index];
      return step === undefined ? [] : [{ step, message }];
    }),
  );

const setFilters = async (kernel: Kernel, steps: readonly StepOf<'set-filter'>[]): Promise<StepFailure[]> => {
  const failures = await writeFilters(
    kernel,
    steps.map(({ stack, to }) => ({ stack, tables: to })),
  );
  return failures.flatMap(({ index, message }) => {
    const step = steps[index];
    return step === undefined ? [] : [{ step, message }];
  });
};

const parted = <T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] => [
  items.filter(test),
  items.filter((item) => !test(item)),
];

const tryEach = <S extends Step>(steps: readonly S[], work: (step: S) => void): StepFailure[] => {
  for (const step of steps) {
    try {
      work(step);
    } catch (error) {
      return [{ step, message: (error as Error).message }];
    }
  }
  return [];
};

/** Namespaces first: the cards of guests are plugged into them. */
const addStacks = async (
  kernel: Kernel,
  links: Links,
  steps: readonly StepOf<'add-stack'>[],
  machines: Machines | undefined,
): Promise<StepFailure[]> => {
  const guests = machines === undefined ? [] : steps.filter(({ stack }) => machines.isVirtual(stack));
  const failures = tryEach(
    steps.filter((step) => !guests.includes(step)),
    ({ stack }) => {
      addStack(kernel, stack);
      knowNewborn(links, stack);
    },
  );
  if (failures.length > 0 || machines === undefined || guests.length === 0) return failures;
  const started = await machines.start(guests.map(({ stack }) => stack));
  return guests.flatMap((step) => {
    const guest = started.get(step.stack) ?? new Error('it was not started');
    if (guest instanceof Error) return [{ step, message: guest.message }];
    addGuest(kernel, step.stack, guest.door);
    clearBornLinks(socketOf(kernel, step.stack));
    nameCards(socketOf(kernel, step.stack), guest.cards);
    refreshLinks(kernel, links, step.stack);
    return [];
  });
};

const removeStacks = async (
  kernel: Kernel,
  links: Links,
  steps: readonly StepOf<'remove-stack'>[],
  { leaveStack, machines }: Helpers,
): Promise<StepFailure[]> => {
  for (const { stack } of steps) leaveStack(stack);
  const guests = steps.filter(({ stack }) => isGuest(kernel, stack));
  if (machines !== undefined) await Promise.all(guests.map(({ stack }) => machines.stop(stack)));
  return tryEach(steps, ({ stack }) => {
    removeStack(kernel, stack);
    links.delete(stack);
  });
};

const addCables = async (
  kernel: Kernel,
  links: Links,
  steps: readonly StepOf<'add-cable'>[],
  machines: Machines | undefined,
): Promise<StepFailure[]> => {
  const [toGuests, others] = parted(steps, ({ cable }) => endsInGuest(kernel, cable));
  const failures = createCables(kernel, links, others);
  if (failures.length > 0 || toGuests.length === 0 || machines === undefined) return failures;
  return connectGuests(kernel, links, toGuests, machines);
};

const takeCables = async (
  kernel: Kernel,
  links: Links,
  steps: readonly StepOf<'remove-cable'>[],
  machines: Machines | undefined,
): Promise<StepFailure[]> => {
  const [toGuests, others] = parted(steps, ({ cable }) => endsInGuest(kernel, cable));
  if (machines !== undefined) await disconnectGuests(kernel, links, toGuests, machines);
  return removeCables(kernel, links, others);
};

type Carriers = { readonly [K in StepKind]: (steps: readonly StepOf<K>[]) => StepFailure[] | Promise<StepFailure[]> };

const carriers = (kernel: Kernel, links: Links, helpers: Helpers): Carriers => {
  const addresses =
    (verb: 'add' | 'remove') =>
    (steps: readonly StepOf<'add-address' | 'remove-address'>[]): StepFailure[] =>
      inBulk(kernel, steps, verb === 'remove', ({ stack, name, address }) => [
        addressRequest(verb, indexOf(links, stack, name), address),
      ]);
  const routes =
    (verb: 'add' | 'remove') =>
    (steps: readonly StepOf<'add-route' | 'remove-route'>[]): StepFailure[] =>
      inBulk(kernel, steps, verb === 'remove', ({ stack, route }) => [
        routeRequest(verb, route, (dev) => indexOf(links, stack, dev)),
      ]);
  const rules =
    (verb: 'add' | 'remove') =>
    (steps: readonly StepOf<'add-rule' | 'remove-rule'>[]): StepFailure[] =>
      inBulk(kernel, steps, verb === 'remove', ({ rule }) => [ruleRequest(verb, rule)]);
  const proxies =
    (verb: 'add' | 'remove') =>
    (steps: readonly StepOf<'add-proxy' | 'remove-proxy'>[]): StepFailure[] =>
      inBulk(kernel, steps, verb === 'remove', ({ stack, proxy }) => [
        proxyRequest(verb, proxy, indexOf(links, stack, proxy.dev)),
      ]);
  const neighbours =
    (verb: 'add' | 'remove') =>
    (steps: readonly StepOf<'add-neighbour' | 'remove-neighbour'>[]): StepFailure[] =>
      inBulk(kernel, steps, verb === 'remove', ({ stack, neighbour }) => [
        neighbourRequest(verb, neighbour, indexOf(links, stack, neighbour.dev)),
      ]);
  return {
    'add-stack': (steps) => addStacks(kernel, links, steps, helpers.machines),
    'remove-stack': (steps) => removeStacks(kernel, links, steps, helpers),
    'set-sysctl': (steps) => setSysctls(kernel, steps),
    'add-bridge': (steps) => createBridges(kernel, links, steps),
    'remove-bridge': (steps) => removeLinks(kernel, links, steps, ({ name }) => name),
    'add-link': (steps) => createLinks(kernel, links, steps),
    'remove-link': (steps) => removeLinks(kernel, links, steps, ({ name }) => name),
    'add-cable': (steps) => addCables(kernel, links, steps, helpers.machines),
    'remove-cable': (steps) => takeCables(kernel, links, steps, helpers.machines),
    'set-interface': async (steps) => {
      const failures = setInterfaces(kernel, links, steps);
      if (failures.length > 0 || helpers.machines === undefined) return failures;
      return carryOn(kernel, links, helpers.machines, steps);
    },
    'set-wireguard': (steps) => setWireguards(kernel, links, steps),
    'add-address': addresses('add'),
    'remove-address': addresses('remove'),
    'add-route': routes('add'),
    'remove-route': routes('remove'),
    'add-rule': rules('add'),
    'remove-rule': rules('remove'),
    'add-proxy': proxies('add'),
    'remove-proxy': proxies('remove'),
    'add-neighbour': neighbours('add'),
    'remove-neighbour': neighbours('remove'),
    'set-filter': (steps) => setFilters(kernel, steps),
    'start-service': (steps) => tryEach(steps, (step) => helpers.startService(step.stack, step)),
    'change-service': (steps) => changeServices(steps, helpers),
    'set-resolver': (steps) => tryEach(steps, (step) => helpers.setResolver?.(step.stack, step)),
    'stop-service': (steps) => tryEach(steps, (step) => helpers.stopService(step.stack, step)),
  };
};

const forgetSysctls = (kernel: Kernel, step: Step): void => {
  if (step.kind === 'remove-bridge' || step.kind === 'remove-link')
    forgetInterface(kernel, step.stack, step.name, interfaceOfSysctl);
  if (step.kind !== 'remove-cable') return;
  for (const end of [step.cable.a, step.cable.b]) forgetInterface(kernel, end.stack, end.interface, interfaceOfSysctl);
};

type Carrier = (steps: readonly Step[]) => StepFailure[] | Promise<StepFailure[]>;

const concerns = (step: Step, stack: string): boolean =>
  step.stack === stack || ('cable' in step && [step.cable.a.stack, step.cable.b.stack].includes(stack));

/** A guest that does not answer fails the first step that concerns it. */
const unlessStackIsLost = async (steps: readonly Step[], carry: Carrier): Promise<StepFailure[]> => {
  try {
    return await carry(steps);
  } catch (error) {
    if (!(error instanceof StackLost)) throw error;
    const step = steps.find((it) => concerns(it, error.machine)) ?? steps[0];
    return step === undefined ? [] : [{ step, message: error.message }];
  }
};

/** Carries out `steps`; the failures of the first kind of step that had any. `onDone` hears how many steps are done. */
export const carryOut = async (
  kernel: Kernel,
  steps: readonly Step[],
  helpers: Helpers,
  onDone: (done: number) => void,
): Promise<readonly StepFailure[]> => {
  kernel.newborn.clear();
  const links: Links = new Map();
  for (const stack of new Set(steps.map((step) => step.stack)))
    if (hasStack(kernel, stack)) refreshLinks(kernel, links, stack);
  const carrier = carriers(kernel, links, helpers);
  for (let start = 0; start < steps.length;) {
    const kind = steps[start]?.kind ?? 'add-stack';
    let end = start;
    while (end < steps.length && steps[end]?.kind === kind) end += 1;
    const batch = steps.slice(start, end);
    const failures = await unlessStackIsLost(batch, carrier[kind] as Carrier);
    for (const step of batch) forgetSysctls(kernel, step);
    onDone(end);
    if (failures.length > 0) return failures;
    start = end;
  }
  return [];
};
