/**
 * Programs of this machine, with the libraries that they are linked with (ldd(1)), as entries of an archive at the same
 * paths: so they find each other there as they do here.
 */
import { access, constants, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runProgram } from '../run/run-program.ts';
import { searchPath } from '../run/search-path.ts';
import { type Outcome } from '../diagnostics/diagnostic.ts';
import { type ArchiveEntry } from './cpio.ts';
import { programFailed, programMissing } from './missing.ts';

/** A file of this machine, where it is wanted in the guest, and what tells that it changed. */
export interface HostFile {
  readonly path: string;
  readonly source: string;
  readonly identity: string;
}

/** Where a program is on this machine, with its links followed. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  for (const folder of searchPath().split(':')) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return realpath(path);
  }
  return undefined;
};

const hostFile = async (path: string, source: string): Promise<HostFile> => {
  const real = await realpath(source);
  const { size, mtimeMs } = await stat(real);
  return { path: path.replace(/^\//, ''), source: real, identity: `${real} ${size} ${mtimeMs}` };
};

/** Absolute paths in what ldd prints: libraries behind `=>`, and the loader at the beginning of its line. */
const librariesIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?:=>\s*|^\s*)(\/\S+)\s+\(0x/gm)].map((match) => match[1] ?? '');

/** The files that `use` lines of a Perl program ask for, at the paths where this machine's perl finds them. */
const perlFiles = async (program: string): Promise<readonly string[]> => {
  const modules = [...program.matchAll(/^\s*use ([A-Za-z][\w:]*)/gm)].map((match) => `-M${match[1]}`);
  const result = await runProgram(['perl', ...new Set(modules), '-e', 'print "$_\\n" for values %INC']);
  return result.stdout.split('\n').filter((line) => line.startsWith('/'));
};

/** Programs by name with all that they need; `script` is the Perl program that runs there. */
export const findHostFiles = async (
  programs: readonly string[],
  script: string,
): Promise<Outcome<readonly HostFile[]>> => {
  const files = new Map<string, HostFile>();
  const add = async (path: string, source: string): Promise<void> => {
    files.set(path, await hostFile(path, source));
  };
  for (const name of programs) {
    const source = await findProgram(name);
    if (source === undefined) return { diagnostics: [programMissing(name)] };
    await add(`/usr/bin/${name}`, source);
    const linked = await runProgram(['ldd', source]);
    const isStatic = linked.status !== 0 && /not a dynamic executable/.test(linked.stderr + linked.stdout);
    if (linked.status !== 0 && !isStatic)
      return { diagnostics: [programFailed(`the libraries of \`${basename(source)}\` cannot be found`, linked)] };
    for (const library of librariesIn(linked.stdout)) await add(library, library);
  }
  if (programs.includes('perl')) for (const path of await perlFiles(script)) await add(path, path);
  return { value: [...files.values()], diagnostics: [] };
};

export const readHostFiles = (files: readonly HostFile[]): Promise<readonly ArchiveEntry[]> =>
  Promise.all(
    files.map(async ({ path, source }) => ({
      kind: 'file' as const,
      path,
      contents: await readFile(source),
      isExecutable: ((await stat(source)).mode & 0o111) !== 0,
    })),
  );
