/** The text files below a directory, or one file: what is no text, or too large for a configuration file, is left out. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { readText } from './read-text.ts';

export interface TreeFile {
  /** Below the directory that was named; the file's own name where a file was. */
  readonly path: string;
  /** As the caller would open it. */
  readonly file: string;
  readonly text: string;
}

export interface Tree {
  readonly isDirectory: boolean;
  readonly files: readonly TreeFile[];
  readonly diagnostics: readonly Diagnostic[];
}

const mostFiles = 5000;
const deepest = 12;

const pathsBelow = async (root: string): Promise<readonly string[]> => {
  const found: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    if (depth > deepest || found.length >= mostFiles) return;
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== '.git' && entry.name !== 'node_modules') await visit(path, depth + 1);
      } else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
    }
  };
  await visit('', 0);
  return found.slice(0, mostFiles);
};

/** What a name stands for on disk; a fault of reading is an error for a file that was named, and a file left out else. */
export const readTree = async (name: string): Promise<Tree> => {
  const about = await stat(name).catch(() => undefined);
  if (about?.isDirectory() !== true) {
    const { value, diagnostics } = await readText(name);
    const path = name.slice(name.lastIndexOf('/') + 1);
    return { isDirectory: false, files: value === undefined ? [] : [{ path, file: name, text: value }], diagnostics };
  }
  const files: TreeFile[] = [];
  try {
    for (const path of await pathsBelow(name)) {
      const file = join(name, path);
      const { value } = await readText(file);
      if (value !== undefined) files.push({ path, file, text: value });
    }
  } catch (error) {
    const message = `\`${name}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { isDirectory: true, files, diagnostics: [{ code: 'unreadable', severity: 'error', message }] };
  }
  return { isDirectory: true, files, diagnostics: [] };
};
