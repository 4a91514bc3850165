/** Runs a command on a machine of a running lab, on this terminal. Its exit status becomes ours. */
import { enterArguments } from '../run/enter-world.ts';
import { runAttached } from '../run/run-attached.ts';
import { type World } from '../world/client.ts';
import { attach, terminalSize } from './attach.ts';
import { exitCode } from './exit-code.ts';
import { tellUnknownMachine } from './machine-stacks.ts';
import { type LabOptions } from './options.ts';
import { inRunningLab } from './running-world.ts';
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
  return inRunningLab(found, async (world) => {
    const { pid, stacks, machines } = await world.status();
    if (!stacks.includes(machine)) {
      tellUnknownMachine(machine, stacks);
      return exitCode.wrongInput;
    }
    if (machines.some((it) => it.machine === machine && it.hardware !== null))
      return execInGuest(world, machine, command);
    // Nothing more is asked of the supervisor: the command may run for days.
    world.close();
    return runAttached(
      enterArguments(pid, machine, command.length === 0 ? [process.env['SHELL'] ?? '/bin/sh'] : command),
    );
  });
};
