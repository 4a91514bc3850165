/**
 * Has V8 compile every piece of the bundle as a whole, and writes what it made beside them. A process of its own: its
 * flags are those that the programs run under. Arguments: the folder, and the pieces.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { codeFileOf, openPieces, setFlags } from '../src/launch/pieces.ts';

const [folder, ...files] = process.argv.slice(2);
const pieces = [];

setFlags();
setFlagsFromString('--no-lazy');
const load = openPieces(folder, (piece) => pieces.push(piece));
for (const file of files) load(file);
// Whether functions wait to be compiled is a flag, too, and code is for the flags of the moment when it is written.
setFlagsFromString('--lazy');
for (const { file, script } of pieces) {
  const path = join(folder, codeFileOf(file));
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, script.createCachedData());
  renameSync(draft, path);
}
