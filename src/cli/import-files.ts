/** Configuration files of any dialects, read into the network that they make, with what there is to say about them. */
import { hasErrors, type Diagnostic } from '../diagnostics/diagnostic.ts';
import { dialectNamed } from '../dialects/dialects.ts';
import { readNetwork, type ImportedMachine, type ReadNetwork } from '../dialects/read-network.ts';
import { placesOfOrigins } from '../recognise/places-of-origins.ts';
import { labOfState } from '../recognise/lab-of-state.ts';
import { asStrict, complain, fault, sayDiagnostics, type Sources } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { type LoadedDesign } from './load-design.ts';
import { type CommonOptions } from './options.ts';
import { readFiles, unnamedHost, type GivenFiles } from './read-files.ts';
import { readWiring } from './read-wiring.ts';
import { diagnosticOf, spanOfPlace } from './remark-diagnostics.ts';

export interface ImportOptions extends CommonOptions {
  readonly host?: string;
  readonly fromDialect?: string;
}

export interface ImportedFiles {
  readonly network: ReadNetwork;
  readonly sources: Sources;
  readonly diagnostics: readonly Diagnostic[];
  readonly machines: readonly ImportedMachine[];
}

const unreadWhy = (file: string, text: string | undefined): string =>
  text?.trim() === '' ? `\`${file}\` says nothing` : `\`${file}\` is in no dialect that is known here`;

/** What is asked about would be a network without anything in it, which nobody means. */
const nothingRead = ({ sources, diagnostics }: GivenFiles): readonly Diagnostic[] => {
  const labFile = [...sources].find(([, text]) => /^lab:/m.test(text))?.[0];
  const help =
    labFile === undefined
      ? 'say with --from-dialect what it is in, or name a directory that holds etc/'
      : `\`${labFile}\` is a lab file: lanwright check ${labFile}`;
  const [first = '', ...others] = sources.keys();
  const message =
    others.length === 0
      ? unreadWhy(first, sources.get(first))
      : `none of these ${others.length + 1} files is in a dialect that is known here`;
  return [...diagnostics, ...fault('unknown-dialect', message, help)];
};

/** Errors of single lines leave the rest of a file as it is; those of the command line leave nothing. */
export const importFiles = async (
  names: readonly string[],
  { host = unnamedHost, fromDialect }: Pick<ImportOptions, 'host' | 'fromDialect'>,
): Promise<ImportedFiles | readonly Diagnostic[]> => {
  const from = fromDialect === undefined ? undefined : dialectNamed(fromDialect);
  const given = await readFiles(names, host);
  if (hasErrors(given.diagnostics)) return given.diagnostics;
  if (given.machines.length === 0)
    return fault(
      'no-files',
      `there is no configuration file in ${names.join(', ')}`,
      'name files, or a directory that holds etc/',
    );
  const wiring = given.wiring === undefined ? undefined : readWiring(given.wiring.file, given.wiring.text);
  const network = readNetwork(given.machines, { from, wiring: wiring?.value });
  if (network.dialectOf.size === 0) return nothingRead(given);
  const unread = network.unread.map((file): Diagnostic => ({
    code: 'unknown-dialect',
    severity: 'note',
    message: `${unreadWhy(file, given.sources.get(file))}, and left out`,
  }));
  return {
    network,
    sources: given.sources,
    machines: given.machines,
    diagnostics: [
      ...given.diagnostics,
      ...(wiring?.diagnostics ?? []),
      ...network.remarks.map((remark) => diagnosticOf(remark, given.sources)),
      ...unread,
    ],
  };
};

export const isImport = (found: ImportedFiles | readonly Diagnostic[]): found is ImportedFiles => 'network' in found;

/** As a lab would be loaded. */
type ImportedNetwork = Pick<LoadedDesign, 'lab' | 'lowered' | 'sources' | 'file'>;

const asLoaded = (file: string, { network, sources }: ImportedFiles): ImportedNetwork => {
  const { state, origins } = network;
  const [anywhere = file] = sources.keys();
  const because = placesOfOrigins(origins, (place) => spanOfPlace(place, sources));
  const lab = labOfState(
    file,
    state,
    (stack, name) => because[`${stack}/${name ?? ''}`] ?? { file: anywhere, start: 0, end: 0 },
  );
  return { lab, lowered: { state, because }, sources, file };
};

/** The network of some files, or the exit status after telling why there is none. */
export const importNetwork = async (
  files: readonly string[],
  options: CommonOptions,
): Promise<ImportedNetwork | number> => {
  const found = await importFiles(files, {});
  if (!isImport(found)) {
    complain(found, new Map(), options);
    return exitCode.wrongInput;
  }
  const told = asStrict(found.diagnostics, options.strict);
  if (options.strict && hasErrors(told)) {
    complain(told, found.sources, options);
    return exitCode.no;
  }
  sayDiagnostics(told, found.sources);
  return asLoaded(files.join(' '), found);
};
