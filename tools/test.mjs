/**
 * `npm test`: sets up what tests need, then runs every test and beside them checks types, rules and layout. Arguments go
 * to vitest; `--soak` runs the long tests too. The last line counts everything: `N passed, N failed`, and `, N skipped` where some were.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { checkNode, installDebianPackages, installNpmPackages, root } from './prepare.mjs';
import { runBehind, runBeside } from './processes.mjs';
import { unpackProgramTree, unpackXenTree } from './program-tree.mjs';

const argv = process.argv.slice(2);
const isSoak = argv.includes('--soak');
const vitestArguments = argv.filter((argument) => argument !== '--soak');

checkNode();
installNpmPackages();
installDebianPackages(['users', 'machines', 'tests']);
unpackProgramTree();
if (isSoak) unpackXenTree();

/** Each is one test of the count: it passes or it does not. */
const checks = [
  { name: 'types', program: 'tsc', argv: ['-p', '.'] },
  { name: 'lint', program: 'eslint', argv: ['--max-warnings=0', '.'] },
  { name: 'layout', program: 'prettier', argv: ['--check', '--log-level=warn', '.'] },
];

const tally = { passed: 0, failed: 0, skipped: 0 };
const count = (name, isPassed) => {
  console.log(`${isPassed ? 'ok  ' : 'FAIL'} ${name}`);
  tally[isPassed ? 'passed' : 'failed'] += 1;
};

const programOf = (name) => join(root, 'node_modules/.bin', name);

/** One after the other, behind the tests: half of those wait for something most of the time. */
const checkAll = async () => {
  for (const { name, program, argv } of checks) {
    const { status, output } = await runBehind(programOf(program), argv);
    process.stdout.write(output);
    count(name, status === 0);
  }
};

/** Undefined where the run ended before it had counted. */
const countsIn = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

const runTests = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-test-'));
  try {
    const file = join(folder, 'tally.json');
    const status = await runBeside(programOf('vitest'), ['run', ...vitestArguments], {
      LANWRIGHT_TALLY: file,
      ...(isSoak ? { LANWRIGHT_SOAK: '1' } : {}),
    });
    const tests = countsIn(file);
    for (const key of Object.keys(tally)) tally[key] += tests?.[key] ?? 0;
    if (tests === undefined || (status !== 0 && tests.failed === 0)) count('the test run itself', false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const isBuilt = await build().then(
  () => true,
  () => false,
);
count('build', isBuilt);
// Naming files means wanting an answer about them, soon.
await Promise.all([runTests(), vitestArguments.length === 0 ? checkAll() : undefined]);

const { passed, failed, skipped } = tally;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
