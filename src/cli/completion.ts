/**
 * The commands and options of the program to a completion script of a shell. Machines come from the running labs,
 * files are the .yaml files at hand.
 */
import { type Command } from 'commander';
import { exitCode } from './exit-code.ts';
import { print } from './terminal.ts';

/** How the words after a command are completed. */
type Words = 'files' | 'machines' | 'ends' | 'none' | readonly string[];

interface Completable {
  readonly name: string;
  readonly description: string;
  readonly options: readonly {
    readonly long: string;
    readonly short: string | undefined;
    readonly description: string;
  }[];
  readonly words: Words;
}

const wordsOf = (command: Command): Words => {
  if (command.commands.length > 0) return command.commands.map((each) => each.name());
  const [first] = command.registeredArguments;
  if (first === undefined) return 'none';
  if (first.argChoices !== undefined) return first.argChoices;
  if (first.name() === 'file' || first.name() === 'paths') return 'files';
  if (first.name() === 'from') return 'ends';
  return first.name() === 'machine' ? 'machines' : 'none';
};

/** Those of a command with commands of its own are theirs. */
const optionsOf = (command: Command): Completable['options'] => {
  const all = [command, ...command.commands].flatMap((each) => each.createHelp().visibleOptions(each));
  const options = all.map(({ long, short, description }) => ({ long: long ?? '', short, description }));
  return [...new Map(options.map((option) => [option.long, option])).values()];
};

/** Everything that can be completed, from what the program declares. Hidden commands are left out. */
export const completables = (program: Command): readonly Completable[] => {
  const visible = program.createHelp().visibleCommands(program);
  return visible.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: optionsOf(command),
    words: command.name() === 'help' ? visible.map((each) => each.name()) : wordsOf(command),
  }));
};

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const bashWords = (words: Words): string => {
  if (words === 'files') return '_lanwright_files';
  if (words === 'machines' || words === 'ends')
    return 'COMPREPLY=($(compgen -W "$(lanwright complete-machines 2>/dev/null)" -- "$word"))';
  return words === 'none' ? ':' : `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$word"))`;
};

const bash = (
  commands: readonly Completable[],
): string => `# lanwright: completion for bash. Load it with: source <(lanwright completion bash)
_lanwright_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -d -S / -- "$word") $(compgen -f -X '!*.y*ml' -- "$word"))
  compopt -o nospace 2>/dev/null
}
_lanwright() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quote(commands.map(({ name }) => name).join(' '))} -- "$word"))
    return
  fi
  case $before in
    -f|--file) _lanwright_files; return ;;
    --lab) COMPREPLY=($(compgen -W "$(lanwright complete-machines --labs 2>/dev/null)" -- "$word")); return ;;
  esac
  case $command in
${commands
  .map(
    ({ name, options, words }) => `    ${name})
      case $word in
        -*) COMPREPLY=($(compgen -W ${quote(options.map(({ long }) => long).join(' '))} -- "$word")) ;;
        *) ${bashWords(words)} ;;
      esac ;;`,
  )
  .join('\n')}
  esac
}
complete -F _lanwright lanwright
`;

const zshText = (text: string): string => text.replaceAll(/[[\]:]/g, (sign) => `\\${sign}`);

const zshWords = (words: Words): string => {
  if (words === 'files') return '\'*:file:_files -g "*.y(a|)ml"\'';
  if (words === 'machines') return "'1:machine:_lanwright_machines' '*::command:_normal'";
  if (words === 'ends') return "'1:machine:_lanwright_machines' '2:machine:_lanwright_machines'";
  return words === 'none' ? '' : quote(`1:word:(${words.join(' ')})`);
};

const zshOption = (option: Completable['options'][number]): string => {
  const value =
    option.long === '--file' ? ':file:_files -g "*.y(a|)ml"' : option.long === '--lab' ? ':lab:_lanwright_labs' : '';
  const spec = `[${zshText(option.description)}]${value}`;
  return [option.long, option.short].flatMap((name) => (name === undefined ? [] : [quote(`${name}${spec}`)])).join(' ');
};

const zsh = (commands: readonly Completable[]): string => `#compdef lanwright
# lanwright: completion for zsh. Load it with: source <(lanwright completion zsh)
_lanwright_machines() { local -a names; names=(\${(f)"$(lanwright complete-machines 2>/dev/null)"}); compadd -a names }
_lanwright_labs() { local -a names; names=(\${(f)"$(lanwright complete-machines --labs 2>/dev/null)"}); compadd -a names }
_lanwright() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quote(`${name}:${zshText(description)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
${commands
  .map(
    ({ name, options, words }) =>
      `    ${name}) _arguments ${[...options.map(zshOption), zshWords(words)].filter((part) => part !== '').join(' ')} ;;`,
  )
  .join('\n')}
  esac
}
compdef _lanwright lanwright
`;

const fishWords = (words: Words): string => {
  if (words === 'files') return "-k -a '(__fish_complete_suffix .yaml .yml)'";
  if (words === 'machines' || words === 'ends') return "-a '(lanwright complete-machines 2>/dev/null)'";
  return words === 'none' ? '' : `-a ${quote(words.join(' '))}`;
};

const fish = (commands: readonly Completable[]): string =>
  [
    '# lanwright: completion for fish. Load it with: lanwright completion fish | source',
    'complete -c lanwright -f',
    ...commands.flatMap(({ name, description, options, words }) => {
      const here = `-n '__fish_seen_subcommand_from ${name}'`;
      const values = fishWords(words);
      return [
        `complete -c lanwright -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
        ...(values === '' ? [] : [`complete -c lanwright ${here} ${values}`]),
        ...options.map((option) => {
          const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
          const value =
            option.long === '--file'
              ? " -r -k -a '(__fish_complete_suffix .yaml .yml)'"
              : option.long === '--lab'
                ? " -x -a '(lanwright complete-machines --labs 2>/dev/null)'"
                : '';
          return `complete -c lanwright ${here} -l ${option.long.slice(2)}${short}${value} -d ${quote(option.description)}`;
        }),
      ];
    }),
    '',
  ].join('\n');

const scripts: Readonly<Record<string, (commands: readonly Completable[]) => string>> = { bash, zsh, fish };

export const completion = (program: Command, shell: string): Promise<number> => {
  print(scripts[shell]?.(completables(program)) ?? '');
  return Promise.resolve(exitCode.asWished);
};
