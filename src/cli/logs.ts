/** Prints what the services of a machine said: each line with its time, and the service where it is not asked for one. */
import { suggest } from '../diagnostics/suggest.ts';
import { type LogEntry } from '../world/protocol.ts';
import { fault, sayDiagnostics } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { tellUnknownMachine } from './machine-stacks.ts';
import { type LabOptions } from './options.ts';
import { inRunningLab } from './running-world.ts';
import { print } from './terminal.ts';

const lineOf = (entry: LogEntry, isNamed: boolean): string =>
  [
    new Date(entry.at).toISOString(),
    ...(isNamed ? [`${[entry.service, entry.interface].filter((part) => part !== '').join(' ')}:`] : []),
    entry.text,
  ].join(' ');

const tellUnknownService = (machine: string, service: string, known: readonly string[]): void => {
  const near = suggest(service, known);
  const help =
    near === undefined
      ? known.length === 0
        ? `\`${machine}\` runs none`
        : `its services are ${known.join(', ')}`
      : `did you mean \`${near}\`?`;
  sayDiagnostics(fault('unknown-service', `\`${service}\` is no service of \`${machine}\``, help));
};

const printLog = (entries: readonly LogEntry[], service: string | undefined, json: boolean): void => {
  const chosen = entries.filter((entry) => service === undefined || entry.service === service);
  if (json) print(printJson(chosen.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() }))));
  else if (chosen.length > 0) print(chosen.map((entry) => lineOf(entry, service === undefined)).join('\n'));
};

export const logs = async (machine: string, service: string | undefined, options: LabOptions): Promise<number> => {
  return inRunningLab(options, async (world) => {
    const { stacks, services } = await world.status();
    if (!stacks.includes(machine)) {
      tellUnknownMachine(machine, stacks);
      return exitCode.wrongInput;
    }
    const known = [...new Set(services.filter(({ stack }) => stack === machine).map(({ kind }) => kind))].sort();
    if (service !== undefined && !known.includes(service)) {
      tellUnknownService(machine, service, known);
      return exitCode.wrongInput;
    }
    printLog(await world.logs(machine), service, options.json);
    return exitCode.asWished;
  });
};
