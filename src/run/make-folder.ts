/**
 * Makes a directory and those above it. Not mkdir's own `recursive`: below a file system that takes no directories, such as
 * /proc, which answers that there is no such one, it tries again without end.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** The error of mkdir(2), undefined where there is none. A directory that is there is as good as a new one. */
const refusalOf = async (path: string, mode: number): Promise<Error | undefined> => {
  try {
    await mkdir(path, { mode });
    return undefined;
  } catch (error) {
    return codeOf(error) === 'EEXIST' && (await isDirectory(path)) ? undefined : (error as Error);
  }
};

/** `mode`: of each that is made, less the umask. Throws the error of mkdir(2). */
export const makeFolder = async (path: string, mode = 0o777): Promise<void> => {
  const refusal = await refusalOf(path, mode);
  if (refusal === undefined) return;
  const above = dirname(path);
  if (codeOf(refusal) !== 'ENOENT' || above === path) throw refusal;
  await makeFolder(above, mode);
  const again = await refusalOf(path, mode);
  if (again !== undefined) throw again;
};
