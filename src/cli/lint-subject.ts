/**
 * What is to be linted: configuration files, a lab file, or what is observed on this machine; each as a network, with the
 * way from its parts to places in files.
 */
import { hostname } from 'node:os';
import { hasErrors, type Diagnostic, type Span } from '../diagnostics/diagnostic.ts';
import { type Place, type Remark } from '../dialects/dialect.ts';
import { type ImportedMachine } from '../dialects/read-network.ts';
import { observeOwn } from '../host/observe-own.ts';
import { openSight } from '../host/sight.ts';
import { type LintSubject } from '../lint/lint.ts';
import { type Outside } from '../lint/rule.ts';
import { type Subject } from '../lint/finding.ts';
import { placeOfSubject } from '../lint/subject.ts';
import { toldByCheck } from '../lint/told-by-check.ts';
import { placeOf, type NamedObject } from '../lower/places.ts';
import { isInternet } from '../recognise/lab-of-state.ts';
import { readText } from '../run/read-text.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Sources } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { examine } from './load-design.ts';
import { importFiles, isImport, type ImportOptions } from './import-files.ts';
import { defaultFile, type FileOptions } from './options.ts';
import { diagnosticOf, spanOfPlace } from './remark-diagnostics.ts';

export interface LintedNetwork {
  readonly subject: LintSubject;
  readonly sources: Sources;
  /** What was found while it was read; remarks of dialects are in the subject. */
  readonly diagnostics: readonly Diagnostic[];
  readonly spanOf: (at: Subject | Place) => Span | undefined;
  /** The files that it was read from, by machine; none where it is a lab, or observed. */
  readonly machines: readonly ImportedMachine[];
}

export interface LintTargetOptions extends FileOptions, ImportOptions {
  readonly oneMac: readonly string[];
  readonly wireless: readonly string[];
  /** This machine instead of files. */
  readonly live: boolean;
}

/** Why there is nothing to lint. */
export interface Refused {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
  readonly status: number;
}

/** A lab file has its name at the beginning of a line; netplan's YAML never has. */
const isLab = (text: string): boolean => /^lab\s*:/m.test(text);

/** Rules about wires whose other machines nobody has looked at. */
const elsewhereOnly: ReadonlySet<string> = new Set(['dhcp-unanswered', 'no-default-route']);

const outsideOf = (state: NetworkState, { oneMac, wireless }: LintTargetOptions): Partial<Outside> => ({
  fixed: new Set(Object.entries(state.stacks).flatMap(([name, stack]) => (isInternet(stack) ? [name] : []))),
  oneMac: new Set(oneMac),
  wireless: new Set(wireless),
});

/** Subjects as traces name objects. */
const namedObject = ({ stack, kind, key }: Subject): NamedObject => {
  const [first = '', second = ''] = key.split(' ');
  switch (kind) {
    case 'address':
      return { object: 'address', stack, key: first };
    case 'route':
      return { object: 'route', stack, key: first };
    case 'service':
      return { object: 'interface', stack, key: second };
    default:
      return { object: kind === 'stack' ? 'interface' : kind, stack, key };
  }
};

const isPlace = (at: Subject | Place): at is Place => 'path' in at;

const labSubject = async (file: string, options: LintTargetOptions): Promise<LintedNetwork | Refused> => {
  const { outcome, sources } = await examine({ ...options, file });
  const { value, diagnostics } = outcome;
  if (value === undefined) return { diagnostics, sources, status: exitCode.wrongInput };
  const { state, because } = value.lowered;
  return {
    subject: { state, outside: outsideOf(state, options), except: toldByCheck },
    ...{ sources, diagnostics, machines: [] },
    spanOf: (at) => (isPlace(at) ? undefined : placeOf(because, state, namedObject(at))),
  };
};

const filesSubject = async (names: readonly string[], options: LintTargetOptions): Promise<LintedNetwork | Refused> => {
  const found = await importFiles(names, options);
  if (!isImport(found)) return { diagnostics: found, sources: new Map(), status: exitCode.wrongInput };
  const { network, sources, machines, diagnostics } = found;
  const { state, remarks, origins, dialectOf } = network;
  const ofRemarks = new Set(remarks.map((remark) => JSON.stringify(diagnosticOf(remark, sources))));
  return {
    subject: { state, remarks, origins, dialectOf, outside: outsideOf(state, options) },
    diagnostics: diagnostics.filter((one) => !ofRemarks.has(JSON.stringify(one))),
    ...{ sources, machines },
    spanOf: (at) => {
      const place = isPlace(at) ? at : placeOfSubject(origins, at);
      return place === undefined || place.path === '' ? undefined : spanOfPlace(place, sources);
    },
  };
};

/** This machine, as its kernel has it. There is no file to point into. */
const liveSubject = async (options: LintTargetOptions): Promise<LintedNetwork> => {
  const sight = openSight();
  const { state, learned } = await observeOwn(hostname(), sight);
  const diagnostics = sight.unseen().map(({ what, why }): Diagnostic => ({
    ...{ code: 'unseen', severity: 'note' },
    message: `\`${what}\` was not looked at: ${why}`,
  }));
  return {
    subject: { state, learned, outside: outsideOf(state, options), except: elsewhereOnly },
    ...{ sources: new Map(), machines: [], diagnostics, spanOf: () => undefined },
  };
};

export const lintSubjectOf = async (
  names: readonly string[],
  options: LintTargetOptions,
): Promise<LintedNetwork | Refused> => {
  if (options.live) return liveSubject(options);
  const files = names.length === 0 ? [options.file ?? defaultFile] : names;
  const [only] = files;
  if (files.length === 1 && only !== undefined && /\.ya?ml$/.test(only)) {
    const { value, diagnostics } = await readText(only);
    if (value === undefined || hasErrors(diagnostics))
      return { diagnostics, sources: new Map(), status: exitCode.wrongInput };
    if (names.length === 0 || isLab(value)) return labSubject(only, options);
  }
  return filesSubject(files, options);
};

export const isRefused = (found: LintedNetwork | Refused): found is Refused => 'status' in found;

/** Remarks that no rule speaks of, as they are told of any import. */
export const remarkDiagnostics = (remarks: readonly Remark[], sources: Sources): readonly Diagnostic[] =>
  remarks.map((remark) => diagnosticOf(remark, sources));
