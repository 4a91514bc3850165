/**
 * Begins the birth of a lab's world before its file is understood: a quick look at the text for the lab's name, and at
 * the running labs. A wrong guess costs time only, for the world is opened by the name that planning finds, or never.
 */
import { readFileSync, statSync } from 'node:fs';
import { listWorlds } from '../world/client.ts';
import { type NascentWorld } from '../world/start-world.ts';
import { defaultFile, type FileOptions } from './options.ts';

const nameLine = /^lab:[ \t]*(['"]?)([A-Za-z0-9][\w.-]*)\1[ \t]*(?:#.*)?\r?$/m;

const nameIn = (file: string): string | undefined => {
  try {
    // A pipe can be read only once.
    return statSync(file).isFile() ? nameLine.exec(readFileSync(file, 'utf8'))?.[2] : undefined;
  } catch {
    return undefined;
  }
};

/** Undefined where the file does not say at once which lab it is, or where that lab seems to run. */
export const startAhead = async ({ file }: FileOptions): Promise<NascentWorld | undefined> => {
  const name = nameIn(file ?? defaultFile);
  if (name === undefined || listWorlds().includes(name)) return undefined;
  const { conceiveWorld } = await import('../world/start-world.ts');
  return conceiveWorld(name);
};
