/**
 * Lists of commands that make a network: `rc.local`, scripts, and what guides tell people to type, with prompts or without.
 * Each is carried out in turn on what the machine's other files made.
 */
import { type Interface } from '../../state/network-state.ts';
import { type ConfigText, type Dialect, type Place } from '../dialect.ts';
import { runTyped, settleDevices } from '../openbsd/typed-commands.ts';
import { newRunningDraft, type RunningDraft } from '../shell-commands/running-draft.ts';
import { finishDraft } from '../shell-commands/finish-draft.ts';
import { runLine } from '../shell-commands/run-line.ts';
import { linesOf } from '../text.ts';
import { changesNetwork, promptOf } from './command-lines.ts';
import { systemOf, systemOfText } from './which-system.ts';

const ownPaths = /^etc\/(?:rc\.local|rc\.d\/rc\.local|init\.d\/(?:boot\.local|after\.local))$/;

interface LogicalLine {
  readonly text: string;
  readonly number: number;
  readonly column: number;
}

/** The prompt of root on a BSD, which begins a comment anywhere else. */
const rootPrompt = /^\s*#\s+(?=\S)/;

const isTypedByRoot = (line: string): boolean => rootPrompt.test(line) && changesNetwork(line.replace(rootPrompt, ''));

/** Whether `#` is a prompt here: commands of a BSD stand behind it, and none without it. */
const hasRootPrompts = (lines: readonly string[]): boolean =>
  lines[0]?.startsWith('#!') !== true &&
  lines.some((line) => isTypedByRoot(line) && systemOf(line.replace(rootPrompt, '')) === 'bsd') &&
  !lines.some((line) => changesNetwork(line.slice(promptOf(line) ?? 0).trimStart()));

/** Lines that end in a backslash go on in the next one. */
const logicalLines = (text: string): readonly LogicalLine[] => {
  const found: LogicalLine[] = [];
  let begun: LogicalLine | undefined;
  const lines = linesOf(text);
  const isByRoot = hasRootPrompts(lines.map((line) => line.text));
  for (const { text: raw, number } of lines) {
    const prompt = promptOf(raw) ?? (isByRoot && isTypedByRoot(raw) ? (rootPrompt.exec(raw)?.[0].length ?? 0) : 0);
    const shown = begun === undefined ? raw.slice(prompt).trimStart() : raw.trimStart();
    const line = begun ?? { text: '', number, column: raw.length - shown.length + 1 };
    const isOpen = /(?:^|[^\\])(?:\\\\)*\\$/.test(shown);
    const whole = { ...line, text: `${line.text}${isOpen ? shown.slice(0, -1) : shown}` };
    begun = isOpen ? whole : undefined;
    if (!isOpen) found.push(whole);
  }
  return begun === undefined ? found : [...found, begun];
};

const isRemark = (text: string): boolean => text === '' || text.startsWith('#');

/** What stands between commands and says nothing by itself: tests, variables, words to the reader, a look. */
const neutral =
  /^(?:(?:sudo|doas)\s+)?(?:\[\s|echo\b|ping6?\b|(?:export\s+)?[A-Za-z_]\w*=|(?:ifconfig|netstat)\s+\S+$|route$)/;

/** How many of the lines that say something are commands that change a network. */
const resembles = (text: string): number => {
  const lines = logicalLines(text).filter(
    (line) => !isRemark(line.text) && (!neutral.test(line.text) || changesNetwork(line.text)),
  );
  const count = lines.filter((line) => changesNetwork(line.text)).length;
  if (count === 0) return 0;
  return /^#!.*\bsh\b/.test(text) || count * 2 >= lines.length ? 0.92 : 0.3;
};

const assignment = /^(?:export\s+)?([A-Za-z_]\w*)=(?:"([^"$`]*)"|'([^']*)'|([^\s"'`$;&|]*))\s*(?:#.*)?$/;

/** Lines of functions, which run only where these are called. */
const functionLines = (lines: readonly LogicalLine[]): ReadonlySet<LogicalLine> => {
  const found = new Set<LogicalLine>();
  let isInside = false;
  for (const line of lines) {
    isInside ||= /^(?:function\s+[\w-]+|[\w-]+\s*\(\))/.test(line.text);
    if (!isInside) continue;
    found.add(line);
    isInside = !/^\}|\}\s*$/.test(line.text);
  }
  return found;
};

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);

const runText = (draft: RunningDraft, { path, text }: ConfigText): void => {
  const variables: Record<string, string> = {};
  const lines = logicalLines(text).filter((line) => !isRemark(line.text));
  const inFunctions = functionLines(lines);
  const usual = systemOfText(lines.map((line) => line.text));
  let foreign: Place | undefined;
  for (const line of lines) {
    const at = { path, line: line.number, column: line.column };
    const [, name, double, single, plain] = assignment.exec(line.text) ?? [];
    if (inFunctions.has(line))
      draft.tell('not-said', 'unsaid-command', `\`${shortened(line.text)}\` is part of a function, whose calls are not followed`, at); // prettier-ignore
    else if (name !== undefined) variables[name] = double ?? single ?? plain ?? '';
    else if ((systemOf(line.text) ?? usual) === 'linux') runLine(draft, line.text, variables, at);
    else {
      foreign ??= at;
      runTyped(draft, line.text, variables, at);
    }
  }
  if (foreign === undefined) return;
  settleDevices(draft, foreign);
  draft.tell('assumed', 'taken-for-linux', 'these are commands of a BSD: their network is taken as a Linux set up alike would carry it', foreign); // prettier-ignore
};

/** What other programs made is there to be changed; only what changed is said. */
const changed = (
  interfaces: Readonly<Record<string, Interface>>,
  before: Readonly<Record<string, Interface>>,
): Readonly<Record<string, Interface>> =>
  Object.fromEntries(Object.entries(interfaces).filter(([name, it]) => before[name] !== it));

const read: Dialect['read'] = (texts, { stack, interfaces = {} }) => {
  const draft = newRunningDraft(stack);
  for (const [name, it] of Object.entries(interfaces)) draft.interfaces.set(name, it);
  for (const text of texts) runText(draft, text);
  const reading = finishDraft(draft);
  const part = reading.stacks[stack];
  if (part?.interfaces === undefined) return reading;
  const own = changed(part.interfaces, interfaces);
  return {
    ...reading,
    stacks: { ...reading.stacks, [stack]: { ...part, interfaces: own } },
    supersedes: Object.keys(own)
      .filter((name) => Object.hasOwn(interfaces, name))
      .map((name) => `${stack}/interfaces/${name}`),
  };
};

export const commands: Dialect = { name: 'commands', owns: (path) => ownPaths.test(path), resembles, read };
