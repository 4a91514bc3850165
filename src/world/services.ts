/**
 * The service processes of a world: started in their stack, started again when they end by themselves, ended with their
 * stack. Their files live below /run of the world, and of the guest where the stack is one.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { doorOf, type Kernel } from '../linux/kernel.ts';
import { type Daemon, type StackDoor } from '../linux/stack-door.ts';
import { sameValue } from '../plan/compare.ts';
import { type Secrets } from '../services/named.ts';
import { isOnInterface, type NameServer, type RootServer, type Service } from '../state/service.ts';
import { nameProgram } from './name-programs.ts';
import { layResolverFile, type Resolvers } from './resolver-files.ts';
import { type Command } from './command.ts';
import { withdrawRoutes } from './router-messages.ts';
import { answerOn, type Responding } from './responder.ts';
import { commandOf, dhcp6ScriptPath, dhcpScriptPath, filesOfService, sharedScripts } from './service-commands.ts';
import { hear, newLog, note, type ServiceLog } from './service-log.ts';
import { asServed, type ServedZones } from './served-zones.ts';

export interface Running {
  readonly stack: string;
  service: Service;
  readonly door: StackDoor;
  readonly command: Command | undefined;
  daemon: Daemon | undefined;
  readonly responding: Responding | undefined;
  readonly log: ServiceLog;
  /** It ended by itself, and does not run. */
  ended: boolean;
  startedAt: number;
  /** How often it ended soon after it was started, one time after the other. */
  failures: number;
  restart: NodeJS.Timeout | undefined;
  /** Zones that it was not seen to serve as they are to be. */
  lacks: readonly string[];
}

export interface Services {
  readonly running: Running[];
  /** File systems that have the scripts that all share: guests' by their doors, and the world's own. */
  readonly scripted: Set<StackDoor | 'world'>;
  readonly resolvers: Resolvers;
  readonly served: ServedZones;
  /** Of keys by their names: made for this world, and never written but for those who sign with them. */
  readonly secrets: Secrets;
}

const newSecrets = (): Secrets => {
  const own = randomBytes(32);
  return (name) => createHmac('sha256', own).update(name).digest('base64');
};

export const noServices = (): Services => ({
  running: [],
  scripted: new Set(),
  resolvers: new Map(),
  served: new Map(),
  secrets: newSecrets(),
});

const giveScripts = ({ scripted }: Services, door: StackDoor): void => {
  const place = door.kind === 'guest' ? door : 'world';
  if (scripted.has(place)) return;
  door.writeFiles(sharedScripts);
  scripted.add(place);
};

/** Who lives that long was not started in vain. */
const soonMs = 5000;
const mostFailures = 5;
const firstPauseMs = 100;

const tooOften = 'it is not started again: it ended too often';

/** One that ends at once again and again has a reason that starting it does not mend. */
const startAgain = (running: Running): void => {
  running.failures = Date.now() - running.startedAt > soonMs ? 1 : running.failures + 1;
  if (running.failures > mostFailures || running.door.isLost) {
    note(running.log, tooOften);
    return;
  }
  running.restart = setTimeout(
    () => {
      running.restart = undefined;
      note(running.log, 'it is started again');
      startProcess(running);
    },
    firstPauseMs * 2 ** (running.failures - 1),
  );
};

const startProcess = (running: Running): void => {
  const { command, door, log } = running;
  if (command === undefined) return;
  running.startedAt = Date.now();
  running.ended = false;
  try {
    running.daemon = door.start(command.argv, command.environment, {
      output: (text) => hear(log, text),
      ended: (how) => {
        running.ended = true;
        note(log, how);
        startAgain(running);
      },
    });
  } catch (error) {
    running.ended = true;
    note(log, (error as Error).message);
  }
};

const setsResolver = (service: Service): boolean =>
  service.kind === 'advertised-resolver' || (service.kind === 'dhcp-client' && service.setsResolver === true);

/** Starts a service in its stack. That it could not be started shows in its status. */
export const startService = (kernel: Kernel, services: Services, stack: string, service: Service): void => {
  const door = doorOf(kernel, stack);
  const command = commandOf(door, stack, asServed(services.served, service), services.secrets);
  const running: Running = {
    stack,
    service,
    door,
    command,
    daemon: undefined,
    responding: service.kind === 'responder' ? answerOn(kernel, stack, service.port) : undefined,
    log: newLog(),
    ended: false,
    startedAt: 0,
    failures: 0,
    restart: undefined,
    lacks: [],
  };
  services.running.push(running);
  if (command === undefined) return;
  if (command.usesScripts === true) giveScripts(services, door);
  if (command.leaseFile !== undefined) {
    door.removeFiles([command.leaseFile]);
    if (setsResolver(service)) layResolverFile(door, stack);
  }
  if (command.files.length > 0) door.writeFiles(command.files);
  startProcess(running);
};

const end = (running: Running): void => {
  clearTimeout(running.restart);
  running.responding?.close();
  running.daemon?.kill();
};

/** Takes back what a DHCP client's lease made: the address would stand in the way of a configured one. */
const giveUpLease = ({ door, service, command }: Running): void => {
  if (command === undefined) return;
  if (service.kind === 'dhcp-client')
    door.runNow([dhcpScriptPath, 'deconfig'], { interface: service.interface, ...command.environment });
  if (service.kind === 'dhcp6-client')
    door.runNow([dhcp6ScriptPath], { reason: 'STOP6', interface: service.interface, ...command.environment });
};

/** A daemon that is killed leaves its routes in the kernel. */
const takeBackRoutes = ({ door, service }: Running): void => {
  if (service.kind !== 'routing-daemon') return;
  for (const family of ['-4', '-6'])
    door.runNow(['ip', family, 'route', 'flush', 'table', 'main', 'proto', 'bird'], {});
};

/** Hosts would go on sending by a router that says nothing more. */
const takeBackWays = ({ door, service, log }: Running): void => {
  if (service.kind !== 'router-advertiser') return;
  try {
    withdrawRoutes(door, service);
  } catch (error) {
    note(log, (error as Error).message);
  }
};

const find = (services: Services, stack: string, service: Service): number =>
  services.running.findIndex((running) => running.stack === stack && sameValue(running.service, service));

const take = (services: Services, stack: string, service: Service): Running | undefined => {
  const index = find(services, stack, service);
  const [running] = index < 0 ? [] : services.running.splice(index, 1);
  return running;
};

export const stopService = (services: Services, stack: string, service: Service): void => {
  const running = take(services, stack, service);
  if (running === undefined) return;
  end(running);
  giveUpLease(running);
  takeBackRoutes(running);
  takeBackWays(running);
  if (setsResolver(service)) layResolverFile(running.door, stack);
};

/** One of a program's checks and doors: throws what it says where it does not succeed. */
const succeed = async (door: StackDoor, argv: readonly string[]): Promise<void> => {
  const { status, stdout, stderr } = await door.run(argv);
  if (status !== 0)
    throw new Error(
      `${argv[0]}: ${[stderr, stdout]
        .map((text) => text.trim())
        .join(' ')
        .trim()}`,
    );
};

/** Has a name server take over what it is to serve from now on, while it goes on serving. Throws where it does not. */
export const changeService = async (
  services: Services,
  stack: string,
  from: Service,
  to: NameServer | RootServer,
): Promise<void> => {
  const running = services.running[find(services, stack, from)];
  if (running === undefined) throw new Error('there is no such service');
  const { door } = running;
  const path = filesOfService(stack, to);
  const serving = asServed(services.served, to);
  const trial = nameProgram(serving, `${path}.new`, services.secrets);
  door.writeFiles(trial.files);
  await succeed(door, trial.check);
  door.removeFiles(trial.files.map((file) => file.path));
  const program = nameProgram(serving, path, services.secrets);
  door.writeFiles(program.files);
  running.service = to;
  // One that is about to be started again reads the new file then.
  if (running.ended) return;
  await succeed(door, program.takeOver);
  note(running.log, 'it serves something else from now on');
};

/** Ends what runs in a stack that is about to go, with all that is in it. */
export const stopStack = (services: Services, stack: string): void => {
  services.resolvers.delete(stack);
  for (const running of services.running.filter((it) => it.stack === stack)) {
    take(services, stack, running.service);
    end(running);
  }
};

/** Services of a stack that have not ended by themselves: one that died is not there, and is started anew by `up`. */
export const servicesOf = (services: Services, stack: string): readonly Service[] =>
  services.running.filter((running) => running.stack === stack && !running.ended).map(({ service }) => service);

/** It was started again a moment ago, and may be about to end again for want of what `up` is to give it. */
const isInDoubt = ({ failures, startedAt, door }: Running): boolean =>
  failures > 0 && Date.now() - startedAt < soonMs && !door.isLost;

const giveFiles = (services: Services, running: Running): void => {
  const { door, stack, service } = running;
  const { files = [] } = commandOf(door, stack, asServed(services.served, service), services.secrets) ?? {};
  if (files.length > 0) door.writeFiles(files);
  running.failures = 0;
};

/** Forgets services that ended by themselves, so that they can be started again; those that may end yet find all they need. */
export const forgetEnded = (services: Services): void => {
  for (const running of services.running.filter(({ ended }) => ended)) {
    clearTimeout(running.restart);
    services.running.splice(services.running.indexOf(running), 1);
  }
  for (const running of services.running.filter(isInDoubt)) giveFiles(services, running);
};

/** The interface that a service is on, for those who read of it. */
export const interfaceOfService = (service: Service): string => (isOnInterface(service) ? service.interface : '');
