/** The least kernel that a plan can be carried out on: steps change a NetworkState in memory. Its laws are the plan's. */
import { type Step } from '../../src/plan/plan.ts';
import { sameValue } from '../../src/plan/compare.ts';
import { type Interface, type NetworkState, type Stack } from '../../src/state/network-state.ts';
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

const drop = <T>(list: readonly T[], item: T): T[] => {
  const left = list.filter((other) => !sameValue(other, item));
  if (left.length !== list.length - 1) throw new Error(`not there exactly once: ${JSON.stringify(item)}`);
  return left;
};

const add = <T>(list: readonly T[], item: T): T[] => {
  if (list.some((other) => sameValue(other, item))) throw new Error(`there already: ${JSON.stringify(item)}`);
  return [...list, item];
};

export const carryOutOnModel = (from: NetworkState, steps: readonly Step[]): NetworkState => {
  const stacks = structuredClone(from.stacks) as Record<string, DraftStack>;
  let cables = [...from.cables];
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
  const born = (it: Interface): Draft<Interface> => ({ ...it, addresses: [] });
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
        stackOf(step.stack).interfaces[step.name] = born(step.interface);
        break;
      case 'remove-bridge':
        dropKey(stackOf(step.stack).interfaces, step.name);
        break;
      case 'add-cable':
        cables = add(cables, step.cable);
        stackOf(step.cable.a.stack).interfaces[step.cable.a.interface] = born(step.a);
        stackOf(step.cable.b.stack).interfaces[step.cable.b.interface] = born(step.b);
        break;
      case 'remove-cable':
        cables = drop(cables, step.cable);
        for (const end of [step.cable.a, step.cable.b]) dropKey(stackOf(end.stack).interfaces, end.interface);
        break;
      case 'set-interface': {
        const { kind, addresses } = interfaceOf(step.stack, step.name);
        stackOf(step.stack).interfaces[step.name] = { kind, addresses, ...step.to };
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
    }
  }
  return normalize({ version: 1, stacks, cables });
};
