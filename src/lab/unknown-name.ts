/** The help for a name that nobody has: the nearest known one, or the list where it is short. */
import { suggest } from '../diagnostics/suggest.ts';

const longestList = 12;

export const helpForUnknown = (name: string, known: readonly string[], what: string): string | undefined => {
  const names = [...new Set(known)];
  const near = suggest(name, names);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (names.length === 0) return `the file has no ${what}`;
  if (names.length > longestList) return undefined;
  return `the ${what} here: ${names.map((one) => `\`${one}\``).join(', ')}`;
};
