/** The `firewall` of a machine: exceptions in matching order, names of services as ports, names of machines as prefixes. */
import { ip, type Family } from '../net/address.ts';
import { eui64 } from '../net/mac.ts';
import { printPrefix } from '../net/prefix.ts';
import { type Path, type SpecFirewall, type SpecFirewallItem } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { readEndpoints } from './endpoints.ts';
import { type LabEndpoint, type LabFirewall, type LabFirewallItem } from './lab.ts';
import { addressesOf, type Placed, type PlacedMachine } from './placed.ts';
import { hostPrefix, printHostPrefix } from './read-prefix.ts';

type Match = Pick<LabFirewallItem, 'protocol' | 'ports'>;
type ServiceName = Extract<SpecFirewallItem, string>;

const tcp = (...ports: number[]): Match => ({ protocol: 'tcp', ports });
const udp = (...ports: number[]): Match => ({ protocol: 'udp', ports });

const services: Readonly<Record<ServiceName, readonly Match[]>> = {
  ping: [{ protocol: 'ping', ports: [] }],
  ssh: [tcp(22)],
  dns: [tcp(53), udp(53)],
  http: [tcp(80)],
  https: [tcp(443)],
  smtp: [tcp(25)],
  dhcp: [udp(67, 547)],
  ntp: [udp(123)],
  smb: [tcp(445)],
};

const matchingOrder = ['deny', 'reject', 'allow'] as const;

export const machineFirewall = (context: Context, placed: Placed, machine: PlacedMachine): LabFirewall | undefined => {
  const index = (machine.draft.spec.services ?? []).findIndex((one) => typeof one !== 'string' && 'firewall' in one);
  const service = machine.draft.spec.services?.[index];
  if (service === undefined || typeof service === 'string' || !('firewall' in service)) return undefined;
  const { firewall } = service;
  const path = [...machine.draft.path, 'services', index, 'firewall'];
  return {
    incoming: firewall.incoming ?? 'deny',
    forward: firewall.forward ?? 'allow',
    items: matchingOrder.flatMap((verdict) => itemsOf(context, placed, firewall, verdict, [...path, verdict])),
    at: context.spec.source.spanOf(path),
  };
};

const itemsOf = (
  context: Context,
  placed: Placed,
  firewall: SpecFirewall,
  verdict: (typeof matchingOrder)[number],
  path: Path,
): readonly LabFirewallItem[] =>
  (firewall[verdict] ?? []).flatMap((item, index) => {
    const at = context.spec.source.spanOf([...path, index]);
    if (typeof item === 'string') return services[item].map((match) => ({ verdict, ...match, from: [], at }));
    const from = item.from === undefined ? [] : sourcesOf(context, placed, item.from, [...path, index, 'from']);
    if (from === undefined) return [];
    const matches = [
      ...(item.tcp === undefined ? [] : [tcp(...[item.tcp].flat())]),
      ...(item.udp === undefined ? [] : [udp(...[item.udp].flat())]),
    ];
    // `{ from: X }` alone speaks of everything that X may send: both protocols on all ports, and ping.
    const all: readonly Match[] = matches.length > 0 ? matches : [tcp(), udp(), { protocol: 'ping', ports: [] }];
    return all.map((match) => ({ verdict, ...match, from, at }));
  });

/** Source prefixes; empty for `any`. Undefined where nothing is left to match. */
const sourcesOf = (
  context: Context,
  placed: Placed,
  written: string | readonly string[],
  path: Path,
): readonly string[] | undefined => {
  const endpoints = readEndpoints(context, written, path);
  if (endpoints.length === 0) return undefined;
  if (endpoints.some((endpoint) => endpoint.kind === 'any')) return [];
  const at = context.spec.source.spanOf(path);
  if (endpoints.some((endpoint) => endpoint.kind === 'internet')) {
    context.findings.error(
      'firewall-from-internet',
      'a firewall knows sources by prefix, and `internet` has none of its own',
      at,
      {
        help: 'leave `from` out and name what is local in an item of another verdict, or write a `policy:` line',
      },
    );
    return undefined;
  }
  const prefixes = endpoints.flatMap((endpoint) => prefixesOf(placed, endpoint));
  if (prefixes.length > 0) return [...new Set(prefixes)];
  context.findings.error(
    'no-address',
    `\`${[written].flat().join('`, `')}\` has no address that a firewall could match`,
    at,
    {
      help: 'give it a planned or written address, or name its network',
    },
  );
  return undefined;
};

const prefixesOf = (placed: Placed, endpoint: LabEndpoint): readonly string[] => {
  if (endpoint.kind === 'address') return [printHostPrefix(ip(endpoint.address))];
  if (endpoint.kind === 'prefix') return [endpoint.prefix];
  if (endpoint.kind === 'network')
    return families.flatMap((family) => {
      const block = placed.prefixes.get(endpoint.name)?.[family];
      return block === undefined ? [] : [printPrefix(block)];
    });
  if (endpoint.kind !== 'machine') return [];
  const machine = placed.machines.get(endpoint.name);
  return machine === undefined ? [] : families.flatMap((family) => machinePrefixes(placed, machine, family));
};

const machinePrefixes = (placed: Placed, machine: PlacedMachine, family: Family): readonly string[] =>
  machine.nics.flatMap((nic) => {
    const block = placed.prefixes.get(nic.draft.network)?.[6];
    const slaac = family === 6 && nic.slaac && block !== undefined ? [eui64(nic.mac, block.value)] : [];
    return [...addressesOf(nic, family).map((one) => ip(one.address)), ...slaac].map((one) =>
      printPrefix(hostPrefix(one)),
    );
  });
