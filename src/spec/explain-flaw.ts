/**
 * One flaw of a file to the diagnostic a user reads: named in the user's words, placed, with what is expected, what
 * was found, and what to write instead.
 */
import { type Diagnostic, type Span } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { type Flaw } from './branch.ts';
import { isService, keyElsewhere, laterChoice, laterKey } from './later.ts';
import { repair } from './repair.ts';
import { choicesAt, expectedAt, keysAt, orList, quoted } from './shape.ts';
import { type Path } from './spec.ts';
import { found, shortened, spoken, valueAt, written, type Context } from './spoken.ts';

const isMissing = ({ source }: Context, path: Path): boolean => valueAt(source.value, path) === undefined;

const error = (code: string, message: string, at: Span, help: string | undefined): Diagnostic => ({
  code,
  severity: 'error',
  message,
  at,
  ...(help === undefined ? {} : { help }),
});

const keyList = (keys: readonly string[]): string =>
  `the keys here are ${quoted(keys)
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1')}`;

const serviceList = (names: readonly string[]): string =>
  `the services are ${quoted([...new Set(names)])
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1')}`;

const unknownKey = (context: Context, path: Path, key: string): Diagnostic => {
  const keys = keysAt(context.schema, path);
  const at = context.source.keySpanOf([...path, key]);
  const later = laterKey(path, key);
  if (later !== undefined) {
    return error(
      'not-in-this-version',
      `${spoken([...path, key])}: this version has no ${later}`,
      at,
      `take it away; ${keyList(keys)}`,
    );
  }
  if (isService(path)) {
    const meant = suggest(key, keys);
    const help = meant === undefined ? serviceList(['router', ...keys]) : `did you mean \`${meant}\`?`;
    return error('unknown-service', `\`${key}\` is not a service of this version`, at, help);
  }
  const glued = /^([^:]+):(.+)$/.exec(key);
  if (glued?.[1] !== undefined && keys.includes(glued[1])) {
    return error(
      'unknown-key',
      `\`${key}\` has no space after its colon`,
      at,
      `write \`${glued[1]}: ${glued[2] ?? ''}\``,
    );
  }
  const meant = suggest(key, keys);
  const where = path.length === 0 ? 'a key of a lab file' : `a key of ${spoken(path)}`;
  return error(
    'unknown-key',
    `\`${key}\` is not ${where}`,
    at,
    meant === undefined ? (keyElsewhere(key) ?? keyList(keys)) : `did you mean \`${meant}\`?`,
  );
};

/** The nearest name that the language takes; undefined where nothing is left of it. */
const repairedName = (key: string): string | undefined => {
  const repaired = key
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 31)
    .replace(/-+$/, '');
  return repaired === '' || repaired === key ? undefined : repaired;
};

const badName = (key: string, rule: string, at: Span): Diagnostic => {
  const repaired = rule.startsWith('a name') ? repairedName(key) : undefined;
  const help = repaired === undefined ? undefined : `write \`${repaired}\``;
  return error('bad-name', `\`${shortened(key)}\` cannot be a name: ${rule}`, at, help);
};

const wrongFormat = (context: Context, path: Path, rule: string): Diagnostic => {
  const value = valueAt(context.source.value, path);
  const at = context.source.spanOf(path);
  if (typeof value === 'string' && rule.includes(' name is ')) return badName(value, rule, at);
  return error('wrong-type', `${spoken(path)} is ${found(context, path)}: ${rule}`, at, undefined);
};

const wrongChoice = (context: Context, path: Path, word: string, choices: readonly string[]): Diagnostic => {
  const at = context.source.spanOf(path);
  const later = laterChoice(path, word);
  if (later !== undefined)
    return error(
      'not-in-this-version',
      `\`${word}\`: this version has no ${later}`,
      at,
      `choose ${orList(quoted(choices))}`,
    );
  const services = isService(path) ? [...choices, ...keysAt(context.schema, path)] : choices;
  const meant = suggest(word, services);
  if (isService(path)) {
    const help =
      meant === undefined
        ? serviceList(services)
        : choices.includes(meant)
          ? `did you mean \`${meant}\`?`
          : `write \`${meant}: { … }\``;
    return error('unknown-service', `\`${shortened(word)}\` is not a service of this version`, at, help);
  }
  const help = meant === undefined ? undefined : `did you mean \`${meant}\`?`;
  return error(
    'unknown-choice',
    `${spoken(path)} cannot be \`${shortened(word)}\`: expected ${expectedAt(context.schema, path)}`,
    at,
    help,
  );
};

const mismatch = (context: Context, path: Path): Diagnostic => {
  const key = path.at(-1);
  if (typeof key === 'string' && isMissing(context, path)) {
    const owner = path.slice(0, -1);
    const what = owner.length === 0 ? 'the file' : spoken(owner);
    return error(
      'missing-key',
      `${what} has no \`${key}\`: expected ${expectedAt(context.schema, path)}`,
      context.source.spanOf(path),
      `add \`${key}: …\``,
    );
  }
  const value = valueAt(context.source.value, path);
  const choices = choicesAt(context.schema, path);
  if (typeof value === 'string' && choices.length > 0) return wrongChoice(context, path, value, choices);
  const message = `${spoken(path)}: expected ${expectedAt(context.schema, path)}, found ${found(context, path)}`;
  const isMap = typeof value === 'object' && value !== null;
  const at = isMap ? context.source.keySpanOf(path) : context.source.spanOf(path);
  return error('wrong-type', message, at, repair(context, path));
};

const bounds = (
  context: Context,
  path: Path,
  flaw: { readonly atLeast?: number; readonly atMost?: number },
): Diagnostic => {
  const value = valueAt(context.source.value, path);
  const at = context.source.spanOf(path);
  const limit = flaw.atLeast === undefined ? `at most ${flaw.atMost ?? 0}` : `at least ${flaw.atLeast}`;
  if (typeof value === 'number') {
    const subject = `${spoken(path)} is \`${written(context, path)}\``;
    return error('out-of-range', `${subject}, and must be ${limit}`, at, undefined);
  }
  if (typeof value === 'string')
    return error(
      'wrong-type',
      `${spoken(path)}: expected ${expectedAt(context.schema, path)}, found ${found(context, path)}`,
      at,
      'write a value, or take the key away',
    );
  const size = Array.isArray(value) ? value.length : 0;
  if (size === 0)
    return error('wrong-length', `${spoken(path)} is an empty list`, at, 'add an item, or take the key away');
  const expected = expectedAt(context.schema, path);
  return error(
    'wrong-length',
    `${spoken(path)} has ${size} ${size === 1 ? 'item' : 'items'}: expected ${expected}`,
    at,
    undefined,
  );
};

/** The diagnostic for one flaw. */
export const explainFlaw = (context: Context, flaw: Flaw): Diagnostic => {
  switch (flaw.kind) {
    case 'unknown-key':
      return unknownKey(context, flaw.path, flaw.key);
    case 'bad-key':
      return badName(flaw.key, flaw.message, context.source.keySpanOf([...flaw.path, flaw.key]));
    case 'mismatch':
      return mismatch(context, flaw.path);
    case 'bounds':
      return bounds(context, flaw.path, flaw);
    case 'format':
      return wrongFormat(context, flaw.path, flaw.message);
  }
};
