/** One line of shell, carried out on a draft: what commands do that is modelled, and remarks on all else. */
import { type Place, type Remark } from '../dialect.ts';
import { runBrctl } from './brctl.ts';
import { runBridge } from './bridge.ts';
import { type RunningDraft } from './running-draft.ts';
import { codeOf, done, type Effect, ignored, unsaid } from './effect.ts';
import { runIptables } from './filter-lines.ts';
import { runIfconfig } from './ifconfig.ts';
import { runIp } from './ip.ts';
import { runRoute } from './route.ts';
import { runSysctl, writeFile } from './settings.ts';
import { commandsIn, type ShellCommand, type Variables } from './shell-line.ts';
import { runUfw } from './ufw.ts';
import { runVconfig } from './vconfig.ts';
import { runWg } from './wg.ts';

/** Programs that change nothing of who reaches whom. */
const harmless = new Set([
  'true',
  ':',
  'sleep',
  'logger',
  'modprobe',
  'insmod',
  'ethtool',
  'mii-tool',
  'exit',
  'test',
  '[',
  'date',
  'mkdir',
  'touch',
  'rm',
  'udevadm',
  'wait',
  'export',
  'arping',
  'ping',
  'ndisc6',
  'printf',
  'iwconfig',
  'iw',
  'set',
]);

const nameOf = (word: string): string => word.slice(word.lastIndexOf('/') + 1);

/** `sudo`, `exec` and their like stand in front of what is run. */
const bareWords = (words: readonly string[]): readonly string[] => {
  const first = nameOf(words[0] ?? '');
  const isPrefix =
    first === 'sudo' || first === 'exec' || first === 'command' || first === 'nohup' || first === 'busybox';
  return isPrefix && words.length > 1 ? bareWords(words.slice(1)) : words;
};

const runProgram = (draft: RunningDraft, program: string, words: readonly string[], at: Place): Effect => {
  switch (program) {
    case 'ip':
      return runIp(draft, words, at);
    case 'ifconfig':
      return runIfconfig(draft, words, at);
    case 'route':
      return runRoute(draft, words, at);
    case 'brctl':
      return runBrctl(draft, words, at);
    case 'bridge':
      return runBridge(draft, words, at);
    case 'vconfig':
      return runVconfig(draft, words, at);
    case 'wg':
      return runWg(draft, words, at);
    case 'iptables':
    case 'iptables-nft':
    case 'iptables-legacy':
      return runIptables(draft.filterLines, 4, words, at);
    case 'ip6tables':
    case 'ip6tables-nft':
    case 'ip6tables-legacy':
      return runIptables(draft.filterLines, 6, words, at);
    case 'ufw':
      return runUfw(draft, words, at);
    case 'sysctl':
      return runSysctl(draft, words, at);
    case 'echo':
      return ignored('this is told to nobody');
    default:
      if (program === 'tc') return unsaid('how fast packets may go is not modelled');
      return harmless.has(program)
        ? ignored('this changes nothing here')
        : unsaid(`what \`${program}\` does is not known`);
  }
};

const echoed = (words: readonly string[]): string => words.filter((word) => !/^-[neE]+$/.test(word)).join(' ');

/** `before`: whose output is this one's input. */
export const runCommand = (
  draft: RunningDraft,
  command: ShellCommand,
  before: ShellCommand | undefined,
  at: Place,
): Effect => {
  const [first = '', ...rest] = bareWords(command.words);
  const program = nameOf(first);
  if (command.isPiped) {
    const source = bareWords(before?.words ?? []);
    const path = rest.find((word) => !word.startsWith('-'));
    if (program !== 'tee' || nameOf(source[0] ?? '') !== 'echo' || path === undefined)
      return unsaid('what one program tells another is not followed');
    return writeFile(draft, path, echoed(source.slice(1)), at);
  }
  if (program === 'echo' && command.output !== undefined) return writeFile(draft, command.output, echoed(rest), at);
  return runProgram(draft, program, rest, at);
};

/** As `ignored`, what a program does that is of no consequence needs no remark. */
const remarkOf = (effect: Effect): Remark['kind'] | undefined =>
  effect.kind === 'unsaid' ? 'not-said' : effect.kind === 'wrong' ? 'error' : undefined;

const codes: Readonly<Record<string, string>> = { 'not-said': 'unsaid-command', error: 'failing-command' };

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);

/** Carries out `line`; commands behind `||` are for when the one before fails, and are left out. */
export const runLine = (draft: RunningDraft, line: string, variables: Variables, at: Place): void => {
  const commands = commandsIn(line, variables);
  if (commands === undefined) {
    draft.tell('not-said', 'unsaid-command', `\`${shortened(line)}\` decides when it runs: it is kept as it is`, at);
    return;
  }
  let before: ShellCommand | undefined;
  for (const command of commands) {
    const isFed = commands[commands.indexOf(command) + 1]?.isPiped === true;
    const effect = command.isAlternative || isFed ? done : runCommand(draft, command, before, at);
    before = command;
    const kind = remarkOf(effect);
    if (kind === undefined || effect.kind === 'done') continue;
    draft.tell(
      kind,
      codeOf(effect, codes[kind] ?? kind),
      `\`${shortened(command.words.join(' '))}\`: ${effect.message}`,
      at,
    );
  }
};
