/**
 * What is to be asked about: the lab of a lab file, or with `--files` the network that configuration files make, as a lab
 * whose every object is where the files say it.
 */
import { loadDesign, type LoadedDesign } from './load-design.ts';
import { type FileOptions } from './options.ts';

/** What questions are put to. */
export type LoadedNetwork = Pick<LoadedDesign, 'lab' | 'lowered' | 'sources' | 'file'> & {
  /** Read from configuration files: there is no lab to run. */
  readonly isImported: boolean;
};

export interface NetworkOptions extends FileOptions {
  /** Configuration files and directories instead of a lab file. */
  readonly files?: readonly string[];
}

/** The network, or the exit status after telling why there is none. */
export const loadNetwork = async (options: NetworkOptions): Promise<LoadedNetwork | number> => {
  const { files } = options;
  const isImported = files !== undefined && files.length > 0;
  // All dialects are half of what there is to load; a lab file needs none.
  const loaded = isImported
    ? await import('./import-files.ts').then(({ importNetwork }) => importNetwork(files, options))
    : await loadDesign(options);
  return typeof loaded === 'number' ? loaded : { ...loaded, isImported };
};
