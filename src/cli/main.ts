/**
 * The command line's entry: arguments in, exit status out. Everything that is thrown ends here.
 */
import { setFlagsFromString } from 'node:v8';
import { CommanderError } from 'commander';
import { exitCode } from './exit-code.ts';
import { buildProgram } from './program.ts';
import { endQuietlyOnClosedPipe } from './terminal.ts';

/** V8 optimizes what has run for a while, which costs more than it gains in a command that ends within a second. */
const optimizeLate = (): void => setFlagsFromString('--interrupt-budget=1000000');

const main = async (argv: readonly string[]): Promise<void> => {
  optimizeLate();
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

await main(process.argv.slice(2));
