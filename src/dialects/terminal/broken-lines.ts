/**
 * What ifconfig printed and a page broke: the name of an interface on a line of its own, and what belongs to it at the
 * margin. Each line keeps its number.
 */
import { isInterfaceName } from '../shell-commands/values.ts';
import { type Line } from '../text.ts';

const detail =
  /^(?:inet6? addr: ?\S|(?:UP|DOWN|BROADCAST|LOOPBACK|POINTOPOINT)\b.*\bMTU:|[RT]X (?:packets|bytes):|collisions:|Interrupt:|Base address:)/;

/** The line of a name that stands alone, with the one below that tells what is linked how; blanks may lie between. */
const headBelow = (lines: readonly Line[], at: number): number | undefined => {
  const name = lines[at]?.text.trim() ?? '';
  if (!/^[a-z][\w.:-]*$/i.test(name) || !isInterfaceName(name.replace(/:\d+$/, ''))) return undefined;
  let below = at + 1;
  while (below < lines.length && lines[below]?.text.trim() === '') below += 1;
  return /^\s*Link encap:/.test(lines[below]?.text ?? '') ? below : undefined;
};

export const withBrokenLinesMended = (lines: readonly Line[]): readonly Line[] => {
  if (!lines.some((_, at) => headBelow(lines, at) !== undefined)) return lines;
  const mended: Line[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const below = headBelow(lines, at);
    if (line === undefined) break;
    if (below === undefined) mended.push(detail.test(line.text) ? { ...line, text: ` ${line.text}` } : line);
    else {
      mended.push({ ...line, text: `${line.text.trim()} ${lines[below]?.text.trim() ?? ''}` });
      at = below;
    }
  }
  return mended;
};
