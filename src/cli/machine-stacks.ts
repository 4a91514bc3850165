/** Which stacks of a lab are machines to a person: all but the switches that stand for networks outside. */
import { suggest } from '../diagnostics/suggest.ts';
import { fault, sayDiagnostics } from './complain.ts';

export const isMachineStack = (stack: string): boolean => !stack.startsWith('switch-');

/** A name on the command line that no machine of the running lab has. */
export const tellUnknownMachine = (machine: string, stacks: readonly string[]): void => {
  const near = suggest(machine, stacks);
  const help =
    near === undefined ? `the machines are ${stacks.filter(isMachineStack).join(', ')}` : `did you mean \`${near}\`?`;
  sayDiagnostics(fault('unknown-machine', `\`${machine}\` is no machine of the running lab`, help));
};
