/** Lists the running labs, or says how one of them fares. */
import { listWorlds, worldOf } from '../world/client.ts';
import { type WorldStatus } from '../world/protocol.ts';
import { exitCode } from './exit-code.ts';
import { findLab } from './find-lab.ts';
import { printJson } from './json.ts';
import { type LabOptions } from './options.ts';
import { printTable } from './table.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

const statusOf = async (lab: string): Promise<WorldStatus | undefined> => {
  const world = await worldOf(lab);
  try {
    return await world?.status();
  } finally {
    world?.close();
  }
};

const inMiB = (bytes: number): string => `${(bytes / 1048576).toFixed(0)} MiB`;
const shape = (): { readonly width: number; readonly paint: ReturnType<typeof painter> } => ({
  width: widthOf(),
  paint: painter(hasColour()),
});

const listAll = async (json: boolean): Promise<number> => {
  const all = await Promise.all(listWorlds().map(statusOf));
  const running = all.filter((status) => status !== undefined);
  const columns = ['LAB', 'STACKS', 'SERVICES', 'PID', 'MEMORY', 'FILE'].map((heading) => ({ heading }));
  const rows = running.map(({ lab, stacks, services, pid, residentBytes, file }) => [
    lab,
    String(stacks.length),
    String(services.length),
    String(pid),
    inMiB(residentBytes),
    file,
  ]);
  if (json) print(printJson(running.map((status) => ({ running: true, ...status }))));
  else print(rows.length === 0 ? 'no lab is running' : printTable(columns, rows, shape()));
  return exitCode.asWished;
};

const printServices = ({ services }: WorldStatus): string => {
  const columns = ['MACHINE', 'NIC', 'SERVICE', 'STATE', 'DETAIL'].map((heading) => ({ heading }));
  const rows = services.map((service) => [
    service.stack,
    service.interface,
    service.kind,
    service.state,
    service.detail,
  ]);
  return rows.length === 0 ? '' : printTable(columns, rows, shape());
};

const printShortfalls = ({ shortfalls }: WorldStatus): string => {
  const columns = ['NOT READY', 'NIC', 'STAGE', 'DETAIL'].map((heading) => ({ heading }));
  const rows = shortfalls.map((it) => [it.stack, it.interface, it.stage, it.detail]);
  return rows.length === 0 ? '' : printTable(columns, rows, shape());
};

const printAlerts = ({ alerts }: WorldStatus): string => {
  const columns = ['ALERT', 'SILENT SINCE', 'WATCHED BY'].map((heading) => ({ heading }));
  const rows = alerts.map(({ machine, silentSince, by }) => [machine, silentSince.replace('.000Z', 'Z'), by]);
  return rows.length === 0 ? '' : printTable(columns, rows, shape());
};

const printMachines = ({ machines }: WorldStatus): string => {
  const columns = ['VIRTUAL MACHINE', 'STATE', 'PID', 'MEMORY', 'BY', 'DETAIL'].map((heading) => ({ heading }));
  const rows = machines.map(({ machine, state, pid, hardware, accelerator, detail }) => [
    machine,
    state,
    pid === 0 ? '' : String(pid),
    hardware === null ? '' : `${hardware.memoryMebibytes} MiB`,
    accelerator,
    detail,
  ]);
  return rows.length === 0 ? '' : printTable(columns, rows, shape());
};

const printOne = (status: WorldStatus): string => {
  const { lab, file, pid, stacks, stopped, residentBytes } = status;
  const head = [
    `\`${lab}\` runs ${file}`,
    `supervisor ${pid}, ${inMiB(residentBytes)}; ${stacks.length} network stacks: ${stacks.join(', ')}`,
    ...(stopped.length === 0 ? [] : [`stopped: ${stopped.join(', ')}`]),
  ].join('\n');
  return [head, printAlerts(status), printMachines(status), printServices(status), printShortfalls(status)]
    .filter((part) => part !== '')
    .join('\n\n');
};

export const status = async (options: LabOptions): Promise<number> => {
  if (options.lab === undefined && options.file === undefined) return listAll(options.json);
  const lab = await findLab(options);
  if (typeof lab === 'number') return lab;
  const found = await statusOf(lab);
  if (found === undefined) {
    print(options.json ? printJson({ lab, running: false }) : `\`${lab}\` is not running`);
    return exitCode.no;
  }
  print(options.json ? printJson({ running: true, ...found }) : printOne(found));
  const isTroubled =
    found.alerts.length > 0 ||
    found.services.some(({ state }) => state === 'failed') ||
    found.machines.some(({ state }) => state === 'ended' || state === 'silent');
  return isTroubled ? exitCode.no : exitCode.asWished;
};
