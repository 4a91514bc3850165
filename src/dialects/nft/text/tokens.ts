/**
 * The text of nft(8) as tokens with their places. Words hold whatever addresses, prefixes, ranges and names hold; a line
 * that ends with `\` goes on; comments are gone.
 */
export interface Token {
  /** `end`: the end of a line, or `;`. */
  readonly kind: 'word' | 'quoted' | 'sign' | 'end';
  readonly text: string;
  /** Offset of its first character in the text it is from, and how many it has there. */
  readonly offset: number;
  readonly length: number;
  /** Which text that is. */
  readonly path: string;
  /** Where its text was defined: what stands at its place is the name of that. */
  readonly definition?: Definition;
}

/** `define name = value`: the place of the value, and its tokens as they stand there. */
export interface Definition {
  readonly name: string;
  readonly path: string;
  readonly tokens: readonly Token[];
}

const word = /[\w.*/@$%:+-]/;
const signs = [
  '==',
  '!=',
  '<=',
  '>=',
  '<<',
  '>>',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ',',
  '=',
  '<',
  '>',
  '!',
  '&',
  '|',
  '^',
  '~',
];

export interface Tokens {
  readonly tokens: readonly Token[];
  /** Offsets of what is no token. */
  readonly strange: readonly number[];
}

const endOfWord = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && word.test(text.charAt(at))) at += 1;
  return at;
};

/** `key:` and `:value` of maps are two tokens; the colons of IPv6 addresses, MACs and ports stay in their words. */
const parted = (text: string): readonly string[] => {
  if (text === ':' || text === '::') return [text];
  if (text.endsWith(':') && !text.endsWith('::')) return [...parted(text.slice(0, -1)), ':'];
  const named = /^([^:]+):(accept|drop|return|continue|jump|goto|queue)$/.exec(text);
  if (named !== null) return [named[1] ?? '', ':', named[2] ?? ''];
  return [text];
};

export const tokensOf = (text: string, path: string): Tokens => {
  const tokens: Token[] = [];
  const strange: number[] = [];
  const push = (kind: Token['kind'], content: string, offset: number, length = content.length): void => {
    tokens.push({ kind, text: content, offset, length, path });
  };
  for (let at = 0; at < text.length;) {
    const first = text.charAt(at);
    if (first === '\\' && /^\\[ \t]*\r?\n/.test(text.slice(at, at + 80))) at = text.indexOf('\n', at) + 1;
    else if (first === '\n' || first === ';') {
      push('end', first, at);
      at += 1;
    } else if (/\s|\uFEFF/.test(first)) at += 1;
    else if (first === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (first === '"') {
      const end = text.indexOf('"', at + 1);
      if (end < 0) {
        strange.push(at);
        break;
      }
      push('quoted', text.slice(at + 1, end), at, end + 1 - at);
      at = end + 1;
    } else if (word.test(first)) {
      const end = endOfWord(text, at);
      let offset = at;
      for (const part of parted(text.slice(at, end))) {
        push('word', part, offset);
        offset += part.length;
      }
      at = end;
    } else {
      const sign = signs.find((it) => text.startsWith(it, at));
      if (sign === undefined) strange.push(at);
      else push('sign', sign, at);
      at += sign?.length ?? 1;
    }
  }
  return { tokens, strange };
};
