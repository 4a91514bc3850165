/**
 * Files and directories on the command line to machines with their files: a directory may be one machine's root, or hold
 * one directory for each machine; files alone, also from standard input, are one machine's.
 */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { type ImportedMachine, type ImportedText } from '../dialects/read-network.ts';
import { readTree, type TreeFile } from '../run/read-tree.ts';

export interface GivenFiles {
  readonly machines: readonly ImportedMachine[];
  readonly wiring: { readonly file: string; readonly text: string } | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

const roots = ['etc', 'usr', 'run', 'lib', 'var', 'proc', 'sys', 'boot', 'opt', 'root', 'home'];
const wiringName = /^wiring\.ya?ml$/;

/** The part of a file's name that it has on the machine itself: from `etc/` on. */
const placeOnMachine = (file: string): string => {
  const parts = file.split('/');
  const at = parts.findIndex((part) => part === 'etc' || part === 'usr' || part === 'run' || part === 'lib');
  return at < 0 ? (parts.at(-1) ?? file) : parts.slice(at).join('/');
};

const textOf = ({ file, text }: TreeFile, path: string): ImportedText => ({ file, text, path });

const isRoot = (name: string): boolean => roots.includes(name);

/** Files below a directory by machine: by the first directory of their paths, unless that is one of a root. */
const byMachine = (files: readonly TreeFile[], host: string): readonly ImportedMachine[] => {
  const machines = new Map<string, ImportedText[]>();
  const isOne =
    files.some(({ path }) => isRoot(path.split('/')[0] ?? '')) || files.every(({ path }) => !path.includes('/'));
  for (const file of files) {
    const [first = '', ...rest] = file.path.split('/');
    if (wiringName.test(file.path) || (!isOne && rest.length === 0)) continue;
    const name = isOne ? host : first;
    const path = isOne ? file.path : rest.join('/');
    const texts = machines.get(name) ?? [];
    texts.push(textOf(file, path));
    machines.set(name, texts);
  }
  return [...machines].map(([name, texts]) => ({ name, texts }));
};

/** `host`: the machine whose files they are where no directory says it. */
export const readFiles = async (names: readonly string[], host: string): Promise<GivenFiles> => {
  const machines: ImportedMachine[] = [];
  const loose: ImportedText[] = [];
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, string>();
  let wiring: GivenFiles['wiring'];
  for (const name of names) {
    const tree = await readTree(name === '-' ? '/dev/stdin' : name);
    diagnostics.push(...tree.diagnostics);
    for (const { file, text } of tree.files) sources.set(file, text);
    if (tree.isDirectory) {
      machines.push(...byMachine(tree.files, host));
      wiring = tree.files.find(({ path }) => wiringName.test(path)) ?? wiring;
    } else
      for (const file of tree.files) {
        if (wiringName.test(file.path)) wiring = file;
        else loose.push(textOf(file, placeOnMachine(file.file)));
      }
  }
  if (loose.length > 0) machines.push({ name: host, texts: loose });
  const merged = new Map<string, ImportedText[]>();
  for (const { name, texts } of machines) merged.set(name, [...(merged.get(name) ?? []), ...texts]);
  return { machines: [...merged].map(([name, texts]) => ({ name, texts })), wiring, diagnostics, sources };
};
