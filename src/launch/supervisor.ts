/** What a world's first process starts: the piece of the supervisor, by the name that the build gave it. */
import { openPieces, setFlags } from './pieces.ts';

declare const entryPiece: string;

interface Supervisor {
  readonly live: () => void;
}

setFlags();
const { live } = openPieces(__dirname)(entryPiece) as Supervisor;
live();
