/**
 * What was pasted from a terminal, taken apart at its prompts: files that `cat` showed under their own names, what programs
 * printed, and commands that changed something. Each part keeps the line numbers of the whole.
 */
import { type ConfigText, type Remark } from './dialect.ts';
import { changesNetwork, promptOf } from './commands/command-lines.ts';
import { linesOf } from './text.ts';

export interface Session {
  readonly texts: readonly ConfigText[];
  readonly remarks: readonly Remark[];
}

interface Section {
  /** Undefined for what stands above the first prompt. */
  readonly command: string | undefined;
  readonly first: number;
  last: number;
}

/** Lines of output that were given a prompt by mistake. */
const looksPrinted = /\bLink encap:|^\S+: flags=|^\d+: \S+: </;

const sectionsOf = (lines: readonly string[]): readonly Section[] => {
  const sections: Section[] = [{ command: undefined, first: 0, last: -1 }];
  for (const [index, line] of lines.entries()) {
    const length = promptOf(line);
    const command = length === undefined ? undefined : line.slice(length).trim();
    if (command === undefined || looksPrinted.test(command)) (sections.at(-1) ?? { last: 0 }).last = index;
    else sections.push({ command, first: index, last: index });
  }
  return sections;
};

type Part = { readonly kind: 'printed' | 'typed' | 'nothing' } | { readonly kind: 'file'; readonly path: string };

const words = (command: string): readonly string[] => {
  const [program = '', ...rest] = command.replace(/^(?:sudo|doas)\s+(?:-\S+\s+)*/, '').split(/\s+/);
  return [program.slice(program.lastIndexOf('/') + 1), ...rest];
};

const shownFile = (rest: readonly string[]): Part => {
  const names = rest.filter((word) => !word.startsWith('-'));
  const [name = ''] = names;
  return names.length === 1 && name.startsWith('/') ? { kind: 'file', path: name.slice(1) } : { kind: 'nothing' };
};

const definitionOf = ([verb = '', name = '']: readonly string[]): Part => {
  if (!/^[\w.-]+$/.test(name)) return { kind: 'nothing' };
  if (/^net-(?:dumpxml|edit)$/.test(verb)) return { kind: 'file', path: `etc/libvirt/qemu/networks/${name}.xml` };
  return /^(?:dumpxml|edit)$/.test(verb) ? { kind: 'file', path: `etc/libvirt/qemu/${name}.xml` } : { kind: 'nothing' };
};

const partOf = (command: string): Part => {
  // What sets a variable counts for the commands behind it.
  if (changesNetwork(command) || /^(?:export\s+)?[A-Za-z_]\w*=\S*$/.test(command)) return { kind: 'typed' };
  const [program = '', ...rest] = words(command);
  // What a filter leaves of a program's output has lost its form.
  if (/\|/.test(command)) return { kind: 'nothing' };
  switch (program) {
    case 'cat':
    case 'more':
    case 'less':
      return shownFile(rest);
    case 'virsh':
      return definitionOf(rest.filter((word) => !word.startsWith('-')));
    case 'iptables-save':
      return { kind: 'file', path: 'etc/iptables/rules.v4' };
    case 'ip6tables-save':
      return { kind: 'file', path: 'etc/iptables/rules.v6' };
    case 'nft':
      return rest.includes('list') ? { kind: 'file', path: 'etc/nftables.conf' } : { kind: 'nothing' };
    case 'sysctl':
      return { kind: 'file', path: 'etc/sysctl.d/printed.conf' };
    case 'ufw':
      return rest.includes('status') ? { kind: 'file', path: 'ufw-status' } : { kind: 'nothing' };
    default:
      return /^(?:ip|ifconfig|route|netstat|brctl|bridge|ip6?tables)$/.test(program)
        ? { kind: 'printed' }
        : { kind: 'nothing' };
  }
};

/** What shows nothing opened an editor, or was left out of the page. */
const isShown = (path: string, lines: readonly string[], { first, last }: Section): boolean => {
  const shown = lines.slice(first + 1, last + 1).join('\n');
  return path.endsWith('.xml') ? shown.includes('<') : shown.trim() !== '';
};

const isBlank = (line: string | undefined): boolean => (line ?? '').trim() === '';

/** Lines outside of what is wanted become empty, so that those within keep their numbers; the last one ends as it did. */
const only = (lines: readonly string[], end: string, isWanted: (index: number) => boolean): string =>
  `${lines.map((line, index) => (isWanted(index) ? line : '')).join('\n')}${end}`;

/** What sysctl prints of what it sets. */
const isEchoOfSetting = (line: string): boolean =>
  /^\s*(?:net|kern|kernel)[.\w/-]+(?: = \S+|: \S+ -> \S+)\s*$/.test(line);

/** Lines of a command itself: it goes on behind a backslash. */
const typedLines = (lines: readonly string[], { first, last }: Section): readonly number[] => {
  const found = [first];
  for (let index = first; index < last && /\\$/.test(lines[index] ?? ''); index += 1) found.push(index + 1);
  return found;
};

const leftOut = (path: string, lines: readonly string[], sections: readonly Section[]): readonly Remark[] => {
  const silent = sections.filter(({ first, last }) => lines.slice(first + 1, last + 1).some((line) => !isBlank(line)));
  const [one] = silent;
  if (one === undefined) return [];
  const names = [...new Set(silent.map(({ command = '' }) => words(command)[0] ?? ''))];
  return [
    {
      kind: 'assumed',
      code: 'printed-left-out',
      message: `what ${names.map((name) => `\`${name}\``).join(', ')} printed is taken to say nothing of how the machine is set up`,
      at: { path, line: one.first + 1, column: 1 },
    },
  ];
};

/** Undefined for a text without prompts. */
export const sessionOf = ({ path, text }: ConfigText): Session | undefined => {
  const lines = linesOf(text).map((line) => line.text);
  const end = text.endsWith('\n') ? '\n' : '';
  const sections = sectionsOf(lines);
  if (sections.length === 1) return undefined;
  const files = new Map<string, Section>();
  const printed = new Set<number>();
  const typed = new Set<number>();
  const silent: Section[] = [];
  for (const section of sections) {
    const { command, first, last } = section;
    const part = command === undefined ? ({ kind: 'printed' } as const) : partOf(command);
    if (part.kind === 'file' && !isShown(part.path, lines, section)) silent.push(section);
    else if (part.kind === 'file') files.set(part.path, section);
    else if (part.kind === 'nothing') silent.push(section);
    else if (part.kind === 'typed') {
      const own = typedLines(lines, section);
      for (const index of own) typed.add(index);
      const printedBelow = lines.slice(first + own.length, last + 1);
      if (printedBelow.some((line) => !isBlank(line) && !isEchoOfSetting(line))) silent.push(section);
    } else for (let index = first; index <= last; index += 1) printed.add(index);
  }
  const anyOf = (indices: ReadonlySet<number>): boolean => [...indices].some((index) => !isBlank(lines[index]));
  const shown = lines.map((line) => (looksPrinted.test(line.slice(promptOf(line) ?? 0)) ? line.slice(promptOf(line) ?? 0) : line)); // prettier-ignore
  return {
    texts: [
      ...[...files].map(([name, { first, last }]) => ({
        path: name,
        text: only(lines, end, (index) => index > first && index <= last),
      })),
      ...(anyOf(printed) ? [{ path, text: only(shown, end, (index) => printed.has(index)) }] : []),
      ...(anyOf(typed) ? [{ path: `${path} (commands)`, text: only(lines, end, (index) => typed.has(index)) }] : []),
    ],
    remarks: leftOut(path, lines, silent),
  };
};
