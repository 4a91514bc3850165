/**
 * The command line's entry: arguments in, exit status out. Everything that is thrown ends here.
 */
import { CommanderError } from 'commander';
import { exitCode } from './exit-code.ts';
import { buildProgram } from './program.ts';
import { endQuietlyOnClosedPipe } from './terminal.ts';

export const main = async (argv: readonly string[]): Promise<void> => {
  endQuietlyOnClosedPipe();
  try {
    await buildProgram().parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Commander has told the user already: help and version end well, everything else is a wrong command line.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCode.wrongInput;
    else {
      const { tellFailure } = await import('./tell-failure.ts');
      process.exitCode = tellFailure(error, argv.includes('--debug'));
    }
  }
};
