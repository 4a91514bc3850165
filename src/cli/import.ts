/** Prints what configuration files make of a network: as a network state, or as a lab file that makes the same. */
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosticsToJson } from '../diagnostics/print-json.ts';
import { labText } from '../recognise/lab-text.ts';
import { asStrict, complain, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { importFiles, isImport, type ImportedFiles, type ImportOptions } from './import-files.ts';
import { findDialect } from './named-dialect.ts';
import { print } from './terminal.ts';

export interface ImportCommandOptions extends ImportOptions {
  readonly as: 'state' | 'lab';
}

const resultOf = ({ network, sources, diagnostics }: ImportedFiles, options: ImportCommandOptions): string => {
  const { state, dialectOf } = network;
  if (options.as === 'state') {
    if (!options.json) return JSON.stringify(state, null, 2);
    const files = [...dialectOf].map(([file, dialect]) => ({ file, dialect }));
    return JSON.stringify({ state, files, remarks: diagnosticsToJson(diagnostics, sources) }, null, 2);
  }
  const { text, unsaid } = labText(state);
  return options.json ? JSON.stringify({ lab: text, unsaid }, null, 2) : text;
};

export const importCommand = async (names: readonly string[], options: ImportCommandOptions): Promise<number> => {
  const from = options.fromDialect === undefined ? undefined : findDialect(options.fromDialect);
  if (from !== undefined && 'wrong' in from) {
    complain(from.wrong, new Map(), options);
    return exitCode.wrongInput;
  }
  const found = await importFiles(names, options);
  if (!isImport(found)) {
    complain(found, new Map(), options);
    return exitCode.wrongInput;
  }
  const unsaid =
    options.as === 'lab'
      ? labText(found.network.state).unsaid.map(
          (message) => ({ code: 'unsaid', severity: 'warning', message }) as const,
        )
      : [];
  const told = asStrict([...found.diagnostics, ...unsaid], options.strict);
  sayDiagnostics(told, found.sources);
  print(resultOf(found, options));
  // What a file got wrong is left out of what was printed.
  if (hasErrors(found.diagnostics)) return exitCode.wrongInput;
  return hasErrors(told) ? exitCode.no : exitCode.asWished;
};
