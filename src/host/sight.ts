/** Reading what may be hidden from this user: what is not there is nothing, what may not be read is remembered. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Unseen } from '../inspect/host-facts.ts';

export interface Sight {
  readonly text: (path: string) => string | undefined;
  readonly names: (folder: string) => readonly string[] | undefined;
  /** Where a symbolic link leads to; undefined also where that may not be known, which is remembered only if asked for. */
  readonly link: (path: string) => string | undefined;
  readonly miss: (what: string, why: string) => void;
  readonly unseen: () => readonly Unseen[];
}

/** Larger files are none of those that are looked for. */
const limitBytes = 1024 * 1024;

const isDenied = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
};

export const openSight = (): Sight => {
  const missed = new Map<string, Unseen>();
  const miss = (what: string, why: string): void => void missed.set(what, { what, why });
  const attempt = <T>(path: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (isDenied(error)) miss(path, 'not open to this user');
      return undefined;
    }
  };
  return {
    text: (path) =>
      attempt(path, () => {
        const bytes = readFileSync(path);
        return bytes.length > limitBytes ? undefined : bytes.toString('utf8');
      }),
    names: (folder) => attempt(folder, () => readdirSync(folder).sort()),
    link: (path) => {
      try {
        return readlinkSync(path);
      } catch {
        return undefined;
      }
    },
    miss,
    unseen: () => [...missed.values()],
  };
};
