/** The commands about single machines of a running lab, as `program.ts` declares the others. */
import { Argument, type Command, Option } from 'commander';
import { type AutostartOptions } from './autostart.ts';
import { type FileOptions, type LabOptions } from './options.ts';

type Finish = (result: Promise<number>) => Promise<void>;

export const machinesOption = (): Option =>
  new Option('--machines <kind>', 'what guests run as that do not say it themselves').choices(['vm', 'netns']);

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
  aboutRunning(
    program
      .command('logs')
      .description('print what the services of a machine said')
      .argument('<machine>', 'the machine')
      .argument('[service]', 'only this service, by its name in `status`'),
  )
    .option('--json', 'print the result as JSON', false)
    .option('--strict', 'treat warnings as errors', false)
    .action((machine: string, service: string | undefined, options: LabOptions) =>
      finish(import('./logs.ts').then(({ logs }) => logs(machine, service, options))),
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
  aboutRunning(
    program
      .command('autostart')
      .description('write a systemd unit that brings the lab up with your session, or with the machine')
      .addArgument(new Argument('[file]', 'the lab file (default: lab.yaml)')),
  )
    .option('--system', 'with the machine, not with your session', false)
    .option('--remove', 'remove the unit', false)
    .option('--dry-run', 'only say what would be written', false)
    .addOption(machinesOption())
    .option('--json', 'print the result as JSON', false)
    .option('--strict', 'treat warnings as errors', false)
    .action((file: string | undefined, options: AutostartOptions) =>
      finish(
        import('./autostart.ts').then(({ autostart }) =>
          autostart(file === undefined ? options : { ...options, file }),
        ),
      ),
    );
  aboutRunning(
    program
      .command('clone')
      .description(
        'add a machine to the lab file that is as another one, with a number, addresses and disks of its own',
      )
      .argument('<machine>', 'the machine')
      .argument('<new>', 'the name of the new one'),
  )
    .option('--json', 'print the result as JSON', false)
    .option('--strict', 'treat warnings as errors', false)
    .action((machine: string, name: string, options: FileOptions) =>
      finish(import('./clone.ts').then(({ clone }) => clone(machine, name, options))),
    );
};
