/**
 * Makes the running lab what the file says: the very plan that is printed is what is carried out. A lab that was not
 * running is there as a whole at the end, or not at all, whatever happens on the way.
 */
import { resolve } from 'node:path';
import { type Lab } from '../lab/lab.ts';
import { type World } from '../world/client.ts';
import { type Shortfall } from '../world/shortfall.ts';
import { type MachineKind } from '../state/virtual-machine.ts';
import { type ApplyResult, type MachinesRequest } from '../world/protocol.ts';
import { type NascentWorld } from '../world/start-world.ts';
import { checkKernel } from './check-kernel.ts';
import { sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { type LoadedDesign } from './load-design.ts';
import { type DryRunOptions } from './options.ts';
import { pinDesign } from './pin-design.ts';
import { planLab } from './plan-lab.ts';
import { reportPlan, type PlanReport } from './plan-report.ts';
import { countSteps } from './print-plan.ts';
import { startProgress } from './progress.ts';
import { tellPlan } from './tell-plan.ts';
import { hasColour, painter, print, say } from './terminal.ts';
import { loadAsRunning, runningMachines } from './virtual-machines.ts';

const interrupted = 130;

/** Machines in the order they start: lower positions first, and as written among equals. */
const startOrderOf = (lab: Lab): readonly string[] =>
  Object.values(lab.machines)
    .toSorted((a, b) => a.start - b.start)
    .map(({ name }) => name);

/**
 * Carries out the changes. An interrupt ends a world that is being made; in a running one it waits for the changes,
 * which are made as a whole or undone.
 */
const carryOut = async (
  loaded: LoadedDesign,
  world: World,
  isNew: boolean,
  machines: MachinesRequest | undefined,
): Promise<ApplyResult | 'interrupted'> => {
  const { pid } = await world.status();
  const interruption = new AbortController();
  const interrupt = (): void => {
    interruption.abort();
    if (isNew) process.kill(pid, 'SIGKILL');
    else say('waiting for the change to end, so that nothing is left half-made');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, interrupt);
  const progress = startProgress();
  try {
    const result = await world.apply(
      loaded.lowered.state,
      resolve(loaded.file),
      startOrderOf(loaded.lab),
      progress.report,
      machines,
      progress.say,
      loaded.keys?.path,
    );
    return interruption.signal.aborted ? 'interrupted' : result;
  } catch (error) {
    if (interruption.signal.aborted) return 'interrupted';
    throw error;
  } finally {
    progress.end();
    for (const signal of signals) process.off(signal, interrupt);
  }
};

const tellFailure = ({ step, message, undone }: NonNullable<ApplyResult['failure']>, isNew: boolean): void => {
  const left = isNew ? 'nothing of the lab is left' : 'the lab is as it was';
  const notes = [`step: ${step}`, `${undone} ${undone === 1 ? 'step was' : 'steps were'} undone; ${left}`];
  sayDiagnostics([
    {
      code: 'step-failed',
      severity: 'error',
      message: `a change failed: ${message}`,
      notes: notes.map((text) => ({ message: text })),
    },
  ]);
};

/** Whether it is told by its stage. */
const isAmong = (shortfalls: readonly Shortfall[], one: Pick<Shortfall, 'stack' | 'interface'>): boolean =>
  shortfalls.some((it) => it.stack === one.stack && it.interface === one.interface);

const troubled = ({ services, shortfalls }: ApplyResult): readonly string[] => [
  ...services
    .filter((it) => it.state === 'failed' && !isAmong(shortfalls, it))
    .map(({ stack, kind, interface: nic, detail }) => `  ${stack} ${nic}: ${kind} failed, ${detail}`),
  ...shortfalls.map(({ stack, interface: nic, stage, detail }) => `  ${stack} ${nic}: no ${stage}: ${detail}`),
];

const printUp = (report: PlanReport, loaded: LoadedDesign, isNew: boolean, result: ApplyResult): string => {
  const fileOption = loaded.file === 'lab.yaml' ? '' : ` ${loaded.file}`;
  const machine = Object.values(loaded.lab.machines).find(({ role }) => role === 'guest')?.name ?? 'MACHINE';
  const unsettled = troubled(result);
  return [
    report.steps.length === 0
      ? `\`${report.lab}\` runs as the file says; nothing to change`
      : `\`${report.lab}\` ${isNew ? 'is up' : 'is changed'}: ${report.machines.length} machines, ${result.steps} changes`,
    ...(unsettled.length === 0 ? [] : ['without what they asked for:', ...unsettled]),
    '',
    'next:',
    `  lanwright verify${fileOption}`,
    `  lanwright exec --lab ${report.lab} ${machine} -- ip addr`,
    `  lanwright down${fileOption}`,
  ].join('\n');
};

/** Loaded late: it brings the door to system calls along, which no other command needs. */
const beginWorld = async (lab: string, ahead: NascentWorld | undefined): Promise<World> => {
  if (ahead?.lab === lab) return ahead.open();
  const { startWorld } = await import('../world/start-world.ts');
  return startWorld(lab);
};

interface Changing {
  readonly loaded: LoadedDesign;
  readonly running: World | undefined;
  readonly ahead: NascentWorld | undefined;
  readonly report: PlanReport;
  readonly machines: MachinesRequest | undefined;
}

const apply = async ({ loaded, running, ahead, report, machines }: Changing, json: boolean): Promise<number> => {
  const isNew = running === undefined;
  const world = running ?? (await beginWorld(loaded.lab.name, ahead));
  try {
    const result = await carryOut(loaded, world, isNew, machines);
    if (result === 'interrupted') {
      say(
        isNew
          ? 'interrupted; nothing of the lab is left'
          : 'interrupted; the lab is as a whole what it was, or what the file says',
      );
      return interrupted;
    }
    if (result.failure !== undefined) {
      if (isNew) await world.down();
      tellFailure(result.failure, isNew);
      return exitCode.environmentCannot;
    }
    const services = result.services.map(({ stack, kind, interface: nic, state, detail }) => ({
      machine: stack,
      kind,
      nic,
      state,
      detail,
    }));
    const shortfalls = result.shortfalls.map(({ stack, interface: nic, stage, detail }) => ({
      machine: stack,
      nic,
      stage,
      detail,
    }));
    print(json ? printJson({ ...report, services, shortfalls }) : printUp(report, loaded, isNew, result));
    return exitCode.asWished;
  } finally {
    world.close();
  }
};

/** Loaded late: most labs have no virtual machines. */
const readyMachines = async (
  loaded: LoadedDesign,
  kind: MachineKind,
  world: World | undefined,
): Promise<MachinesRequest | undefined | number> => {
  if (Object.values(loaded.lab.machines).every(({ machine }) => machine === undefined)) return undefined;
  const { prepareMachines } = await import('./prepare-machines.ts');
  const running = runningMachines(await world?.status());
  const { value, diagnostics } = await prepareMachines(loaded, kind, running);
  if (value === undefined) {
    sayDiagnostics(diagnostics);
    return exitCode.environmentCannot;
  }
  if (value.slowBecause !== undefined) say(`guests are emulated (TCG), which is slow: ${value.slowBecause}`);
  return value.request;
};

/** `ahead`: a world that is being born for the lab, to be used where it does not run yet. */
export const bringUp = async (options: DryRunOptions, ahead: NascentWorld | undefined): Promise<number> => {
  const { loaded, kind, release } = await loadAsRunning(options, (asked) => pinDesign(asked, true));
  if (typeof loaded === 'number') {
    release();
    return loaded;
  }
  const planned = await planLab(loaded).finally(release);
  const { plan, world } = planned;
  if (options.dryRun) {
    world?.close();
    await tellPlan(loaded, planned, options);
    return exitCode.asWished;
  }
  const report = reportPlan(loaded, plan);
  const paint = painter(hasColour());
  if (!options.json && report.steps.length > 0) {
    const lines = options.steps ? report.steps.map(({ text }) => text) : countSteps(report.steps);
    print(`${paint('bold', 'Plan')} for \`${report.lab}\`\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
  }
  const lacks = await checkKernel(loaded);
  if (lacks.length > 0) {
    world?.close();
    sayDiagnostics(lacks);
    return exitCode.environmentCannot;
  }
  const machines = await readyMachines(loaded, kind, world);
  if (typeof machines === 'number') {
    world?.close();
    return machines;
  }
  return apply({ loaded, running: world, ahead, report, machines }, options.json);
};
