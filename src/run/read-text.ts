/**
 * A file's text, or what stands in the way of reading it, said so that the user can mend it.
 */
import { open } from 'node:fs/promises';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';

/** Larger than any lab that a person or a program would write; a wrong file (an image, a log) is told apart at once. */
const limitBytes = 1024 * 1024;

/** What a message calls a file of this kind, and how the user is to name one where there is none. */
export interface ExpectedFile {
  readonly what: string;
  readonly otherwise: string;
}

const labFile: ExpectedFile = { what: 'a lab file', otherwise: 'name the file as the argument, or with -f FILE' };

const fault = (code: string, message: string, help?: string): { diagnostics: readonly Diagnostic[] } => ({
  diagnostics: [{ code, severity: 'error', message, ...(help === undefined ? {} : { help }) }],
});

const sentence = (
  error: NodeJS.ErrnoException,
  file: string,
  expected: ExpectedFile,
): { diagnostics: readonly Diagnostic[] } => {
  switch (error.code) {
    case 'ENOENT':
      return fault('no-file', `\`${file}\` does not exist`, expected.otherwise);
    case 'EACCES':
    case 'EPERM':
      return fault('no-permission', `\`${file}\` may not be read by this user`, `ls -l ${file}`);
    case 'ENOTDIR':
      return fault('no-file', `\`${file}\` lies below something that is not a directory`);
    case 'ENAMETOOLONG':
      return fault('no-file', `\`${file.slice(0, 40)}…\` is longer than a file name may be`);
    default:
      return fault('unreadable', `\`${file}\` cannot be read: ${error.message}`);
  }
};

const isTextual = (bytes: Buffer): boolean => !bytes.subarray(0, 8192).includes(0);

/** Reads UTF-8 text of at most 1 MiB from a file or a pipe. */
export const readText = async (file: string, expected = labFile): Promise<Outcome<string>> => {
  try {
    const handle = await open(file, 'r');
    try {
      const about = await handle.stat();
      if (about.isDirectory()) return fault('not-a-file', `\`${file}\` is a directory, ${expected.what} is expected`);
      if (about.isFile() && about.size > limitBytes) return tooLarge(file, about.size, expected);
      const bytes = await handle.readFile();
      if (bytes.length > limitBytes) return tooLarge(file, bytes.length, expected);
      if (!isTextual(bytes)) return fault('not-text', `\`${file}\` is not a text file`);
      try {
        return { value: new TextDecoder('utf-8', { fatal: true }).decode(bytes), diagnostics: [] };
      } catch {
        return fault('not-text', `\`${file}\` is not UTF-8 text`, `iconv -f LATIN1 -t UTF-8 ${file}`);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    return sentence(error as NodeJS.ErrnoException, file, expected);
  }
};

const tooLarge = (file: string, bytes: number, { what }: ExpectedFile): { diagnostics: readonly Diagnostic[] } =>
  fault(
    'file-too-large',
    `\`${file}\` has ${(bytes / 1048576).toFixed(1)} MiB, ${what} has at most ${limitBytes / 1048576}`,
  );
