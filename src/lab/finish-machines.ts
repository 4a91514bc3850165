/** Placed machines to lab machines: default routers and their metrics, routes, filters, start position. */
import { printIp } from '../net/address.ts';
import { parsePrefix, printPrefix } from '../net/prefix.ts';
import { runsOspf } from '../spec/routing.ts';
import { type Context } from './context.ts';
import { type ConsolePorts } from './console-ports.ts';
import { families, nicKey } from './draft.ts';
import { usualMtuBytes } from './draft-tunnels.ts';
import { isNamedGateway, nicGateways, type Gateways, type NicGateways } from './gateways.ts';
import { type LabMachine, type LabNic } from './lab.ts';
import { machineFirewall } from './machine-firewall.ts';
import { type Advertisers } from './advertisers.ts';
import { machineRoutes } from './machine-routes.ts';
import { memberRoutes, type NetworkRoutes } from './network-routes.ts';
import { omitAbsent } from './omit-absent.ts';
import { type Placed, type PlacedMachine } from './placed.ts';
import { helpForUnknown } from './unknown-name.ts';
import { tunnelEnds } from './tunnel-ends.ts';
import { planWireguard, type WireguardPlans } from './wireguard-ends.ts';
import { decideVirtualMachine } from './virtual-machine.ts';
import { checkDefaultRoutes } from './checks/default-routes.ts';

const metricStep = 100;
/** Of sending by an interface, to routing daemons: that of BIRD. */
export const usualCost = 10;

/** The routers of networks, and further ways by others. */
interface Ways {
  readonly gateways: Gateways;
  readonly routes: NetworkRoutes;
  readonly advertisers: Advertisers;
}

export const finishMachines = (
  context: Context,
  placed: Placed,
  ways: Ways,
  ports: ConsolePorts,
): ReadonlyMap<string, LabMachine> => {
  const tunnels = planWireguard(context, placed);
  const finished = (machine: PlacedMachine): LabMachine => finish(context, placed, ways, ports, tunnels, machine);
  return new Map([...placed.machines].map(([name, machine]) => [name, finished(machine)]));
};

const finish = (
  context: Context,
  placed: Placed,
  ways: Ways,
  ports: ConsolePorts,
  tunnels: WireguardPlans,
  machine: PlacedMachine,
): LabMachine => {
  const { draft } = machine;
  const console = ports.get(draft.name) ?? 0;
  const defaults = machine.nics.map((nic) => nicGateways(context, placed, ways.gateways, nic));
  checkDefaultRoutes(context, machine, defaults);
  const nat = natOf(context, placed, machine);
  const written = machineRoutes(context, placed, machine);
  return omitAbsent({
    name: draft.name,
    role: draft.role,
    number: machine.number,
    nics: finishNics(context, placed, machine, defaults, tunnels),
    routes: [
      ...written,
      ...memberRoutes(context, ways, machine, written),
      ...draft.nics.flatMap((nic) => tunnels.get(nicKey(nic))?.routes ?? []),
    ],
    isRouter: nat !== undefined || forwards(context, machine),
    routing: runsOspf(draft.spec.routing) ? ('ospf' as const) : undefined,
    nat,
    firewall: machineFirewall(context, placed, machine),
    start: startOf(machine),
    consolePort: console,
    monitorPort: console === 0 ? 0 : console + 1,
    machine: decideVirtualMachine(context, draft, console),
    at: draft.at,
  });
};

/** The first NIC with a default route has metric 0, each further one 100 more. */
const finishNics = (
  context: Context,
  placed: Placed,
  { draft: { spec }, nics }: PlacedMachine,
  defaults: readonly NicGateways[],
  tunnels: WireguardPlans,
): readonly LabNic[] => {
  let withDefault = 0;
  return nics.map((nic, index) => {
    const routers = defaults[index];
    const isDefault = families.some(
      (family) => routers?.static[family] !== undefined || routers?.isLearned[family] === true,
    );
    const metric = isDefault ? withDefault * metricStep : 0;
    if (isDefault) withDefault += 1;
    const network = placed.draft.networks.get(nic.draft.network);
    const [gateway4, gateway6] = families.map((family) => routers?.static[family]);
    return omitAbsent({
      name: nic.draft.name,
      network: nic.draft.network,
      mac: nic.mac,
      mtuBytes: nic.draft.mtuBytes ?? network?.spec.mtu ?? usualMtuBytes(network?.tunnel),
      addresses: nic.addresses,
      attachment: nic.draft.attachment,
      bond: nic.bond,
      vlan: nic.draft.vlan,
      tunnel: tunnelEnds(context, placed, nic),
      wireguard: tunnels.get(nicKey(nic.draft))?.end,
      dhcp: nic.dhcp,
      lease: nic.lease,
      slaac: nic.slaac,
      dhcp6: nic.dhcp6,
      lease6: nic.lease6,
      ignoresRouters: routers === undefined || routers.ignored.length === 0 ? undefined : routers.ignored,
      gateway4: gateway4 === undefined ? undefined : printIp(gateway4),
      gateway6: gateway6 === undefined ? undefined : printIp(gateway6),
      cost: runsOspf(spec.routing) ? (nic.draft.cost ?? usualCost) : undefined,
      metric,
      at: nic.draft.at,
    });
  });
};

const forwards = (context: Context, { draft }: PlacedMachine): boolean => {
  const { services, routing } = draft.spec;
  if (draft.role === 'internet' || services?.includes('router') === true || routing !== undefined) return true;
  if (draft.nics.some(({ wireguard }) => (wireguard?.behind.length ?? 0) > 0)) return true;
  const makesRouted = [...context.draft.networks.values()].some(
    ({ host, mode }) => host === draft.name && (mode === 'nat' || mode === 'routed' || mode === 'proxied'),
  );
  return makesRouted || (draft.nics.length > 1 && isNamedGateway(context, draft.name));
};

const natOf = (context: Context, placed: Placed, { draft }: PlacedMachine): LabMachine['nat'] => {
  const { nat } = draft.spec;
  if (nat === undefined || nat === false) return undefined;
  if (nat === true) return { only: [] };
  const only = nat.flatMap((item, index) => {
    const block = parsePrefix(item);
    if (block !== undefined) return [printPrefix(block)];
    const network = placed.prefixes.get(item);
    if (network !== undefined)
      return families.flatMap((family) => (network[family] === undefined ? [] : printPrefix(network[family])));
    const at = context.spec.source.spanOf([...draft.path, 'nat', index]);
    context.findings.error(
      'unknown-network',
      `\`${draft.name}\` masquerades \`${item}\`, which is neither a network nor a prefix`,
      at,
      {
        help: helpForUnknown(item, [...placed.prefixes.keys()], 'networks'),
      },
    );
    return [];
  });
  return { only };
};

const positions = { first: 1, last: 1_000_000 } as const;
const usualPosition = 1000;

const startOf = ({ draft }: PlacedMachine): number => {
  const { start } = draft.spec;
  if (start === undefined) return draft.role === 'guest' ? usualPosition : 0;
  return typeof start === 'number' ? start : positions[start];
};
