/**
 * Starts and stops machines of a running lab, all of its guests where none is named: in the order of their start
 * positions, and in the reverse. A machine is started when it answers and has what it asked for.
 */
import { type Lab } from '../lab/lab.ts';
import { type World } from '../world/client.ts';
import { type ApplyResult } from '../world/protocol.ts';
import { chooseMachines } from './choose-machines.ts';
import { sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { loadDesign, type LoadedDesign } from './load-design.ts';
import { type LabOptions } from './options.ts';
import { inRunningLab } from './running-world.ts';
import { startProgress } from './progress.ts';
import { print, say } from './terminal.ts';
import { runningMachines } from './virtual-machines.ts';

type Action = 'start' | 'stop';

const startsOf = (lab: Lab, names: readonly string[]): readonly string[] =>
  names.toSorted((a, b) => (lab.machines[a]?.start ?? 0) - (lab.machines[b]?.start ?? 0));

const chooseNames = ({ lab }: LoadedDesign, words: readonly string[]): readonly string[] | undefined => {
  const chosen = chooseMachines(lab, words);
  if ('wrong' in chosen) {
    sayDiagnostics(chosen.wrong);
    return undefined;
  }
  const machines = words.length > 0 ? chosen.value : chosen.value.filter(({ role }) => role === 'guest');
  return startsOf(
    lab,
    machines.map(({ name }) => name),
  );
};

/** The files that machines start from are looked at before every start. */
const checkBefore = async (loaded: LoadedDesign, world: World): Promise<boolean> => {
  if (Object.values(loaded.lab.machines).every(({ machine }) => machine === undefined)) return true;
  const { prepareMachines } = await import('./prepare-machines.ts');
  const status = await world.status();
  const prepared = await prepareMachines(loaded, status.guestKind, runningMachines(status));
  sayDiagnostics(prepared.diagnostics);
  return prepared.diagnostics.length === 0;
};

const tellFailure = ({ step, message }: NonNullable<ApplyResult['failure']>): void =>
  sayDiagnostics([
    {
      code: 'step-failed',
      severity: 'error',
      message: `a change failed: ${message}`,
      notes: [{ message: `step: ${step}` }, { message: 'the machines are as they were' }],
    },
  ]);

/** What a started machine has not come to. */
const lackingOf = ({ services, shortfalls }: ApplyResult, names: readonly string[]): readonly string[] => [
  ...services
    .filter(({ stack, state }) => names.includes(stack) && state === 'failed')
    .map(
      ({ stack, kind, interface: nic, detail }) =>
        `${stack}: it answers, but its ${kind}${nic === '' ? '' : ` on ${nic}`} failed${detail === '' ? '' : `, ${detail}`}`,
    ),
  ...shortfalls
    .filter(({ stack }) => names.includes(stack))
    .map(({ stack, interface: nic, stage, detail }) => `${stack}: it answers, but ${nic} has no ${stage}: ${detail}`),
];

const carryOut = async (
  world: World,
  action: Action,
  names: readonly string[],
  options: LabOptions,
): Promise<number> => {
  const progress = startProgress();
  const wanted = { start: action === 'start' ? names : [], stop: action === 'stop' ? names : [] };
  const result = await world
    .power(wanted, progress.report, options.json ? () => undefined : progress.say)
    .finally(() => progress.end());
  if (result.failure !== undefined) {
    tellFailure(result.failure);
    return exitCode.environmentCannot;
  }
  const lacking = action === 'start' ? lackingOf(result, names) : [];
  for (const line of lacking) say(line);
  const done = action === 'start' ? 'started' : 'stopped';
  print(options.json ? printJson({ [done]: names, changes: result.steps, lacking }) : `${done}: ${names.join(', ')}`);
  return lacking.length === 0 ? exitCode.asWished : exitCode.no;
};

export const power = async (action: Action, words: readonly string[], options: LabOptions): Promise<number> => {
  return inRunningLab(options, async (world) => {
    const { file, guestKind } = await world.status();
    const loaded = await loadDesign({ ...options, file, machines: guestKind });
    if (typeof loaded === 'number') return loaded;
    const names = chooseNames(loaded, words);
    if (names === undefined) return exitCode.wrongInput;
    if (action === 'start' && !(await checkBefore(loaded, world))) return exitCode.environmentCannot;
    return await carryOut(world, action, names, options);
  });
};
