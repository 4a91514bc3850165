/** A place in a list of tokens, and what a parser asks there. A fault ends the statement that it is in. */
import { type Token } from './tokens.ts';

/** Thrown inside the parser alone, and caught there: the rest of the statement is skipped. */
export class Fault extends Error {
  readonly token: Token;
  constructor(message: string, token: Token) {
    super(message);
    this.token = token;
  }
}

const nothing: Token = { kind: 'end', text: '', offset: 0, length: 0, path: '' };

export class Cursor {
  private at = 0;
  private readonly tokens: readonly Token[];
  private readonly last: Token;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
    const end = tokens.at(-1);
    this.last = end === undefined ? nothing : { ...end, kind: 'end', text: '', length: 0 };
  }

  get isDone(): boolean {
    return this.at >= this.tokens.length;
  }

  /** The token that is read next. */
  get token(): Token {
    return this.tokens[this.at] ?? this.last;
  }

  ahead(count: number): Token {
    return this.tokens[this.at + count] ?? this.last;
  }

  get mark(): number {
    return this.at;
  }

  /** The tokens from a place up to here. */
  since(mark: number): readonly Token[] {
    return this.tokens.slice(mark, this.at);
  }

  rewind(mark: number): void {
    this.at = mark;
  }

  next(): Token {
    const { token } = this;
    this.at += 1;
    return token;
  }

  /** Whether a word or sign stands here. */
  sees(...texts: readonly string[]): boolean {
    return !this.isDone && this.token.kind !== 'quoted' && texts.includes(this.token.text);
  }

  accepts(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.accepts(text)) throw new Fault(`\`${text}\` is expected here`, this.token);
  }

  /** A word or a quoted text. */
  word(what: string): string {
    const { token } = this;
    if (this.isDone || (token.kind !== 'word' && token.kind !== 'quoted'))
      throw new Fault(`${what} is expected here`, token);
    this.at += 1;
    return token.text;
  }

  get isAtEnd(): boolean {
    return this.isDone || this.token.kind === 'end' || this.sees('}');
  }

  skipEnds(): void {
    while (!this.isDone && this.token.kind === 'end') this.at += 1;
  }

  /** Skips line ends, which mean nothing between braces of sets. */
  skipLines(): void {
    while (!this.isDone && this.token.kind === 'end' && this.token.text === '\n') this.at += 1;
  }

  /** The tokens up to the end of a statement, with what is between braces. */
  rest(): readonly Token[] {
    const begin = this.at;
    let depth = 0;
    while (!this.isDone) {
      if (depth === 0 && this.isAtEnd) break;
      if (this.sees('{')) depth += 1;
      if (this.sees('}')) depth -= 1;
      this.at += 1;
    }
    return this.tokens.slice(begin, this.at);
  }
}
