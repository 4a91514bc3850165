/** What a lab file says beside the lab that runs under its name. */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { planChanges } from '../plan/plan-changes.ts';
import { type World } from '../world/client.ts';
import { type LoadedDesign } from './load-design.ts';

/** A file that changed since `up` is compared with a lab that it does not describe: told, and too much where machines lack. */
export const compareWithRunning = async (
  { lab, lowered, file }: LoadedDesign,
  world: World,
): Promise<Diagnostic | undefined> => {
  const { steps } = planChanges(await world.observe(), lowered.state);
  if (steps.length === 0) return undefined;
  const running = new Set((await world.status()).stacks);
  const missing = Object.keys(lab.machines).filter((name) => !running.has(name));
  const apart = `${steps.length} ${steps.length === 1 ? 'change' : 'changes'} apart`;
  const lacks = missing.length === 0 ? '' : `, without ${missing.map((name) => `\`${name}\``).join(', ')}`;
  return {
    code: 'lab-differs',
    severity: missing.length === 0 ? 'warning' : 'error',
    message: `the running lab is not what \`${file}\` says: ${apart}${lacks}`,
    help: `lanwright up ${file}`,
  };
};
