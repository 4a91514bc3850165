/**
 * Files and directories on the command line to machines with their files: a directory may be one machine's root, its etc/
 * or what is below that, or hold one directory for each machine; files alone, also from standard input, are one machine's.
 */
import { basename, join, resolve } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { type ImportedMachine, type ImportedText } from '../dialects/read-network.ts';
import { dialects } from '../dialects/dialects.ts';
import { readTree, type Tree, type TreeFile } from '../run/read-tree.ts';

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

const isMachinesRoot = ({ files }: Tree): boolean => files.some(({ path }) => isRoot(path.split('/')[0] ?? ''));

/** Where a directory lies on its machine: `etc`, or below it; undefined for one that holds machines, or lies elsewhere. */
const placeOfDirectory = (name: string, { files }: Tree): string | undefined => {
  const parts = resolve(name).split('/');
  const at = parts.lastIndexOf('etc');
  const holdsMachines = files.some(({ path }) => path.split('/').includes('etc'));
  return at < 0 || holdsMachines ? undefined : parts.slice(at).join('/');
};

/** Files below a directory by machine: by the first directory of their paths, unless that is one of a root. */
const byMachine = (name: string, tree: Tree, host: string): readonly ImportedMachine[] => {
  const { files } = tree;
  const place = placeOfDirectory(name, tree);
  if (place !== undefined) return [{ name: host, texts: files.map((file) => textOf(file, `${place}/${file.path}`)) }];
  const machines = new Map<string, ImportedText[]>();
  const isOne = isMachinesRoot(tree) || files.every(({ path }) => !path.includes('/'));
  for (const file of files) {
    const [first = '', ...rest] = file.path.split('/');
    if (wiringName.test(file.path) || (!isOne && rest.length === 0)) continue;
    const machine = isOne ? host : first;
    const path = isOne ? file.path : rest.join('/');
    const texts = machines.get(machine) ?? [];
    texts.push(textOf(file, path));
    machines.set(machine, texts);
  }
  return [...machines].map(([machine, texts]) => ({ name: machine, texts }));
};

/** The machine whose files they are where nobody says it. */
export const unnamedHost = 'host';

/** What this user may not read, and a dialect might; of folders it is not known what is in them. */
const closedDiagnostics = (name: string, { closed }: Tree): readonly Diagnostic[] =>
  closed.flatMap((path): readonly Diagnostic[] => {
    const onMachine = placeOnMachine(resolve(name, path));
    const file = onMachine === '' ? path : onMachine;
    const isWanted = path.endsWith('/')
      ? /netplan|network|NetworkManager|libvirt|xen|nft|ufw/.test(path)
      : dialects.some((dialect) => dialect.owns(file));
    const message = `\`${join(name, path)}\` may not be read by this user, and is left out`;
    return isWanted ? [{ code: 'no-permission', severity: 'warning', message, help: 'run it as a user who may' }] : [];
  });

/** `host`: the machine whose files they are where no directory says it. */
export const readFiles = async (names: readonly string[], host: string): Promise<GivenFiles> => {
  const machines: ImportedMachine[] = [];
  const loose: ImportedText[] = [];
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, string>();
  let wiring: GivenFiles['wiring'];
  const trees = await Promise.all(names.map((name) => readTree(name === '-' ? '/dev/stdin' : name)));
  // Several roots are several machines, unless one name is given for all.
  const isEach = host === unnamedHost && trees.filter(isMachinesRoot).length > 1;
  for (const [index, name] of names.entries()) {
    const tree = trees[index];
    if (tree === undefined) continue;
    diagnostics.push(...tree.diagnostics);
    for (const { file, text } of tree.files) sources.set(file, text);
    if (tree.isDirectory) {
      diagnostics.push(...closedDiagnostics(name, tree));
      machines.push(...byMachine(name, tree, isEach && isMachinesRoot(tree) ? basename(resolve(name)) : host));
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
