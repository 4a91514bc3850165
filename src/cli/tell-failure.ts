/**
 * What reached the top: a world that cannot be made is the environment's fault (exit status 3); anything else is a
 * fault of Lanwright and told with what a report needs. Stack traces only with `--debug`.
 */
import { release } from 'node:os';
import { WorldLost } from '../world/client.ts';
import { fault, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { say } from './terminal.ts';
import { version } from './version.ts';

const bugStatus = 70;

/** What the environment refuses carries the way to mend it (`WorldCannotStart`). */
const helpOf = (error: unknown): string | undefined =>
  error instanceof Error && 'help' in error && typeof error.help === 'string' ? error.help : undefined;

/** Tells the failure and gives the exit status for it. */
export const tellFailure = (error: unknown, debug: boolean): number => {
  if (debug && error instanceof Error) say(error.stack ?? error.message);
  const help = helpOf(error);
  if (error instanceof Error && help !== undefined) {
    sayDiagnostics(fault('world-cannot-start', error.message, help));
    return exitCode.environmentCannot;
  }
  if (error instanceof WorldLost) {
    sayDiagnostics(fault('world-lost', `${error.message}; nothing of it is left`, 'lanwright up'));
    return exitCode.environmentCannot;
  }
  const message = error instanceof Error ? error.message : String(error);
  say(`lanwright: a fault of Lanwright itself: ${message}`);
  say(`  version ${version}, Node ${process.version}, Linux ${release()}`);
  say('  help: run the command again with --debug and report what it prints');
  return bugStatus;
};
