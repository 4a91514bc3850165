/** What a state holds that a lab file has no words for, one sentence each. */
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type Service } from '../state/service.ts';
import { isSwitch } from '../state/switch.ts';
import { closedPolicies, otherRules } from './filters.ts';
import { type MadeNetwork } from './networks.ts';
import { isTunnelEnd, tunnelsIn } from './tunnels.ts';

const saidKinds = new Set(['ethernet', 'bridge', 'loopback']);

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const ofStack = (
  tunnels: ReadonlyMap<string, string>,
  name: string,
  stack: Stack,
  bridges: readonly string[],
  isProxied: boolean,
): readonly string[] => {
  const { interfaces, routes, rules, neighbours = [], neighbourProxies, resolver } = stack;
  const kinds = Object.entries(interfaces).filter(
    ([dev, { kind }]) => !saidKinds.has(kind) && !isTunnelEnd(tunnels, name, dev),
  );
  const tables = routes.filter(
    ({ table, nexthops, type }) => table !== 254 || nexthops !== undefined || type === 'throw',
  );
  const filter = otherRules(stack, bridges);
  const closed = closedPolicies(stack);
  return [
    ...kinds.map(([dev, { kind }]) => `\`${name}\`: ${dev} is a ${kind}, which a lab file has no words for`),
    ...(tables.length === 0
      ? []
      : [`\`${name}\`: ${plural(tables.length, 'route')} of other tables or with several next hops`]),
    ...(rules.length === 0 ? [] : [`\`${name}\`: ${plural(rules.length, 'policy rule')}`]),
    ...(neighbours.length === 0 ? [] : [`\`${name}\`: ${plural(neighbours.length, 'static neighbour')}`]),
    ...(neighbourProxies.length === 0 || isProxied
      ? []
      : [`\`${name}\`: ${plural(neighbourProxies.length, 'neighbour proxy')}`]),
    ...(filter + closed === 0
      ? []
      : [
          `\`${name}\`: ${plural(filter, 'rule')} and ${plural(closed, 'closed chain')} of its packet filter; say them as \`firewall\` or \`policy\``,
        ]),
    ...(stack.services.some(({ kind }) => kind === 'name-server')
      ? [`\`${name}\`: the names that it serves; say them as \`dns\``]
      : []),
    ...(stack.services.some(tellsWays)
      ? [
          `\`${name}\`: what it tells of ways, preference or MTU; say it as \`routes\`, \`ra\` and \`mtu\` of the network`,
        ]
      : []),
    ...(resolver === undefined ? [] : [`\`${name}\`: whom it asks for names`]),
  ];
};

/** What it tells those on a link beside addresses and its own router. */
const tellsWays = (service: Service): boolean =>
  (service.kind === 'dhcp-server' && service.routes !== undefined) ||
  (service.kind === 'router-advertiser' &&
    (service.routes !== undefined || service.preference !== undefined || service.mtuBytes !== undefined));

export const unsaidOf = (state: NetworkState, made: readonly MadeNetwork[]): readonly string[] => {
  const tunnels = tunnelsIn(state);
  return Object.entries(state.stacks)
    .filter(([, stack]) => !isSwitch(stack))
    .flatMap(([name, stack]) =>
      ofStack(
        tunnels,
        name,
        stack,
        made.filter(({ host }) => host === name).map(({ bridge }) => bridge),
        made.some(({ host, mode }) => host === name && mode === 'proxied'),
      ),
    );
};
