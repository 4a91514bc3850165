/** Runs a command on a machine of a running lab, on this terminal. Its exit status becomes ours. */
import { suggest } from '../diagnostics/suggest.ts';
import { enterArguments } from '../run/enter-world.ts';
import { runAttached } from '../run/run-attached.ts';
import { worldOf } from '../world/client.ts';
import { fault, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { findLab, tellNotRunning } from './find-lab.ts';
import { isMachineStack } from './machine-stacks.ts';
import { type LabOptions } from './options.ts';

const tellUnknown = (machine: string, stacks: readonly string[]): void => {
  const near = suggest(machine, stacks);
  const help =
    near === undefined ? `the machines are ${stacks.filter(isMachineStack).join(', ')}` : `did you mean \`${near}\`?`;
  sayDiagnostics(fault('unknown-machine', `\`${machine}\` is no machine of the running lab`, help));
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
  const { pid, stacks } = await world.status();
  world.close();
  if (!stacks.includes(machine)) {
    tellUnknown(machine, stacks);
    return exitCode.wrongInput;
  }
  const argv = command.length === 0 ? [process.env['SHELL'] ?? '/bin/sh'] : command;
  return runAttached(enterArguments(pid, machine, argv));
};
