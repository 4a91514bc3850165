/**
 * A source file to a `Spec`: the value checked against the language, with every fault told at once and placed.
 */
import { type Outcome } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { type SourceFile } from '../source/source-file.ts';
import { flawsOf, type Flaw } from './branch.ts';
import { explainFlaw } from './explain-flaw.ts';
import { labJsonSchema } from './json-schema.ts';
import { laterKey, isService } from './later.ts';
import { keysAt } from './shape.ts';
import { specSchema, type Path, type Spec } from './spec.ts';
import { valueAt, type Context } from './spoken.ts';
import { replaceNames, withRefused, type Refused } from './stand-ins.ts';

const isAt = (a: Path, b: Path): boolean => a.length === b.length && a.every((segment, index) => segment === b[index]);

/** Whether a missing key is only the echo of its misspelling, which is told as an unknown key. */
const isEcho = ({ schema, source }: Context, flaw: Flaw, all: readonly Flaw[]): boolean => {
  const key = flaw.path.at(-1);
  if (flaw.kind !== 'mismatch' || typeof key !== 'string' || valueAt(source.value, flaw.path) !== undefined)
    return false;
  const owner = flaw.path.slice(0, -1);
  return all.some((other) => {
    if (other.kind !== 'unknown-key' || !isAt(other.path, owner)) return false;
    if (isService(owner)) return true;
    return laterKey(other.path, other.key) === undefined && suggest(other.key, keysAt(schema, owner)) === key;
  });
};

/** Names stand in names at most this deep: machines, their interfaces, the labels of those; and a round to spare. */
const mostRounds = 5;

/** All flaws of a value that the language refuses, those behind refused names included. */
const allFlaws = (value: unknown): readonly Flaw[] => {
  const refusals: Flaw[] = [];
  let refused: Refused = new Map();
  for (let round = 0; round < mostRounds; round += 1) {
    const replaced = replaceNames(value, refused);
    const result = specSchema.safeParse(replaced.value);
    const flaws = (result.error?.issues ?? [])
      .flatMap((issue) => flawsOf(issue, []))
      .map((flaw) => ({ ...flaw, path: replaced.original(flaw.path) }));
    const names = flaws.filter((flaw) => flaw.kind === 'bad-key');
    if (names.length === 0) return [...refusals, ...flaws];
    refusals.push(...names);
    refused = withRefused(refused, names);
  }
  return refusals;
};

/** Reads the language from a file that is a map. The value is there exactly when there is no error. */
export const readSpec = (source: SourceFile): Outcome<Spec> => {
  const result = specSchema.safeParse(source.value);
  if (result.success) return { value: { data: result.data, source }, diagnostics: [] };
  const context: Context = { source, schema: labJsonSchema() };
  const flaws = allFlaws(source.value);
  const told = flaws.filter((flaw) => !isEcho(context, flaw, flaws));
  return { diagnostics: told.map((flaw) => explainFlaw(context, flaw)) };
};
