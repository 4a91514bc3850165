/** Shows the serial console of a virtual machine on this terminal; ctrl-] leaves it as it is. */
import { attach } from './attach.ts';
import { fault, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { tellUnknownMachine } from './machine-stacks.ts';
import { type LabOptions } from './options.ts';
import { inRunningLab } from './running-world.ts';
import { say } from './terminal.ts';

/** Ctrl-], as telnet(1) and virsh(1) have it. */
const leaveKey = 0x1d;

export const consoleOf = async (machine: string, options: LabOptions): Promise<number> => {
  const found = { ...options, json: false };
  return inRunningLab(found, async (world, lab) => {
    const { stacks, machines } = await world.status();
    if (!machines.some((it) => it.machine === machine && it.hardware !== null)) {
      if (stacks.includes(machine))
        sayDiagnostics(
          fault(
            'no-console',
            `\`${machine}\` is a network namespace, which has no console`,
            `lanwright exec --lab ${lab} ${machine}`,
          ),
        );
      else tellUnknownMachine(machine, stacks);
      return exitCode.wrongInput;
    }
    if (process.stdin.isTTY) say(`console of ${machine}; ctrl-] leaves`);
    return await attach(world, { op: 'console', machine }, { leaveKey });
  });
};
