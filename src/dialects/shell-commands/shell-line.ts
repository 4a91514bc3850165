/**
 * A line of shell into the simple commands it is made of (POSIX.1, Shell Command Language): quotes, `$NAME`, `&&`, `||`,
 * `;`, `|`, and where output goes. What decides or repeats (`if`, `for`, `$(…)`) is undefined: it depends on the machine.
 */
export interface ShellCommand {
  readonly words: readonly string[];
  /** Where its output goes, other than to /dev/null. */
  readonly output?: string;
  /** Runs only if the one before fails. */
  readonly isAlternative: boolean;
  /** Its input is the output of the one before. */
  readonly isPiped: boolean;
}

export type Variables = Readonly<Record<string, string>>;

interface Scanner {
  readonly text: string;
  at: number;
}

type Token = { readonly kind: 'word'; readonly text: string } | { readonly kind: 'operator'; readonly text: string };

const operator = /^(?:\d?>&\d|&>>?|\d?>>?|\d?<<?|&&|\|\||;;|[;|&])/;
const variable = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/;

/** Undefined for a variable that nobody set, and for what only a shell can tell. */
const expanded = (scanner: Scanner, variables: Variables): string | undefined => {
  const [whole, plain, braced] = variable.exec(scanner.text.slice(scanner.at)) ?? [];
  const name = plain ?? braced;
  if (whole === undefined || name === undefined || !Object.hasOwn(variables, name)) return undefined;
  scanner.at += whole.length;
  return variables[name];
};

const quotedPart = (scanner: Scanner, quote: string, variables: Variables): string | undefined => {
  let text = '';
  for (scanner.at += 1; scanner.at < scanner.text.length;) {
    const character = scanner.text.charAt(scanner.at);
    if (character === quote) {
      scanner.at += 1;
      return text;
    }
    if (quote === '"' && character === '`') return undefined;
    if (quote === '"' && character === '$') {
      const value = expanded(scanner, variables);
      if (value === undefined) return undefined;
      text += value;
      continue;
    }
    if (quote === '"' && character === '\\' && /["\\$`]/.test(scanner.text.charAt(scanner.at + 1))) scanner.at += 1;
    text += scanner.text.charAt(scanner.at);
    scanner.at += 1;
  }
  return undefined;
};

const word = (scanner: Scanner, variables: Variables): string | undefined => {
  let text = '';
  while (scanner.at < scanner.text.length) {
    const character = scanner.text.charAt(scanner.at);
    if (/[\s;|&<>]/.test(character)) break;
    if (/[`()]/.test(character)) return undefined;
    if (character === '"' || character === "'") {
      const part = quotedPart(scanner, character, variables);
      if (part === undefined) return undefined;
      text += part;
    } else if (character === '$') {
      const value = expanded(scanner, variables);
      if (value === undefined) return undefined;
      text += value;
    } else {
      if (character === '\\') scanner.at += 1;
      text += scanner.text.charAt(scanner.at);
      scanner.at += 1;
    }
  }
  return text;
};

const tokens = (text: string, variables: Variables): readonly Token[] | undefined => {
  const found: Token[] = [];
  const scanner: Scanner = { text, at: 0 };
  while (scanner.at < text.length) {
    const rest = text.slice(scanner.at);
    const blank = /^\s+/.exec(rest)?.[0];
    const sign = operator.exec(rest)?.[0];
    if (blank !== undefined) scanner.at += blank.length;
    else if (rest.startsWith('#')) break;
    else if (sign !== undefined) {
      found.push({ kind: 'operator', text: sign });
      scanner.at += sign.length;
    } else {
      const next = word(scanner, variables);
      if (next === undefined) return undefined;
      found.push({ kind: 'word', text: next });
    }
  }
  return found;
};

const deciding = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'for',
  'do',
  'done',
  'while',
  'until',
  'case',
  'esac',
  '{',
  '}',
  '!',
  'function',
]);

export const commandsIn = (text: string, variables: Variables): readonly ShellCommand[] | undefined => {
  const all = tokens(text, variables);
  if (all === undefined) return undefined;
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let output: string | undefined;
  let isAlternative = false;
  let isPiped = false;
  const end = (): void => {
    if (words.length > 0) commands.push({ words, ...(output === undefined ? {} : { output }), isAlternative, isPiped });
    words = [];
    output = undefined;
  };
  for (let index = 0; index < all.length; index += 1) {
    const token = all[index];
    if (token === undefined) break;
    if (token.kind === 'word') {
      words.push(token.text);
      continue;
    }
    if (/^\d?>&\d$/.test(token.text)) continue;
    if (/[<>]/.test(token.text)) {
      const target = all[(index += 1)];
      if (target?.kind !== 'word' || token.text.includes('<')) return undefined;
      if (target.text !== '/dev/null' && !token.text.startsWith('2')) output = target.text;
      continue;
    }
    if (token.text === ';;') return undefined;
    end();
    isAlternative = token.text === '||' || (isAlternative && token.text === '|');
    isPiped = token.text === '|';
  }
  end();
  return commands.some((command) => deciding.has(command.words[0] ?? '')) ? undefined : commands;
};
