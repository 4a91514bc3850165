/**
 * Faults that the YAML parser reports to diagnostics in the user's terms: tabs, indentation, a colon in a value,
 * brackets and quotes that stay open. The first fault of a line is told; what follows on it is usually its echo.
 */
import { type YAMLError } from 'yaml';
import { type Diagnostic, type Span } from '../diagnostics/diagnostic.ts';
import { lineAt } from '../diagnostics/position.ts';
import { bracketFault, lastOpenQuote, unclosedBracket } from './unclosed.ts';

interface Fault {
  readonly error: YAMLError;
  readonly text: string;
  readonly span: (start: number, end: number) => Span;
}

const fault = (code: string, message: string, at: Span, help: string): Diagnostic => ({
  code,
  severity: 'error',
  message,
  at,
  help,
});

/** The text of a line from the first character that is not white space, with the offsets it spans. */
const contentOf = (text: string, offset: number): { start: number; end: number; words: string; indent: number } => {
  const { start, content } = lineAt(text, offset);
  const indent = content.length - content.trimStart().length;
  const words = content.trim();
  return { start: start + indent, end: start + indent + words.length, words, indent };
};

const shortened = (words: string): string => (words.length <= 40 ? words : `${words.slice(0, 39)}…`);

const tabFault = ({ error, text, span }: Fault): Diagnostic => {
  const { start, content } = lineAt(text, error.pos[0]);
  const white = content.length - content.trimStart().length;
  const first = Math.max(0, content.slice(0, white).indexOf('\t'));
  return fault(
    'yaml-tab',
    'this line is indented with a tab; YAML allows only spaces there',
    span(start + first, start + Math.max(first + 1, white)),
    'write two spaces for each tab at the beginning of a line',
  );
};

const isIndentedWithTab = ({ error, text }: Fault): boolean => /^ *\t/.test(lineAt(text, error.pos[0]).content);

const indentationFault = ({ error, text, span }: Fault): Diagnostic => {
  const line = contentOf(text, error.pos[0]);
  return fault(
    'yaml-indentation',
    `\`${shortened(line.words)}\` is indented by ${line.indent} ${line.indent === 1 ? 'space' : 'spaces'}, like no line above that it could belong to`,
    span(line.start, line.end),
    'give all keys of one map the same number of spaces, two more than the key they belong to',
  );
};

/** `key: value: more` on one line, or a value such as `2001:db8::` that ends in a colon. */
const colonFault = ({ error, text, span }: Fault): Diagnostic => {
  const start = error.pos[0];
  const { start: lineStart, content } = lineAt(text, start);
  const value = content
    .slice(start - lineStart)
    .replace(/\s+#.*$/, '')
    .trimEnd();
  return fault(
    'yaml-colon',
    `\`${shortened(value)}\` holds a colon that YAML takes for the end of a key`,
    span(start, start + value.length),
    `put the value in quotes: '${shortened(value)}'`,
  );
};

/** A value on one line and keys indented below it: the key has both. */
const nestedFault = ({ error, text, span }: Fault): Diagnostic => {
  const line = contentOf(text, error.pos[0]);
  if (/^[\w.-]+$/.test(line.words)) {
    const help = `write \`${line.words}:\``;
    return fault(
      'yaml-key',
      `\`${line.words}\` has no colon, and keys are indented below it`,
      span(line.start, line.end),
      help,
    );
  }
  const next = contentOf(text, text.indexOf('\n', error.pos[0]) + 1);
  return {
    ...fault(
      'yaml-indentation',
      `\`${shortened(next.words)}\` is indented as if it belonged to the line above, which has a value already`,
      span(next.start, next.end),
      'give it the same indentation as the key it stands beside, or take the value above away',
    ),
    notes: [{ message: 'this is the value', at: span(error.pos[0], contentOf(text, error.pos[0]).end) }],
  };
};

const missingCommaFault = ({ error, text, span }: Fault): Diagnostic => {
  const { end } = contentOf(text, error.pos[0]);
  const help = 'put a comma between the parts of a list or map in brackets';
  return fault('yaml-comma', 'a comma is missing at the end of this line', span(error.pos[0], end), help);
};

/** Text that neither ends in a colon nor stands behind one, and so runs on into the next line. */
const missingColonFault = (from: Fault): Diagnostic => {
  const { error, text, span } = from;
  const { start, end, words, indent } = contentOf(text, error.pos[0]);
  if (unclosedBracket(text, error.pos[0]) !== undefined) return missingCommaFault(from);
  const glued = /^([^\s:#]+):[^\s:]/.exec(words)?.[1];
  if (glued !== undefined) {
    return fault(
      'yaml-key',
      `\`${shortened(words)}\` has no space after its colon`,
      span(start, end),
      `write \`${glued}: …\``,
    );
  }
  if (contentOf(text, text.indexOf('\n', error.pos[0]) + 1).indent > indent) return nestedFault(from);
  const help = 'a key ends in a colon, as in `key: value`';
  return fault('yaml-key', `\`${shortened(words)}\` is neither a key nor a value here`, span(start, end), help);
};

const reservedFault = ({ error, text, span }: Fault): Diagnostic => {
  const character = text.slice(error.pos[0], error.pos[0] + 1);
  const what = character === '`' ? 'a backtick' : `\`${character}\``;
  const at = span(error.pos[0], error.pos[0] + 1);
  return fault('yaml-reserved-character', `a value cannot begin with ${what}`, at, 'put the value in quotes');
};

const otherFault = ({ error, text, span }: Fault): Diagnostic => {
  const words = text.slice(error.pos[0], Math.max(error.pos[1], error.pos[0] + 1)).trim();
  const what = words === '' ? 'the text ends' : `\`${shortened(words.split('\n')[0] ?? '')}\` stands`;
  return fault(
    'yaml-syntax',
    `${what} where YAML does not allow it: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
    span(error.pos[0], Math.max(error.pos[1], error.pos[0])),
    'compare the line with those that read well, and look for a missing quote, comma or bracket before it',
  );
};

const quoteFault = ({ error, text, span }: Fault): Diagnostic => {
  const open = lastOpenQuote(text, error.pos[0]);
  return fault('yaml-quote', 'this quote is not closed', span(open, open + 1), 'close it on the same line');
};

const explain = (from: Fault, isNested: boolean): Diagnostic => {
  const { error, text, span } = from;
  const raw = text.slice(error.pos[0], error.pos[1]);
  if (error.code === 'TAB_AS_INDENT') return tabFault(from);
  if (error.code === 'BAD_INDENT' && isIndentedWithTab(from)) return tabFault(from);
  if (error.message.startsWith('Maximum call stack')) {
    return fault(
      'yaml-nesting',
      'lists and maps are nested too deeply here',
      span(...error.pos),
      'a lab needs fewer than 10 levels',
    );
  }
  if (error.message.startsWith('Flow ') || error.message.includes('expected flow')) {
    const open = unclosedBracket(text, error.pos[0]);
    if (open !== undefined) return bracketFault(text, open, error.pos[0], span);
  }
  if (error.code === 'BAD_INDENT') return indentationFault(from);
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') return isNested ? nestedFault(from) : colonFault(from);
  if (error.code === 'MULTILINE_IMPLICIT_KEY') return missingColonFault(from);
  if (error.code === 'BAD_SCALAR_START') return reservedFault(from);
  if (error.message.startsWith('Missing closing')) return quoteFault(from);
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return fault('yaml-tag', `\`${raw}\` is a tag, which a lab does not use`, span(...error.pos), 'leave it out');
  }
  if (error.code === 'BAD_DQ_ESCAPE') {
    return fault(
      'yaml-escape',
      `\`${raw || '\\'}\` means nothing inside double quotes`,
      span(...error.pos),
      'use single quotes, or write `\\\\` for a backslash',
    );
  }
  if (error.code === 'BAD_ALIAS') {
    return fault(
      'yaml-alias',
      '`*` begins a reference to an anchor, and no name follows',
      span(...error.pos),
      'put a star that is meant as text in quotes; for every machine write `any`',
    );
  }
  return otherFault(from);
};

/** After these the parser has lost its place: later errors speak of text that the user did nothing wrong in. */
const derails = new Set(['yaml-bracket', 'yaml-quote', 'yaml-syntax', 'yaml-nesting']);

/** One diagnostic for each line with a fault, in order. */
export const explainYamlErrors = (file: string, text: string, errors: readonly YAMLError[]): readonly Diagnostic[] => {
  const span = (start: number, end: number): Span => ({
    file,
    start: Math.min(start, text.length),
    end: Math.min(Math.max(start, end), text.length),
  });
  const multiline = new Set(errors.filter(({ code }) => code === 'MULTILINE_IMPLICIT_KEY').map(({ pos }) => pos[0]));
  const told = new Map<number, Diagnostic>();
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    const diagnostic = explain({ error, text, span }, multiline.has(error.pos[0]));
    const line = lineAt(text, diagnostic.at?.start ?? 0).start;
    const cause = lineAt(text, error.pos[0]).start;
    if (told.has(line) || told.has(cause)) continue;
    told.set(line, diagnostic).set(cause, diagnostic);
    if (derails.has(diagnostic.code)) break;
  }
  return [...new Set(told.values())];
};
