/**
 * Which lab a command is about: the one named by `--lab`, or that of a file. Only the name is read from the file, so
 * that a lab can be ended while its file is being edited and has faults.
 */
import { parseYaml } from '../source/parse-yaml.ts';
import { readText } from '../run/read-text.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { listWorlds } from '../world/client.ts';
import { complain, fault, noSources } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { defaultFile, type LabOptions } from './options.ts';

/** The name of the lab, or the exit status after telling why there is none. */
export const findLab = async (options: Pick<LabOptions, 'lab' | 'file' | 'json'>): Promise<string | number> => {
  if (options.lab !== undefined) return options.lab;
  const file = options.file ?? defaultFile;
  const text = await readText(file);
  if (text.value === undefined) {
    complain(text.diagnostics, noSources, options);
    return exitCode.wrongInput;
  }
  const parsed = parseYaml(file, text.value);
  const document: unknown = parsed.value?.value;
  if (typeof document === 'object' && document !== null && 'lab' in document && typeof document.lab === 'string')
    return document.lab;
  const unnamed = fault(
    'no-lab-name',
    `\`${file}\` does not name its lab`,
    'begin it with `lab: NAME`, or name a running lab with --lab',
  );
  complain(parsed.value === undefined ? parsed.diagnostics : unnamed, new Map([[file, text.value]]), options);
  return exitCode.wrongInput;
};

/** Tells that a lab does not run, and what would help. */
export const tellNotRunning = (lab: string, options: Pick<LabOptions, 'file' | 'lab' | 'json'>): void => {
  const near = suggest(lab, listWorlds());
  const help =
    near === undefined
      ? `lanwright up ${options.file ?? ''}`.trim()
      : `\`${near}\` is running; \`lanwright status\` lists all`;
  complain(fault('not-running', `\`${lab}\` is not running`, help), noSources, options);
};
