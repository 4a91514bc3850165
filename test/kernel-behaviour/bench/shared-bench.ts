/** One bench for all tests of a file, opened before the first and closed after the last. */
import { afterAll, beforeAll } from 'vitest';
import { openBench, type Bench } from './bench.ts';

export const sharedBench = (): Bench => {
  let bench: Bench | undefined;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(() => bench?.close());
  const opened = (): Bench => {
    if (bench === undefined) throw new Error('the bench is not open yet');
    return bench;
  };
  return {
    ask: (question) => opened().ask(question),
    lay: (state) => opened().lay(state),
    change: (state) => opened().change(state),
    close: () => opened().close(),
  };
};
