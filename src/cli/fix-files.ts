/**
 * Repairs of findings written into the files that they are about, by the dialects that can edit: each finding into the
 * dialect of the file that it points into. What a repair says of other dialects' files, and what only commands can do,
 * is left to the reader.
 */
import { readMachine } from '../dialects/read-machine.ts';
import { mergeReadings, type NamedReading } from '../dialects/merge-readings.ts';
import { type ConfigText, type Dialect } from '../dialects/dialect.ts';
import { type ImportedMachine, type ImportedText } from '../dialects/read-network.ts';
import { type Finding, type Mending } from '../lint/finding.ts';
import { isMending, mended } from '../lint/mend.ts';
import { normalize } from '../state/normal-form.ts';
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type LintedNetwork } from './lint-subject.ts';

export interface FixedFile {
  /** As the caller named it. */
  readonly file: string;
  readonly text: string;
}

export interface Fixes {
  readonly files: readonly FixedFile[];
  readonly fixed: readonly Finding[];
}

interface Own {
  readonly dialect: Dialect;
  readonly texts: readonly ImportedText[];
  readonly reading: NamedReading;
  /** What other files of the machine make of its interfaces. */
  readonly known: Stack['interfaces'] | undefined;
}

/** What each dialect has of a machine, those that can edit only. */
const editable = (machine: ImportedMachine): readonly Own[] => {
  const { textsOf, readings, knownTo } = readMachine(machine.texts, { stack: machine.name });
  return [...textsOf].flatMap(([dialect, texts]) => {
    const reading = readings.find((one) => one.dialect === dialect.name);
    if (dialect.edit === undefined || reading === undefined) return [];
    const paths = new Set(texts.map(({ path }) => path));
    const known = knownTo.get(dialect);
    return [{ dialect, reading, known, texts: machine.texts.filter(({ path }) => paths.has(path)) }];
  });
};

const repairsOf = (
  { spanOf }: LintedNetwork,
  findings: readonly Finding[],
  { texts }: Own,
): readonly (Finding & { readonly repair: Mending })[] => {
  const files = new Set(texts.map(({ file }) => file));
  return findings.flatMap((finding) => {
    const { repair, at, severity } = finding;
    // Notes are for people to judge.
    if (severity === 'note') return [];
    const file = at === undefined ? undefined : spanOf(at)?.file;
    return repair !== undefined && isMending(repair) && file !== undefined && files.has(file)
      ? [{ ...finding, repair }]
      : [];
  });
};

const changed = (texts: readonly ImportedText[], written: readonly ConfigText[]): readonly FixedFile[] =>
  written.flatMap(({ path, text }) => {
    const before = texts.find((one) => one.path === path);
    return before === undefined || before.text === text ? [] : [{ file: before.file, text }];
  });

/** What the dialect says of the machine once its files have these texts. */
const readAnew = (machine: ImportedMachine, own: Own, edits: readonly FixedFile[]): NetworkState => {
  const now = new Map(edits.map(({ file, text }) => [file, text]));
  const texts = machine.texts.map((one) => ({ ...one, text: now.get(one.file) ?? one.text }));
  const readings = readMachine(texts, { stack: machine.name }).readings;
  return normalize(mergeReadings(readings.filter(({ dialect }) => dialect === own.dialect.name)).state);
};

/** A repair is made where making it changes no more: an edit leaves out what its dialect cannot say. */
const isMadeIn = (state: NetworkState, repair: Mending): boolean =>
  JSON.stringify(mended(state, [repair])) === JSON.stringify(state);

export const fixFiles = (network: LintedNetwork, findings: readonly Finding[]): Fixes => {
  const files: FixedFile[] = [];
  const fixed: Finding[] = [];
  for (const machine of network.machines)
    for (const own of editable(machine)) {
      const repairs = repairsOf(network, findings, own);
      const { state } = mergeReadings([own.reading]);
      const after = mended(
        state,
        repairs.map(({ repair }) => repair),
      );
      if (repairs.length === 0 || JSON.stringify(after) === JSON.stringify(state)) continue;
      const writing = own.dialect.edit?.(own.texts, after, machine.name, own.known);
      const edits = changed(own.texts, writing?.files ?? []);
      if (edits.length === 0) continue;
      files.push(...edits);
      const said = readAnew(machine, own, edits);
      fixed.push(...repairs.filter(({ repair }) => isMadeIn(said, repair)));
    }
  return { files, fixed };
};
