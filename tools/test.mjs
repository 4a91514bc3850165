/**
 * `npm test`: sets up what tests need, checks types, rules and layout, then runs every test. Arguments go to vitest;
 * `--soak` runs the long tests too. The last line counts everything: `N passed, N failed`, and `, N skipped` where some were.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { checkNode, installDebianPackages, installNpmPackages, root, run } from './prepare.mjs';
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
  {
    name: 'build',
    check: () =>
      build().then(
        () => true,
        () => false,
      ),
  },
  { name: 'types', check: () => run(join(root, 'node_modules/.bin/tsc'), ['-p', '.']) === 0 },
  { name: 'lint', check: () => run(join(root, 'node_modules/.bin/eslint'), ['--max-warnings=0', '.']) === 0 },
  {
    name: 'layout',
    check: () => run(join(root, 'node_modules/.bin/prettier'), ['--check', '--log-level=warn', '.']) === 0,
  },
];

const tally = { passed: 0, failed: 0, skipped: 0 };
const count = (name, isPassed) => {
  console.log(`${isPassed ? 'ok  ' : 'FAIL'} ${name}`);
  tally[isPassed ? 'passed' : 'failed'] += 1;
};

// Naming files means wanting an answer about them, soon.
for (const { name, check } of vitestArguments.length === 0 ? checks : checks.slice(0, 1)) count(name, await check());

const folder = mkdtempSync(join(tmpdir(), 'lanwright-test-'));
try {
  const file = join(folder, 'tally.json');
  const status = run(join(root, 'node_modules/.bin/vitest'), ['run', ...vitestArguments], {
    LANWRIGHT_TALLY: file,
    ...(isSoak ? { LANWRIGHT_SOAK: '1' } : {}),
  });
  try {
    const tests = JSON.parse(readFileSync(file, 'utf8'));
    for (const key of Object.keys(tally)) tally[key] += tests[key];
    if (status !== 0 && tests.failed === 0) count('the test run itself', false);
  } catch {
    count('the test run itself', false);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const { passed, failed, skipped } = tally;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
