/** The commands about a machine that runs already, said once: help, completion and dispatch derive from this. */
import { type Command } from 'commander';
import { type InspectOptions } from './inspect.ts';

export const addHostCommands = (program: Command, finish: (result: Promise<number>) => Promise<void>): void => {
  program
    .command('inspect')
    .description("show this machine's interfaces, who made them and what reaches them, or those of a lab's machine")
    .argument('[lab]', 'a running lab')
    .argument('[machine]', 'a machine of it')
    .option('--json', 'print the result as JSON', false)
    .option('--debug', 'print the stack trace of a failure', false)
    .action((lab: string | undefined, machine: string | undefined, options: InspectOptions) =>
      finish(import('./inspect.ts').then(({ inspect }) => inspect(lab, machine, options))),
    );
  // What `inspect LAB MACHINE` starts inside of the machine's stack.
  program
    .command('inspect-inside', { hidden: true })
    .argument('<where>', '`LAB/MACHINE`')
    .option('--json', 'print the result as JSON', false)
    .option('--debug', 'print the stack trace of a failure', false)
    .action((inside: string, options: InspectOptions) =>
      finish(import('./inspect.ts').then(({ inspect }) => inspect(undefined, undefined, { ...options, inside }))),
    );
};
