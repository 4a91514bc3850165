/**
 * The issues of the schema library to flat ones, each with its whole path: of the alternatives a value failed, only
 * the one that the user most likely meant stays.
 */
import type * as z from 'zod';
import { type Path } from './spec.ts';

type Issue = z.core.$ZodIssue;

/** One thing that is wrong at `path`. */
export type Flaw =
  | { readonly kind: 'unknown-key'; readonly path: Path; readonly key: string }
  | { readonly kind: 'bad-key'; readonly path: Path; readonly key: string; readonly message: string }
  | { readonly kind: 'mismatch'; readonly path: Path }
  | { readonly kind: 'bounds'; readonly path: Path; readonly atLeast?: number; readonly atMost?: number }
  | { readonly kind: 'format'; readonly path: Path; readonly message: string };

const segments = (path: readonly PropertyKey[]): Path =>
  path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));

/** Whether the issue says that the value is of another kind altogether than this alternative. */
const isMisfit = (issue: Issue): boolean => {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isMisfit));
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
};

const strangeKeys = (branch: readonly Issue[]): number =>
  branch.reduce((count, issue) => count + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);

/** The alternatives that take a value of this kind, with the fewest keys they do not know. */
const meantBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined =>
  branches
    .filter((branch) => !branch.some(isMisfit))
    .reduce<readonly Issue[] | undefined>(
      (best, branch) => (best === undefined || strangeKeys(branch) < strangeKeys(best) ? branch : best),
      undefined,
    );

const boundsOf = (issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall, path: Path): Flaw =>
  issue.code === 'too_big'
    ? { kind: 'bounds', path, atMost: Number(issue.maximum) }
    : { kind: 'bounds', path, atLeast: Number(issue.minimum) };

/** The flaws behind an issue that was found inside the value at `outer`. */
export const flawsOf = (issue: Issue, outer: Path): readonly Flaw[] => {
  const path = [...outer, ...segments(issue.path)];
  switch (issue.code) {
    case 'invalid_union': {
      const branch = meantBranch(issue.errors);
      return branch === undefined ? [{ kind: 'mismatch', path }] : branch.flatMap((inner) => flawsOf(inner, path));
    }
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ kind: 'unknown-key', path, key }));
    case 'invalid_key': {
      const key = String(path.at(-1) ?? '');
      return [{ kind: 'bad-key', path: path.slice(0, -1), key, message: issue.issues[0]?.message ?? '' }];
    }
    case 'too_big':
    case 'too_small':
      return [boundsOf(issue, path)];
    case 'invalid_format':
      return [{ kind: 'format', path, message: issue.message }];
    default:
      return [{ kind: 'mismatch', path }];
  }
};
