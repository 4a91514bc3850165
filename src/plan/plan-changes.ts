/**
 * Two network states in, the ordered steps from the first to the second out. What goes is taken down before what comes
 * is put up, and each step comes after what it needs: stacks, sysctls, bridges, cables, settings, links on top of them,
 * addresses, routes, rules, neighbours, filters, services. Planning from a state to itself gives no steps.
 */
import { type Interface, type NetworkState, type PolicyRule, type Route, type Stack } from '../state/network-state.ts';
import { sameValue, without } from './compare.ts';
import { freshInterfaces, interfaceSteps, loweredInterfaces } from './interface-steps.ts';
import { type MachineChange, type Plan, type Step, type VirtualMachines } from './plan.ts';
import { emptyStack } from '../state/empty-stack.ts';
import { restartedMachines } from './restarted-machines.ts';
import { resolverSteps, serviceSteps } from './service-steps.ts';
import { inOrder, interfaceOfSysctl } from './step-order.ts';

const cableKey = (end: { stack: string; interface: string }): string => `${end.stack}\n${end.interface}`;

const cableSteps = (
  observed: NetworkState,
  desired: NetworkState,
  again: ReadonlySet<string>,
): { steps: Step[]; replaced: Set<string> } => {
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
  const isAgain = ({ a, b }: NetworkState['cables'][number]): boolean => again.has(a.stack) || again.has(b.stack);
  const stays = again.size === 0 ? observed.cables : observed.cables.filter((cable) => !isAgain(cable));
  const goes = again.size === 0 ? [] : observed.cables.filter(isAgain);
  for (const cable of [...goes, ...without(stays, desired.cables)]) {
    const both = ends(observed, cable);
    if (both !== undefined) steps.push({ kind: 'remove-cable', stack: cable.a.stack, cable, ...both });
  }
  for (const cable of without(desired.cables, stays)) {
    const both = ends(desired, cable);
    if (both === undefined) continue;
    steps.push({ kind: 'add-cable', stack: cable.a.stack, cable, ...both });
    replaced.add(cableKey(cable.a)).add(cableKey(cable.b));
  }
  return { steps, replaced };
};

const forwardingKeys: ReadonlySet<string> = new Set(['net/ipv4/ip_forward', 'net/ipv4/conf/all/forwarding']);
const redirectsKey = 'net/ipv4/conf/all/accept_redirects';

/** A stack that comes to forward takes no redirects, and one that ceases to takes them (inet_forward_change): said after that. */
const withRedirectsLast = (stack: string, was: Stack, is: Stack, steps: readonly Step[]): Step[] => {
  const to = is.sysctls[redirectsKey];
  const isSwitched = steps.some((step) => step.kind === 'set-sysctl' && forwardingKeys.has(step.key));
  if (to === undefined || !isSwitched) return [...steps];
  const from = was.sysctls[redirectsKey];
  return [
    ...steps.filter((step) => step.kind !== 'set-sysctl' || step.key !== redirectsKey),
    { kind: 'set-sysctl', stack, key: redirectsKey, to, ...(from === undefined ? {} : { from }) },
  ];
};

const sysctlSteps = (stack: string, was: Stack, is: Stack, isFresh: (name: string) => boolean): Step[] => {
  const steps: Step[] = [];
  for (const [key, to] of Object.entries(is.sysctls)) {
    const owner = interfaceOfSysctl(key);
    const from = owner !== undefined && isFresh(owner) ? undefined : was.sysctls[key];
    if (from !== to) steps.push({ kind: 'set-sysctl', stack, key, to, ...(from === undefined ? {} : { from }) });
  }
  for (const [key, from] of Object.entries(was.sysctls)) {
    const owner = interfaceOfSysctl(key);
    // What is gone or made anew has forgotten it.
    const isForgotten = owner !== undefined && (is.interfaces[owner] === undefined || isFresh(owner));
    if (key in is.sysctls || isForgotten) continue;
    steps.push({ kind: 'set-sysctl', stack, key, from });
  }
  return withRedirectsLast(stack, was, is, steps);
};

/** The difference of two lists; what is lost with an interface on the way comes again after it. */
const listSteps = <T>(
  was: readonly T[],
  is: readonly T[],
  isLost: (item: T) => boolean,
  remove: (item: T) => Step,
  add: (item: T) => Step,
): Step[] => {
  const stays = was.some(isLost) ? was.filter((item) => !isLost(item)) : was;
  const lost = stays === was ? [] : was.filter(isLost);
  return [...lost, ...without(stays, is)].map(remove).concat(without(is, stays).map(add));
};

const devicesOf = (route: Route): readonly string[] =>
  route.nexthops?.map(({ dev }) => dev) ?? (route.dev === undefined ? [] : [route.dev]);

const leadsByGateway = ({ family, via, onlink, nexthops }: Route): boolean =>
  family === 4 && (nexthops ?? [{ via, onlink }]).some((hop) => hop.via !== undefined && hop.onlink !== true);

/**
 * Linux asks its rules whether it can reach the gateway of a new IPv4 route, from no address in particular
 * (fib_check_nh): a rule that discards such packets has it refused. Those rules come again after the routes.
 */
const isInTheWay = ({ family, action, from, not }: PolicyRule): boolean =>
  family === 4 && action !== undefined && (from === undefined || not === true);

const stackSteps = (stack: string, was: Stack, is: Stack, replaced: ReadonlySet<string>): Step[] => {
  const fresh = freshInterfaces(was, is, (name) => replaced.has(cableKey({ stack, interface: name })));
  const lowered = loweredInterfaces(was, is, fresh);
  const isFresh = (name: string): boolean => fresh.has(name);
  const losesItsOwn = (name: string): boolean => fresh.has(name) || lowered.has(name);
  const steps = [...interfaceSteps(stack, was, is, fresh, lowered), ...sysctlSteps(stack, was, is, isFresh)];
  const routeSteps = listSteps(
    was.routes,
    is.routes,
    (route) => devicesOf(route).some(losesItsOwn),
    (route) => ({ kind: 'remove-route', stack, route }),
    (route) => ({ kind: 'add-route', stack, route }),
  );
  const asksRules = routeSteps.some((step) => step.kind === 'add-route' && leadsByGateway(step.route));
  steps.push(
    ...routeSteps,
    ...listSteps(
      was.rules,
      is.rules,
      (rule) => asksRules && isInTheWay(rule),
      (rule) => ({ kind: 'remove-rule', stack, rule }),
      (rule) => ({ kind: 'add-rule', stack, rule }),
    ),
    ...listSteps(
      was.neighbourProxies,
      is.neighbourProxies,
      ({ dev }) => losesItsOwn(dev),
      (proxy) => ({ kind: 'remove-proxy', stack, proxy }),
      (proxy) => ({ kind: 'add-proxy', stack, proxy }),
    ),
    ...listSteps(
      was.neighbours ?? [],
      is.neighbours ?? [],
      ({ dev }) => losesItsOwn(dev),
      (neighbour) => ({ kind: 'remove-neighbour', stack, neighbour }),
      (neighbour) => ({ kind: 'add-neighbour', stack, neighbour }),
    ),
    ...serviceSteps(stack, was, is, isFresh),
    ...resolverSteps(stack, was, is),
  );
  if (!sameValue(was.filter, is.filter)) steps.push({ kind: 'set-filter', stack, from: was.filter, to: is.filter });
  return steps;
};

const noMachines: MachineChange = { observed: {}, desired: {} };

const withStack = (machines: VirtualMachines, kind: 'add-stack' | 'remove-stack', stack: string): Step => {
  const machine = machines[stack];
  return machine === undefined ? { kind, stack } : { kind, stack, machine };
};

/** The steps that make `observed` into `desired`; both in normal form. */
export const planChanges = (
  observed: NetworkState,
  desired: NetworkState,
  machines: MachineChange = noMachines,
): Plan => {
  const again = restartedMachines(observed, desired, machines);
  const { steps, replaced } = cableSteps(observed, desired, again);
  for (const [stack, is] of Object.entries(desired.stacks)) {
    const was = again.has(stack) ? undefined : observed.stacks[stack];
    if (was === undefined) steps.push(withStack(machines.desired, 'add-stack', stack));
    steps.push(...stackSteps(stack, was ?? emptyStack, is, replaced));
  }
  for (const [stack, was] of Object.entries(observed.stacks)) {
    if (stack in desired.stacks && !again.has(stack)) continue;
    for (const service of was.services) steps.push({ kind: 'stop-service', stack, service });
    steps.push(withStack(machines.observed, 'remove-stack', stack));
  }
  return { steps: inOrder(steps) };
};
