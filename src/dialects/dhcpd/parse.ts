/** dhcpd.conf(5) as statements: words up to a `;`, or up to the block that is theirs. */
import { placesIn, type Word } from '../text.ts';

export interface Statement {
  /** Without commas; quoted ones without their quotes. */
  readonly words: readonly Word[];
  readonly block?: readonly Statement[];
}

export interface Parsed {
  readonly statements: readonly Statement[];
  /** Where a brace is missing, or one too many. */
  readonly fault?: Word;
}

const token = /#[^\n]*|"([^"\n]*)"|[{};,]|[^\s{};,"#]+/g;

export const parseDhcpd = (path: string, text: string): Parsed => {
  const placeAt = placesIn(path, text);
  const root: Statement[] = [];
  const open: { readonly words: readonly Word[]; readonly block: Statement[]; readonly at: Word }[] = [];
  let words: Word[] = [];
  let fault: Word | undefined;
  const into = (): Statement[] => open.at(-1)?.block ?? root;
  for (const found of text.matchAll(token)) {
    const [whole, quoted] = found;
    if (whole.startsWith('#') || whole === ',') continue;
    const { line, column } = placeAt(found.index);
    const word: Word = { text: quoted ?? whole, line, column };
    if (whole === '{') {
      open.push({ words, block: [], at: word });
      words = [];
    } else if (whole === ';' || whole === '}') {
      if (words.length > 0) into().push({ words });
      words = [];
      if (whole === ';') continue;
      const closed = open.pop();
      if (closed === undefined) fault ??= word;
      else into().push({ words: closed.words, block: closed.block });
    } else words.push(word);
  }
  fault ??= open.at(-1)?.at ?? words[0];
  return { statements: root, ...(fault === undefined ? {} : { fault }) };
};
