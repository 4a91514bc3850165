/** Lines of hostname.if behind `!`, for the shell: `$if` is the interface. */
import { type Place } from '../dialect.ts';
import { codeOf, type Effect, done, ignored, unsaid, wrong } from '../shell-commands/effect.ts';
import { commandsIn, type Variables } from '../shell-commands/shell-line.ts';
import { isInterfaceName } from '../shell-commands/values.ts';
import { type Word } from '../text.ts';
import { nameInModel } from './devices.ts';
import { askByDhcp, type Subject } from './ifconfig.ts';
import { setParameter } from './parameters.ts';
import { runRoute } from './route.ts';
import { runTypedIfconfig } from './typed-ifconfig.ts';

/** Programs that change nothing of who reaches whom. */
const harmless = new Set(['echo', 'sleep', 'true', ':', 'ping', 'ping6', 'logger', 'print', 'printf', 'test', '[']);

const filters = new Set(['pfctl', 'ipfw', 'ipf', 'ipnat', 'npfctl']);

/** dhclient(8): one interface; the file behind `-c` says what is asked for, and what of it is taken. */
const runDhclient = ({ draft }: Subject, words: readonly string[], at: Place): Effect => {
  const name = words.at(-1) ?? '';
  if (!isInterfaceName(name) || name.startsWith('-')) return wrong('it names no interface');
  askByDhcp(draft, nameInModel(name), at);
  const file = words[words.indexOf('-c') + 1];
  if (words.includes('-c') && file !== undefined)
    return unsaid(`what \`${file}\` has it ask for, and take, is not read`);
  return done;
};

const runCommand = (subject: Subject, words: readonly string[], at: Place): Effect => {
  const [first = '', ...rest] = words[0] === 'doas' || words[0] === 'sudo' ? words.slice(1) : words;
  const program = first.slice(first.lastIndexOf('/') + 1);
  switch (program) {
    case 'route':
      return runRoute(subject.draft, rest, at);
    case 'ifconfig': {
      const [name, ...more] = rest;
      if (name === undefined || !isInterfaceName(name)) return ignored('this only looks');
      const all = more.map((text): Word => ({ text, line: at.line, column: at.column }));
      return all.length === 0 ? ignored('this only looks') : runTypedIfconfig(subject, name, all, at);
    }
    case 'dhclient':
      return runDhclient(subject, rest, at);
    case 'sysctl': {
      const settings = rest.filter((word) => word.includes('='));
      const effects = settings.map((text) => setParameter(subject.draft, text, at));
      return effects.find((effect) => effect.kind !== 'done') ?? done;
    }
    default:
      if (filters.has(program)) return unsaid('packet filters of a BSD are not modelled');
      return harmless.has(program) ? ignored('this changes nothing here') : unsaid(`what \`${program}\` does is not known`); // prettier-ignore
  }
};

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);

/** Tells what a command did not do. */
export const tellEffect = ({ draft }: Pick<Subject, 'draft'>, text: string, effect: Effect, at: Place): void => {
  if (effect.kind === 'done' || effect.kind === 'ignored') return;
  const isWrong = effect.kind === 'wrong';
  const code = codeOf(effect, isWrong ? 'failing-command' : 'unsaid-command');
  draft.tell(isWrong ? 'error' : 'not-said', code, `\`${shortened(text)}\`: ${effect.message}`, at);
};

export const runShell = (subject: Subject, text: string, variables: Variables, at: Place): void => {
  const commands = commandsIn(text, variables);
  if (commands === undefined) {
    const message = `\`${shortened(text)}\` decides when it runs: it is kept as it is`;
    subject.draft.tell('not-said', 'unsaid-command', message, at);
    return;
  }
  for (const { words, isAlternative, isPiped } of commands) {
    if (isAlternative) continue;
    const effect = isPiped ? unsaid('what one program tells another is not followed') : runCommand(subject, words, at);
    tellEffect(subject, words.join(' '), effect, at);
  }
};
