/** Whether two filters of a stack decide alike: the same packets walked through both. */
import { expect } from 'vitest';
import { predictorOf } from '../../../src/reach/predict.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';

const asked = [
  ['tcp', 22],
  ['tcp', 53],
  ['tcp', 443],
  ['tcp', 8006],
  ['udp', 53],
  ['udp', 1194],
  ['icmp', null],
] as const;

const addressesOf = ({ interfaces }: Stack): readonly { readonly family: 4 | 6; readonly address: string }[] =>
  Object.values(interfaces).flatMap(({ addresses }) => addresses.slice(0, 1));

const withFilters = (state: NetworkState, filters: Readonly<Record<string, Stack['filter']>>): NetworkState =>
  normalize({
    ...state,
    stacks: Object.fromEntries(
      Object.entries(state.stacks).map(([name, stack]) => [name, { ...stack, filter: filters[name] ?? stack.filter }]),
    ),
  });

/** Every machine asks every other one, by its first addresses; `most`: of all these questions, every so many. */
export const expectSameDecisions = (
  state: NetworkState,
  filters: Readonly<Record<string, Stack['filter']>>,
  most: number,
): number => {
  const [before, after] = [predictorOf(state), predictorOf(withFilters(state, filters))];
  const names = Object.keys(state.stacks).filter((name) => !name.startsWith('switch'));
  const questions = names.flatMap((from) =>
    names.flatMap((to) =>
      from === to
        ? []
        : addressesOf(
            state.stacks[to] ?? {
              interfaces: {},
              routes: [],
              rules: [],
              neighbourProxies: [],
              sysctls: {},
              filter: [],
              services: [],
            },
          ).flatMap(({ family, address }) =>
            asked.map(([protocol, port]) => ({ from, family, destination: address, protocol, port })),
          ),
    ),
  );
  const step = Math.max(1, Math.ceil(questions.length / most));
  const chosen = questions.filter((_, index) => index % step === 0);
  for (const flow of chosen) {
    const seen = (predictor: typeof before): unknown => predictor.walk(flow).clientSees;
    expect([flow, seen(after)]).toEqual([flow, seen(before)]);
  }
  return chosen.length;
};
