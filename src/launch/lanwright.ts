/** What `lanwright` starts: the piece of the command line, by the name that the build gave it. */
import { openPieces, setFlags } from './pieces.ts';

declare const entryPiece: string;

interface CommandLine {
  readonly main: (argv: readonly string[]) => Promise<void>;
}

setFlags();
const { main } = openPieces(__dirname)(entryPiece) as CommandLine;

/** As Node has it for a module that waits for what never comes: a command that did not get to its end has not succeeded. */
const unsettled = 13;
const giveUp = (): void => {
  process.exitCode = unsettled;
};
process.once('beforeExit', giveUp);
void main(process.argv.slice(2)).then(() => process.off('beforeExit', giveUp));
