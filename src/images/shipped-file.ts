/** Files that ship beside the program and are read as they are. */
import { readFile } from 'node:fs/promises';

/** From src/images/ in the sources, from dist/ when built. */
const roots = ['../../', '../'];

export const readShipped = async (path: string): Promise<string> => {
  for (const root of roots) {
    const text = await readFile(new URL(root + path, import.meta.url), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`${path} is not where it ships`);
};
