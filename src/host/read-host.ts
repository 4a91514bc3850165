/** Everything that can be seen of the machine this process runs on, without changing anything. */
import { hostname } from 'node:os';
import { type HostFacts } from '../inspect/host-facts.ts';
import { observeOwn } from './observe-own.ts';
import { readFiles } from './read-files.ts';
import { readKvm } from './read-kvm.ts';
import { readProcesses } from './read-processes.ts';
import { readSwitches } from './read-switches.ts';
import { openSight } from './sight.ts';

export interface HostSettings {
  /** Where trials of KVM are remembered. */
  readonly cacheFolder: string;
  /** A machine of a running lab, looked at from inside. */
  readonly world?: HostFacts['world'];
}

export const readHost = async ({ cacheFolder, world }: HostSettings): Promise<HostFacts> => {
  const sight = openSight();
  const name = world?.machine ?? hostname();
  const own = await observeOwn(name, sight);
  const files = readFiles(sight, world !== undefined);
  const processes = readProcesses(
    sight,
    own.links.some(({ tap }) => tap !== undefined),
  );
  const switches = await readSwitches(sight);
  const kvm = readKvm(sight, cacheFolder);
  return {
    ...{ name, ...own, ...files, processes, switches, kvm },
    ...(world === undefined ? {} : { world }),
    unseen: sight.unseen(),
  };
};
