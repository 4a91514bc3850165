/**
 * The service processes of a world: started in their stack, ended with it. Their files live below /run of the world, and
 * of the guest where the stack is one.
 */
import { doorOf, type Kernel } from '../linux/kernel.ts';
import { type Daemon, type FileToWrite, type StackDoor } from '../linux/stack-door.ts';
import { dnsmasqConfig } from '../services/dnsmasq.ts';
import { radvdConfig } from '../services/radvd.ts';
import { sameValue } from '../plan/compare.ts';
import { type DhcpClient, type Service } from '../state/service.ts';
import { dhcpScript } from './dhcp-script.ts';
import { type ServiceStatus } from './protocol.ts';
import { answerOn, type Responding } from './responder.ts';

const folder = '/run/lanwright';

export interface Running {
  readonly stack: string;
  readonly service: Service;
  readonly door: StackDoor;
  daemon: Daemon | undefined;
  readonly responding: Responding | undefined;
  /** Written by the DHCP client's script when it has a lease. */
  readonly leaseFile: string | undefined;
  readonly words: string[];
  ended: boolean;
}

export interface Services {
  readonly running: Running[];
  /** File systems that have the script of DHCP clients: guests' by their doors, and the world's own. */
  readonly scripted: Set<StackDoor | 'world'>;
}

export const noServices = (): Services => ({ running: [], scripted: new Set() });

const nameOf = (stack: string, service: Service): string =>
  `${service.kind}-${stack}-${service.kind === 'responder' ? service.port : service.interface}`;

const clientArgv = (
  client: DhcpClient,
  leaseFile: string,
): { argv: string[]; environment: Record<string, string> } => ({
  argv: [
    'udhcpc', '--foreground', '--interface', client.interface, '--script', `${folder}/dhcp-script`,
    '-x', `hostname:${client.hostname}`, '--retries', '3', '--timeout', '1', '--tryagain', '2',
  ], // prettier-ignore
  environment: { LANWRIGHT_LEASE: leaseFile, LANWRIGHT_METRIC: String(client.metric) },
});

interface Command {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly files: readonly FileToWrite[];
  readonly leaseFile?: string;
}

const commandOf = (stack: string, service: Service): Command | undefined => {
  const path = `${folder}/${nameOf(stack, service)}`;
  switch (service.kind) {
    case 'dhcp-server':
      return {
        argv: ['dnsmasq', '--no-daemon', `--conf-file=${path}.conf`],
        environment: {},
        files: [{ path: `${path}.conf`, contents: dnsmasqConfig(service, `${path}.leases`) }],
      };
    case 'router-advertiser':
      return {
        argv: ['radvd', '--nodaemon', '--config', `${path}.conf`, '--pidfile', `${path}.pid`, '--logmethod', 'stderr'],
        environment: {},
        files: [{ path: `${path}.conf`, contents: radvdConfig(service), mode: 0o600 }],
      };
    case 'dhcp-client':
      return { ...clientArgv(service, `${path}.lease`), files: [], leaseFile: `${path}.lease` };
    case 'responder':
      return undefined;
  }
};

const giveScript = ({ scripted }: Services, door: StackDoor): void => {
  const place = door.kind === 'guest' ? door : 'world';
  if (scripted.has(place)) return;
  door.writeFiles([{ path: `${folder}/dhcp-script`, contents: dhcpScript, mode: 0o755 }]);
  scripted.add(place);
};

const wordsKept = 20;

/** Starts a service in its stack. That it could not be started shows in its status. */
export const startService = (kernel: Kernel, services: Services, stack: string, service: Service): void => {
  const door = doorOf(kernel, stack);
  const command = commandOf(stack, service);
  const running: Running = {
    stack,
    service,
    door,
    daemon: undefined,
    responding: service.kind === 'responder' ? answerOn(kernel, stack, service.port) : undefined,
    leaseFile: command?.leaseFile,
    words: [],
    ended: false,
  };
  services.running.push(running);
  if (command === undefined) return;
  if (command.leaseFile !== undefined) {
    giveScript(services, door);
    door.removeFiles([command.leaseFile]);
  }
  if (command.files.length > 0) door.writeFiles(command.files);
  running.daemon = door.start(command.argv, command.environment, {
    output: (text) => {
      running.words.push(...text.split('\n').filter((line) => line.trim() !== ''));
      running.words.splice(0, Math.max(0, running.words.length - wordsKept));
    },
    ended: (how) => {
      running.ended = true;
      running.words.push(how);
    },
  });
};

const end = (running: Running): void => {
  running.responding?.close();
  running.daemon?.kill();
};

/** Takes back what a DHCP client's lease made: the address would stand in the way of a configured one. */
const giveUpLease = ({ door, service, leaseFile }: Running): void => {
  if (service.kind !== 'dhcp-client' || leaseFile === undefined) return;
  const { environment } = clientArgv(service, leaseFile);
  door.runNow([`${folder}/dhcp-script`, 'deconfig'], { interface: service.interface, ...environment });
};

const take = (services: Services, stack: string, service: Service): Running | undefined => {
  const index = services.running.findIndex((running) => running.stack === stack && sameValue(running.service, service));
  const [running] = index < 0 ? [] : services.running.splice(index, 1);
  return running;
};

export const stopService = (services: Services, stack: string, service: Service): void => {
  const running = take(services, stack, service);
  if (running === undefined) return;
  end(running);
  giveUpLease(running);
};

/** Ends what runs in a stack that is about to go, with all that is in it. */
export const stopStack = (services: Services, stack: string): void => {
  for (const running of services.running.filter((it) => it.stack === stack)) {
    take(services, stack, running.service);
    end(running);
  }
};

/** Services of a stack that have not ended by themselves: one that died is not there, and is started anew by `up`. */
export const servicesOf = (services: Services, stack: string): readonly Service[] =>
  services.running.filter((running) => running.stack === stack && !running.ended).map(({ service }) => service);

const contentsOf = (door: StackDoor, path: string): string | undefined =>
  door.isLost ? undefined : door.readFiles([path])[0]?.toString('utf8');

/** What a DHCP client was given, in words. */
export const leaseOf = ({ door, leaseFile }: Pick<Running, 'door' | 'leaseFile'>): string | undefined =>
  leaseFile === undefined ? undefined : contentsOf(door, leaseFile)?.trim();

export const hasLease = (running: Pick<Running, 'door' | 'leaseFile'>): boolean => leaseOf(running) !== undefined;

const DHCP_SERVER_PORT_HEX = '0043';

/** Whether a DHCP server has opened its port: a request before that would be lost, and repeated only a second later. */
export const isListening = ({ door, daemon }: Running): boolean =>
  contentsOf(door, `/proc/${daemon?.pid}/net/udp`)?.includes(`:${DHCP_SERVER_PORT_HEX} `) === true;

const readyPatienceMs = 3000;

export const untilServersListen = async (services: Services): Promise<void> => {
  const servers = services.running.filter(({ service }) => service.kind === 'dhcp-server');
  for (const deadline = Date.now() + readyPatienceMs; Date.now() < deadline;) {
    if (servers.every((server) => server.ended || isListening(server))) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Forgets services that ended by themselves, so that they can be started again. */
export const forgetEnded = (services: Services): void => {
  for (const running of services.running.filter(({ ended }) => ended))
    services.running.splice(services.running.indexOf(running), 1);
};

const stateOf = (running: Running): ServiceStatus['state'] => {
  if (running.ended) return 'failed';
  if (running.service.kind !== 'dhcp-client') return 'running';
  return hasLease(running) ? 'settled' : 'waiting';
};

export const statusOf = (services: Services): readonly ServiceStatus[] =>
  services.running.map((running) => {
    const state = stateOf(running);
    const lease = state === 'settled' ? (leaseOf(running) ?? '') : '';
    return {
      stack: running.stack,
      kind: running.service.kind,
      interface: running.service.kind === 'responder' ? '' : running.service.interface,
      state,
      detail: state === 'failed' ? running.words.slice(-3).join('; ') : lease,
      pid: running.daemon?.pid ?? 0,
    };
  });
