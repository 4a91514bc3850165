/** The commands about single machines of a running lab, as `program.ts` declares the others. */
import { type Command } from 'commander';
import { type LabOptions } from './options.ts';

type Finish = (result: Promise<number>) => Promise<void>;

const aboutRunning = (command: Command): Command =>
  command
    .option('-f, --file <file>', 'the lab file')
    .option('--lab <name>', 'a running lab, by its name')
    .option('--debug', 'print the stack trace of a failure', false);

export const addMachineCommands = (program: Command, finish: Finish): void => {
  aboutRunning(
    program
      .command('console')
      .description('show the serial console of a virtual machine; ctrl-] leaves')
      .argument('<machine>', 'the machine'),
  ).action((machine: string, options: LabOptions) =>
    finish(import('./console.ts').then(({ consoleOf }) => consoleOf(machine, options))),
  );
  for (const [action, description] of [
    ['start', 'start machines of a running lab that were stopped, by their start positions'],
    ['stop', 'stop machines of a running lab, in the reverse of their start order'],
  ] as const)
    aboutRunning(
      program.command(action).description(description).argument('[machines...]', 'the machines (default: all guests)'),
    )
      .option('--json', 'print the result as JSON', false)
      .option('--strict', 'treat warnings as errors', false)
      .action((machines: readonly string[], options: LabOptions) =>
        finish(import('./power.ts').then(({ power }) => power(action, machines, options))),
      );
};
