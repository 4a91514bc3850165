/**
 * Carries out probes in a world: waits until addresses and bridge ports are ready, then pings, then connects.
 */
import { doorOf, isGuest, socketOf, stacksOf, type Kernel } from '../linux/kernel.ts';
import { readAddresses, readLinks } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { type Family } from '../net/address.ts';
import { connectAll } from './connections.ts';
import { openPinging } from './echo.ts';
import { findingsFor, measurementOf, type Finding } from './findings.ts';
import { type Measurement, type ProbeRequest } from './measurement.ts';

const STP_FORWARDING = 3;
const STP_DISABLED = 0;
/** Two forward delays of 15 s, and a little. */
const readyPatienceMs = 32_000;

const isReady = (kernel: Kernel, stack: string): boolean => {
  const socket = socketOf(kernel, stack);
  const ports = readLinks(socket).filter(
    ({ portState, isUp, hasCarrier }) => portState !== undefined && isUp && hasCarrier,
  );
  return (
    ports.every(({ portState }) => portState === STP_FORWARDING || portState === STP_DISABLED) &&
    !readAddresses(socket).some(({ isTentative }) => isTentative)
  );
};

/** Duplicate address detection and spanning tree delay what they guard; probes would be lost. */
const untilReady = async (kernel: Kernel): Promise<void> => {
  const isWaiting = (stack: string): boolean => unlessLost(() => !isReady(kernel, stack)) === true;
  let waiting = stacksOf(kernel).filter(isWaiting);
  for (const end = performance.now() + readyPatienceMs; waiting.length > 0 && performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    waiting = waiting.filter(isWaiting);
  }
};

/** Senders that have no address of a family cannot be told apart from those without a route by the error alone. */
const noteMissingAddresses = (kernel: Kernel, findings: Iterable<Finding>): void => {
  const known = new Map<string, Set<Family>>();
  const familiesOf = (stack: string): Set<Family> => {
    const found =
      known.get(stack) ??
      new Set(
        readAddresses(socketOf(kernel, stack))
          .filter(({ address, isLinkScope }) => !isLinkScope && address !== '127.0.0.1' && address !== '::1')
          .map(({ family }) => family),
      );
    known.set(stack, found);
    return found;
  };
  for (const finding of findings) {
    const { from, family } = finding.probe;
    if (finding.outcome !== 'unreachable') continue;
    if (unlessLost(() => familiesOf(from).has(family)) === false) finding.outcome = 'no-address';
  }
};

/** Guests that fell silent meanwhile look like those that got no answer, until they are asked. */
const noteLost = (kernel: Kernel, findings: Iterable<Finding>): void => {
  const unanswered = [...findings].filter(({ outcome }) => outcome !== 'answered');
  for (const stack of new Set(unanswered.map(({ probe }) => probe.from))) {
    const door = doorOf(kernel, stack);
    if (door.kind === 'guest' && unlessLost(() => door.readSettings([])) === undefined)
      for (const finding of unanswered) if (finding.probe.from === stack) finding.outcome = 'lost';
  }
};

export const measure = async (
  kernel: Kernel,
  probes: readonly ProbeRequest[],
  neighbourBudget: number,
  onProgress: (done: number, total: number) => void,
): Promise<readonly Measurement[]> => {
  const present = new Set(stacksOf(kernel));
  const missing = probes.find(({ from }) => !present.has(from));
  if (missing !== undefined)
    throw new Error(`the running lab has no machine \`${missing.from}\`: run \`lanwright up\` first`);
  const asked = probes.map(({ toStack, ...probe }) =>
    toStack === undefined || !present.has(toStack) ? probe : { ...probe, toStack },
  );
  const findings = findingsFor(asked);
  await untilReady(kernel);
  const pace = stacksOf(kernel).some((stack) => isGuest(kernel, stack)) ? 'patient' : 'quick';
  const pinging = openPinging(kernel, findings, neighbourBudget, pace);
  try {
    await pinging.quickly();
    onProgress([...findings.values()].filter(({ outcome }) => outcome !== undefined).length, probes.length);
    await Promise.all([pinging.patiently(), connectAll(kernel, findings, pace)]);
    await pinging.lastly();
  } finally {
    pinging.close();
  }
  noteMissingAddresses(kernel, findings.values());
  noteLost(kernel, findings.values());
  onProgress(probes.length, probes.length);
  return [...findings.values()].map(measurementOf);
};
