/**
 * The known word that a misspelt one most likely stands for, by Damerau-Levenshtein distance (neighbouring letters
 * swapped count once). Only a small distance counts: a wrong suggestion costs more than none.
 */

const longestWord = 64;

/** The optimal string alignment distance of two words. */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
};

/** How many slips a word of this length may hold and still be recognised. */
const allowedDistance = (length: number): number => (length <= 2 ? 1 : length <= 5 ? 2 : 3);

/** Case, hyphens and underscores are slips of another kind: they never count. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '');

/** The candidate nearest to `word`, the first of equals; undefined when none is near. */
export const suggest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length > longestWord) return undefined;
  const wanted = plain(word);
  let best: { candidate: string; slips: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > 4 || candidate.length > longestWord) continue;
    const slips = distance(wanted, plain(candidate));
    const shorter = Math.min(wanted.length, candidate.length);
    if (slips > allowedDistance(shorter) || slips >= shorter) continue;
    if (best === undefined || slips < best.slips) best = { candidate, slips };
  }
  return best?.candidate;
};
