/** Files that were written from a state: to standard output, each under its name, or into a directory; and what was left out. */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { type Omission } from '../dialects/dialect.ts';
import { writeFiles, type NewFile } from '../run/write-files.ts';
import { asStrict, complain, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { type CommonOptions } from './options.ts';
import { print } from './terminal.ts';

export interface DeliveryOptions extends CommonOptions {
  readonly output?: string;
  readonly force: boolean;
}

const omissionDiagnostic = ({ stack, what, why }: Omission): Diagnostic => ({
  ...{ code: 'not-written', severity: 'warning' },
  message: `\`${stack}\`: ${what} is not written: ${why}`,
});

const shownFile = ({ path, text }: NewFile): string => `# ${path}\n${text}${text.endsWith('\n') ? '' : '\n'}`;

/** `files`: by their paths below the output directory. */
export const deliverFiles = async (
  files: readonly NewFile[],
  omissions: readonly Omission[],
  options: DeliveryOptions,
): Promise<number> => {
  const told = asStrict(omissions.map(omissionDiagnostic), options.strict);
  const isLeftOut = options.strict && omissions.length > 0;
  if (options.output !== undefined && !isLeftOut) {
    const faults = await writeFiles(options.output, files, options);
    if (faults.length > 0) {
      complain(faults, new Map(), options);
      return exitCode.no;
    }
  }
  sayDiagnostics(told);
  if (options.json) print(printJson({ files, omissions }));
  else if (options.output === undefined) {
    const [only] = files;
    print(files.length === 1 && only !== undefined ? only.text : files.map(shownFile).join('\n'));
  } else if (!isLeftOut) print(files.map(({ path }) => `${options.output ?? ''}/${path}`).join('\n'));
  return isLeftOut ? exitCode.no : exitCode.asWished;
};
