/**
 * Two kinds of tests: those of values run side by side; those that build networks run one file at a time, because the
 * kernel's neighbour table is shared by all namespaces of a machine.
 */
import { defineConfig } from 'vitest/config';
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

export default defineConfig({
  test: {
    reporters: [new PlainReporter()],
    projects: [
      {
        test: {
          name: 'values',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: kernel,
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'kernel',
          include: kernel,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
