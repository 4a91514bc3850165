/**
 * The stages that the cases of this folder go through, in order; the first with an error is the last that runs.
 */
import { hasErrors, type Diagnostic, type Outcome } from '../../src/diagnostics/diagnostic.ts';
import { parseYaml } from '../../src/source/parse-yaml.ts';
import { readSpec } from '../../src/spec/read-spec.ts';
import { type Spec } from '../../src/spec/spec.ts';

interface TextFile {
  readonly file: string;
  readonly text: string;
}

const read = ({ file, text }: TextFile): Outcome<Spec> => {
  const parsed = parseYaml(file, text);
  if (parsed.value === undefined) return { diagnostics: parsed.diagnostics };
  const spec = readSpec(parsed.value);
  return { ...spec, diagnostics: [...parsed.diagnostics, ...spec.diagnostics] };
};

/** What all stages find in a lab file and its lock file. */
export const readThrough = (source: TextFile, lock: string | undefined): readonly Diagnostic[] => {
  const spec = read(source);
  return spec.diagnostics;
};
