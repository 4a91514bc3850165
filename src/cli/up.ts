/**
 * `lanwright up`: starts a world for the lab ahead, so that it is born while the file is read and planned, and then
 * brings the lab up in it. Light, because what it loads stands before that start.
 */
import { type DryRunOptions } from './options.ts';
import { startAhead } from './start-ahead.ts';

export const up = async (options: DryRunOptions): Promise<number> => {
  const ahead = options.dryRun ? undefined : await startAhead(options);
  try {
    const { bringUp } = await import('./bring-up.ts');
    return await bringUp(options, ahead);
  } finally {
    ahead?.abandon();
  }
};
