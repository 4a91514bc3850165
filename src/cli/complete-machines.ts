/** Names for completion scripts, one a line: machines of the running labs or of one, or the labs. Silent when there is none. */
import { listWorlds, worldOf } from '../world/client.ts';
import { exitCode } from './exit-code.ts';
import { isMachineStack } from './machine-stacks.ts';
import { print } from './terminal.ts';

const machinesOf = async (lab: string): Promise<readonly string[]> => {
  const world = await worldOf(lab);
  try {
    return (await world?.status())?.stacks.filter(isMachineStack) ?? [];
  } finally {
    world?.close();
  }
};

export const completeMachines = async (options: { readonly lab?: string; readonly labs: boolean }): Promise<number> => {
  if (options.labs) {
    print(listWorlds().join('\n'));
    return exitCode.asWished;
  }
  const { lab } = options;
  const labs = lab === undefined ? listWorlds() : [lab];
  const names = await Promise.all(labs.map(machinesOf));
  print([...new Set(names.flat())].sort().join('\n'));
  return exitCode.asWished;
};
