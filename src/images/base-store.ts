/**
 * Bases: disk images that many machines stand on. A base is sealed once it is as it should be: read-only, its SHA-256 and
 * the list of its files recorded beside it. From then on it is checked before every start of a machine that stands on it.
 */
import { chmod, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { digestOfFile, flush } from './content-cache.ts';
import { replaceText } from './draft.ts';
import { machinesOn, printName } from './machine-store.ts';
import { imageFault } from './missing.ts';
import { dataFolder, ensureFolder } from './places.ts';

export interface Seal {
  /** SHA-256 of the image file. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface Base {
  readonly version: 1;
  readonly name: string;
  /** What it was made from, in words. */
  readonly origin: string;
  readonly boot: 'direct' | 'firmware';
  /** Absent while it is being worked on: no machine may stand on it yet. */
  readonly seal?: Seal;
}

const recordName = 'base.json';
const imageName = 'disk.qcow2';
const checkedName = 'checked.json';

/** Bases live below this folder, each in one of its own. */
export const basesFolder = (): string => join(dataFolder(), 'bases');
export const baseFolder = (name: string): string => join(basesFolder(), name);
export const baseImage = (name: string): string => join(baseFolder(name), imageName);
export const baselinePath = (name: string): string => join(baseFolder(name), 'files.json');

/** Lower-case letters, digits and `.`, `-`, `_`, as in names of folders everywhere. */
export const isBaseName = (name: string): boolean => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name);

export const readBase = async (name: string): Promise<Base | undefined> => {
  if (!isBaseName(name)) return undefined;
  try {
    return JSON.parse(await readFile(join(baseFolder(name), recordName), 'utf8')) as Base;
  } catch {
    return undefined;
  }
};

export const listBases = async (): Promise<readonly Base[]> => {
  const names = await readdir(basesFolder()).catch(() => []);
  const found = await Promise.all(names.filter(isBaseName).sort().map(readBase));
  return found.filter((base) => base !== undefined);
};

/** What a file is as long as nobody touches it: whoever writes it, or sets its times, changes `changed`. */
interface Fingerprint {
  readonly inode: string;
  readonly bytes: string;
  readonly modified: string;
  readonly changed: string;
}

const fingerprintOf = async (path: string): Promise<Fingerprint> => {
  const about = await stat(path, { bigint: true });
  return {
    inode: String(about.ino),
    bytes: String(about.size),
    modified: String(about.mtimeNs),
    changed: String(about.ctimeNs),
  };
};

const recordText = (base: Base): string => `${JSON.stringify(base, undefined, 2)}\n`;

/** Makes a base that is not sealed yet: `make` writes the image to the path that it is given. */
export const addBase = async (
  base: Base,
  make: (image: string) => Promise<Diagnostic | undefined>,
): Promise<Diagnostic | undefined> => {
  if (!isBaseName(base.name))
    return imageFault(
      'bad-base-name',
      `\`${base.name}\` is no name for a base: lower-case letters, digits, \`.\`, \`-\` and \`_\``,
    );
  if ((await readBase(base.name)) !== undefined)
    return imageFault('base-exists', `there is a base \`${base.name}\` already`, 'choose another name');
  const draft = await mkdtemp(join(await ensureFolder(basesFolder()), `.${base.name}.`));
  try {
    const failure = await make(join(draft, imageName));
    if (failure !== undefined) return failure;
    await chmod(join(draft, imageName), 0o600);
    await writeFile(join(draft, recordName), recordText(base), { mode: 0o600 });
    for (const file of [imageName, recordName, '.']) await flush(join(draft, file));
    // Fails where another has made it meanwhile: what is there may be somebody's only copy.
    await rename(draft, baseFolder(base.name));
    await flush(basesFolder());
    return undefined;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};

/** The image is read-only before the record says so; sealing again does no harm. */
export const recordSeal = async (base: Base): Promise<Base> => {
  const image = baseImage(base.name);
  await chmod(image, 0o444);
  await flush(image);
  const seal: Seal = { sha256: await digestOfFile(image), bytes: (await stat(image)).size };
  const sealed = { ...base, seal };
  await replaceText(join(baseFolder(base.name), recordName), recordText(sealed));
  return sealed;
};

const breaks = async (name: string): Promise<string> => {
  const machines = await machinesOn(name);
  return machines.length === 0 ? '' : `; on it stand ${machines.map((it) => `\`${printName(it)}\``).join(', ')}`;
};

const isUntouchedSinceCheck = async (name: string, now: Fingerprint): Promise<boolean> => {
  const text = await readFile(join(baseFolder(name), checkedName), 'utf8').catch(() => '');
  return text === JSON.stringify(now);
};

/**
 * Whether a base is what it was when it was sealed. Its content is read only where the file was touched since it was
 * last read, or `isThorough`.
 */
export const checkBase = async (
  name: string,
  { isThorough = false }: { readonly isThorough?: boolean } = {},
): Promise<Outcome<Base>> => {
  const fault = async (code: string, fact: string, help: string): Promise<Outcome<Base>> => ({
    diagnostics: [imageFault(code, `${fact}${await breaks(name)}`, help)],
  });
  const image = baseImage(name);
  const base = await readBase(name);
  const about = await stat(image).catch(() => undefined);
  if (base === undefined || about === undefined)
    return fault(
      'base-missing',
      `the base \`${name}\` is not in its place ${image}`,
      `put it back, or point the machines elsewhere: \`lanwright image repoint\``,
    );
  const { seal } = base;
  if (seal === undefined)
    return fault('base-not-sealed', `the base \`${name}\` is not sealed`, `lanwright image seal ${name}`);
  if ((about.mode & 0o222) !== 0)
    return fault('base-writable', `the base \`${name}\` is writable: ${image}`, `chmod 444 ${image}`);
  const now = await fingerprintOf(image);
  if (!isThorough && (await isUntouchedSinceCheck(name, now))) return { value: base, diagnostics: [] };
  if (about.size !== seal.bytes || (await digestOfFile(image)) !== seal.sha256)
    return fault(
      'base-changed',
      `the base \`${name}\` is not what was sealed: ${image} has other content`,
      'bring back the sealed image from a backup, or point the machines elsewhere: `lanwright image repoint`',
    );
  await replaceText(join(baseFolder(name), checkedName), JSON.stringify(now));
  return { value: base, diagnostics: [] };
};

/** Takes the base out of sight at once, then removes it. */
export const takeAway = async (name: string): Promise<string> => {
  const trash = join(basesFolder(), `.gone-${name}-${Date.now()}`);
  await rename(baseFolder(name), trash);
  return trash;
};
