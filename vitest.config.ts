/**
 * Three kinds of tests: those of values run side by side, and share the modules that one of them has loaded; those that
 * try the kernel to its limits run one file at a time, because its neighbour table is shared by all namespaces of a
 * machine; of those whose networks are small and that wait much of their time, for a silence to be long enough or for a
 * machine to boot, three run at a time.
 */
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { PlainReporter } from './tools/reporter.ts';

const kernel = [
  'test/world/**/*.test.ts',
  'test/scenarios/**/*.test.ts',
  'test/agreement/**/*.test.ts',
  'test/kernel-behaviour/**/*.test.ts',
  'test/vm/**/*.test.ts',
  'test/host/**/*.test.ts',
  'test/xen/**/*.test.ts',
];

const small = [
  'test/scenarios/**/*.test.ts',
  'test/vm/**/*.test.ts',
  'test/kernel-behaviour/full-kernel.test.ts',
  'test/world/{advertisement,readiness}.test.ts',
];

/** Small files that take long: begun last, they would keep all others waiting. */
const longest = ['test/kernel-behaviour/full-kernel.test.ts', 'test/vm/examples.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.some((name) => moduleId.endsWith(name));
    return (await super.sort(files)).toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

export default defineConfig({
  test: {
    reporters: [new PlainReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'values',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: kernel,
          pool: 'forks',
          maxWorkers: 2,
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'kernel',
          include: kernel,
          exclude: small,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'small-networks',
          include: small,
          pool: 'forks',
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
