/**
 * Two network states in, the ordered steps from the first to the second out. What goes is taken down before what comes
 * is put up, and each step comes after what it needs: stacks, sysctls, bridges, cables, settings, addresses, routes,
 * neighbour proxies, filters, services. Planning from a state to itself gives no steps.
 */
import { type Interface, type NetworkState, type Stack } from '../state/network-state.ts';
import { type InterfaceSettings, type Plan, type Step, type StepKind } from './plan.ts';
import { sameValue, without } from './compare.ts';

const emptyStack: Stack = {
  interfaces: {},
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
};

const order: readonly StepKind[] = [
  'stop-service',
  'remove-proxy',
  'remove-rule',
  'remove-route',
  'remove-address',
  'remove-cable',
  'remove-bridge',
  'remove-stack',
  'add-stack',
  'set-sysctl',
  'add-bridge',
  'add-cable',
  'set-interface',
  'add-address',
  'add-route',
  'add-rule',
  'add-proxy',
  'set-filter',
  'start-service',
];
const rank = new Map(order.map((kind, index) => [kind, index]));

/** Sysctls of one interface exist only once it does; the others are set before any interface comes up. */
const perInterface = /^net\/ipv[46]\/(?:conf|neigh)\/(?!all\/|default\/)([^/]+)\//;

export const interfaceOfSysctl = (key: string): string | undefined => perInterface.exec(key)?.[1];

const position = (step: Step): number => {
  const base = rank.get(step.kind) ?? 0;
  // After the interfaces, before their addresses.
  const isLate = step.kind === 'set-sysctl' && interfaceOfSysctl(step.key) !== undefined;
  return isLate ? (rank.get('set-interface') ?? 0) + 0.5 : base;
};

export const settingsOf = (it: Interface): InterfaceSettings => ({
  ...(it.mac === undefined ? {} : { mac: it.mac }),
  mtuBytes: it.mtuBytes,
  up: it.up,
  ...(it.master === undefined ? {} : { master: it.master }),
  ...(it.bridge === undefined ? {} : { bridge: it.bridge }),
});

const cableKey = (end: { stack: string; interface: string }): string => `${end.stack}\n${end.interface}`;

const cableSteps = (observed: NetworkState, desired: NetworkState): { steps: Step[]; replaced: Set<string> } => {
  const steps: Step[] = [];
  const replaced = new Set<string>();
  const ends = (
    state: NetworkState,
    cable: NetworkState['cables'][number],
  ): { a: Interface; b: Interface } | undefined => {
    const a = state.stacks[cable.a.stack]?.interfaces[cable.a.interface];
    const b = state.stacks[cable.b.stack]?.interfaces[cable.b.interface];
    return a === undefined || b === undefined ? undefined : { a, b };
  };
  for (const cable of without(observed.cables, desired.cables)) {
    const both = ends(observed, cable);
    if (both !== undefined) steps.push({ kind: 'remove-cable', stack: cable.a.stack, cable, ...both });
  }
  for (const cable of without(desired.cables, observed.cables)) {
    const both = ends(desired, cable);
    if (both === undefined) continue;
    steps.push({ kind: 'add-cable', stack: cable.a.stack, cable, ...both });
    replaced.add(cableKey(cable.a)).add(cableKey(cable.b));
  }
  return { steps, replaced };
};

const interfaceSteps = (
  stack: string,
  name: string,
  was: Interface | undefined,
  is: Interface,
  isFresh: boolean,
): Step[] => {
  const before = isFresh ? undefined : was;
  const steps: Step[] = [];
  if (before === undefined && is.kind === 'bridge') steps.push({ kind: 'add-bridge', stack, name, interface: is });
  if (before !== undefined) {
    const from = settingsOf(before);
    const to = settingsOf(is);
    // A MAC that the desired state leaves to the kernel is whatever it is.
    const known = to.mac === undefined && from.mac !== undefined ? { ...to, mac: from.mac } : to;
    if (!sameValue(from, known)) steps.push({ kind: 'set-interface', stack, name, from, to: known });
  } else if (is.kind === 'loopback' && is.up) {
    steps.push({ kind: 'set-interface', stack, name, from: { mtuBytes: is.mtuBytes, up: false }, to: settingsOf(is) });
  }
  const old = before?.addresses ?? [];
  // The order of addresses has meaning (the first is primary): from the first difference on, all are added anew.
  let same = 0;
  while (same < old.length && same < is.addresses.length && sameValue(old[same], is.addresses[same])) same += 1;
  for (const address of old.slice(same)) steps.push({ kind: 'remove-address', stack, name, address });
  for (const address of is.addresses.slice(same)) steps.push({ kind: 'add-address', stack, name, address });
  return steps;
};

const sysctlSteps = (
  stack: string,
  was: Stack,
  is: Stack,
  isGone: (name: string) => boolean,
  isFresh: (name: string) => boolean,
): Step[] => {
  const steps: Step[] = [];
  for (const [key, to] of Object.entries(is.sysctls)) {
    const owner = interfaceOfSysctl(key);
    const from = owner !== undefined && isFresh(owner) ? undefined : was.sysctls[key];
    if (from !== to) steps.push({ kind: 'set-sysctl', stack, key, to, ...(from === undefined ? {} : { from }) });
  }
  for (const [key, from] of Object.entries(was.sysctls)) {
    const owner = interfaceOfSysctl(key);
    if (key in is.sysctls || (owner !== undefined && isGone(owner))) continue;
    steps.push({ kind: 'set-sysctl', stack, key, from });
  }
  return steps;
};

const stackSteps = (stack: string, was: Stack, is: Stack, replaced: ReadonlySet<string>): Step[] => {
  const steps: Step[] = [];
  const isFresh = (name: string): boolean =>
    replaced.has(cableKey({ stack, interface: name })) || was.interfaces[name]?.kind !== is.interfaces[name]?.kind;
  for (const [name, it] of Object.entries(is.interfaces)) {
    steps.push(...interfaceSteps(stack, name, was.interfaces[name], it, isFresh(name)));
  }
  for (const [name, it] of Object.entries(was.interfaces)) {
    if (it.kind === 'bridge' && is.interfaces[name]?.kind !== 'bridge')
      steps.push({ kind: 'remove-bridge', stack, name, interface: it });
  }
  steps.push(...sysctlSteps(stack, was, is, (name) => is.interfaces[name] === undefined, isFresh));
  for (const route of without(was.routes, is.routes)) steps.push({ kind: 'remove-route', stack, route });
  for (const route of without(is.routes, was.routes)) steps.push({ kind: 'add-route', stack, route });
  for (const rule of without(was.rules, is.rules)) steps.push({ kind: 'remove-rule', stack, rule });
  for (const rule of without(is.rules, was.rules)) steps.push({ kind: 'add-rule', stack, rule });
  for (const proxy of without(was.neighbourProxies, is.neighbourProxies))
    steps.push({ kind: 'remove-proxy', stack, proxy });
  for (const proxy of without(is.neighbourProxies, was.neighbourProxies))
    steps.push({ kind: 'add-proxy', stack, proxy });
  if (!sameValue(was.filter, is.filter)) steps.push({ kind: 'set-filter', stack, from: was.filter, to: is.filter });
  for (const service of without(was.services, is.services)) steps.push({ kind: 'stop-service', stack, service });
  for (const service of without(is.services, was.services)) steps.push({ kind: 'start-service', stack, service });
  return steps;
};

/** The steps that make `observed` into `desired`; both in normal form. */
export const planChanges = (observed: NetworkState, desired: NetworkState): Plan => {
  const { steps, replaced } = cableSteps(observed, desired);
  for (const [stack, is] of Object.entries(desired.stacks)) {
    const was = observed.stacks[stack];
    if (was === undefined) steps.push({ kind: 'add-stack', stack });
    steps.push(...stackSteps(stack, was ?? emptyStack, is, replaced));
  }
  for (const [stack, was] of Object.entries(observed.stacks)) {
    if (stack in desired.stacks) continue;
    for (const service of was.services) steps.push({ kind: 'stop-service', stack, service });
    steps.push({ kind: 'remove-stack', stack });
  }
  return {
    steps: steps
      .map((step, index) => ({ step, index }))
      .sort((a, b) => position(a.step) - position(b.step) || a.index - b.index)
      .map(({ step }) => step),
  };
};
