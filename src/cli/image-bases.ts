/** Bases: built, imported, copied to be patched, and sealed. */
import { resolve } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { readBase, type Base } from '../images/base-store.ts';
import { debianBaseName } from '../images/debian-base.ts';
import { buildDebianBase, importBase } from '../images/ensure-base.ts';
import { findGuestKernel } from '../images/guest-kernel.ts';
import { baseFromMachine, copyBase } from '../images/patch-base.ts';
import { sealBase } from '../images/seal.ts';
import { fault } from './complain.ts';
import { qualifiedName, tell, tellFaults, type ImageOptions } from './image-options.ts';
import { say } from './terminal.ts';

const describe = ({ name, origin, seal }: Base): string =>
  seal === undefined
    ? `\`${name}\` is there, to be changed and then sealed: ${origin}`
    : `\`${name}\` is sealed: ${origin}, SHA-256 ${seal.sha256}`;

/** Made, then sealed. */
const sealed = async (name: string, failure: Diagnostic | undefined): Promise<Outcome<Base>> =>
  failure === undefined ? sealBase(name) : { diagnostics: [failure] };

export const buildImage = async (
  packages: readonly string[],
  options: ImageOptions & { readonly name?: string },
): Promise<number> => {
  const name = options.name ?? debianBaseName(packages);
  if (!options.json) say(`building \`${name}\` from packages; this takes about a minute`);
  return tell(await sealed(name, await buildDebianBase(name, packages)), options, describe);
};

export const importImage = async (path: string, name: string, options: ImageOptions): Promise<number> =>
  tell(await sealed(name, await importBase(name, resolve(path))), options, describe);

export const sealImage = async (name: string, options: ImageOptions): Promise<number> =>
  tell(await sealBase(name), options, describe);

export const patchImage = async (
  base: string,
  copy: string,
  options: ImageOptions & { readonly from?: string },
): Promise<number> => {
  const machine = options.from === undefined ? undefined : qualifiedName(options.from);
  if (options.from !== undefined && machine === undefined)
    return tellFaults(fault('no-such-machine', `\`${options.from}\` is not a machine as in LAB/MACHINE`), options);
  const failure = machine === undefined ? await copyBase(base, copy) : await baseFromMachine(machine, copy, base);
  const made = failure === undefined ? await readBase(copy) : undefined;
  const outcome: Outcome<Base> =
    made === undefined ? { diagnostics: failure === undefined ? [] : [failure] } : { value: made, diagnostics: [] };
  return tell(outcome, options, describe);
};

export const fetchKernel = async (options: ImageOptions): Promise<number> =>
  tell(await findGuestKernel({ isNewestWanted: true }), options, ({ release }) => `guests start with Linux ${release}`);
