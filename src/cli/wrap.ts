/** Text broken between words at a width; lines after the first begin with `indent`. A word longer than a line stays whole. */
import stringWidth from 'string-width';

/** Signs of our own are one column wide; measured as letters, they spare the making of a segmenter. */
const columnsOf = (text: string): number => stringWidth(text.replaceAll(/[→✗✓…·]/gu, '-'));

export const wrap = (text: string, width: number, indent: string): string => {
  if (width === Number.POSITIVE_INFINITY) return text;
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  for (const word of text.slice(lead.length).split(' ')) {
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (line.trim() === '' || columnsOf(longer) <= width) line = longer;
    else {
      lines.push(line.trimEnd());
      line = indent + word;
    }
  }
  return [...lines, line].join('\n');
};
