/** Labs for tests: a value or YAML text through the stages, with chance replaced by a constant. */
import { stringify } from 'yaml';
import { type Diagnostic, type Outcome } from '../../src/diagnostics/diagnostic.ts';
import { buildLab, type BuiltLab } from '../../src/lab/build-lab.ts';
import { type Lab, type LabMachine, type LabNic } from '../../src/lab/lab.ts';
import { type LockFile } from '../../src/lab/lock-file.ts';
import { parseYaml } from '../../src/source/parse-yaml.ts';
import { readSpec } from '../../src/spec/read-spec.ts';

export interface Given {
  readonly lock?: LockFile | undefined;
  readonly forget?: readonly string[];
}

export const outcomeOf = (written: unknown, given: Given = {}): Outcome<BuiltLab> => {
  const text = typeof written === 'string' ? written : stringify(written, { aliasDuplicateObjects: false });
  const source = parseYaml('lab.yaml', text);
  if (source.value === undefined) return { diagnostics: source.diagnostics };
  const spec = readSpec(source.value);
  if (spec.value === undefined) return { diagnostics: spec.diagnostics };
  return buildLab(spec.value, given.lock, {
    random: (bytes) => new Uint8Array(bytes).fill(0xab),
    forget: given.forget ?? [],
  });
};

const printed = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map(({ code, message, help }) => `${code}: ${message} (${help ?? ''})`).join('\n');

/** The lab, which must be without errors. */
export const built = (written: unknown, given: Given = {}): BuiltLab => {
  const outcome = outcomeOf(written, given);
  if (outcome.value === undefined) throw new Error(printed(outcome.diagnostics));
  return outcome.value;
};

export const codesOf = (written: unknown, given: Given = {}): readonly string[] =>
  outcomeOf(written, given).diagnostics.map((diagnostic) => diagnostic.code);

export const noteCodes = (lab: Lab): readonly string[] => lab.notes.map((note) => note.code);

export const machine = (lab: Lab, name: string): LabMachine => {
  const found = lab.machines[name];
  if (found === undefined) throw new Error(`no machine ${name}`);
  return found;
};

export const nic = (lab: Lab, name: string, index = 0): LabNic => {
  const found = machine(lab, name).nics[index];
  if (found === undefined) throw new Error(`no interface ${index} of ${name}`);
  return found;
};

export const addresses = (lab: Lab, name: string, index = 0): readonly string[] =>
  nic(lab, name, index).addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);

/** All that may not change about a machine when others come and go. */
export const identityOf = (one: LabMachine): unknown => ({
  number: one.number,
  console: one.consolePort,
  nics: Object.fromEntries(
    one.nics.map(({ name, mac, addresses: all, lease, metric }) => [name, { mac, all, lease, metric }]),
  ),
});
