/** Shows what this machine's network is made of and by whom; or that of a machine of a running lab. Changes nothing. */
import { cacheFolder } from '../images/places.ts';
import { readHost } from '../host/read-host.ts';
import { inspectHost } from '../inspect/inspect-host.ts';
import { enterArguments } from '../run/enter-world.ts';
import { runAttached } from '../run/run-attached.ts';
import { complain, fault, noSources } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { inspectionToJson } from './inspection-json.ts';
import { tellUnknownMachine } from './machine-stacks.ts';
import { type CommonOptions } from './options.ts';
import { printInspection } from './print-inspection.ts';
import { printJson } from './json.ts';
import { inWorldOf } from './running-world.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

export interface InspectOptions extends Omit<CommonOptions, 'strict'> {
  /** `LAB/MACHINE`: this process was started inside that machine's stack. */
  readonly inside?: string;
}

const here = async ({ json, inside }: InspectOptions): Promise<number> => {
  const [lab, machine] = inside?.split('/') ?? [];
  const world = lab === undefined || machine === undefined ? {} : { world: { lab, machine } };
  const found = inspectHost(await readHost({ cacheFolder: cacheFolder(), ...world }));
  if (json) print(printJson(inspectionToJson(found)));
  else print(printInspection(found, { width: widthOf(), paint: painter(hasColour()) }));
  return exitCode.asWished;
};

const insideMachine = async (lab: string, machine: string, options: InspectOptions): Promise<number> => {
  return inWorldOf(lab, { json: options.json, lab }, async (world) => {
    const { pid, stacks, machines } = await world.status();
    world.close();
    if (!stacks.includes(machine)) {
      tellUnknownMachine(machine, stacks);
      return exitCode.wrongInput;
    }
    if (machines.some((it) => it.machine === machine && it.hardware !== null)) {
      const message = `\`${machine}\` is a virtual machine: its kernel is not this one`;
      complain(fault('not-a-namespace', message, 'lanwright state --observed'), noSources, options);
      return exitCode.environmentCannot;
    }
    const [program = ''] = process.argv.slice(1);
    const command = [process.execPath, program, 'inspect-inside', `${lab}/${machine}`];
    return runAttached(enterArguments(pid, machine, options.json ? [...command, '--json'] : command));
  });
};

export const inspect = (
  lab: string | undefined,
  machine: string | undefined,
  options: InspectOptions,
): Promise<number> => {
  if (lab === undefined) return here(options);
  if (machine !== undefined) return insideMachine(lab, machine, options);
  complain(
    fault(
      'no-machine',
      `\`inspect ${lab}\` names no machine`,
      `lanwright inspect ${lab} MACHINE, or without both for this machine`,
    ),
    noSources,
    options,
  );
  return Promise.resolve(exitCode.wrongInput);
};
