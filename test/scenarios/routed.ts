/** What tests of routers that find their routes share: the routes that are predicted, and those that BIRD gave to the kernels. */
import { expect } from 'vitest';
import { hasErrors } from '../../src/diagnostics/diagnostic.ts';
import { design } from '../../src/pipeline.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { type LabRun } from './lab-run.ts';

export const lowered = (text: string): NetworkState => {
  const { value, diagnostics } = design({ file: 'lab.yaml', text }, undefined, {
    random: (bytes) => new Uint8Array(bytes),
  });
  if (value === undefined || hasErrors(diagnostics)) throw new Error(`${JSON.stringify(diagnostics)}\n${text}`);
  return value.lowered.state;
};

/** As `default via 10.0.0.1 dev eth0`, in the order of the alphabet. */
export const predicted = (state: NetworkState, machine: string): readonly string[] =>
  (settledFacts(state).routes ?? [])
    .filter(({ stack, from }) => stack === machine && (from === 'ospf' || from === 'bgp'))
    .map(({ to, via, dev }) => `${/\/0$/.test(to) ? 'default' : to} via ${via} dev ${dev}`)
    .sort();

/** What the kernel of a machine has of BIRD, as ip(8) tells it. */
export const given = async (lab: LabRun, machine: string): Promise<readonly string[]> => {
  const shown = await lab.exec(machine, 'sh', '-c', 'ip -4 route show proto bird; ip -6 route show proto bird');
  return shown.stdout
    .split('\n')
    .flatMap((line) => /^(\S+ via \S+ dev \S+) /.exec(line)?.[1] ?? [])
    .sort();
};

export const untilAsPredicted = async (
  lab: LabRun,
  state: NetworkState,
  machines: readonly string[],
): Promise<void> => {
  for (const machine of machines)
    await expect
      .poll(() => given(lab, machine), { timeout: 60_000, interval: 500, message: machine })
      .toEqual(predicted(state, machine));
};

export const withInterfaceDown = (state: NetworkState, machine: string, name: string): NetworkState => {
  const stack = state.stacks[machine];
  const own = stack?.interfaces[name];
  if (stack === undefined || own === undefined) throw new Error(`${machine} has no ${name}`);
  const interfaces = { ...stack.interfaces, [name]: { ...own, up: false } };
  return { ...state, stacks: { ...state.stacks, [machine]: { ...stack, interfaces } } };
};
