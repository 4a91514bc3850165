/**
 * Starts a world: makes the door (an abstract socket, so that a second world of the lab is refused by the kernel) and
 * hands it to a supervisor that is born as PID 1 of new user, network, mount, PID, IPC and UTS namespaces. The door gets
 * its name only when the world is opened: until then the world holds nothing that anybody could find, and waits.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bind, close, listen, openSocket, SOCK_STREAM, SystemError } from '../linux/libc.ts';
import { worldOf, WorldLost, type World } from './client.ts';
import { doorName } from './door-name.ts';
import { openingWord } from './protocol.ts';

const AF_UNIX = 1;

/** The machine does not let a world be made; `help` is what mends it. */
export class WorldCannotStart extends Error {
  readonly help: string;
  constructor(message: string, help: string) {
    super(message);
    this.help = help;
  }
}

/** A world that was killed holds its door for the moment that its processes take to end. */
const doorPatienceMs = 2000;

/** Whether the door got its name; another world of the lab may have it. */
const tryOpenDoor = (door: number, lab: string): boolean => {
  try {
    bind(door, Buffer.concat([Buffer.from([AF_UNIX, 0, 0]), Buffer.from(doorName(lab))]));
    listen(door, 16);
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.errno === constants.errno.EADDRINUSE) return false;
    throw error;
  }
};

const openDoor = async (door: number, lab: string): Promise<void> => {
  for (const deadline = Date.now() + doorPatienceMs; ;) {
    if (tryOpenDoor(door, lab)) return;
    if (Date.now() > deadline)
      throw new WorldCannotStart(
        `lab \`${lab}\` is being brought up by another command`,
        'wait for it to finish, then try again',
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const readSetting = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};

/** Why namespaces are refused, by the settings that distributions use for it. */
const helpFor = (stderr: string): string => {
  if (readSetting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1')
    return 'run `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or run this as root';
  if (readSetting('/proc/sys/kernel/unprivileged_userns_clone') === '0')
    return 'run `sudo sysctl kernel.unprivileged_userns_clone=1`, or run this as root';
  if (readSetting('/proc/sys/user/max_user_namespaces') === '0')
    return 'run `sudo sysctl user.max_user_namespaces=10000`';
  if (/ENOENT|not found/.test(stderr)) return 'run `sudo apt-get install util-linux`';
  return 'try `unshare --user --map-root-user --net --mount --pid --fork true` and see what it says';
};

const namespaceArguments = [
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
];

const bundledSupervisor = fileURLToPath(new URL('./supervisor.js', import.meta.url));

/** The supervisor is idle almost always: small rather than fast. */
const nodeFlags = ['--max-semi-space-size=8'];

const collectStderr = (child: ChildProcess): (() => string) => {
  const parts: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (part: string) => parts.push(part));
  child.on('error', (error) => parts.push(error.message));
  return () => parts.join('').trim();
};

/** A world that is being born, and waits to be opened. */
export interface NascentWorld {
  readonly lab: string;
  /** It ends by itself if this process ends before the first `apply` has succeeded. */
  open(): Promise<World>;
  /** Ends it, unless it was opened. */
  abandon(): void;
}

/** Begins a new, empty world of `lab`; that it cannot be made is told when it is opened. */
export const conceiveWorld = (lab: string, supervisor = bundledSupervisor): NascentWorld => {
  const door = openSocket(AF_UNIX, SOCK_STREAM, 0);
  const child = spawn('unshare', [...namespaceArguments, '--', process.execPath, ...nodeFlags, supervisor, lab], {
    detached: true,
    cwd: '/',
    // Nothing that would have Node load what no supervisor needs (NODE_EXTRA_CA_CERTS, NODE_OPTIONS).
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['pipe', 'ignore', 'pipe', door],
  });
  const stderr = collectStderr(child);
  // A child that has ended says so by its exit.
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let isOver = false;
  const abandon = (): void => {
    if (isOver) return;
    isOver = true;
    close(door);
    child.stdin?.destroy();
    child.stderr?.destroy();
    child.kill('SIGKILL');
    child.unref();
  };
  const open = async (): Promise<World> => {
    await openDoor(door, lab);
    isOver = true;
    close(door);
    child.stdin?.end(openingWord);
    const world = await worldOf(lab);
    try {
      if (world === undefined) throw new WorldLost();
      await world.status();
    } catch (error) {
      if (!(error instanceof WorldLost)) throw error;
      await ended;
      throw new WorldCannotStart(
        `this machine does not let a world be made: ${stderr() || 'the supervisor ended at once'}`,
        helpFor(stderr()),
      );
    }
    child.stderr?.destroy();
    child.unref();
    return world;
  };
  return { lab, open, abandon };
};

/** A new, empty world of `lab`. */
export const startWorld = async (lab: string, supervisor = bundledSupervisor): Promise<World> => {
  const nascent = conceiveWorld(lab, supervisor);
  try {
    return await nascent.open();
  } finally {
    nascent.abandon();
  }
};
