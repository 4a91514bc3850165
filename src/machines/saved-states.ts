/**
 * Saved states of machines, by what they were made from: found whole or not at all, whoever else makes one at the same
 * time and whoever is killed. They are of use to the same QEMU on the same machine until that boots again, so nothing need
 * be flushed: what a crash leaves half written belongs to another boot.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tryLock } from '../linux/libc.ts';
import { bootId, identityOf } from './accelerator.ts';
import { agentPort, socketsOf, type Guest, type SavedState } from './guest.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { qemuProgram } from './run-guest.ts';

/** Where a state is, or would be. */
export interface StatePlace {
  readonly folder: string;
  readonly key: string;
}

/** Grows when a state of the same arguments would be another. */
const recipeVersion = 1;

/** A processor of another kind may take up nothing that this one left; its serial facts do not matter. */
const processor = (): string => {
  const lines = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n')[0]?.split('\n') ?? [];
  return lines
    .filter((line) => /^(vendor_id|model name|stepping|microcode|flags|Features|CPU \w+)\s*:/.test(line))
    .join();
};

/** A guest without what only one machine has: its cards, its name, its sockets and ports. */
export const shapeOf = (guest: Guest): Guest => ({
  ...guest,
  name: 'shape',
  nics: [],
  sockets: socketsOf('shape'),
  hardware: { ...guest.hardware, consolePort: 0, monitorPort: 0 },
});

/** Undefined for a machine that starts from disks, or cannot be given cards while it runs. */
export const placeOf = (guest: Guest): StatePlace | undefined => {
  const { boot, hardware, nics } = guest;
  if (boot.savedStates === undefined || boot.disks.length > 0 || nics.length > (hardware.cardSlots ?? 0))
    return undefined;
  const parts = [
    ...[recipeVersion, bootId(), identityOf(qemuProgram), processor(), agentPort],
    ...[boot.savedStates.digest, qemuArguments(shapeOf(guest))],
  ];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return { folder: boot.savedStates.folder, key };
};

const files = { memory: 'memory', devices: 'devices', said: 'said' } as const;
const markName = 'whole.json';
const refusedName = 'refused';

/** A change to a file shows in these, its content being too much to read at every start. */
const marksOf = (folder: string): string =>
  JSON.stringify(
    Object.values(files).map((name) => {
      const { ino, size, mtimeNs, ctimeNs } = statSync(join(folder, name), { bigint: true });
      return [name, ...[ino, size, mtimeNs, ctimeNs].map(String)];
    }),
  );

/** Says that the files of a folder are whole as they are. */
export const sealState = (folder: string): void =>
  writeFileSync(join(folder, markName), marksOf(folder), { mode: 0o600 });

const placed = ({ folder, key }: StatePlace): string => join(folder, key);

/** Why no state could be saved for this place; it is not tried again. */
export const refusalAt = (place: StatePlace): string | undefined => {
  try {
    return readFileSync(join(placed(place), refusedName), 'utf8');
  } catch {
    return undefined;
  }
};

/** The state at a place, if it is there and as it was saved. */
export const findState = (place: StatePlace): SavedState | undefined => {
  const folder = placed(place);
  try {
    if (readFileSync(join(folder, markName), 'utf8') !== marksOf(folder)) return undefined;
    const now = new Date();
    utimesSync(folder, now, now);
    return {
      memory: join(folder, files.memory),
      devices: join(folder, files.devices),
      said: join(folder, files.said),
    };
  } catch {
    return undefined;
  }
};

/** Those that were used last are kept; each takes some 90 MiB. */
const keptStates = 12;
const otherBootMs = 24 * 60 * 60 * 1000;

/** Removes drafts and states that nobody will use; what a running guest holds open it keeps. */
const sweep = async (folder: string): Promise<void> => {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.lock'));
  const found = await Promise.all(
    names.map(async (name) => ({
      name,
      usedMs: (await stat(join(folder, name)).catch(() => ({ mtimeMs: 0 }))).mtimeMs,
    })),
  );
  const isOld = ({ usedMs }: { readonly usedMs: number }): boolean => Date.now() - usedMs > otherBootMs;
  const states = found.filter(({ name }) => !name.startsWith('.')).sort((a, b) => b.usedMs - a.usedMs);
  const gone = [...states.slice(keptStates), ...found.filter(isOld)];
  for (const { name } of gone) await rm(join(folder, name), { recursive: true, force: true });
};

/** Takes a state away that proved to be of no use. */
export const dropState = async (place: StatePlace): Promise<void> => {
  const aside = await mkdtemp(join(place.folder, '.dropped.'));
  // By a rename: a folder is never seen half removed in its place.
  await rename(placed(place), join(aside, 'state')).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
};

const publish = async (draft: string, place: StatePlace): Promise<void> => {
  await dropState(place);
  await rename(draft, placed(place));
};

const lockLimitMs = 60_000;
const lookEveryMs = 30;

/** Runs `make` while no other process makes a state for this place; undefined where that takes too long. */
const alone = async <T>({ folder, key }: StatePlace, make: () => Promise<T>): Promise<T | undefined> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fd = openSync(join(folder, `${key.slice(0, 2)}.lock`), 'a', 0o600);
  try {
    for (const end = performance.now() + lockLimitMs; !tryLock(fd);) {
      if (performance.now() > end) return undefined;
      await pause(lookEveryMs);
    }
    return await make();
  } finally {
    closeSync(fd);
  }
};

/** A state cannot be saved here, and not later either. */
export class StateRefused extends Error {}

/**
 * The state at a place; where there is none, `make` fills a folder with its files. Rejects as `make` does, and then there
 * is none.
 */
export const ensureState = (
  place: StatePlace,
  make: (files: SavedState) => Promise<void>,
): Promise<SavedState | undefined> =>
  alone(place, async () => {
    const found = findState(place);
    if (found !== undefined || refusalAt(place) !== undefined) return found;
    await sweep(place.folder);
    const draft = await mkdtemp(join(place.folder, `.${place.key}.`));
    try {
      await make({
        memory: join(draft, files.memory),
        devices: join(draft, files.devices),
        said: join(draft, files.said),
      });
      sealState(draft);
      await publish(draft, place);
    } catch (error) {
      if (error instanceof StateRefused) {
        await writeFile(join(draft, refusedName), error.message, { mode: 0o600 });
        await publish(draft, place);
      }
      throw error;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return findState(place);
  });
