/** The commands about appliances, as `program.ts` declares the others. */
import { Argument, Option, type Command } from 'commander';
import { type BuildOptions, type SettingsOptions } from './appliance.ts';

const applianceArgument = (): Argument => new Argument('<appliance>', 'what it is').choices(['v6-router']);

const reporting = (command: Command): Command =>
  command
    .option('--json', 'print the result as JSON', false)
    .option('--debug', 'print the stack trace of a failure', false);

export const addApplianceCommands = (program: Command, finish: (result: Promise<number>) => Promise<void>): void => {
  const appliance = program
    .command('appliance')
    .description('make machines that are ready to boot, for any hypervisor');
  reporting(appliance.command('build').description('write a bootable image').addArgument(applianceArgument()))
    .option('-o, --out <directory>', 'where its files go', '.')
    .addOption(
      new Option('--format <formats...>', 'which files to write')
        .choices(['raw', 'qcow2', 'vmdk', 'vmx', 'ova'])
        .default(['qcow2', 'vmx', 'ova']),
    )
    .option('--settings <file>', 'settings that the image carries in itself')
    .action((_name: string, options: BuildOptions) =>
      finish(import('./appliance.ts').then(({ build }) => build(options))),
    );
  reporting(
    appliance
      .command('settings')
      .description('write a settings file to an image for its CD drive')
      .addArgument(applianceArgument())
      .argument('<file>', 'the settings file'),
  )
    .option('-o, --out <image>', 'the image to write', 'settings.iso')
    .action((_name: string, file: string, options: SettingsOptions) =>
      finish(import('./appliance.ts').then(({ writeSettings }) => writeSettings(file, options))),
    );
};
