/** Says what is wrong with a lab file, or with a lock file. Silent when nothing is; writes nothing. */
import { hasErrors, type Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticsToJson } from '../diagnostics/print-json.ts';
import { parseLock } from '../lab/lock-file.ts';
import { readText } from '../run/read-text.ts';
import { asStrict, sayDiagnostics, type Sources } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { examine } from './load-design.ts';
import { defaultFile, type FileOptions } from './options.ts';
import { print } from './terminal.ts';

interface Examined {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
  readonly isSound: boolean;
}

const examineLock = async (file: string): Promise<Examined> => {
  const { value: text, diagnostics } = await readText(file);
  if (text === undefined) return { diagnostics, sources: new Map(), isSound: false };
  const parsed = parseLock(file, text);
  return { diagnostics: parsed.diagnostics, sources: new Map([[file, text]]), isSound: !hasErrors(parsed.diagnostics) };
};

const examineLab = async (options: FileOptions): Promise<Examined> => {
  const { outcome, sources } = await examine(options);
  return { diagnostics: outcome.diagnostics, sources, isSound: outcome.value !== undefined };
};

export const check = async (options: FileOptions): Promise<number> => {
  const file = options.file ?? defaultFile;
  // `check *.yaml` meets lock files too.
  const examined = file.endsWith('.lock.yaml') ? await examineLock(file) : await examineLab(options);
  const { sources, isSound } = examined;
  const found = asStrict(examined.diagnostics, options.strict);
  if (options.json) print(printJson(diagnosticsToJson(found, sources)));
  else sayDiagnostics(found, sources);
  if (!isSound) return exitCode.wrongInput;
  return hasErrors(found) ? exitCode.no : exitCode.asWished;
};
