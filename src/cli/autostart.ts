/**
 * Writes a systemd unit that brings a lab up when the user's session, or the machine, starts, and takes it down in order
 * when that ends. Nothing is enabled: the command that does it is told.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeFolder } from '../run/make-folder.ts';
import { sayDiagnostics, fault } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { loadDesign, type LoadedDesign } from './load-design.ts';
import { type FileOptions } from './options.ts';
import { print } from './terminal.ts';
import { type MachineKind } from '../state/virtual-machine.ts';

export interface AutostartOptions extends FileOptions {
  /** For the machine instead of the user's session. */
  readonly system: boolean;
  readonly remove: boolean;
  readonly dryRun: boolean;
  readonly machines?: MachineKind;
}

/** One word of a command line as systemd.service(5) reads it. */
export const unitWord = (word: string): string => {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@+=:,./%$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;
};

const commandLine = (argv: readonly string[]): string => argv.map(unitWord).join(' ');

export interface UnitParts {
  readonly lab: string;
  readonly file: string;
  /** What runs Lanwright: an interpreter and a program. */
  readonly program: readonly string[];
  readonly machines?: MachineKind;
  readonly system: boolean;
  /** How long all machines may take to power down, one position after the other. */
  readonly stopSeconds: number;
}

export const unitText = ({ lab, file, program, machines, system, stopSeconds }: UnitParts): string => `[Unit]
Description=Lanwright lab ${lab.replaceAll('%', '%%')}
${system ? 'After=network.target\n' : ''}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${commandLine([...program, 'up', file, ...(machines === undefined ? [] : ['--machines', machines])])}
ExecStop=${commandLine([...program, 'down', '--lab', lab])}
TimeoutStartSec=1800
TimeoutStopSec=${stopSeconds + 30}

[Install]
WantedBy=${system ? 'multi-user.target' : 'default.target'}
`;

const unitName = (lab: string): string => `lanwright-${lab}.service`;

const unitFolder = (isSystem: boolean): string =>
  isSystem ? '/etc/systemd/system' : join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'systemd/user');

const stopSecondsOf = ({ lab }: LoadedDesign): number => {
  const byPosition = new Map<number, number>();
  for (const { start, machine } of Object.values(lab.machines))
    if (machine !== undefined) byPosition.set(start, Math.max(machine.stopSeconds, byPosition.get(start) ?? 0));
  return [...byPosition.values()].reduce((sum, seconds) => sum + seconds, 0);
};

const writeUnit = async (path: string, text: string): Promise<void> => {
  await makeFolder(dirname(path));
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, path);
};

const nextSteps = (name: string, isSystem: boolean): readonly string[] =>
  isSystem
    ? [`systemctl enable --now ${name}`]
    : [`systemctl --user enable --now ${name}`, 'loginctl enable-linger   # to run without a session'];

export const autostart = async (options: AutostartOptions): Promise<number> => {
  const loaded = await loadDesign(options);
  if (typeof loaded === 'number') return loaded;
  const lab = loaded.lab.name;
  const path = join(unitFolder(options.system), unitName(lab));
  const text = unitText({
    lab,
    file: resolve(loaded.file),
    program: [process.execPath, resolve(process.argv[1] ?? '')],
    ...(options.machines === undefined ? {} : { machines: options.machines }),
    system: options.system,
    stopSeconds: stopSecondsOf(loaded),
  });
  try {
    if (!options.dryRun && options.remove) await rm(path, { force: true });
    if (!options.dryRun && !options.remove) await writeUnit(path, text);
  } catch (error) {
    sayDiagnostics(
      fault(
        'unit-unwritable',
        `the unit cannot be written: ${(error as Error).message}`,
        'run this as root, or without --system',
      ),
    );
    return exitCode.environmentCannot;
  }
  if (options.json) print(printJson({ lab, unit: path, removed: options.remove, text }));
  else if (options.remove) print(`${options.dryRun ? 'would remove' : 'removed'} ${path}`);
  else if (options.dryRun) print(`would write ${path}\n\n${text.trimEnd()}`);
  else
    print(
      [`wrote ${path}`, '', 'next:', ...nextSteps(unitName(lab), options.system).map((line) => `  ${line}`)].join('\n'),
    );
  return exitCode.asWished;
};
