/**
 * Test results for people and for counting: one line a file, every failure in full, and the last line counts. Under
 * `npm test` the counts go to the file named by LANWRIGHT_TALLY, since that command counts its own checks too.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type UserConsoleLog } from 'vitest';
import { type Reporter, type TestCase, type TestModule } from 'vitest/node';

interface Fault {
  readonly message: string;
  readonly stack?: string | undefined;
  readonly diff?: string | undefined;
}

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Lines of one failure that are shown. */
const longestFault = 60;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const printFault = ({ message, stack, diff }: Fault): void => {
  const ours = (stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at ') && !line.includes('node_modules'))
    .slice(0, 4);
  const text = [message, ...(diff === undefined ? [] : [diff]), ...ours.map((line) => line.trim())].join('\n');
  const lines = stripVTControlCharacters(text).split('\n');
  for (const line of lines.slice(0, longestFault)) print(`       ${line}`);
  if (lines.length > longestFault) print(`       … ${lines.length - longestFault} lines more`);
};

const countOf = (modules: readonly TestModule[], loose: number): Tally => {
  const tally = { passed: 0, failed: loose, skipped: 0 };
  for (const module of modules) {
    const before = tally.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that never ran to its end has not passed.
      tally[state === 'pending' ? 'failed' : state] += 1;
    }
    // What fails around tests (`beforeAll`, `afterAll`) leaves them skipped, or passed: it counts by itself.
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) tally.failed += 1;
    // A file that does not load has no tests to fail: it is a failure itself.
    if (module.errors().length > 0 || (!module.ok() && tally.failed === before)) tally.failed += 1;
  }
  return tally;
};

export class PlainReporter implements Reporter {
  /** What tests say: the seeds of random ones, and what they found. */
  onUserConsoleLog({ content }: UserConsoleLog): void {
    for (const line of content.trimEnd().split('\n')) print(`       ${line}`);
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state !== 'failed') return;
    print(`FAIL   ${relative(process.cwd(), test.module.moduleId)} > ${test.fullName}`);
    for (const error of result.errors) printFault(error);
  }

  onTestModuleEnd(module: TestModule): void {
    const tests = [...module.children.allTests()];
    const seconds = (module.diagnostic().duration / 1000).toFixed(1);
    const isSkipped = tests.length > 0 && tests.every((test) => test.result().state === 'skipped');
    const word = !module.ok() ? 'FAIL' : isSkipped ? 'skip' : 'ok  ';
    print(`${word} ${relative(process.cwd(), module.moduleId)} (${tests.length} tests, ${seconds} s)`);
    const around = [...module.children.allSuites()].flatMap((suite) => suite.errors());
    for (const error of [...module.errors(), ...around]) printFault(error);
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly Fault[]): void {
    for (const error of errors) {
      print('FAIL   outside of any test');
      printFault(error);
    }
    const { passed, failed, skipped } = countOf(modules, errors.length);
    const file = process.env['LANWRIGHT_TALLY'];
    if (file === undefined) print(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    else writeFileSync(file, JSON.stringify({ passed, failed, skipped }));
  }
}
