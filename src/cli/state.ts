/** Prints a network state as JSON: what the file asks for, or with `--observed` what the kernel holds. */
import { worldOf } from '../world/client.ts';
import { exitCode } from './exit-code.ts';
import { tellNotRunning } from './find-lab.ts';
import { loadNetwork, type NetworkOptions } from './load-network.ts';
import { print } from './terminal.ts';

export const state = async (options: NetworkOptions & { readonly observed: boolean }): Promise<number> => {
  const loaded = await loadNetwork(options);
  if (typeof loaded === 'number') return loaded;
  if (!options.observed || loaded.isImported) {
    print(JSON.stringify(loaded.lowered.state, null, 2));
    return exitCode.asWished;
  }
  const world = await worldOf(loaded.lab.name);
  if (world === undefined) {
    tellNotRunning(loaded.lab.name, options);
    return exitCode.environmentCannot;
  }
  try {
    print(JSON.stringify(await world.observe(), null, 2));
    return exitCode.asWished;
  } finally {
    world.close();
  }
};
