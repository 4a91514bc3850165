/** Completion scripts: loaded by the shell itself where it is here, and complete with the program's own commands. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { completables } from '../../src/cli/completion.ts';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const shells = ['bash', 'zsh', 'fish'] as const;
const commands = completables(buildProgram());

const scriptOf = async (shell: string): Promise<string> => (await lanwright({ directory }, 'completion', shell)).stdout;

describe('completion', () => {
  it.each(shells)('knows every command and option in %s', async (shell) => {
    const script = await scriptOf(shell);
    for (const { name, options } of commands) {
      expect(script).toContain(name);
      for (const { long } of options) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
    }
    expect(commands.map(({ name }) => name)).not.toContain('complete-machines');
  });

  it('completes commands, options and files in bash', async () => {
    mkdirSync(join(directory, 'labs'), { recursive: true });
    writeFileSync(join(directory, 'office.yaml'), 'lab: office\n');
    writeFileSync(join(directory, 'notes.txt'), '');
    const script = join(directory, 'completion.bash');
    writeFileSync(script, await scriptOf('bash'));
    const complete = (...words: readonly string[]): readonly string[] =>
      execFileSync(
        'bash',
        [
          '-c',
          'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lanwright; printf "%s\\n" "${COMPREPLY[@]}"',
          script,
          ...words,
        ],
        {
          cwd: directory,
          encoding: 'utf8',
          env: { ...process.env, PATH: `${dirname(resolve(process.execPath))}:/usr/bin:/bin` },
        },
      )
        .split('\n')
        .filter((line) => line !== '');
    expect(complete('lanwright', 'ver')).toEqual(['verify', 'version']);
    expect(complete('lanwright', 'plan', '--st')).toEqual(['--strict', '--steps']);
    expect(complete('lanwright', 'plan', '')).toEqual(['labs/', 'office.yaml']);
    expect(complete('lanwright', 'completion', 'z')).toEqual(['zsh']);
  });

  it('is read by zsh without complaint', async () => {
    const script = join(directory, 'completion.zsh');
    writeFileSync(script, await scriptOf('zsh'));
    execFileSync('zsh', ['-n', script]);
  });

  it('is read by fish without complaint', async () => {
    const script = join(directory, 'completion.fish');
    writeFileSync(script, await scriptOf('fish'));
    execFileSync('fish', ['-n', script]);
  });
});
