/** What the commands about images share: their options, the machine that is meant, and how a result or a fault is told. */
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { type MachineName } from '../images/machine-store.ts';
import { complain, fault, noSources, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { findLab } from './find-lab.ts';
import { printJson } from './json.ts';
import { print } from './terminal.ts';

export interface ImageOptions {
  readonly json: boolean;
  readonly debug: boolean;
  readonly lab?: string;
  readonly file?: string;
}

const ofEnvironment: ReadonlySet<string> = new Set([
  ...['program-missing', 'program-failed', 'guest-kernel-missing', 'package-missing'],
]);
const ofInput: ReadonlySet<string> = new Set([
  ...['no-such-base', 'no-such-machine', 'no-such-image', 'no-such-disk', 'bad-base-name', 'base-exists'],
  ...['no-system-disk', 'machine-has-disks'],
]);

const statusFor = (faults: readonly Diagnostic[]): number => {
  if (faults.some(({ code }) => ofEnvironment.has(code))) return exitCode.environmentCannot;
  return faults.some(({ code }) => ofInput.has(code)) ? exitCode.wrongInput : exitCode.no;
};

export const tellFaults = (faults: readonly Diagnostic[], options: ImageOptions): number => {
  complain(faults, noSources, options);
  return statusFor(faults);
};

/** Tells a result as JSON or in words, or why there is none. */
export const tell = <T extends object>(
  outcome: Outcome<T>,
  options: ImageOptions,
  inWords: (value: T) => string,
): number => {
  if (outcome.value === undefined) return tellFaults(outcome.diagnostics, options);
  sayDiagnostics(outcome.diagnostics);
  print(options.json ? printJson(outcome.value) : inWords(outcome.value));
  return exitCode.asWished;
};

const isName = (text: string): boolean => /^[\w][\w.-]*$/.test(text);

/** `LAB/MACHINE`, as a name; undefined where it is none. */
export const qualifiedName = (text: string): MachineName | undefined => {
  const [lab = '', machine = '', ...more] = text.split('/');
  return isName(lab) && isName(machine) && more.length === 0 ? { lab, machine } : undefined;
};

/** The machine that is meant, or the exit status after telling why there is none. */
export const findMachine = async (text: string, options: ImageOptions): Promise<MachineName | number> => {
  const qualified = qualifiedName(text);
  if (qualified !== undefined) return qualified;
  if (!isName(text)) {
    complain(fault('no-such-machine', `\`${text}\` is no name of a machine`), noSources, options);
    return exitCode.wrongInput;
  }
  const lab = await findLab(options);
  return typeof lab === 'number' ? lab : { lab, machine: text };
};
