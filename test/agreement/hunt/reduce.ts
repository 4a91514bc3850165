/** All ways to make a case a little smaller: what can be left out or made plain of a network, and of a question. */
import { type Flow } from '../../../src/reach/walk.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';

export interface Case {
  readonly state: NetworkState;
  readonly flow: Flow;
}

const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, other) => other !== index);

const withoutKey = <V>(record: Readonly<Record<string, V>>, key: string): Record<string, V> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));

/** Each list that is one element shorter; before that the empty one, and halves of long ones. */
const shorter = <T>(list: readonly T[]): T[][] => {
  if (list.length === 0) return [];
  const half = Math.ceil(list.length / 2);
  return [
    ...(list.length > 1 ? [[]] : []),
    ...(list.length > 3 ? [list.slice(half), list.slice(0, half)] : []),
    ...list.map((_, index) => without(list, index)),
  ];
};

const each = <T>(list: readonly T[], vary: (item: T) => readonly T[]): T[][] =>
  list.flatMap((item, index) => vary(item).map((smaller) => list.map((other, at) => (at === index ? smaller : other))));

const smallerTable = (table: FilterTable): FilterTable[] => [
  ...shorter(table.chains)
    .filter(({ length }) => length > 0)
    .map((chains): FilterTable => ({ ...table, chains })),
  ...each(table.chains, (chain) => [
    ...shorter(chain.rules).map((rules) => ({ ...chain, rules })),
    ...each(chain.rules, (rule) => shorter(rule.matches).map((matches) => ({ ...rule, matches }))).map((rules) => ({
      ...chain,
      rules,
    })),
    ...(chain.policy === 'drop' ? [{ ...chain, policy: 'accept' as const }] : []),
  ]).map((chains) => ({ ...table, chains })),
];

const smallerInterface = (it: Interface): Interface[] => {
  const { port, ...plain } = it;
  return [
    ...shorter(it.addresses).map((addresses) => ({ ...it, addresses })),
    ...(port === undefined ? [] : [plain]),
    ...(it.up || it.kind === 'macvlan' ? [] : [{ ...it, up: true }]),
    ...(it.mtuBytes === 1500 || it.kind === 'loopback' ? [] : [{ ...it, mtuBytes: 1500 }]),
  ];
};

const smallerStack = (stack: Stack): Stack[] => [
  ...shorter(stack.routes).map((routes) => ({ ...stack, routes })),
  ...shorter(stack.rules).map((rules) => ({ ...stack, rules })),
  ...shorter(stack.neighbourProxies).map((neighbourProxies) => ({ ...stack, neighbourProxies })),
  ...shorter(stack.neighbours ?? []).map((neighbours) => ({ ...stack, neighbours })),
  ...shorter(Object.entries(stack.sysctls)).map((entries) => ({ ...stack, sysctls: Object.fromEntries(entries) })),
  ...shorter(stack.filter).map((filter) => ({ ...stack, filter })),
  ...each(stack.filter, smallerTable).map((filter) => ({ ...stack, filter })),
  ...Object.entries(stack.interfaces).flatMap(([name, it]) =>
    smallerInterface(it).map((smaller) => ({ ...stack, interfaces: { ...stack.interfaces, [name]: smaller } })),
  ),
];

const withoutStack = (state: NetworkState, name: string): NetworkState => ({
  ...state,
  stacks: withoutKey(state.stacks, name),
  cables: state.cables.filter(({ a, b }) => a.stack !== name && b.stack !== name),
});

/** Goes with the interface: its cable, what stands on it, what names it. */
const withoutInterface = (state: NetworkState, name: string, dev: string): NetworkState => {
  const stack = state.stacks[name];
  if (stack === undefined) return state;
  const interfaces = Object.fromEntries(
    Object.entries(withoutKey(stack.interfaces, dev))
      .filter(([, it]) => it.macvlan?.link !== dev)
      .map(([other, it]) => {
        const { master, port, ...rest } = it;
        return [other, master === undefined || master === dev ? rest : { ...rest, master, ...(port && { port }) }];
      }),
  );
  const isThere = (other: string | undefined): boolean => other === undefined || interfaces[other] !== undefined;
  const { neighbours, ...rest } = stack;
  return {
    ...state,
    stacks: {
      ...state.stacks,
      [name]: {
        ...rest,
        interfaces,
        routes: stack.routes.filter(
          (route) => isThere(route.dev) && (route.nexthops ?? []).every((hop) => isThere(hop.dev)),
        ),
        neighbourProxies: stack.neighbourProxies.filter((proxy) => isThere(proxy.dev)),
        ...(neighbours && { neighbours: neighbours.filter((neighbour) => isThere(neighbour.dev)) }),
        sysctls: Object.fromEntries(Object.entries(stack.sysctls).filter(([key]) => !key.includes(`/${dev}/`))),
      },
    },
    cables: state.cables.filter(
      ({ a, b }) => !(a.stack === name && a.interface === dev) && !(b.stack === name && b.interface === dev),
    ),
  };
};

const smallerFlows = (flow: Flow): Flow[] => {
  const { source, lengthBytes, dontFragment, ...plain } = flow;
  const { isListening: _isListening, ...echo } = flow;
  return [
    ...(source === undefined && lengthBytes === undefined && dontFragment === undefined ? [] : [plain]),
    ...(source === undefined ? [] : [{ ...plain, ...(lengthBytes && { lengthBytes }) }]),
    ...(flow.protocol === 'icmp' ? [] : [{ ...echo, protocol: 'icmp' as const, port: null }]),
  ];
};

/** Big steps first. */
export const smallerCases = ({ state, flow }: Case): Case[] => {
  const names = Object.keys(state.stacks);
  const states = [
    ...names.filter((name) => name !== flow.from).map((name) => withoutStack(state, name)),
    ...names
      .map((name) => ({ ...state, stacks: { ...state.stacks, [name]: { ...state.stacks[name]!, filter: [] } } }))
      .filter((_, index) => (state.stacks[names[index]!]?.filter.length ?? 0) > 0),
    ...names.flatMap((name) =>
      Object.keys(state.stacks[name]?.interfaces ?? {})
        .filter((dev) => dev !== 'lo' && !(name === flow.from && dev === flow.interface))
        .map((dev) => withoutInterface(state, name, dev)),
    ),
    ...names.flatMap((name) => {
      const stack = state.stacks[name];
      return stack === undefined
        ? []
        : smallerStack(stack).map((smaller) => ({ ...state, stacks: { ...state.stacks, [name]: smaller } }));
    }),
  ];
  return [
    ...smallerFlows(flow).map((smaller) => ({ state, flow: smaller })),
    ...states.map((smaller) => ({ state: smaller, flow })),
  ];
};
