/**
 * Turns a Lab into the NetworkState that it asks for: a stack for each machine, one for each outside network's switch,
 * and the cables between them. `because` says which place in the file each stack and interface comes from.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { type Interface, type NetworkState, type Stack } from '../state/network-state.ts';
import { normalize } from '../state/normal-form.ts';
import { antispoofTables } from './antispoof.ts';
import { policyLines, type PolicyLine } from './filter-policy.ts';
import { lowerFilter } from './lower-filter.ts';
import { lowerProxied } from './lower-proxied.ts';
import { lowerRoutes } from './lower-routes.ts';
import { lowerResolver } from './lower-names.ts';
import { lowerServices } from './lower-services.ts';
import { lowerTunnels } from './lower-tunnels.ts';
import { machineSysctls, switchSysctls } from './lower-sysctls.ts';
import { switchName } from './names.ts';
import { placesOf, type Places } from './places.ts';
import { isWire } from './switch-ports.ts';
import { wire, type PlacedInterface, type Wiring } from './wire.ts';

export interface Lowered {
  readonly state: NetworkState;
  /** Which place in the file each part of it comes from. */
  readonly because: Places;
}

const append = (byStack: Map<string, PlacedInterface[]>, it: PlacedInterface): void => {
  const list = byStack.get(it.stack);
  if (list === undefined) byStack.set(it.stack, [it]);
  else list.push(it);
};

const bodies = (placed: readonly PlacedInterface[]): Readonly<Record<string, Interface>> =>
  Object.fromEntries(placed.map(({ name, body }) => [name, body]));

const machineStack = (
  lab: Lab,
  machine: LabMachine,
  wiring: Wiring,
  lines: readonly PolicyLine[],
  placed: readonly PlacedInterface[],
): Stack => {
  const proxied = lowerProxied(lab, machine.name, wiring.proxied);
  const resolver = lowerResolver(lab, machine);
  const interfaces = bodies(placed);
  const routes = lowerRoutes(lab, machine);
  const tunnels = lowerTunnels(lab, machine, interfaces, routes);
  return {
    interfaces,
    routes: [...routes, ...tunnels.routes, ...proxied.routes],
    rules: tunnels.rules,
    neighbourProxies: proxied.neighbourProxies,
    sysctls: { ...machineSysctls(lab, machine, placed), ...proxied.sysctls, ...tunnels.sysctls },
    filter: [...lowerFilter(lab, lines, machine), ...antispoofTables(lab, machine, wiring.cables)],
    services: lowerServices(lab, machine),
    ...(resolver === undefined ? {} : { resolver }),
  };
};

const switchStack = (placed: readonly PlacedInterface[]): Stack => ({
  interfaces: bodies(placed),
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: switchSysctls,
  filter: [],
  services: [],
});

export const lower = (lab: Lab): Lowered => {
  const wiring = wire(lab);
  const lines = policyLines(lab);
  const byStack = new Map<string, PlacedInterface[]>();
  for (const it of wiring.interfaces) append(byStack, it);
  const machines = Object.values(lab.machines);
  const outside = Object.values(lab.networks).filter(isWire);
  const stacks: Record<string, Stack> = {};
  const because: Record<string, Span> = {};
  for (const machine of machines) {
    stacks[machine.name] = machineStack(lab, machine, wiring, lines, byStack.get(machine.name) ?? []);
    because[machine.name] = machine.at;
  }
  for (const network of outside) {
    const name = switchName(lab, network.name);
    stacks[name] = switchStack(byStack.get(name) ?? []);
    because[name] = network.at;
  }
  for (const { stack, name, at } of wiring.interfaces) because[`${stack}/${name}`] = at;
  for (const [key, at] of placesOf(lab, wiring.proxied)) because[key] ??= at;
  return { state: normalize({ version: 1, stacks, cables: wiring.cables }), because };
};
