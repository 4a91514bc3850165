/** What a state holds that a lab file has no words for, one sentence each. */
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type Resolver } from '../state/resolver.ts';
import { type RouterAdvertiser, type Service } from '../state/service.ts';
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
  const told = stack.services.flatMap(toldBy);
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
    ...(told.some(tellsWays)
      ? [
          `\`${name}\`: what it tells of ways, preference or MTU; say it as \`routes\`, \`ra\` and \`mtu\` of the network`,
        ]
      : []),
    ...(told.some((one) => one.resolver !== undefined)
      ? [
          `\`${name}\`: whom it tells others to ask for names, and in which domains; say it as \`dns\` and \`search\` of the network`,
        ]
      : []),
    ...(resolver === undefined ? [] : [`\`${name}\`: whom it asks for names`]),
  ];
};

/** What a program tells those on a link beside addresses and its own router. */
interface Told {
  readonly routes?: readonly unknown[];
  readonly preference?: RouterAdvertiser['preference'];
  readonly mtuBytes?: number;
  readonly resolver?: Resolver;
}

const tellsWays = ({ routes, preference, mtuBytes }: Told): boolean =>
  routes !== undefined || preference !== undefined || mtuBytes !== undefined;

/** On its own links, and on those behind relays. */
const toldBy = (service: Service): readonly Told[] => {
  switch (service.kind) {
    case 'dhcp-server':
    case 'dhcp6-server':
      return [service, ...(service.relayed ?? [])];
    case 'relayed-dhcp-server':
    case 'relayed-dhcp6-server':
      return service.relayed;
    case 'router-advertiser':
      return [service];
    default:
      return [];
  }
};

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
