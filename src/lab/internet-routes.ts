/**
 * The routes by which the built-in internet answers: every public prefix of the lab, via the machine through which its
 * members leave. Private prefixes are never routed back (RFC 1918, RFC 6598, RFC 4193): they need NAT.
 */
import { ip, parseIp, printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, parsePrefix, printPrefix, type Prefix } from '../net/prefix.ts';
import { families } from './draft.ts';
import { internetName, isPublic } from './internet.ts';
import { type Gateways } from './gateways.ts';
import { type LabMachine, type LabRoute } from './lab.ts';
import { hearsRouters, leasesOf } from './leases.ts';
import { ownerOf, segmentOf, type Placed } from './placed.ts';

type Machines = ReadonlyMap<string, LabMachine>;

export const internetRoutes = (placed: Placed, machines: Machines, gateways: Gateways): readonly LabRoute[] =>
  [...placed.draft.networks.values()].flatMap((network) =>
    families.flatMap((family): LabRoute[] => {
      const block = placed.prefixes.get(network.name)?.[family];
      const isOwn =
        network.kind === 'internet' || network.mode === 'nat' || network.prefixes[family].kind === 'inherit';
      if (block === undefined || isOwn || !isPublic(block)) return [];
      const first = firstRouter(placed, network.name, family, gateways);
      const border = first === undefined ? undefined : borderOf(placed, machines, gateways, first, family);
      return border === undefined
        ? []
        : [{ family, to: printPrefix(block), type: 'unicast', via: printIp(border), at: network.at }];
    }),
  );

const firstRouter = (placed: Placed, network: string, family: Family, gateways: Gateways): string | undefined => {
  const router = gateways.get(network)?.[family];
  if (router === undefined) return undefined;
  return ownerOf(placed, segmentOf(placed.draft, network), router)?.draft.name;
};

const mostHops = 32;

/** Follows default routes until a machine is on the internet; that machine's address there. */
const borderOf = (
  placed: Placed,
  machines: Machines,
  gateways: Gateways,
  from: string,
  family: Family,
): Ip | undefined => {
  let current: string | undefined = from;
  for (let hop = 0; hop < mostHops && current !== undefined && current !== internetName; hop += 1) {
    const machine = machines.get(current);
    const address = machine?.nics
      .filter((nic) => nic.network === internetName)
      .flatMap((nic) => [...nic.addresses, ...leasesOf(nic)])
      .find((one) => one.family === family);
    if (address !== undefined) return ip(address.address);
    current = machine === undefined ? undefined : nextRouter(placed, gateways, machine, family);
  }
  return undefined;
};

/** The machine that a machine's default route leads to, be it written or learned. */
export const nextRouter = (
  placed: Placed,
  gateways: Gateways,
  machine: LabMachine,
  family: Family,
): string | undefined => {
  for (const nic of machine.nics) {
    const written = family === 4 ? nic.gateway4 : nic.gateway6;
    const isTold = family === 4 ? nic.lease !== undefined : hearsRouters(nic);
    const isLearned = isTold && nic.ignoresRouters?.includes(family) !== true;
    const segment = segmentOf(placed.draft, nic.network);
    const offered = isLearned ? (gateways.get(nic.network)?.[family] ?? gateways.get(segment)?.[family]) : undefined;
    const gateway = written === undefined ? offered : ip(written);
    const owner = gateway === undefined ? undefined : ownerOf(placed, segment, gateway);
    if (owner !== undefined) return owner.draft.name;
  }
  const route = machine.routes.find((one) => one.family === family && isDefault(one.to) && one.via !== undefined);
  const via = route?.via === undefined ? undefined : parseIp(route.via);
  if (via === undefined) return undefined;
  const segments = machine.nics.map((nic) => segmentOf(placed.draft, nic.network));
  return segments.map((segment) => ownerOf(placed, segment, via)?.draft.name).find((name) => name !== undefined);
};

export const isDefault = (to: string): boolean => to === '0.0.0.0/0' || to === '::/0';

/** The route that a machine would use for a whole prefix, its longest match. */
export const routeFor = (routes: readonly LabRoute[], block: Prefix): LabRoute | undefined =>
  routes
    .filter((route) => {
      const to = parsePrefix(route.to);
      return (
        to !== undefined && to.length <= block.length && containsIp(to, { family: block.family, value: block.value })
      );
    })
    .sort((a, b) => (parsePrefix(b.to)?.length ?? 0) - (parsePrefix(a.to)?.length ?? 0))[0];
