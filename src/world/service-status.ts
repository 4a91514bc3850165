/** How the services of a world fare: whether they listen, and whether clients were given what they asked for. */
import { type StackDoor } from '../linux/stack-door.ts';
import { readOpenAlerts } from '../services/watcher.ts';
import { type Alert, type LogEntry, type ServiceStatus } from './protocol.ts';
import { alertsFile } from './service-commands.ts';
import { wordsOf } from './service-log.ts';
import { interfaceOfService, type Running, type Services } from './services.ts';

const contentsOf = (door: StackDoor, path: string): string | undefined =>
  door.isLost ? undefined : door.readFiles([path])[0]?.toString('utf8');

type Client = Pick<Running, 'door' | 'command'>;

/** What a client was given, in words. */
export const leaseOf = ({ door, command }: Client): string | undefined =>
  command?.leaseFile === undefined ? undefined : contentsOf(door, command.leaseFile)?.trim();

export const hasLease = (running: Client): boolean => leaseOf(running) !== undefined;

export interface ServedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/** The port that it serves on, where that is what it does. */
export const portOf = ({ service }: Pick<Running, 'service'>): ServedPort | undefined => {
  switch (service.kind) {
    case 'dhcp-server':
    case 'relayed-dhcp-server':
      return { protocol: 'udp', port: 67 };
    case 'dhcp6-server':
    case 'relayed-dhcp6-server':
      return { protocol: 'udp', port: 547 };
    case 'dhcp-relay':
      return { protocol: 'udp', port: service.family === 4 ? 67 : 547 };
    case 'name-server':
    case 'root-server':
      return { protocol: 'udp', port: 53 };
    case 'watcher':
      return { protocol: 'tcp', port: service.port };
    case 'web-server':
      return { protocol: 'tcp', port: service.ports[0] ?? 80 };
    case 'time-server':
      return { protocol: 'udp', port: 123 };
    case 'mail-server':
      return { protocol: 'tcp', port: 25 };
    case 'file-server':
      return { protocol: 'tcp', port: 445 };
    default:
      return undefined;
  }
};

/** Whether a server has opened its port: a request before that would be lost, and repeated only a second later. */
export const isListening = (running: Running): boolean => {
  const { door, daemon } = running;
  const { protocol, port } = portOf(running) ?? { protocol: 'udp', port: 0 };
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return [protocol, `${protocol}6`].some(
    (table) => contentsOf(door, `/proc/${daemon?.pid}/net/${table}`)?.includes(local) === true,
  );
};

/** A guest may be busy with its own start. */
const readyPatienceMs = { namespace: 3000, guest: 30_000 } as const;

export const untilServersListen = async (services: Services): Promise<void> => {
  const servers = services.running.filter((running) => portOf(running) !== undefined);
  const startedAt = Date.now();
  const isOver = (server: Running): boolean =>
    server.ended || Date.now() - startedAt > readyPatienceMs[server.door.kind] || isListening(server);
  let open = servers.filter((server) => !isOver(server));
  while (open.length > 0) {
    // To look is work for a guest, which has enough of that.
    const pauseMs = open.some(({ door }) => door.kind === 'namespace') ? 5 : 250;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    open = open.filter((server) => !isOver(server));
  }
};

const stateOf = (running: Running): ServiceStatus['state'] => {
  if (running.ended || running.door.isLost) return 'failed';
  if (running.command?.leaseFile === undefined) return 'running';
  return hasLease(running) ? 'settled' : 'waiting';
};

const lostMachine = 'its machine does not answer any more';

const failureOf = ({ door, log }: Running): string => (door.isLost ? lostMachine : wordsOf(log).slice(-3).join('; '));

export const statusOf = (services: Services): readonly ServiceStatus[] =>
  services.running.map((running) => {
    const state = stateOf(running);
    const lease = state === 'settled' ? (leaseOf(running) ?? '') : '';
    return {
      stack: running.stack,
      kind: running.service.kind,
      interface: interfaceOfService(running.service),
      state,
      detail: state === 'failed' ? failureOf(running) : lease,
      pid: running.daemon?.pid ?? 0,
    };
  });

/** Of all watchers, those that wait longest first. */
export const alertsOf = (services: Services): readonly Alert[] =>
  services.running
    .flatMap(({ stack, door, service }) =>
      service.kind !== 'watcher'
        ? []
        : readOpenAlerts(contentsOf(door, alertsFile(stack)) ?? '').map(({ machine, silentSince }) => ({
            machine,
            by: stack,
            silentSince: new Date(silentSince * 1000).toISOString(),
          })),
    )
    .sort((a, b) => a.silentSince.localeCompare(b.silentSince));

/** What the services of a stack said, in the order in which they said it. */
export const logsOf = (services: Services, stack: string): readonly LogEntry[] =>
  services.running
    .filter((running) => running.stack === stack)
    .flatMap(({ service, log }) =>
      log.lines.map(({ at, text }) => ({ service: service.kind, interface: interfaceOfService(service), at, text })),
    )
    .sort((a, b) => a.at - b.at);
