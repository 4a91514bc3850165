/**
 * The lock file on disk: read, written as a whole or not at all, and changed by one command at a time. The turn is an
 * abstract unix socket: the kernel takes it back from a process that dies, so nothing stale is ever left.
 */
import { open, readFile, realpath, rename, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { lateCrypto } from './late-crypto.ts';

const fault = (code: string, message: string, help: string): readonly Diagnostic[] => [
  { code, severity: 'error', message, help },
];

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const sayingOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The text of a lock file; no value and no complaint where there is none yet. */
export const readLock = async (path: string): Promise<Outcome<string>> => {
  try {
    return { value: await readFile(path, 'utf8'), diagnostics: [] };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { diagnostics: [] };
    return { diagnostics: fault('lock-unreadable', `\`${path}\` cannot be read: ${sayingOf(error)}`, `ls -l ${path}`) };
  }
};

/** Writes beside the file, flushes, and renames: a reader sees the old text or the new one, whatever happens. */
export const writeLock = async (path: string, text: string): Promise<readonly Diagnostic[]> => {
  // A lock file that is a link stays one: what it points to is replaced.
  const target = await realpath(path).catch(() => path);
  const folder = dirname(target);
  const draft = join(folder, `.${basename(target)}.${lateCrypto().randomBytes(6).toString('hex')}`);
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
    await flushFolder(folder);
    return [];
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    const message = `the decisions cannot be kept in \`${path}\`: ${sayingOf(error)}`;
    return fault(
      'lock-unwritable',
      message,
      `make \`${folder}\` writable, or work on a copy of the lab file elsewhere`,
    );
  }
};

/** The new name is on disk only when its folder is; some file systems refuse that, and then it is late, not lost. */
const flushFolder = async (folder: string): Promise<void> => {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Nothing to mend: the rename has happened.
  }
};

const longestWaitMs = 30_000;
const betweenTriesMs = 40;

/** Another command has held the lock file for too long; `help` mends it. */
export class LockBusy extends Error {
  readonly help: string;

  constructor(path: string) {
    super(`another command has been changing \`${path}\` for ${longestWaitMs / 1000} s`);
    this.help = 'wait for it, or end it: `ps -e -o pid,args | grep lanwright`';
  }
}

/** Node 20 pads names of abstract sockets with zeros and later versions do not: a full name is the same for all. */
const longestName = 107;

const turnName = async (path: string): Promise<string> => {
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  const place = lateCrypto()
    .createHash('sha256')
    .update(join(folder, basename(path)))
    .digest('hex')
    .slice(0, 32);
  return `\0${`lanwright-turn/${userInfo().uid}/${place}`.padEnd(longestName, '.')}`;
};

const listen = (name: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (codeOf(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });

/** Runs `act` while no other command of this user changes the same lock file. */
export const withLockFile = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  const name = await turnName(path);
  let turn = await listen(name);
  for (let waitedMs = 0; turn === undefined; waitedMs += betweenTriesMs) {
    if (waitedMs >= longestWaitMs) throw new LockBusy(path);
    await pause(betweenTriesMs);
    turn = await listen(name);
  }
  try {
    return await act();
  } finally {
    turn.close();
  }
};
