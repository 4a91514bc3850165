/** The commands about bases and the disks of machines, as `program.ts` declares the others. */
import { InvalidArgumentError, type Command } from 'commander';
import { type ImageOptions } from './image-options.ts';

type Finish = (result: Promise<number>) => Promise<void>;

const reporting = (command: Command): Command =>
  command
    .option('--json', 'print the result as JSON', false)
    .option('--debug', 'print the stack trace of a failure', false);

/** A machine is named as `LAB/MACHINE`, or alone beside `--lab` or a lab file. */
const aboutMachine = (command: Command): Command =>
  reporting(
    command
      .argument('<machine>', 'the machine, as MACHINE or LAB/MACHINE')
      .option('-f, --file <file>', 'the lab file')
      .option('--lab <name>', 'the lab, by its name'),
  );

const diskNumber = (text: string): number => {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('not a whole number from 1 to 99');
  return Number(text);
};

const addBaseCommands = (image: Command, finish: Finish): void => {
  reporting(
    image
      .command('build')
      .description('build a base with Debian from packages, and seal it')
      .argument('[packages...]', 'packages beyond the usual ones')
      .option('--name <name>', 'what the base is called (default: after its packages)'),
  ).action((packages: readonly string[], options: ImageOptions & { readonly name?: string }) =>
    finish(import('./image-bases.ts').then(({ buildImage }) => buildImage(packages, options))),
  );
  reporting(image.command('kernel').description('fetch the newest kernel for guests from Debian')).action(
    (options: ImageOptions) => finish(import('./image-bases.ts').then(({ fetchKernel }) => fetchKernel(options))),
  );
  reporting(
    image
      .command('import')
      .description('copy a disk image to a base, and seal it')
      .argument('<image>', 'the disk image')
      .argument('<base>', 'what the base is called'),
  ).action((path: string, name: string, options: ImageOptions) =>
    finish(import('./image-bases.ts').then(({ importImage }) => importImage(path, name, options))),
  );
  reporting(
    image
      .command('patch')
      .description('copy a base under a new name, to be changed and then sealed')
      .argument('<base>', 'the base')
      .argument('<new>', 'what the copy is called')
      .option('--from <machine>', 'take the system of this machine (LAB/MACHINE), with what it changed'),
  ).action((base: string, copy: string, options: ImageOptions & { readonly from?: string }) =>
    finish(import('./image-bases.ts').then(({ patchImage }) => patchImage(base, copy, options))),
  );
  reporting(
    image.command('seal').description('make a base read-only and record what is in it').argument('<base>', 'the base'),
  ).action((base: string, options: ImageOptions) =>
    finish(import('./image-bases.ts').then(({ sealImage }) => sealImage(base, options))),
  );
  reporting(image.command('list').description('list the bases, and the machines that have disks')).action(
    (options: ImageOptions) => finish(import('./image-list.ts').then(({ listImages }) => listImages(options))),
  );
  reporting(image.command('check').description('read every base and disk, and say what is not as it was left')).action(
    (options: ImageOptions) => finish(import('./image-list.ts').then(({ checkImages }) => checkImages(options))),
  );
};

const addDiskCommands = (image: Command, finish: Finish): void => {
  aboutMachine(image.command('repoint').description("let a machine's system stand on another base"))
    .argument('<base>', 'the base')
    .action((machine: string, base: string, options: ImageOptions) =>
      finish(import('./image-machines.ts').then(({ repoint }) => repoint(machine, base, options))),
    );
  aboutMachine(
    image.command('rollback').description("take back the last change of what a machine's system stands on"),
  ).action((machine: string, options: ImageOptions) =>
    finish(import('./image-machines.ts').then(({ rollback }) => rollback(machine, options))),
  );
  aboutMachine(image.command('flatten').description("make a machine's system stand alone, without a base")).action(
    (machine: string, options: ImageOptions) =>
      finish(import('./image-machines.ts').then(({ flatten }) => flatten(machine, options))),
  );
  aboutMachine(image.command('changes').description('list the files of its system that a machine changed')).action(
    (machine: string, options: ImageOptions) =>
      finish(import('./image-machines.ts').then(({ changes }) => changes(machine, options))),
  );
  for (const [name, description] of [
    ['backup', 'copy a data disk of a machine to a file'],
    ['restore', 'put a backup in the place of a data disk'],
  ] as const)
    aboutMachine(image.command(name).description(description))
      .argument('<copy>', 'the file of the backup')
      .option('--disk <number>', 'which of its data disks', diskNumber, 1)
      .action((machine: string, copy: string, options: ImageOptions & { readonly disk: number }) =>
        finish(import('./image-machines.ts').then((commands) => commands[name](machine, copy, options))),
      );
  reporting(
    image
      .command('rm')
      .description('remove a base that no machine stands on, or the disks of a machine')
      .argument('<name>', 'the base, or LAB/MACHINE')
      .option('--data', 'of a machine: its data too', false),
  ).action((name: string, options: ImageOptions & { readonly data: boolean }) =>
    finish(import('./image-machines.ts').then(({ remove }) => remove(name, options))),
  );
};

export const addImageCommands = (program: Command, finish: Finish): void => {
  const image = program.command('image').description('make and keep the disks of virtual machines');
  addBaseCommands(image, finish);
  addDiskCommands(image, finish);
};
