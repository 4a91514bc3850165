/** The name of a dialect on the command line to the dialect, or to an error that names the nearest one. */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { type Dialect } from '../dialects/dialect.ts';
import { dialectNamed, dialects } from '../dialects/dialects.ts';
import { fault } from './complain.ts';
import { type Found } from './flow-ends.ts';

export const findDialect = (name: string): Found<Dialect> => {
  const dialect = dialectNamed(name);
  if (dialect !== undefined) return { value: dialect };
  const names = dialects.map((each) => each.name);
  const near = suggest(name, names);
  const help = near === undefined ? `the dialects are ${names.join(', ')}` : `did you mean \`${near}\`?`;
  return { wrong: fault('unknown-dialect', `\`${name}\` is no dialect`, help) };
};

/** For a dialect that is asked to be written and cannot be. */
export const onlyRead = (name: string): readonly Diagnostic[] =>
  fault(
    'only-read',
    `\`${name}\` is only read, not written`,
    `written are ${dialects.flatMap((dialect) => (dialect.write === undefined ? [] : [dialect.name])).join(', ')}`,
  );
