/**
 * Bridges, cables and links on top of them: made with indices of our own choosing (unique in the world) and both ends up in one request.
 */
import { type InterfaceSettings, type Step, type StepOf } from '../plan/plan.ts';
import { type BridgePort } from '../state/network-state.ts';
import { type StepFailure } from './step-failure.ts';
import { socketOf, type Kernel } from './kernel.ts';
import { type NetlinkRequest } from './netlink-message.ts';
import { sendRequests } from './netlink-socket.ts';
import {
  deleteLink,
  newBridge,
  newLink,
  newVeth,
  setLink,
  setPort,
  vlanRequests,
  vxlanRemote,
} from './rtnetlink-write.ts';
import { readLinks } from './rtnetlink-read.ts';
import { settingsOf } from '../plan/interface-steps.ts';

/** Interface indices by stack and name. */
export type Links = Map<string, Map<string, number>>;

export const refreshLinks = (kernel: Kernel, links: Links, stack: string): void => {
  links.set(stack, new Map(readLinks(socketOf(kernel, stack)).map(({ name, index }) => [name, index])));
};

/** A new namespace has its loopback, which is always the first of its interfaces. */
export const knowNewborn = (links: Links, stack: string): void => void links.set(stack, new Map([['lo', 1]]));

const linksOf = (kernel: Kernel, links: Links, stack: string): Map<string, number> => {
  if (!links.has(stack)) refreshLinks(kernel, links, stack);
  return links.get(stack) ?? new Map<string, number>();
};

/** The index of an interface; 2147483647, which no interface has, where there is none: the kernel then says so. */
export const indexOf = (links: Links, stack: string, name: string): number => links.get(stack)?.get(name) ?? 0x7fffffff;

export const takeIndex = (kernel: Kernel): number => {
  kernel.nextIndex += 1;
  return kernel.nextIndex;
};

const isBond = ({ bonds }: Kernel, stack: string, name: string | undefined): boolean =>
  name !== undefined && bonds.has(`${stack} ${name}`);

/** What a new port differs in from one by default; it must be a port already. */
export const portRequests = (index: number, port: BridgePort | undefined): NetlinkRequest[] =>
  port === undefined ? [] : [setPort(index, port), ...vlanRequests('port', index, undefined, port.vlans)];

export const createBridges = (kernel: Kernel, links: Links, steps: readonly StepOf<'add-bridge'>[]): StepFailure[] =>
  steps.flatMap((step) => {
    const index = takeIndex(kernel);
    const vlans = vlanRequests('bridge', index, undefined, step.interface.bridge?.vlans);
    const [refusal] = sendRequests(socketOf(kernel, step.stack), [
      newBridge(step.name, index, step.interface),
      ...vlans,
    ]);
    if (refusal !== undefined) return [{ step, message: refusal.message }];
    linksOf(kernel, links, step.stack).set(step.name, index);
    return [];
  });

/** Links of the other kinds, one after the other: one may rest on the one before. */
export const createLinks = (kernel: Kernel, links: Links, steps: readonly StepOf<'add-link'>[]): StepFailure[] =>
  steps.flatMap((step) => {
    const index = takeIndex(kernel);
    const { stack, name, interface: it } = step;
    const known = linksOf(kernel, links, stack);
    const base =
      it.vlan?.link ?? it.macvlan?.link ?? (known.has(it.bond?.primary ?? '') ? it.bond?.primary : undefined);
    if (it.kind === 'bond') kernel.bonds.add(`${stack} ${name}`);
    const [refusal] = sendRequests(socketOf(kernel, stack), [
      newLink(
        name,
        index,
        it,
        base === undefined ? undefined : indexOf(links, stack, base),
        it.master === undefined ? undefined : indexOf(links, stack, it.master),
      ),
      ...(it.vxlan?.remotes ?? []).map((remote) => vxlanRemote(index, remote)),
      ...portRequests(index, it.port),
    ]);
    if (refusal !== undefined) return [{ step, message: refusal.message }];
    known.set(name, index);
    return [];
  });

/** A bond takes only members that are down, and gives them its MAC; it brings them up itself. */
export const joinRequests = (
  kernel: Kernel,
  links: Links,
  stack: string,
  index: number,
  to: InterfaceSettings,
): NetlinkRequest[] => {
  const master = to.master === undefined ? undefined : indexOf(links, stack, to.master);
  if (!isBond(kernel, stack, to.master)) return [setLink(index, to, master)];
  const { mtuBytes, up } = to;
  return [setLink(index, { ...to, up: false }, master), setLink(index, { mtuBytes, up }, undefined)];
};

interface CableJob {
  readonly step: StepOf<'add-cable'>;
  readonly near: { readonly stack: string; readonly name: string; readonly index: number };
  readonly far: { readonly stack: string; readonly name: string; readonly index: number };
}

const jobOf = (kernel: Kernel, step: StepOf<'add-cable'>): CableJob => {
  const a = { stack: step.cable.a.stack, name: step.cable.a.interface, index: takeIndex(kernel) };
  const b = { stack: step.cable.b.stack, name: step.cable.b.interface, index: takeIndex(kernel) };
  // The end that is a bridge port is made from its own side: one request plugs it in as well.
  return step.a.master === undefined && step.b.master !== undefined
    ? { step, near: b, far: a }
    : { step, near: a, far: b };
};

const interfaceAt = (step: StepOf<'add-cable'>, end: CableJob['near']): StepOf<'add-cable'>['a'] =>
  end.stack === step.cable.a.stack && end.name === step.cable.a.interface ? step.a : step.b;

/** The far ends were born unplugged and down; only a plugged-in port takes a port's flags. */
const finishFarEnds = (kernel: Kernel, links: Links, jobs: readonly CableJob[]): StepFailure[] =>
  jobs.flatMap(({ step, near, far }) => {
    const it = interfaceAt(step, far);
    const nearIt = interfaceAt(step, near);
    const [refusal] = [
      ...sendRequests(socketOf(kernel, far.stack), [
        ...joinRequests(kernel, links, far.stack, far.index, settingsOf(it)),
        ...portRequests(far.index, it.port),
      ]),
      ...sendRequests(socketOf(kernel, near.stack), [
        ...(isBond(kernel, near.stack, nearIt.master)
          ? joinRequests(kernel, links, near.stack, near.index, settingsOf(nearIt))
          : []),
        ...portRequests(near.index, nearIt.port),
      ]),
    ];
    return refusal === undefined ? [] : [{ step, message: refusal.message }];
  });

/** Cables between namespaces. */
export const createCables = (kernel: Kernel, links: Links, steps: readonly StepOf<'add-cable'>[]): StepFailure[] => {
  const jobs = steps.map((step) => jobOf(kernel, step));
  const failures: StepFailure[] = [];
  for (const stack of new Set(jobs.map(({ near }) => near.stack))) {
    const here = jobs.filter(({ near }) => near.stack === stack);
    linksOf(kernel, links, stack);
    const requests = here.map(({ step, near, far }) => {
      const it = interfaceAt(step, near);
      const namespace = kernel.namespaces.byName.get(far.stack)?.fd ?? -1;
      const isJoined = it.master === undefined || isBond(kernel, stack, it.master);
      const master = isJoined ? undefined : indexOf(links, stack, it.master ?? '');
      return newVeth({ ...near, interface: it }, { ...far, interface: interfaceAt(step, far) }, namespace, master);
    });
    const refusals = sendRequests(socketOf(kernel, stack), requests);
    const refused = new Set(refusals.map(({ index }) => index));
    for (const { index, message } of refusals) {
      const step = here[index]?.step;
      if (step !== undefined) failures.push({ step, message });
    }
    for (const [index, { near, far }] of here.entries()) {
      if (refused.has(index)) continue;
      linksOf(kernel, links, near.stack).set(near.name, near.index);
      linksOf(kernel, links, far.stack).set(far.name, far.index);
    }
  }
  return failures.length > 0 ? failures : finishFarEnds(kernel, links, jobs);
};

/** Takes links down; one that is gone already is no failure. */
export const removeLinks = <S extends Step>(
  kernel: Kernel,
  links: Links,
  steps: readonly S[],
  nameOf: (step: S) => string,
): StepFailure[] => {
  for (const step of steps) {
    const known = linksOf(kernel, links, step.stack);
    const index = known.get(nameOf(step));
    if (index !== undefined) sendRequests(socketOf(kernel, step.stack), [deleteLink(index)]);
    known.delete(nameOf(step));
    kernel.bonds.delete(`${step.stack} ${nameOf(step)}`);
  }
  return [];
};

export const removeCables = (kernel: Kernel, links: Links, steps: readonly StepOf<'remove-cable'>[]): StepFailure[] => {
  for (const { cable } of steps) {
    for (const end of [cable.a, cable.b]) {
      const known = linksOf(kernel, links, end.stack);
      const index = known.get(end.interface);
      // The peer of a deleted veth goes with it.
      if (index !== undefined && end === cable.a) sendRequests(socketOf(kernel, end.stack), [deleteLink(index)]);
      known.delete(end.interface);
    }
  }
  return [];
};

/** Sysctls of an interface go with it: their former values no longer matter. */
export const forgetInterface = (
  kernel: Kernel,
  stack: string,
  name: string,
  interfaceOf: (key: string) => string | undefined,
): void => {
  const defaults = kernel.sysctlDefaults.get(stack);
  for (const key of [...(defaults?.keys() ?? [])]) if (interfaceOf(key) === name) defaults?.delete(key);
};
