/** Runs a command on a machine of a running lab, on this terminal. Its exit status becomes ours. */
import { enterArguments } from '../run/enter-world.ts';
import { runAttached } from '../run/run-attached.ts';
import { worldOf, type World } from '../world/client.ts';
import { attach, terminalSize } from './attach.ts';
import { exitCode } from './exit-code.ts';
import { findLab, tellNotRunning } from './find-lab.ts';
import { tellUnknownMachine } from './machine-stacks.ts';
import { type LabOptions } from './options.ts';
import { say } from './terminal.ts';

/** As a shell has it. */
const noSuchProgram = 127;

/** What a program needs to know of this terminal. */
const environmentHere = (): Readonly<Record<string, string>> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: process.env['TERM'] ?? 'dumb',
});

const execInGuest = async (world: World, machine: string, command: readonly string[]): Promise<number> => {
  const terminal = terminalSize();
  const argv = command.length === 0 ? ['/bin/sh'] : command;
  const request = { op: 'exec', machine, argv, environment: environmentHere() } as const;
  try {
    return await attach(world, terminal === undefined ? request : { ...request, terminal }, {});
  } catch (error) {
    say(`lanwright: ${argv[0] ?? ''}: ${(error as Error).message}`);
    return noSuchProgram;
  }
};

export const exec = async (machine: string, command: readonly string[], options: LabOptions): Promise<number> => {
  const found = { ...options, json: false };
  const lab = await findLab(found);
  if (typeof lab === 'number') return lab;
  const world = await worldOf(lab);
  if (world === undefined) {
    tellNotRunning(lab, found);
    return exitCode.environmentCannot;
  }
  const { pid, stacks, machines } = await world.status();
  if (!stacks.includes(machine)) {
    world.close();
    tellUnknownMachine(machine, stacks);
    return exitCode.wrongInput;
  }
  const isVirtual = machines.some((it) => it.machine === machine && it.hardware !== null);
  if (isVirtual) return execInGuest(world, machine, command).finally(() => world.close());
  world.close();
  const argv = command.length === 0 ? [process.env['SHELL'] ?? '/bin/sh'] : command;
  return runAttached(enterArguments(pid, machine, argv));
};
