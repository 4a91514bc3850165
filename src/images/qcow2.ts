/**
 * Disk images through qemu-img(1). It takes QEMU's own locks: what a running machine has open for writing is refused, and
 * told as `image-in-use`. Whoever writes an image writes it beside its place (`draft.ts`).
 */
import { runProgram, type RunResult } from '../run/run-program.ts';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { imageFault, programFailed } from './missing.ts';

const longTimeoutMs = 30 * 60 * 1000;

export type ImageFormat = 'qcow2' | 'raw';

/** One image of a chain, as `qemu-img info --backing-chain` tells it. */
export interface ImageInfo {
  readonly path: string;
  readonly format: string;
  readonly virtualBytes: number;
  /** What it takes up on the disk. */
  readonly storedBytes: number;
  /** As it is written in the image. */
  readonly backingPath?: string;
}

const isInUse = (result: RunResult): boolean =>
  /Failed to get (shared|exclusive) ?"?\w* ?lock|Is another process using/.test(result.stderr);

const failureOf = (what: string, path: string, result: RunResult): Diagnostic =>
  isInUse(result)
    ? imageFault(
        'image-in-use',
        `\`${path}\` is in use by a running machine`,
        'stop the machine first: `lanwright stop`',
      )
    : programFailed(what, result);

const qemuImg = async (what: string, path: string, argv: readonly string[]): Promise<Outcome<string>> => {
  const result = await runProgram(['qemu-img', ...argv], { timeoutMs: longTimeoutMs });
  return result.status === 0
    ? { value: result.stdout, diagnostics: [] }
    : { diagnostics: [failureOf(what, path, result)] };
};

const done = async (result: Promise<Outcome<string>>): Promise<Diagnostic | undefined> => (await result).diagnostics[0];

export const createImage = (path: string, sizeMebibytes: number): Promise<Diagnostic | undefined> =>
  done(qemuImg('a disk cannot be made', path, ['create', '-q', '-f', 'qcow2', path, `${sizeMebibytes}M`]));

/** An image that holds what differs from `base`, which must stay as it is and where it is. */
export const createOverlay = (path: string, base: string, sizeMebibytes?: number): Promise<Diagnostic | undefined> =>
  done(
    qemuImg('an overlay cannot be made', path, [
      ...['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', path],
      ...(sizeMebibytes === undefined ? [] : [`${sizeMebibytes}M`]),
    ]),
  );

/** All that `from` shows, its chain included, as one image that stands alone. */
export const convertImage = (
  from: string,
  to: string,
  { format = 'qcow2', isCompressed = false }: { readonly format?: ImageFormat; readonly isCompressed?: boolean } = {},
): Promise<Diagnostic | undefined> =>
  done(
    qemuImg(`\`${from}\` cannot be copied`, from, [
      ...['convert', '-O', format, ...(isCompressed ? ['-c'] : [])],
      // No more threads than would be of use on a small machine, and no copy of the file in the page cache.
      ...['-m', '4', from, to],
    ]),
  );

/** Writes another base into an overlay without looking at what either holds. */
export const rebaseUnchecked = (path: string, base: string): Promise<Diagnostic | undefined> =>
  done(
    qemuImg('an overlay cannot be given another base', path, [
      'rebase',
      '-u',
      '-f',
      'qcow2',
      '-b',
      base,
      '-F',
      'qcow2',
      path,
    ]),
  );

interface RawInfo {
  readonly filename: string;
  readonly format: string;
  readonly 'virtual-size': number;
  readonly 'actual-size': number;
  readonly 'full-backing-filename'?: string;
}

/** The image and what it stands on, the image first. Also while a machine runs from it. */
export const readChain = async (path: string): Promise<Outcome<readonly ImageInfo[]>> => {
  const told = await qemuImg(`\`${path}\` cannot be read`, path, [
    'info',
    '-U',
    '--backing-chain',
    '--output=json',
    path,
  ]);
  if (told.value === undefined) return { diagnostics: told.diagnostics };
  const chain = (JSON.parse(told.value) as readonly RawInfo[]).map((info) => ({
    path: info.filename,
    format: info.format,
    virtualBytes: info['virtual-size'],
    storedBytes: info['actual-size'],
    ...(info['full-backing-filename'] === undefined ? {} : { backingPath: info['full-backing-filename'] }),
  }));
  return { value: chain, diagnostics: [] };
};

/** Whether a machine has it open for writing. */
export const isImageInUse = async (path: string): Promise<boolean> => {
  const result = await runProgram(['qemu-img', 'info', '--output=json', path]);
  return result.status !== 0 && isInUse(result);
};

/** Faults in the structure of a qcow2 image; leaked clusters only take up room. */
export const checkImage = async (path: string): Promise<Diagnostic | undefined> => {
  const result = await runProgram(['qemu-img', 'check', '-q', '-f', 'qcow2', path], { timeoutMs: longTimeoutMs });
  const leaksOnly = 3;
  if (result.status === 0 || result.status === leaksOnly) return undefined;
  if (isInUse(result)) return failureOf('', path, result);
  return { ...programFailed(`\`${path}\` is damaged`, result), code: 'image-damaged' };
};

/** Whether two images show the same content. */
export const haveSameContent = async (a: string, b: string): Promise<Outcome<boolean>> => {
  const result = await runProgram(['qemu-img', 'compare', '-q', a, b], { timeoutMs: longTimeoutMs });
  if (result.status <= 1 && result.outcome === 'exited') return { value: result.status === 0, diagnostics: [] };
  return { diagnostics: [failureOf('two images cannot be compared', a, result)] };
};
