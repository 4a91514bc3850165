/** Random questions to a state, and random edits of it. */
import { type Flow } from '../../src/reach/walk.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { type FilterRule } from '../../src/state/packet-filter.ts';
import { type Chance } from './chance.ts';
import { route } from './random-state.ts';

/** A question that is likely to have an interesting answer. */
export const randomFlow = (chance: Chance, state: NetworkState): Flow => {
  const names = Object.keys(state.stacks);
  const from = chance.of(names);
  const family = chance.is(0.75) ? 4 : 6;
  const addresses = (name: string): readonly string[] =>
    Object.values(state.stacks[name]!.interfaces).flatMap((it) =>
      it.addresses.filter((a) => a.family === family).map(({ address }) => address),
    );
  const there = addresses(chance.of(names));
  const destination =
    there.length > 0 && !chance.is(0.08)
      ? chance.of(there)
      : family === 4
        ? `10.0.${1 + chance.below(4)}.${chance.of([0, 1, 3, 77, 102, 255])}`
        : 'fd00:0:0:1::9';
  const protocol = chance.of(['icmp', 'tcp', 'udp'] as const);
  const own = addresses(from);
  return {
    from,
    family,
    destination,
    protocol,
    port: protocol === 'icmp' ? null : chance.of([22, 53, 80, 8080, 443]),
    ...(own.length > 0 && chance.is(0.2) ? { source: chance.of(own) } : {}),
    ...(chance.is(0.1) ? { sourcePort: chance.of([80, 1000, 50000]) } : {}),
  };
};

const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, at) => at !== index);

/** One thing changed in one stack: a filter rule, a route, an address, a setting. */
export const randomEdit = (chance: Chance, state: NetworkState): NetworkState => {
  const name = chance.of(Object.keys(state.stacks));
  const stack = state.stacks[name]!;
  const edits: (() => Partial<Stack>)[] = [
    () => ({
      sysctls: { ...stack.sysctls, 'net/ipv4/ip_forward': stack.sysctls['net/ipv4/ip_forward'] === '1' ? '0' : '1' },
    }),
    () => ({
      routes: [
        ...stack.routes,
        route(4, `10.0.${1 + chance.below(6)}.${chance.of([0, 64, 128])}/26`, {
          type: chance.of(['blackhole', 'prohibit']),
        }),
      ],
    }),
  ];
  if (stack.routes.length > 0) edits.push(() => ({ routes: without(stack.routes, chance.below(stack.routes.length)) }));
  const [table] = stack.filter;
  const [chain] = table?.chains ?? [];
  if (table !== undefined && chain !== undefined) {
    const withRules = (rules: readonly FilterRule[]): Partial<Stack> => ({
      filter: [{ ...table, chains: [{ ...chain, rules }, ...table.chains.slice(1)] }, ...stack.filter.slice(1)],
    });
    const barred: FilterRule = {
      matches: [{ kind: 'source', family: 4, prefixes: [`10.0.${1 + chance.below(6)}.${chance.below(250)}/32`] }],
      verdict: { kind: 'drop' },
    };
    if (chain.type !== 'nat') edits.push(() => withRules([barred, ...chain.rules]));
    if (chain.rules.length > 1) edits.push(() => withRules(without(chain.rules, chance.below(chain.rules.length))));
  }
  const addressed = Object.entries(stack.interfaces).filter(
    ([dev, { addresses }]) => dev !== 'lo' && addresses.length > 0,
  );
  if (addressed.length > 0)
    edits.push(() => {
      const [dev, it] = chance.of(addressed);
      const first = it.addresses[0]!;
      const added = {
        family: 4 as const,
        address: `10.0.${1 + chance.below(6)}.${2 + chance.below(200)}`,
        prefixLength: 24,
      };
      const addresses = chance.is(0.5)
        ? [...it.addresses, added]
        : [first.family === 4 ? added : first, ...it.addresses.slice(1)];
      return { interfaces: { ...stack.interfaces, [dev]: { ...it, addresses } } };
    });
  return { ...state, stacks: { ...state.stacks, [name]: { ...stack, ...chance.of(edits)() } } };
};
