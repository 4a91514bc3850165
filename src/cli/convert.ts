/** Writes in one dialect what configuration files of others say. */
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { isSwitch } from '../state/switch.ts';
import { complain, sayDiagnostics } from './complain.ts';
import { deliverFiles, type DeliveryOptions } from './deliver-files.ts';
import { exitCode } from './exit-code.ts';
import { importFiles, isImport, type ImportOptions } from './import-files.ts';
import { findDialect, onlyRead } from './named-dialect.ts';

export interface ConvertOptions extends ImportOptions, DeliveryOptions {
  readonly to: string;
}

export const convert = async (names: readonly string[], options: ConvertOptions): Promise<number> => {
  const wanted = [options.to, ...(options.fromDialect === undefined ? [] : [options.fromDialect])].map(findDialect);
  for (const found of wanted) {
    if (!('wrong' in found)) continue;
    complain(found.wrong, new Map(), options);
    return exitCode.wrongInput;
  }
  const [to] = wanted;
  const write = to !== undefined && 'value' in to ? to.value.write : undefined;
  if (write === undefined) {
    complain(onlyRead(options.to), new Map(), options);
    return exitCode.wrongInput;
  }
  const imported = await importFiles(names, options);
  if (!isImport(imported)) {
    complain(imported, new Map(), options);
    return exitCode.wrongInput;
  }
  const { network, sources, diagnostics } = imported;
  sayDiagnostics(
    diagnostics.filter(({ code }) => !code.startsWith('assumed-')),
    sources,
  );
  const stacks = Object.entries(network.state.stacks).filter(([, stack]) => !isSwitch(stack));
  const isOne = stacks.length === 1;
  const writings = stacks.map(([name]) => ({ name, ...write(network.state, name) }));
  const files = writings.flatMap(({ name, files: own }) =>
    own.map(({ path, text }) => ({ path: isOne ? path : `${name}/${path}`, text })),
  );
  const status = await deliverFiles(
    files,
    writings.flatMap(({ omissions }) => omissions),
    options,
  );
  // What a file got wrong is left out of what was written.
  return hasErrors(diagnostics) ? exitCode.wrongInput : status;
};
