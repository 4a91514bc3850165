/** Says what is wrong with a lab file. Silent when nothing is; writes nothing. */
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosticsToJson } from '../diagnostics/print-json.ts';
import { asStrict, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { examine } from './load-design.ts';
import { type FileOptions } from './options.ts';
import { print } from './terminal.ts';

export const check = async (options: FileOptions): Promise<number> => {
  const { outcome, sources } = await examine(options);
  const found = asStrict(outcome.diagnostics, options.strict);
  if (options.json) print(printJson(diagnosticsToJson(found, sources)));
  else sayDiagnostics(found, sources);
  if (outcome.value === undefined) return exitCode.wrongInput;
  return hasErrors(found) ? exitCode.no : exitCode.asWished;
};
