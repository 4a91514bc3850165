/**
 * The service processes of a world: started in their stack, ended with it. Their files live in the world's own /run.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { within, type Kernel } from '../linux/kernel.ts';
import { dnsmasqConfig } from '../services/dnsmasq.ts';
import { radvdConfig } from '../services/radvd.ts';
import { sameValue } from '../plan/compare.ts';
import { type DhcpClient, type Service } from '../state/service.ts';
import { dhcpScript } from './dhcp-script.ts';
import { type ServiceStatus } from './protocol.ts';
import { answerOn, type Responding } from './responder.ts';

const folder = '/run/lanwright';

interface Running {
  readonly stack: string;
  readonly service: Service;
  readonly child: ChildProcess | undefined;
  readonly responding: Responding | undefined;
  /** Written by the DHCP client's script when it has a lease. */
  readonly leaseFile: string | undefined;
  readonly words: string[];
  ended: boolean;
}

export interface Services {
  readonly running: Running[];
}

export const noServices = (): Services => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/dhcp-script`, dhcpScript, { mode: 0o755 });
  return { running: [] };
};

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

const commandOf = (
  stack: string,
  service: Service,
): { argv: string[]; environment: Record<string, string>; leaseFile?: string } | undefined => {
  const path = `${folder}/${nameOf(stack, service)}`;
  switch (service.kind) {
    case 'dhcp-server':
      writeFileSync(`${path}.conf`, dnsmasqConfig(service, `${path}.leases`));
      return { argv: ['dnsmasq', '--no-daemon', `--conf-file=${path}.conf`], environment: {} };
    case 'router-advertiser':
      writeFileSync(`${path}.conf`, radvdConfig(service), { mode: 0o600 });
      return {
        argv: ['radvd', '--nodaemon', '--config', `${path}.conf`, '--pidfile', `${path}.pid`, '--logmethod', 'stderr'],
        environment: {},
      };
    case 'dhcp-client':
      return { ...clientArgv(service, `${path}.lease`), leaseFile: `${path}.lease` };
    case 'responder':
      return undefined;
  }
};

const keepWords = (child: ChildProcess, words: string[]): void => {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      words.push(...text.split('\n').filter((line) => line.trim() !== ''));
      words.splice(0, Math.max(0, words.length - 20));
    });
  }
};

/** Starts a service in its stack. That it could not be started shows in its status. */
export const startService = (kernel: Kernel, services: Services, stack: string, service: Service): void => {
  const words: string[] = [];
  const command = commandOf(stack, service);
  if (command === undefined) {
    const responding = service.kind === 'responder' ? answerOn(kernel, stack, service.port) : undefined;
    services.running.push({ stack, service, child: undefined, responding, leaseFile: undefined, words, ended: false });
    return;
  }
  if (command.leaseFile !== undefined) rmSync(command.leaseFile, { force: true });
  const [program = '', ...rest] = command.argv;
  const child = within(kernel, stack, () =>
    spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...command.environment },
    }),
  );
  const running: Running = {
    stack,
    service,
    child,
    responding: undefined,
    leaseFile: command.leaseFile,
    words,
    ended: false,
  };
  keepWords(child, words);
  child.on('error', (error: NodeJS.ErrnoException) => {
    running.ended = true;
    words.push(error.code === 'ENOENT' ? `there is no program \`${program}\`` : error.message);
  });
  child.on('exit', (status, signal) => {
    running.ended = true;
    words.push(`ended with ${signal ?? `exit status ${status}`}`);
  });
  services.running.push(running);
};

const end = (running: Running): void => {
  running.responding?.close();
  running.child?.removeAllListeners('exit');
  running.child?.kill('SIGKILL');
};

/** Takes back what a DHCP client's lease made: the address would stand in the way of a configured one. */
const giveUpLease = (kernel: Kernel, { stack, service, leaseFile }: Running): void => {
  if (service.kind !== 'dhcp-client' || leaseFile === undefined) return;
  const { environment } = clientArgv(service, leaseFile);
  const env = { PATH: process.env['PATH'] ?? '', interface: service.interface, ...environment };
  within(kernel, stack, () => spawnSync(`${folder}/dhcp-script`, ['deconfig'], { stdio: 'ignore', cwd: '/', env }));
};

const take = (services: Services, stack: string, service: Service): Running | undefined => {
  const index = services.running.findIndex((running) => running.stack === stack && sameValue(running.service, service));
  const [running] = index < 0 ? [] : services.running.splice(index, 1);
  return running;
};

export const stopService = (kernel: Kernel, services: Services, stack: string, service: Service): void => {
  const running = take(services, stack, service);
  if (running === undefined) return;
  end(running);
  giveUpLease(kernel, running);
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

export const hasLease = (running: { readonly leaseFile: string | undefined }): boolean =>
  running.leaseFile !== undefined && existsSync(running.leaseFile);

const DHCP_SERVER_PORT_HEX = '0043';

/** Whether a DHCP server has opened its port: a request before that would be lost, and repeated only a second later. */
const isListening = (running: Running): boolean => {
  try {
    return readFileSync(`/proc/${running.child?.pid}/net/udp`, 'utf8').includes(`:${DHCP_SERVER_PORT_HEX} `);
  } catch {
    return false;
  }
};

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
    const lease =
      state === 'settled' && running.leaseFile !== undefined ? readFileSync(running.leaseFile, 'utf8').trim() : '';
    return {
      stack: running.stack,
      kind: running.service.kind,
      interface: running.service.kind === 'responder' ? '' : running.service.interface,
      state,
      detail: state === 'failed' ? running.words.slice(-3).join('; ') : lease,
      pid: running.child?.pid ?? 0,
    };
  });
