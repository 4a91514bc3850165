/**
 * Private keys of the ends of WireGuard in one file a lab, which is open to nobody else: made once for each end, and kept
 * for as long as the file is there. What is not in the file yet is made when it is asked for, and written by `keep`, beside
 * what others have written since.
 */
import { readFileSync } from 'node:fs';
import { chmod, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { lateCrypto } from './late-crypto.ts';
import { LockBusy, withLockFile } from './lock-store.ts';
import { makeFolder } from './make-folder.ts';

/** Base64 by `machine/interface`. */
export type PrivateKeys = ReadonlyMap<string, string>;

const formatVersion = 1;
const keyBytes = 32;

const isKey = (value: unknown): value is string =>
  typeof value === 'string' && Buffer.from(value, 'base64').length === keyBytes;

/** Throws what is wrong with the file, which never quotes it; a file that is not there has no keys. */
export const readPrivateKeys = (path: string): PrivateKeys => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return new Map();
    throw new Error(`${path} cannot be read: ${code ?? 'it fails'}`, { cause: code });
  }
  const wrong = new Error(`${path} does not hold private keys as Lanwright writes them`);
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    throw wrong;
  }
  const { version, keys } = (written ?? {}) as { readonly version?: unknown; readonly keys?: unknown };
  const entries = typeof keys === 'object' && keys !== null ? Object.entries(keys) : undefined;
  if (version !== formatVersion || entries?.every((entry): entry is [string, string] => isKey(entry[1])) !== true)
    throw wrong;
  return new Map(entries);
};

/** Where a key begins in the DER that Node exports (RFC 8410): behind the names of the algorithm. */
const publicKeyAt = 12;
const privateKeyAt = 16;
const privateHeader = Buffer.from('302e020100300506032b656e04220420', 'hex');

const newPrivateKey = (): string => {
  const { privateKey } = lateCrypto().generateKeyPairSync('x25519');
  return privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(privateKeyAt).toString('base64');
};

export const publicKeyOf = (privateKey: string): string => {
  const der = Buffer.concat([privateHeader, Buffer.from(privateKey, 'base64')]);
  const key = lateCrypto().createPublicKey(lateCrypto().createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return key.export({ type: 'spki', format: 'der' }).subarray(publicKeyAt).toString('base64');
};

/** Private keys by their public halves: those of `known`, and those of a file, which may have others for the same ends by now. */
export const withKeysOf = (path: string, known: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const held = new Set(known.values());
  const others = [...readPrivateKeys(path).values()].filter((key) => !held.has(key));
  return new Map([...known, ...others.map((key) => [publicKeyOf(key), key] as const)]);
};

const textOf = (keys: PrivateKeys): string =>
  `${JSON.stringify({ version: formatVersion, keys: Object.fromEntries([...keys].sort()) }, undefined, 2)}\n`;

/** Beside the file, flushed, and renamed: nobody ever sees a part of it, or may read it. */
const replaceFile = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${process.pid}.new`;
  await unlink(draft).catch(() => undefined);
  try {
    const file = await open(draft, 'wx', 0o600);
    await file.writeFile(text).then(() => file.sync()).finally(() => file.close()); // prettier-ignore
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
};

export interface KeyRing {
  /** Where its keys are kept. */
  readonly path: string;
  /** What kept it from being read. */
  readonly faults: readonly Diagnostic[];
  /** That of an end, as in `gate/wg0`; undefined where it has none yet, or is forgotten. */
  readonly knownKeyOf: (end: string) => string | undefined;
  /** The same; where there is none, it is made. */
  readonly publicKeyOf: (end: string) => string;
  /** Writes what was made; nothing where all was there. */
  readonly keep: () => Promise<readonly Diagnostic[]>;
}

const fault = (code: string, error: unknown, help: string): Diagnostic => ({
  ...{ code, severity: 'error', help },
  message: `private keys cannot be kept: ${(error as Error).message}`,
});

const tryAgain = 'bring the lab up once more: it has the keys of the other then';

/**
 * Writes keys that were made for ends which had those of `before`, beside what is in the file by now: one command at a
 * time. A fault where another has made a key for the same end meanwhile, as the design has the public half of this one.
 */
const keepMade = async (path: string, made: PrivateKeys, before: PrivateKeys): Promise<readonly Diagnostic[]> => {
  await makeFolder(dirname(path), 0o700);
  return withLockFile(path, async () => {
    const now = readPrivateKeys(path);
    const taken = [...made.keys()].find((end) => now.get(end) !== before.get(end));
    if (taken !== undefined)
      return [fault('keys-unwritable', new Error(`another command has made one for \`${taken}\` meanwhile`), tryAgain)];
    await replaceFile(path, textOf(new Map([...now, ...made])));
    return [];
  });
};

/** `isForgotten`: whether an end gets a new key though there is one. */
export const openKeyRing = (path: string, isForgotten: (end: string) => boolean): KeyRing => {
  let before: PrivateKeys = new Map();
  const faults: Diagnostic[] = [];
  try {
    before = readPrivateKeys(path);
  } catch (error) {
    faults.push(fault('keys-unreadable', error, `mend it or move it away: \`ls -l ${path}\`; new keys are made then`));
  }
  const made = new Map<string, string>();
  let isKept = true;
  const publicKeys = new Map<string, string>();
  const publicHalf = (end: string, key: string): string => {
    const publicKey = publicKeys.get(end) ?? publicKeyOf(key);
    publicKeys.set(end, publicKey);
    return publicKey;
  };
  const knownKeyOf = (end: string): string | undefined => {
    const key = made.get(end) ?? (isForgotten(end) ? undefined : before.get(end));
    return key === undefined ? undefined : publicHalf(end, key);
  };
  return {
    path,
    faults,
    knownKeyOf,
    publicKeyOf: (end) => {
      const known = knownKeyOf(end);
      if (known !== undefined) return known;
      const key = newPrivateKey();
      made.set(end, key);
      isKept = false;
      return publicHalf(end, key);
    },
    keep: async () => {
      try {
        if (isKept) {
          await chmod(path, 0o600);
          return [];
        }
        const wrong = await keepMade(path, made, before);
        if (wrong.length > 0) return wrong;
        before = new Map([...before, ...made]);
        isKept = true;
        return [];
      } catch (error) {
        const help = error instanceof LockBusy ? error.help : `make \`${dirname(path)}\` a folder of your own`;
        return [fault('keys-unwritable', error, help)];
      }
    },
  };
};
