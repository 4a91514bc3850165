/** Appliances: their images, and disks with their settings. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hasErrors, type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { checkSettings } from '../appliance/settings.ts';
import {
  buildAppliance,
  writeSettingsDisk,
  type ApplianceFormat,
  type BuiltAppliance,
} from '../images/appliance-files.ts';
import { complain, fault, noSources, type Sources } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { tell, type ImageOptions } from './image-options.ts';
import { say } from './terminal.ts';
import { version } from './version.ts';

export interface BuildOptions extends ImageOptions {
  readonly out: string;
  readonly format: readonly ApplianceFormat[];
  readonly settings?: string;
}

export interface SettingsOptions extends ImageOptions {
  readonly out: string;
}

interface Checked extends Outcome<string> {
  readonly sources: Sources;
}

/** The text of a settings file in which nothing is wrong. */
const readSettings = async (file: string): Promise<Checked> => {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined)
    return { diagnostics: fault('no-such-file', `\`${file}\` cannot be read`), sources: noSources };
  const found = checkSettings(text, file);
  const value = hasErrors(found) ? {} : { value: text };
  return { ...value, diagnostics: found, sources: new Map([[file, text]]) };
};

const refuse = ({ diagnostics, sources }: Checked, options: ImageOptions): number => {
  complain(diagnostics, sources, options);
  return exitCode.wrongInput;
};

const mebibytes = (bytes: number): string => `${(bytes / 1048576).toFixed(1)} MiB`;

const describe = ({ release, diskBytes, memoryMebibytes, files }: BuiltAppliance): string =>
  [
    ...files.map(({ path, bytes }) => `${path}  ${mebibytes(bytes)}`),
    `a disk of ${mebibytes(diskBytes)}, ${memoryMebibytes} MiB of memory, Linux ${release}`,
  ].join('\n');

export const build = async (options: BuildOptions): Promise<number> => {
  const settings = options.settings === undefined ? undefined : await readSettings(options.settings);
  if (settings !== undefined && settings.value === undefined) return refuse(settings, options);
  if (!options.json) say('making the appliance; the first time this fetches a kernel and takes a minute');
  const built = await buildAppliance({
    folder: resolve(options.out),
    formats: options.format,
    version,
    ...(settings?.value === undefined ? {} : { settings: settings.value }),
  });
  return tell(built, options, describe);
};

export const writeSettings = async (file: string, options: SettingsOptions): Promise<number> => {
  const settings = await readSettings(file);
  if (settings.value === undefined) return refuse(settings, options);
  const path = resolve(options.out);
  const failure: Diagnostic | undefined = await writeSettingsDisk(settings.value, path);
  const outcome = failure === undefined ? { value: { path }, diagnostics: [] } : { diagnostics: [failure] };
  return tell(outcome, options, () => path);
};
