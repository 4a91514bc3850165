/**
 * Where images live, by the XDG base directory specification: what can be made again in the cache, what cannot with the
 * user's data. Folders are the user's own (0700).
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../run/make-folder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The specification ignores relative paths. */
const xdg = (environment: Environment, name: string, usual: string): string => {
  const set = environment[name] ?? '';
  return set.startsWith('/') ? set : join(environment['HOME'] ?? homedir(), usual);
};

/** Kernels, initramfs archives and built systems. */
export const cacheFolder = (environment: Environment = process.env): string =>
  join(xdg(environment, 'XDG_CACHE_HOME', '.cache'), 'lanwright');

/** Bases and the disks of machines. */
export const dataFolder = (environment: Environment = process.env): string =>
  join(xdg(environment, 'XDG_DATA_HOME', '.local/share'), 'lanwright');

/** The private keys of a lab's tunnels. */
export const keyFile = (lab: string, environment: Environment = process.env): string =>
  join(dataFolder(environment), 'keys', `${lab}.json`);

/** Makes the folder and those above it, open to nobody else. */
export const ensureFolder = async (folder: string): Promise<string> => {
  await makeFolder(folder, 0o700);
  return folder;
};
