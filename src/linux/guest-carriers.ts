/**
 * The carrier of cables to guests. The two ends of a veth pair see one while the other end is up (veth(4)); a card and the
 * tap or the card at its far end are told.
 */
import { type StepOf } from '../plan/plan.ts';
import { type CableEnd } from '../state/network-state.ts';
import { isGuest, socketOf, type Kernel } from './kernel.ts';
import { setCarrier } from './link-requests.ts';
import { refreshLinks, type Links } from './links.ts';
import { type Machines } from './machines.ts';
import { sendRequests } from './netlink-socket.ts';
import { type StepFailure } from './step-failure.ts';

interface EndChange {
  readonly step: StepOf<'add-cable'> | StepOf<'set-interface'>;
  readonly end: CableEnd;
  readonly isUp: boolean;
}

const isEnd = (one: CableEnd, other: CableEnd): boolean =>
  one.stack === other.stack && one.interface === other.interface;

/** The far end, where this is one of a cable that a guest is at. */
const farEnd = (kernel: Kernel, end: CableEnd): CableEnd | undefined => {
  const cable = kernel.guestCables.find(({ a, b }) => isEnd(a, end) || isEnd(b, end));
  return cable === undefined ? undefined : isEnd(cable.a, end) ? cable.b : cable.a;
};

const tellFar = async (
  kernel: Kernel,
  links: Links,
  machines: Machines,
  { step, end, isUp }: EndChange,
): Promise<StepFailure[]> => {
  const far = farEnd(kernel, end);
  if (far === undefined) return [];
  if (isGuest(kernel, far.stack)) {
    const failure = await machines.setCarrier(far, isUp);
    return failure === undefined ? [] : [{ step, message: failure.message }];
  }
  if (!links.has(far.stack)) refreshLinks(kernel, links, far.stack);
  const index = links.get(far.stack)?.get(far.interface);
  // What is plugged in has a carrier of itself.
  if (index === undefined || (isUp && step.kind === 'add-cable')) return [];
  const refusals = sendRequests(socketOf(kernel, far.stack), [setCarrier(index, isUp)]);
  return refusals.map(({ message }) => ({ step, message }));
};

const tellAll = async (
  kernel: Kernel,
  links: Links,
  machines: Machines,
  changes: readonly EndChange[],
): Promise<StepFailure[]> => {
  const failures = await Promise.all(changes.map((change) => tellFar(kernel, links, machines, change)));
  return failures.flat();
};

/** Cables that have just been plugged in. */
export const carryFirst = (
  kernel: Kernel,
  links: Links,
  machines: Machines,
  steps: readonly StepOf<'add-cable'>[],
): Promise<StepFailure[]> =>
  tellAll(
    kernel,
    links,
    machines,
    steps.flatMap((step) => (['a', 'b'] as const).map((end) => ({ step, end: step.cable[end], isUp: step[end].up }))),
  );

/** Interfaces that have just come up or gone down. */
export const carryOn = (
  kernel: Kernel,
  links: Links,
  machines: Machines,
  steps: readonly StepOf<'set-interface'>[],
): Promise<StepFailure[]> =>
  tellAll(
    kernel,
    links,
    machines,
    steps
      .filter(({ from, to }) => from.up !== to.up)
      .map((step) => ({ step, end: { stack: step.stack, interface: step.name }, isUp: step.to.up })),
  );
