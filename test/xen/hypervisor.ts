/** A real Xen under emulation, in a bed of its own: scripts are run by dom0, and are over before the next. */
import { openBed } from '../agreement/bed/bed.ts';
import { prepareHypervisor } from './dom0-archive.ts';
import { type ScriptAnswer } from './hypervisor-words.ts';

export interface Hypervisor {
  readonly ask: (script: string) => Promise<ScriptAnswer>;
  /** What the script wrote; it has to succeed. */
  readonly run: (script: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export const openHypervisor = async (): Promise<Hypervisor> => {
  process.env['HYPERVISOR_BOOT'] = JSON.stringify(await prepareHypervisor());
  const bed = await openBed<string, ScriptAnswer>(new URL('./hypervisor-process.ts', import.meta.url));
  return {
    ...bed,
    run: async (script) => {
      const { status, output } = await bed.ask(script);
      if (status !== 0) throw new Error(`dom0 says (${status}):\n${output}\n--- of\n${script}`);
      return output;
    },
  };
};
