/**
 * Loops among the written routes of outside machines: for each destination, every machine's longest match is followed
 * until it is delivered, leaves the written routes, or comes round again.
 */
import { type Family } from '../../net/address.ts';
import { containsPrefix, parsePrefix, printPrefix, type Prefix } from '../../net/prefix.ts';
import { ip } from '../../net/address.ts';
import { type Context } from '../context.ts';
import { routeFor } from '../internet-routes.ts';
import { type Lab, type LabMachine, type LabRoute } from '../lab.ts';
import { ownerOf, segmentOf, subnetsOf, type Placed } from '../placed.ts';

interface Hop {
  readonly machine: string;
  readonly route: LabRoute;
}

export const checkRouteLoops = (context: Context, placed: Placed, lab: Lab): void => {
  const outside = Object.values(lab.machines).filter((machine) => machine.role === 'outside');
  const destinations = new Map<string, Prefix>();
  for (const route of outside.flatMap((machine) => machine.routes)) {
    const block = parsePrefix(route.to);
    if (block !== undefined) destinations.set(route.to, block);
  }
  const told = new Set<string>();
  for (const [text, block] of destinations)
    for (const machine of outside) {
      const loop = follow(placed, lab, machine, block);
      const [first] = loop;
      const key = loop
        .map((hop) => `${hop.machine} ${hop.route.at.start}`)
        .sort()
        .join();
      if (first === undefined || told.has(key)) continue;
      told.add(key);
      const chain = [...loop.map((hop) => hop.machine), first.machine].map((name) => `\`${name}\``).join(' → ');
      context.findings.error('route-loop', `packets to ${text} go round: ${chain}`, first.route.at, {
        accept: loop.flatMap((hop) => placed.machines.get(hop.machine)?.draft.accept ?? []),
        notes: loop.slice(1).map((hop) => ({ message: `\`${hop.machine}\` sends them on here`, at: hop.route.at })),
        help: 'one of these machines must deliver them: give it an interface there, or `type: unreachable`',
      });
    }
};

/** The hops of the loop that a packet runs into, without those before it; nothing where it ends. */
const follow = (placed: Placed, lab: Lab, start: LabMachine, block: Prefix): readonly Hop[] => {
  const hops: Hop[] = [];
  let machine: LabMachine | undefined = start;
  while (machine !== undefined) {
    const name: string = machine.name;
    const seen = hops.findIndex((hop) => hop.machine === name);
    if (seen >= 0) return hops.slice(seen);
    const route = deliversTo(placed, name, block) ? undefined : routeFor(machine.routes, block);
    if (route?.via === undefined) return [];
    hops.push({ machine: name, route });
    machine = nextOutside(placed, lab, machine, route.via, block.family);
  }
  return [];
};

const deliversTo = (placed: Placed, machine: string, block: Prefix): boolean =>
  (placed.machines.get(machine)?.nics ?? []).some((nic) =>
    subnetsOf(nic, block.family).some(
      (subnet) => containsPrefix(subnet, block) || printPrefix(subnet) === printPrefix(block),
    ),
  );

const nextOutside = (
  placed: Placed,
  lab: Lab,
  machine: LabMachine,
  via: string,
  family: Family,
): LabMachine | undefined => {
  const hop = { ...ip(via), family };
  for (const nic of machine.nics) {
    const owner = ownerOf(placed, segmentOf(placed.draft, nic.network), hop);
    const next = owner === undefined ? undefined : lab.machines[owner.draft.name];
    if (next?.role === 'outside') return next;
  }
  return undefined;
};
