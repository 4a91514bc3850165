/** The text files below a directory, or one file: what is no text, or too large for a configuration file, is left out. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { readText, type ExpectedFile } from './read-text.ts';

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
  /** What below a directory this user may not read: files, and folders with a slash at the end. */
  readonly closed: readonly string[];
}

const configurationFile: ExpectedFile = {
  what: 'a configuration file',
  otherwise: 'name files, or a directory that holds etc/',
};

const mostFiles = 5000;
const deepest = 12;

interface Below {
  readonly paths: readonly string[];
  /** Folders that this user may not look into. */
  readonly closed: readonly string[];
}

const isClosed = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');

const pathsBelow = async (root: string): Promise<Below> => {
  const found: string[] = [];
  const closed: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    if (depth > deepest || found.length >= mostFiles) return;
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (folder === '' || !isClosed(error)) throw error;
      closed.push(folder);
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== '.git' && entry.name !== 'node_modules') await visit(path, depth + 1);
      } else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
    }
  };
  await visit('', 0);
  return { paths: found.slice(0, mostFiles), closed };
};

/** What a name stands for on disk; a fault of reading is an error for a file that was named, and a file left out else. */
export const readTree = async (name: string): Promise<Tree> => {
  const about = await stat(name).catch(() => undefined);
  if (about?.isDirectory() !== true) {
    const { value, diagnostics } = await readText(name, configurationFile);
    const path = name.slice(name.lastIndexOf('/') + 1);
    const files = value === undefined ? [] : [{ path, file: name, text: value }];
    return { isDirectory: false, files, diagnostics, closed: [] };
  }
  const files: TreeFile[] = [];
  const closed: string[] = [];
  try {
    const below = await pathsBelow(name);
    closed.push(...below.closed.map((folder) => `${folder}/`));
    for (const path of below.paths) {
      const file = join(name, path);
      const { value, diagnostics } = await readText(file, configurationFile);
      if (value !== undefined) files.push({ path, file, text: value });
      else if (diagnostics.some(({ code }) => code === 'no-permission')) closed.push(path);
    }
  } catch (error) {
    const message = `\`${name}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { isDirectory: true, files, diagnostics: [{ code: 'unreadable', severity: 'error', message }], closed };
  }
  return { isDirectory: true, files, diagnostics: [], closed };
};
