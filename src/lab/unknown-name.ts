/** The help for a name that nobody has: the nearest known one, or the list where it is short. */
import { suggest } from '../diagnostics/suggest.ts';

const longestList = 12;

export const helpForUnknown = (name: string, known: readonly string[], what: string): string | undefined => {
  const near = suggest(name, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (known.length === 0) return `the file has no ${what}`;
  if (known.length > longestList) return undefined;
  return `the ${what} here: ${known.map((one) => `\`${one}\``).join(', ')}`;
};
