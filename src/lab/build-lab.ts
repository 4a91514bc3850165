/**
 * A spec to a lab: every name resolved, every number, MAC, prefix, address and port decided, in the order in which the
 * decisions depend on each other. What was decided before stays; the new lock keeps what is decided now.
 */
import { hasErrors, type Outcome } from '../diagnostics/diagnostic.ts';
import { type Spec } from '../spec/spec.ts';
import { type MachineKind } from '../state/virtual-machine.ts';
import { planAdvertisers } from './advertisers.ts';
import { checkLab } from './checks/check-lab.ts';
import { checkForgotten } from './checks/forgotten.ts';
import { checkPrefixes } from './checks/prefixes.ts';
import { type Context, type KeyEnd } from './context.ts';
import { planDhcp } from './dhcp-servers.ts';
import { draftLab } from './draft-lab.ts';
import { checkGroups } from './endpoints.ts';
import { Findings } from './findings.ts';
import { finishMachines } from './finish-machines.ts';
import { finishNetworks } from './finish-networks.ts';
import { networkGateways } from './gateways.ts';
import { internetName } from './internet.ts';
import { planBgp } from './read-bgp.ts';
import { planRoles } from './read-roles.ts';
import { planNames } from './read-names.ts';
import { expectedTransfers } from './read-secondaries.ts';
import { expectedCheckIns, planWatch } from './read-watch.ts';
import { internetRoutes } from './internet-routes.ts';
import { type Lab, type LabMachine } from './lab.ts';
import { forget, type LockFile } from './lock-file.ts';
import { withoutRenumbered } from './renumbered.ts';
import { omitAbsent } from './omit-absent.ts';
import { planNetworkRoutes } from './network-routes.ts';
import { planPrefixes } from './network-prefixes.ts';
import { nextLock } from './next-lock.ts';
import { placeMachines } from './place-machines.ts';
import { readExpectations, readPolicies } from './policies.ts';
import { withTunnelAddresses } from './tunnel-ends.ts';
import { tellRoutes } from './routes-needed.ts';
import { standInKey } from './stand-in-key.ts';

export interface BuildOptions {
  readonly random: (bytes: number) => Uint8Array;
  /** Machines and networks whose kept decisions are dropped. */
  readonly forget?: readonly string[];
  /** What guests run as that do not say it themselves; default `netns`. */
  readonly machines?: MachineKind;
  /** Default: stand-ins, to which nobody has private keys. */
  readonly publicKeyOf?: (lab: string, end: KeyEnd) => string;
}

export interface BuiltLab {
  readonly lab: Lab;
  readonly lock: LockFile;
}

export const buildLab = (spec: Spec, lock: LockFile | undefined, options: BuildOptions): Outcome<BuiltLab> => {
  const findings = new Findings();
  const names = options.forget ?? [];
  const draft = draftLab(spec, findings);
  const kept = lock === undefined ? undefined : withoutRenumbered(forget(lock, names), draft);
  const context: Context = {
    ...{ spec, draft, lock: kept, findings },
    guestKind: options.machines ?? 'netns',
    publicKeyOf: (end) => options.publicKeyOf?.(spec.data.lab, end) ?? standInKey(end),
  };
  checkForgotten(context, lock, names);
  checkGroups(context);

  const { prefixes, ula } = planPrefixes(context, options.random);
  checkPrefixes(context, prefixes);
  const dhcp = planDhcp(context, prefixes);
  const advertisers = planAdvertisers(context, prefixes, dhcp);
  const placement = placeMachines(context, prefixes, dhcp, advertisers);
  const placed = withTunnelAddresses(context, placement.placed);

  const gateways = networkGateways(context, placed);
  const routes = planNetworkRoutes(context, placed, advertisers);
  const finished = finishMachines(context, placed, { gateways, routes, advertisers }, placement.ports);
  const machines = withInternetRoutes(finished, (all) => internetRoutes(placed, all, gateways));
  const networks = finishNetworks(context, placed, { gateways, dhcp, advertisers, routes });
  const bare: Lab = {
    name: spec.data.lab,
    networks,
    machines,
    policy: readPolicies(context, placed),
    expect: [],
    notes: [],
  };
  const watch = planWatch(context, bare);
  const servers = planNames(context, placed, bare);
  const planned = omitAbsent({ bgp: planBgp(context, bare), names: servers, watch });
  const lab: Lab = {
    ...bare,
    expect: [...readExpectations(context, placed, bare), ...expectedCheckIns(watch), ...expectedTransfers(servers)],
    ...planned,
    ...omitAbsent({ roles: planRoles(context, { ...bare, ...planned }) }),
  };
  checkLab(context, placed, lab, dhcp);
  tellRoutes(context, placed, lab, gateways);

  const { diagnostics, notes } = findings;
  if (hasErrors(diagnostics)) return { diagnostics };
  return {
    value: { lab: { ...lab, notes }, lock: nextLock(context, prefixes, ula, placement, servers?.zones.serials ?? {}) },
    diagnostics,
  };
};

const withInternetRoutes = (
  machines: ReadonlyMap<string, LabMachine>,
  routesFor: (machines: ReadonlyMap<string, LabMachine>) => LabMachine['routes'],
): Record<string, LabMachine> => {
  const all = Object.fromEntries(machines);
  const internet = machines.get(internetName);
  return internet === undefined ? all : { ...all, [internetName]: { ...internet, routes: routesFor(machines) } };
};
