/** What `lanwright` starts: the piece of the command line, by the name that the build gave it. */
import { openPieces, setFlags } from './pieces.ts';

declare const entryPiece: string;

interface CommandLine {
  readonly main: (argv: readonly string[]) => Promise<void>;
}

setFlags();
const { main } = openPieces(__dirname)(entryPiece) as CommandLine;
void main(process.argv.slice(2));
