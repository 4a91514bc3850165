/**
 * The base that a machine's image asks for, made and sealed where it is not there yet: Debian from packages, or a copy
 * of the user's own image, so that nothing depends on a file that may change.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { type GuestImage } from '../state/virtual-machine.ts';
import { addBase, readBase, type Base } from './base-store.ts';
import { digestOf } from './content-cache.ts';
import { buildDebian, debianBaseName } from './debian-base.ts';
import { imageFault } from './missing.ts';
import { convertImage } from './qcow2.ts';
import { sealBase } from './seal.ts';

/** Told while something takes longer than a moment. */
export type OnNote = (text: string) => void;

const importedName = (path: string, bytes: number, modifiedMs: number): string => {
  const stem = basename(path)
    .toLowerCase()
    .replace(/\.(qcow2|img|raw)$/, '')
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return `${stem.slice(0, 40)}-${digestOf(JSON.stringify([path, bytes, modifiedMs])).slice(0, 12)}`.replace(
    /^-/,
    'image-',
  );
};

/** Copies an image with all that it stands on. */
export const importBase = (name: string, path: string): Promise<Diagnostic | undefined> =>
  addBase({ version: 1, name, origin: `copy of ${path}`, boot: 'firmware' }, (image) => convertImage(path, image));

export const buildDebianBase = (name: string, packages: readonly string[]): Promise<Diagnostic | undefined> =>
  addBase(
    {
      version: 1,
      name,
      origin: packages.length === 0 ? 'Debian' : `Debian with ${packages.join(', ')}`,
      boot: 'direct',
    },
    (image) => buildDebian(packages, image),
  );

interface Wanted {
  readonly name: string;
  readonly make: () => Promise<Diagnostic | undefined>;
  readonly note: string;
}

const wantedBase = async (image: Exclude<GuestImage, { kind: 'probe' }>): Promise<Outcome<Wanted>> => {
  if (image.kind === 'debian') {
    const name = debianBaseName(image.packages);
    const note = `building Debian from packages, once: ${name}`;
    return { value: { name, make: () => buildDebianBase(name, image.packages), note }, diagnostics: [] };
  }
  const about = await stat(image.path).catch(() => undefined);
  if (about === undefined || !about.isFile())
    return { diagnostics: [imageFault('no-such-image', `there is no image \`${image.path}\``, `ls -l ${image.path}`)] };
  const name = importedName(image.path, about.size, about.mtimeMs);
  const note = `copying ${image.path}, once: ${name}`;
  return { value: { name, make: () => importBase(name, image.path), note }, diagnostics: [] };
};

const makeBase = async (image: Exclude<GuestImage, { kind: 'probe' }>, onNote: OnNote): Promise<Outcome<Base>> => {
  const wanted = await wantedBase(image);
  if (wanted.value === undefined) return { diagnostics: wanted.diagnostics };
  const { name, make, note } = wanted.value;
  if ((await readBase(name)) === undefined) {
    onNote(note);
    const failure = await make();
    // Another command may have been faster.
    if (failure !== undefined && (await readBase(name)) === undefined) return { diagnostics: [failure] };
  }
  return sealBase(name);
};

/** Machines that are prepared at the same time wait for one base. */
const underWay = new Map<string, Promise<Outcome<Base>>>();

/** The base for an image; sealed. */
export const ensureBase = (image: Exclude<GuestImage, { kind: 'probe' }>, onNote: OnNote): Promise<Outcome<Base>> => {
  const key = JSON.stringify(image);
  const found = underWay.get(key) ?? makeBase(image, onNote).finally(() => underWay.delete(key));
  underWay.set(key, found);
  return found;
};
