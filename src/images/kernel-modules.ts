/**
 * A folder of kernel modules to what depends on what: each module says it itself, in the `modinfo` section of its file
 * (`name=value` texts ended by zero bytes; include/linux/module.h of the kernel). So no depmod(8) is needed.
 */
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface KernelModule {
  readonly name: string;
  /** Below the folder of modules, as in `kernel/net/8021q/8021q.ko`. */
  readonly path: string;
  readonly needs: readonly string[];
  /** Names by which the kernel asks for it, with `*` and `?`. */
  readonly aliases: readonly string[];
}

/** In names, `-` and `_` are the same. */
export const moduleName = (path: string): string => basename(path).replace(/\.ko$/, '').replaceAll('-', '_');

/** What a module file says about itself. */
export const readModule = (path: string, contents: Buffer): KernelModule => {
  const texts = contents.toString('latin1').split('\0');
  const valuesOf = (key: string): readonly string[] =>
    texts.flatMap((text) => (text.startsWith(`${key}=`) ? [text.slice(key.length + 1)] : []));
  const needs = valuesOf('depends').flatMap((names) => names.split(','));
  const soft = valuesOf('softdep').flatMap((line) => /^pre: (.*)$/.exec(line)?.[1]?.split(' ') ?? []);
  return {
    name: moduleName(path),
    path,
    needs: [...new Set([...needs, ...soft].filter((name) => name !== '').map((name) => name.replaceAll('-', '_')))],
    aliases: valuesOf('alias'),
  };
};

/** Paths of all modules below `folder`, by their names. */
export const findModules = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const paths = await readdir(folder, { recursive: true });
  return new Map(paths.filter((path) => path.endsWith('.ko')).map((path) => [moduleName(path), path]));
};

/**
 * `wanted` and all that they need, each behind what it needs itself: the order in which they can be loaded. Names that
 * are in no file are part of the kernel, and left out.
 */
export const moduleClosure = (
  modules: ReadonlyMap<string, KernelModule>,
  wanted: readonly string[],
): readonly KernelModule[] => {
  const ordered = new Map<string, KernelModule>();
  const visit = (name: string, trail: readonly string[]): void => {
    const found = modules.get(name);
    if (found === undefined || ordered.has(name) || trail.includes(name)) return;
    for (const need of found.needs) visit(need, [...trail, name]);
    ordered.set(name, found);
  };
  for (const name of wanted) visit(name.replaceAll('-', '_'), []);
  return [...ordered.values()];
};

/** Reads `wanted` and all that they need from a folder of modules. */
export const readClosure = async (folder: string, wanted: readonly string[]): Promise<readonly KernelModule[]> => {
  const paths = await findModules(folder);
  const known = new Map<string, KernelModule>();
  const open = wanted.map((name) => name.replaceAll('-', '_'));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const path = paths.get(name);
    if (path === undefined || known.has(name)) continue;
    const found = readModule(path, await readFile(join(folder, path)));
    known.set(name, found);
    open.push(...found.needs);
  }
  return moduleClosure(known, wanted);
};
