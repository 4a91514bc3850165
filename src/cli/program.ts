/**
 * The commands and their options, said once: help, completion and dispatch derive from this. The work of a command
 * is loaded only when it is asked for.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { type ConvertOptions } from './convert.ts';
import { type DrawOptions } from './draw.ts';
import { type ExplainOptions } from './explain.ts';
import { type ImportCommandOptions } from './import.ts';
import { type LintOptions } from './lint.ts';
import { addApplianceCommands } from './appliance-commands.ts';
import { addHostCommands } from './host-commands.ts';
import { addImageCommands } from './image-commands.ts';
import { addMachineCommands, machinesOption } from './machine-commands.ts';
import { defaultFile, type DryRunOptions, type FileOptions, type LabOptions } from './options.ts';
import { type PredictOptions } from './predict.ts';
import { type ProveOptions } from './prove.ts';
import { type RenderOptions } from './render.ts';
import { type StateOptions } from './state.ts';
import { type TraceOptions } from './trace.ts';
import { version } from './version.ts';

type Result = Promise<number>;

const finish = async (result: Result): Promise<void> => {
  process.exitCode = await result;
};

const fileArgument = new Argument('[file]', `the lab file (default: ${defaultFile})`);

/** Options of every command that reports. */
const reporting = (command: Command): Command =>
  command
    .option('--json', 'print the result as JSON', false)
    .option('--strict', 'treat warnings as errors', false)
    .option('--debug', 'print the stack trace of a failure', false);

const aboutFile = (command: Command): Command =>
  reporting(command.addArgument(fileArgument).option('-f, --file <file>', 'the lab file'));

const aboutLab = (command: Command): Command => aboutFile(command).option('--lab <name>', 'a running lab, by its name');

/** The argument wins over `-f`; they are two spellings of one thing. */
const withFile = <T extends FileOptions>(argument: string | undefined, options: T): T =>
  argument === undefined ? options : { ...options, file: argument };

/** Options of commands that answer for configuration files too. */
const aboutNetwork = (command: Command): Command =>
  aboutFile(command).option('--files <paths...>', 'configuration files and directories, instead of a lab file');

const addFileCommands = (program: Command): void => {
  const paths = new Argument(
    '<paths...>',
    'configuration files, or directories that hold etc/ or one directory a machine',
  );
  reporting(
    program.command('import').description('read configuration files: what network do they make?').addArgument(paths),
  )
    .option('--host <name>', 'the name of the machine whose files they are', 'host')
    .option('--from-dialect <dialect>', 'the dialect of all files (default: told by path and text)')
    .addOption(
      new Option('--as <what>', 'print the network state, or a lab file').choices(['state', 'lab']).default('state'),
    )
    .action((names: readonly string[], options: ImportCommandOptions) =>
      finish(import('./import.ts').then(({ importCommand }) => importCommand(names, options))),
    );
  reporting(
    program.command('convert').description('write in one dialect what configuration files say').addArgument(paths),
  )
    .requiredOption('--to <dialect>', 'the dialect to write')
    .option('--host <name>', 'the name of the machine whose files they are', 'host')
    .option('--from-dialect <dialect>', 'the dialect of all files (default: told by path and text)')
    .option('-o, --output <directory>', 'write the files there (default: print them)')
    .option('--force', 'overwrite files that exist', false)
    .action((names: readonly string[], options: ConvertOptions) =>
      finish(import('./convert.ts').then(({ convert }) => convert(names, options))),
    );
  aboutFile(program.command('render').description('write the configuration files of one machine of a lab'))
    .requiredOption('--to <dialect>', 'the dialect of its interfaces')
    .requiredOption('--host <machine>', 'the machine')
    .option('-o, --output <directory>', 'write the files there (default: print them)')
    .option('--force', 'overwrite files that exist', false)
    .action((file: string | undefined, options: RenderOptions) =>
      finish(import('./render.ts').then(({ render }) => render(withFile(file, options)))),
    );
};

const names = (text: string, before: readonly string[]): readonly string[] => [...before, text];

const addLintCommand = (program: Command): void => {
  reporting(
    program
      .command('lint')
      .description('say what is wrong or will surprise in configuration files or a lab, and what mends it')
      .argument('[paths...]', `configuration files and directories, or a lab file (default: ${defaultFile})`),
  )
    .option('--explain <code>', 'say why a rule is one, and look at nothing')
    .option('--host <name>', 'the name of the machine whose files they are', 'host')
    .option('--from-dialect <dialect>', 'the dialect of all files (default: told by path and text)')
    .option('--live', 'this machine, as its kernel has it, instead of files', false)
    .option('--fix', 'rewrite the files where a repair can be written into them', false)
    .option('--dry-run', 'with --fix: print the files instead of writing them', false)
    .option('--one-mac <machine/interface>', 'an uplink where one MAC address is let through (repeatable)', names, [])
    .option('--wireless <machine/interface>', 'a radio interface of a station (repeatable)', names, [])
    .action((paths: readonly string[], options: LintOptions) =>
      finish(import('./lint.ts').then(({ lint }) => lint(paths, options))),
    );
};

const addDesignCommands = (program: Command): void => {
  aboutFile(program.command('check').description('say what is wrong with a lab file; silent when nothing is')).action(
    (file: string | undefined, options: FileOptions) =>
      finish(import('./check.ts').then(({ check }) => check(withFile(file, options)))),
  );
  aboutFile(program.command('plan').description('show every decision, and what `up` would change'))
    .option('--steps', 'list every change instead of counting them', false)
    .option('--impact', 'tell which machines come to reach each other, and which no longer do', false)
    .option('--dry-run', 'do not write the lock file', false)
    .option('--forget <names...>', 'decide anew what the lock file pins for these machines and networks', [])
    .addOption(machinesOption())
    .action((file: string | undefined, options: DryRunOptions) =>
      finish(import('./plan.ts').then(({ plan }) => plan(withFile(file, options)))),
    );
  aboutNetwork(program.command('state').description('print the network state that a lab file asks for, as JSON'))
    .option('--observed', 'print that of the running lab, as the kernel has it', false)
    .option('--live', 'print that of this machine, as the kernel has it', false)
    .action((file: string | undefined, options: StateOptions) =>
      finish(import('./state.ts').then(({ state }) => state(withFile(file, options)))),
    );
  aboutNetwork(
    program.command('draw').description('draw the network of a lab file, configuration files or this machine'),
  )
    .addOption(
      new Option('--format <format>', 'what to draw in (default: told by the ending of --output, else text)').choices([
        ...['text', 'svg', 'dot', 'mermaid'],
      ]),
    )
    .addOption(new Option('--theme <theme>', 'colours of svg').choices(['auto', 'light', 'dark']).default('auto'))
    .option('-o, --output <file>', 'write it there (default: print it)')
    .option('--live', 'this machine, as the kernel has it', false)
    .action((file: string | undefined, options: DrawOptions) =>
      finish(import('./draw.ts').then(({ draw }) => draw(withFile(file, options)))),
    );
  program
    .command('schema')
    .description('print the JSON Schema of lab files, for editors')
    .action(() => finish(import('./schema.ts').then(({ schema }) => schema())));
};

const addWorldCommands = (program: Command): void => {
  aboutFile(program.command('up').description('build the lab, or change the running one into what the file says'))
    .option('--steps', 'list every change instead of counting them', false)
    .option('--dry-run', 'only say what would change', false)
    .option('--impact', 'with --dry-run: tell who comes to reach whom, and who no longer does', false)
    .option('--forget <names...>', 'decide anew what the lock file pins for these machines and networks', [])
    .addOption(machinesOption())
    .action((file: string | undefined, options: DryRunOptions) =>
      finish(import('./up.ts').then(({ up }) => up(withFile(file, options)))),
    );
  aboutLab(program.command('down').description('end a running lab; nothing of it is left'))
    .option('--dry-run', 'only say what would end', false)
    .option('--force', 'end virtual machines without letting them power down', false)
    .action((file: string | undefined, options: LabOptions & { readonly force: boolean }) =>
      finish(import('./down.ts').then(({ down }) => down(withFile(file, options)))),
    );
  aboutLab(program.command('status').description('list the running labs, or say how one of them fares')).action(
    (file: string | undefined, options: LabOptions) =>
      finish(import('./status.ts').then(({ status }) => status(withFile(file, options)))),
  );
  aboutLab(
    program.command('leases').description('list the addresses that DHCP servers of a running lab have given out'),
  ).action((file: string | undefined, options: LabOptions) =>
    finish(import('./leases.ts').then(({ leases }) => leases(withFile(file, options)))),
  );
  program
    .command('exec')
    .description('run a command on a machine of a running lab (default: a shell)')
    .argument('<machine>', 'the machine')
    .argument('[command...]', 'the command, after `--`')
    .option('-f, --file <file>', 'the lab file')
    .option('--lab <name>', 'a running lab, by its name')
    .option('--debug', 'print the stack trace of a failure', false)
    .action((machine: string, command: readonly string[], options: LabOptions) =>
      finish(import('./exec.ts').then(({ exec }) => exec(machine, command, options))),
    );
  aboutFile(program.command('verify').description('measure who reaches whom, and compare with what the file expects'))
    .option('--all', 'print every pair, also where there are many', false)
    .action((file: string | undefined, options: FileOptions & { readonly all: boolean }) =>
      finish(import('./verify.ts').then(({ verify }) => verify(withFile(file, options)))),
    );
};

/** A whole number within bounds; anything else is a wrong command line. */
const wholeNumber =
  (first: number, last: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < first || value > last)
      throw new InvalidArgumentError(`not a whole number from ${first} to ${last}`);
    return value;
  };

const port = wholeNumber(1, 65535);

const ports = (text: string, before: readonly number[]): readonly number[] => [...before, port(text)];

const addReachCommands = (program: Command): void => {
  aboutNetwork(
    program.command('predict').description('tell who reaches whom by a model of the kernel, without building anything'),
  )
    .addOption(
      new Option('--by <what>', 'rows and columns of the table').choices(['machine', 'network']).default('machine'),
    )
    .option('--tcp <port>', 'ask about TCP connections to this port too (repeatable)', ports, [])
    .option('--udp <port>', 'ask about UDP to this port too (repeatable)', ports, [])
    .option('--from <names...>', 'only from these machines and networks', [])
    .option('--to <names...>', 'only to these machines and networks', [])
    .option('--all', 'print every pair, also where there are many', false)
    .action((file: string | undefined, options: PredictOptions) =>
      finish(import('./predict.ts').then(({ predict }) => predict(withFile(file, options)))),
    );
  aboutNetwork(
    program
      .command('prove')
      .description('prove each `policy` and `expect` line over all packets, or show one that contradicts it')
      .option('--forged', 'senders may forge the source of what `policy` denies'),
  ).action((file: string | undefined, options: ProveOptions) =>
    finish(import('./prove.ts').then(({ prove }) => prove(withFile(file, options)))),
  );
  reporting(program.command('trace').description('send a packet through the running lab and follow it, hop by hop'))
    .argument('<from>', 'a machine, `internet`, or the address of one')
    .argument('<to>', 'a machine, `internet`, or an address')
    .option('-f, --file <file>', 'the lab file', defaultFile)
    .option('--tcp <port>', 'a TCP connection to this port', port)
    .addOption(new Option('--udp <port>', 'a UDP packet to this port').argParser(port).conflicts('tcp'))
    .option('--to-address <address>', 'sent to this address of <to>')
    .action((from: string, to: string, options: Omit<TraceOptions, 'from' | 'to'>) =>
      finish(import('./trace.ts').then(({ trace }) => trace({ ...options, from, to }))),
    );
  reporting(program.command('explain').description('say why one machine reaches another, or why not'))
    .argument('<from>', 'a machine, `internet`, or the address of one')
    .argument('<to>', 'a machine, `internet`, or an address')
    .option('-f, --file <file>', 'the lab file')
    .option('--files <paths...>', 'configuration files and directories, instead of a lab file')
    .option('--tcp <port>', 'a TCP connection to this port', port)
    .addOption(new Option('--udp <port>', 'a UDP packet to this port').argParser(port).conflicts('tcp'))
    .option('--from-address <address>', 'sent from this address of <from>')
    .option('--to-address <address>', 'sent to this address of <to>')
    .option('--size <bytes>', 'the bytes of the packet, which may not be fragmented', wholeNumber(28, 65535))
    .action(
      (
        from: string,
        to: string,
        { size, ...options }: Omit<ExplainOptions, 'from' | 'to'> & { readonly size?: number },
      ) =>
        finish(
          import('./explain.ts').then(({ explain }) =>
            explain({ ...options, from, to, ...(size === undefined ? {} : { sizeBytes: size }) }),
          ),
        ),
    );
};

const addShellCommands = (program: Command): void => {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action((shell: string) => finish(import('./completion.ts').then(({ completion }) => completion(program, shell))));
  program
    .command('complete-machines', { hidden: true })
    .description('list the machines of the running labs, or of one')
    .option('--lab <name>', 'only of this lab')
    .option('--labs', 'the labs instead', false)
    .action((options: { readonly lab?: string; readonly labs: boolean }) =>
      finish(import('./complete-machines.ts').then(({ completeMachines }) => completeMachines(options))),
    );
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print the result as JSON', false)
    .action((options: { readonly json: boolean }) =>
      finish(import('./show-version.ts').then(({ showVersion }) => showVersion(options))),
    );
};

/** The whole command line; parsing it runs the command and sets the exit status. */
export const buildProgram = (): Command => {
  const program = new Command('lanwright')
    .description('One file becomes a network of virtual machines, and is measured.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .showHelpAfterError('(`lanwright --help` lists the commands)')
    .exitOverride();
  addDesignCommands(program);
  addFileCommands(program);
  addLintCommand(program);
  addWorldCommands(program);
  addMachineCommands(program, finish);
  addImageCommands(program, finish);
  addApplianceCommands(program, finish);
  addHostCommands(program, finish);
  addReachCommands(program);
  addShellCommands(program);
  return program;
};
