/**
 * The least kernel that a plan can be carried out on: steps change a NetworkState in memory. As in the kernel, what
 * hangs on an interface goes with it, and an interface that goes down loses its routes, neighbours and IPv6 addresses.
 */
import { type Step } from '../../src/plan/plan.ts';
import { sameValue } from '../../src/plan/compare.ts';
import { type Interface, type NetworkState, type Route, type Stack } from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';

type Draft<T> = { -readonly [K in keyof T]: T[K] };
interface DraftStack extends Omit<Draft<Stack>, 'interfaces' | 'sysctls'> {
  interfaces: Record<string, Draft<Interface>>;
  sysctls: Record<string, string>;
}

const bare = (): DraftStack => ({
  interfaces: { lo: { kind: 'loopback', mtuBytes: 65536, up: false, addresses: [] } },
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
});

const dropKey = (record: object, key: string): void => void Reflect.deleteProperty(record, key);

const omitAbsent = (record: object): object =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

const drop = <T>(list: readonly T[], item: T): T[] => {
  const left = list.filter((other) => !sameValue(other, item));
  if (left.length !== list.length - 1) throw new Error(`not there exactly once: ${JSON.stringify(item)}`);
  return left;
};

const add = <T>(list: readonly T[], item: T): T[] => {
  if (list.some((other) => sameValue(other, item))) throw new Error(`there already: ${JSON.stringify(item)}`);
  return [...list, item];
};

const devicesOf = ({ dev, nexthops }: Route): readonly (string | undefined)[] => [
  dev,
  ...(nexthops ?? []).map((hop) => hop.dev),
];

/** What the kernel forgets when an interface goes down. */
const lower = (stack: DraftStack, name: string): void => {
  const isElsewhere = ({ dev }: { readonly dev: string }): boolean => dev !== name;
  stack.routes = stack.routes.filter((route) => !devicesOf(route).includes(name));
  stack.neighbourProxies = stack.neighbourProxies.filter(isElsewhere);
  if (stack.neighbours !== undefined) stack.neighbours = stack.neighbours.filter(isElsewhere);
  const it = stack.interfaces[name];
  if (it !== undefined) it.addresses = it.addresses.filter(({ family }) => family === 4);
};

/** Takes an interface away, and the links that rest on it. */
const raze = (stack: DraftStack, name: string): void => {
  lower(stack, name);
  dropKey(stack.interfaces, name);
  for (const [other, { vlan, macvlan }] of Object.entries(stack.interfaces))
    if ((vlan?.link ?? macvlan?.link) === name) raze(stack, other);
};

export const carryOutOnModel = (start: NetworkState, steps: readonly Step[]): NetworkState => {
  const stacks = structuredClone(start.stacks) as Record<string, DraftStack>;
  let cables = [...start.cables];
  const stackOf = (name: string): DraftStack => {
    const stack = stacks[name];
    if (stack === undefined) throw new Error(`no stack ${name}`);
    return stack;
  };
  const interfaceOf = (stack: string, name: string): Draft<Interface> => {
    const it = stackOf(stack).interfaces[name];
    if (it === undefined) throw new Error(`no interface ${name} in ${stack}`);
    return it;
  };
  /** A link of WireGuard has no peers until it is told of them. */
  const born = (it: Interface): Draft<Interface> => ({
    ...it,
    addresses: [],
    ...(it.wireguard === undefined ? {} : { wireguard: { peers: [] } }),
  });
  for (const step of steps) {
    switch (step.kind) {
      case 'add-stack':
        stacks[step.stack] = bare();
        break;
      case 'remove-stack':
        dropKey(stacks, step.stack);
        break;
      case 'set-sysctl':
        if (step.to === undefined) dropKey(stackOf(step.stack).sysctls, step.key);
        else stackOf(step.stack).sysctls[step.key] = step.to;
        break;
      case 'add-bridge':
      case 'add-link': {
        const base = step.interface.vlan?.link ?? step.interface.macvlan?.link;
        if (base !== undefined) interfaceOf(step.stack, base);
        if (step.interface.master !== undefined) interfaceOf(step.stack, step.interface.master);
        stackOf(step.stack).interfaces[step.name] = born(step.interface);
        break;
      }
      case 'remove-bridge':
      case 'remove-link':
        interfaceOf(step.stack, step.name);
        raze(stackOf(step.stack), step.name);
        break;
      case 'add-cable':
        cables = add(cables, step.cable);
        stackOf(step.cable.a.stack).interfaces[step.cable.a.interface] = born(step.a);
        stackOf(step.cable.b.stack).interfaces[step.cable.b.interface] = born(step.b);
        break;
      case 'remove-cable':
        cables = drop(cables, step.cable);
        for (const end of [step.cable.a, step.cable.b]) raze(stackOf(end.stack), end.interface);
        break;
      case 'set-interface': {
        const { from, to } = step;
        if (from.up && (!to.up || (from.mac !== undefined && from.mac !== to.mac)))
          lower(stackOf(step.stack), step.name);
        const { mac, master, bridge, port, ...rest } = interfaceOf(step.stack, step.name);
        if (!sameValue(from, { ...omitAbsent({ mac, master, bridge, port }), mtuBytes: rest.mtuBytes, up: rest.up }))
          throw new Error(`${step.name} is not as the step says`);
        stackOf(step.stack).interfaces[step.name] = { ...rest, ...to };
        break;
      }
      case 'set-wireguard': {
        const it = interfaceOf(step.stack, step.name);
        if (!sameValue(it.wireguard, step.from)) throw new Error(`${step.name} has other peers than the step says`);
        it.wireguard = step.to;
        break;
      }
      case 'add-address':
      case 'remove-address': {
        const it = interfaceOf(step.stack, step.name);
        it.addresses = step.kind === 'add-address' ? add(it.addresses, step.address) : drop(it.addresses, step.address);
        break;
      }
      case 'add-route':
      case 'remove-route': {
        const stack = stackOf(step.stack);
        stack.routes = step.kind === 'add-route' ? add(stack.routes, step.route) : drop(stack.routes, step.route);
        break;
      }
      case 'add-rule':
      case 'remove-rule': {
        const stack = stackOf(step.stack);
        stack.rules = step.kind === 'add-rule' ? add(stack.rules, step.rule) : drop(stack.rules, step.rule);
        break;
      }
      case 'add-proxy':
      case 'remove-proxy': {
        const stack = stackOf(step.stack);
        stack.neighbourProxies =
          step.kind === 'add-proxy'
            ? add(stack.neighbourProxies, step.proxy)
            : drop(stack.neighbourProxies, step.proxy);
        break;
      }
      case 'add-neighbour':
      case 'remove-neighbour': {
        const stack = stackOf(step.stack);
        const list = stack.neighbours ?? [];
        stack.neighbours = step.kind === 'add-neighbour' ? add(list, step.neighbour) : drop(list, step.neighbour);
        break;
      }
      case 'set-filter':
        stackOf(step.stack).filter = step.to;
        break;
      case 'start-service':
      case 'stop-service': {
        const stack = stackOf(step.stack);
        stack.services =
          step.kind === 'start-service' ? add(stack.services, step.service) : drop(stack.services, step.service);
        break;
      }
      case 'change-service': {
        const stack = stackOf(step.stack);
        stack.services = add(drop(stack.services, step.from), step.to);
        break;
      }
      case 'set-resolver': {
        const stack = stackOf(step.stack);
        if (!sameValue(stack.resolver, step.from)) throw new Error(`${step.stack} asks others than the step says`);
        if (step.to === undefined) delete stack.resolver;
        else stack.resolver = step.to;
        break;
      }
    }
  }
  return normalize({ version: 1, stacks, cables });
};
