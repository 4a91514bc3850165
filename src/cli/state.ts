/**
 * Prints a network state as JSON: what the file asks for, with `--observed` what the kernel of its lab holds, or with
 * `--live` that of this machine, which is only looked at.
 */
import { readLive } from '../host/read-live.ts';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { loadNetwork, type NetworkOptions } from './load-network.ts';
import { inWorldOf } from './running-world.ts';
import { print } from './terminal.ts';

export interface StateOptions extends NetworkOptions {
  readonly observed: boolean;
  readonly live: boolean;
}

const printLive = async (): Promise<number> => {
  const { state: seen, unseen } = await readLive();
  sayDiagnostics(
    unseen.map(({ what, why }): Diagnostic => ({
      ...{ code: 'not-seen', severity: 'note', message: `${what}: ${why}` },
    })),
  );
  print(JSON.stringify(seen, null, 2));
  return exitCode.asWished;
};

export const state = async (options: StateOptions): Promise<number> => {
  if (options.live) return printLive();
  const loaded = await loadNetwork(options);
  if (typeof loaded === 'number') return loaded;
  if (!options.observed || loaded.isImported) {
    print(JSON.stringify(loaded.lowered.state, null, 2));
    return exitCode.asWished;
  }
  return inWorldOf(loaded.lab.name, options, async (world) => {
    print(JSON.stringify(await world.observe(), null, 2));
    return exitCode.asWished;
  });
};
