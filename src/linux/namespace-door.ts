/**
 * The door to a stack that is a namespace: system calls of this process, with the main thread in it for the while; or
 * that of the namespace the process is in anyway, for which it needs no privilege.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { runProgram } from '../run/run-program.ts';
import {
  bind,
  close,
  getOption,
  listen,
  openSocket,
  readSetting,
  setOption,
  SOCK_NONBLOCK,
  tryAccept,
  tryConnect,
  tryReceiveFrom,
  trySend,
  trySendTo,
} from './libc.ts';
import { inNamespace, type Namespaces } from './namespaces.ts';
import { openNetlink } from './netlink-socket.ts';
import {
  type Daemon,
  type DaemonEvents,
  type FileToWrite,
  type SettingChange,
  type SettingChanged,
  type SocketRecipe,
  type StackDoor,
  type StackSocket,
} from './stack-door.ts';

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const { EINPROGRESS } = constants.errno;

/** `connectError`: what connect(2) said at once. */
const socketOn = (fd: number, connectError: number): StackSocket => ({
  sendTo: (data, address, refused) => {
    const errno = trySendTo(fd, data, address);
    if (errno !== 0) refused(errno);
  },
  send: (data) => trySend(fd, data),
  receiveFrom: (into, sender) => tryReceiveFrom(fd, into, sender),
  accept: () => {
    const peer = tryAccept(fd);
    return peer === undefined ? undefined : { socket: socketOn(peer.fd, 0), from: peer.from };
  },
  takeError: () =>
    connectError === 0 ? Buffer.from(getOption(fd, SOL_SOCKET, SO_ERROR, 4)).readInt32LE(0) : connectError,
  close: () => close(fd),
});

const socketTo = (recipe: SocketRecipe): StackSocket => {
  const fd = openSocket(recipe.domain, recipe.type | SOCK_NONBLOCK, recipe.protocol);
  try {
    for (const { level, name, value } of recipe.options ?? []) setOption(fd, level, name, value);
    if (recipe.bind !== undefined) bind(fd, recipe.bind);
    if (recipe.backlog !== undefined) listen(fd, recipe.backlog);
    const errno = recipe.connect === undefined ? 0 : tryConnect(fd, recipe.connect);
    return socketOn(fd, errno === EINPROGRESS ? 0 : errno);
  } catch (error) {
    close(fd);
    throw error;
  }
};

const read = (path: string): string | undefined => readSetting(path)?.trim();

const change = ({ path, to, known }: SettingChange): SettingChanged => {
  let former: string | undefined;
  try {
    former = known === undefined ? read(path) : known.value;
    const value =
      typeof to === 'string'
        ? to
        : ((to.asIn === undefined ? undefined : read(to.asIn)) ?? to.otherwise ?? former ?? '0');
    if (former !== value && !(former === undefined && value === '0')) writeFileSync(path, value);
    return { former };
  } catch (error) {
    return { former, failure: (error as Error).message };
  }
};

const contentsOf = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
};

const writeOne = ({ path, contents, mode }: FileToWrite): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents, { mode: mode ?? 0o644 });
};

const environmentOf = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'] ?? '',
  LC_ALL: 'C',
  ...more,
});

const start = (
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  { output, ended }: DaemonEvents,
): Daemon => {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: environmentOf(environment) });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', output);
  child.on('error', (error: NodeJS.ErrnoException) =>
    ended(error.code === 'ENOENT' ? `there is no program \`${program}\`` : error.message),
  );
  child.on('exit', (status, signal) => ended(`ended with ${signal ?? `exit status ${status}`}`));
  return {
    pid: child.pid ?? 0,
    kill: () => {
      child.removeAllListeners('exit');
      child.kill('SIGKILL');
    },
  };
};

type Inside = <T>(work: () => T) => T;

const doorThrough = (inside: Inside): StackDoor => ({
  kind: 'namespace',
  isLost: false,
  openSocket: (recipe) => inside(() => socketTo(recipe)),
  openNetlink: (protocol) => inside(() => openNetlink(protocol)),
  readSettings: (paths) => inside(() => paths.map(read)),
  changeSettings: (changes) => inside(() => changes.map(change)),
  readFiles: (paths) => paths.map(contentsOf),
  writeFiles: (files) => files.forEach(writeOne),
  removeFiles: (paths) => {
    for (const path of paths) rmSync(path, { force: true });
  },
  run: (argv, options) => inside(() => runProgram(argv, options)),
  runNow: ([program = '', ...rest], environment) =>
    void inside(() => spawnSync(program, rest, { stdio: 'ignore', cwd: '/', env: environmentOf(environment) })),
  start: (argv, environment, events) => inside(() => start(argv, environment, events)),
  close: () => undefined,
});

export const namespaceDoor = (namespaces: Namespaces, stack: string): StackDoor =>
  doorThrough((work) => inNamespace(namespaces, stack, work));

/** The namespace that this process is in. */
export const ownDoor = (): StackDoor => doorThrough((work) => work());
