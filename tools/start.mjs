/**
 * `npm start [-- --keep]`: from a fresh clone to a network that was measured. Installs what is missing, builds, brings
 * up the first example, shows its plan and the measured matrix, and takes it down again unless `--keep` is given.
 */
import { join } from 'node:path';
import { buildIfStale, checkNode, installDebianPackages, installNpmPackages, root, run } from './prepare.mjs';

const example = 'examples/quickstart.yaml';
const isKept = process.argv.slice(2).includes('--keep');

const lanwright = (...argv) => run(process.execPath, [join(root, 'dist/lanwright.js'), ...argv]);
const heading = (text) => console.log(`\n── ${text}`);

const tellNext = () => {
  heading('what to try next');
  const ideas = [
    [`npx lanwright up ${example}`, 'build it; a second time changes only what differs'],
    [`npx lanwright verify ${example}`, 'measure who reaches whom'],
    [`npx lanwright exec -f ${example} MACHINE -- ip addr`, 'look round on a machine'],
    [`npx lanwright down ${example}`, 'end it; nothing is left'],
    ['ls examples', 'one file for each kind of network'],
  ];
  const width = Math.max(...ideas.map(([command]) => command.length));
  for (const [command, what] of ideas) console.log(`  ${command.padEnd(width)}  ${what}`);
};

checkNode();
installNpmPackages();
installDebianPackages(['users']);
await buildIfStale();

heading(`lanwright up ${example}`);
let status = lanwright('up', example);
if (status === 0) {
  heading(`lanwright verify ${example}`);
  status = lanwright('verify', example);
  if (!isKept) {
    heading(`lanwright down ${example}`);
    status = Math.max(status, lanwright('down', example));
  }
  if (status === 0) tellNext();
}
process.exit(status);
