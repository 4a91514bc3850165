/** What runs in a scenario bed. */
import { openKernel } from '../../../src/linux/kernel.ts';
import { noMachines } from '../../../src/machines/machine-table.ts';
import { noServices } from '../../../src/world/services.ts';
import { type Site } from '../../../src/world/site.ts';
import { serveBed } from '../bed/serve-bed.ts';
import { carryOutAction } from './actions.ts';
import { type Action, type Result } from './scenario.ts';

serveBed(() => {
  const site: Site = { kernel: openKernel(), services: noServices(), machines: noMachines() };
  return async (actions: readonly Action[]): Promise<readonly Result[]> => {
    const results: Result[] = [];
    for (const action of actions) results.push(await carryOutAction(site, action));
    return results;
  };
});
