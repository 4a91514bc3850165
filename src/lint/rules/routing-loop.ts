/** A network that is routed to a machine which sends what nobody there has back where it came from. */
import { ip, printIp } from '../../net/address.ts';
import { containsIp, lastOf, prefix, type Prefix } from '../../net/prefix.ts';
import { ownerOf } from '../../reach/repair/terrain.ts';
import { lookUpRoute } from '../../reach/walker/route-lookup.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { type Flow } from '../../reach/walk.ts';
import { type Route } from '../../state/network-state.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { forwards, isDefault, stacksIn } from '../stacks.ts';
import { routeSubject } from '../subject.ts';

interface Next {
  readonly via: bigint;
  readonly table: number;
}

/** Where a machine sends what came in by an interface: the gateway of its route; undefined where it goes no further. */
const nextOf = (stack: StackModel, family: 4 | 6, destination: bigint, iif: string): Next | undefined => {
  const answer = lookUpRoute(stack, {
    ...{ family, destination, source: 0n, iif, mark: 0 },
    ...{ protocol: 1, sourcePort: 0, destinationPort: 0 },
  });
  const via = answer.kind === 'route' ? answer.nexthops[0]?.via : undefined;
  return answer.kind !== 'route' || via === undefined ? undefined : { via, table: answer.route.table };
};

const mainTable = 254;

/** Enough to show it. */
const mostAskers = 3;

/** Addresses near the end of a block, of which one is in no more specific route. */
const tries = (text: string): readonly bigint[] => {
  const block = prefix(text);
  const last = lastOf(block).value;
  const size = last - block.value + 1n;
  return [last - 1n, block.value + size / 2n + 1n, block.value + size / 4n + 1n, block.value + 1n].filter((value) =>
    containsIp(block, { family: block.family, value }),
  );
};

/** Whether it is no default route that leads back, but one as close as the route there. */
const isMutual = ({ stack }: StackModel, block: Prefix, lost: bigint): boolean =>
  stack.routes.some(
    ({ to, via }) =>
      via !== undefined &&
      prefix(to).length >= block.length &&
      containsIp(prefix(to), { family: block.family, value: lost }),
  );

const findingFor = (input: LintInput, stack: StackModel, route: Route): readonly RawFinding[] => {
  const { family, via } = route;
  const block = prefix(route.to);
  if (via === undefined || isDefault(route) || route.type !== 'unicast' || block.length >= (family === 4 ? 31 : 127))
    return [];
  const owner = ownerOf(input.terrain, family, ip(via).value);
  const router = owner === undefined ? undefined : input.model.stacks.get(owner.stack);
  if (router === undefined || router.name === stack.name || !forwards(router, family) || !forwards(stack, family))
    return [];
  const backFor = (value: bigint): Next | undefined => nextOf(router, family, value, owner?.it.name ?? 'lo');
  const lost = tries(route.to).find((value) => {
    if (ownerOf(input.terrain, family, value) !== undefined) return false;
    const back = backFor(value);
    return back !== undefined && ownerOf(input.terrain, family, back.via)?.stack === stack.name;
  });
  if (lost === undefined) return [];
  const table = backFor(lost)?.table ?? mainTable;
  const to = printIp({ family, value: lost });
  const askers = stacksIn(input)
    .filter(({ name, stack: own }) => name !== stack.name && name !== router.name && own.routes.some(isDefault))
    .map(({ name }) => name)
    .slice(0, mostAskers);
  return [
    {
      stack: router.name,
      message: `\`${router.name}\` sends what nobody of ${route.to} has, such as ${to}, back to \`${stack.name}\`, which sends it again: it goes round until its time to live is over`,
      at: routeSubject(stack.name, route),
      asks: askers.map((from): Flow => ({ from, family, destination: to, protocol: 'icmp', port: null })),
      stops: (stop, flow) => flow.destination === to && stop.reason === 'ttl_loop',
      repair: isMutual(router, block, lost)
        ? { words: 'each of the two has a route to it by the other: one of them is wrong', edits: [] }
        : {
            words: `refuse on \`${router.name}\` what it has no closer route for`,
            edits: [
              {
                ...{ kind: 'add-route', stack: router.name },
                route: { family, to: route.to, type: 'unreachable', metric: family === 4 ? 0 : 1024, table },
              },
            ],
          },
    },
  ];
};

export const routingLoop: LintRule = {
  code: 'routing-loop',
  severity: 'warning',
  title: 'two routers that send an unused address to each other',
  explanation:
    'A prefix is routed to a host which has only parts of it on its interfaces and a default route back: each packet to the rest goes to and fro some sixty times, and whoever scans the prefix multiplies its traffic on the uplink. An `unreachable` (or blackhole) route for the whole prefix on the host ends it, ' +
    'since closer routes count before it.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => stack.stack.routes.flatMap((route) => findingFor(input, stack, route))),
};
