/** Ends a running lab; nothing of it is left. A lab that does not run is as wished already. */
import { listWorlds, worldOf } from '../world/client.ts';
import { type WorldStatus } from '../world/protocol.ts';
import { exitCode } from './exit-code.ts';
import { findLab } from './find-lab.ts';
import { printJson } from './json.ts';
import { type LabOptions } from './options.ts';
import { print, say } from './terminal.ts';

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const describe = ({ stacks, services, pid }: WorldStatus): string =>
  `${count(stacks.length, 'network stack')}, ${count(services.length, 'service')}, supervisor ${pid}`;

export const down = async (options: LabOptions & { readonly force: boolean }): Promise<number> => {
  const lab = await findLab(options);
  if (typeof lab === 'number') return lab;
  const world = await worldOf(lab);
  if (world === undefined) {
    const others = listWorlds();
    const hint = others.length === 0 ? '' : `; running: ${others.join(', ')}`;
    print(options.json ? printJson({ lab, ended: false }) : `\`${lab}\` is not running${hint}`);
    return exitCode.asWished;
  }
  try {
    const status = await world.status();
    if (!options.dryRun) await world.down({ isForced: options.force, onNews: say });
    const text = options.dryRun
      ? `would end \`${lab}\`: ${describe(status)}`
      : `\`${lab}\` is down: ${describe(status)}`;
    print(options.json ? printJson({ lab, ended: !options.dryRun, pid: status.pid, stacks: status.stacks }) : text);
    return exitCode.asWished;
  } finally {
    world.close();
  }
};
