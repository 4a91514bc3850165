/**
 * Files to one archive in the `ustar` format (POSIX.1-1988, pax of POSIX.1-2017), in the order given. The same files give the
 * same bytes: no time, no owner.
 */

export interface TarFile {
  /** At most 100 bytes of ASCII. */
  readonly name: string;
  readonly contents: Uint8Array;
}

const blockBytes = 512;

const putText = (block: Uint8Array, at: number, text: string): void => {
  block.set(new TextEncoder().encode(text), at);
};

/** Numbers are octal digits, ended by a zero byte. */
const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

const checksumAt = 148;

const headerOf = ({ name, contents }: TarFile): Uint8Array => {
  const block = new Uint8Array(blockBytes);
  putText(block, 0, name);
  putText(block, 100, octal(0o644, 7));
  putText(block, 108, octal(0, 7));
  putText(block, 116, octal(0, 7));
  putText(block, 124, octal(contents.length, 11));
  putText(block, 136, octal(0, 11));
  // The sum is taken with blanks in its own place.
  putText(block, checksumAt, ' '.repeat(8));
  putText(block, 156, '0');
  putText(block, 257, 'ustar\0' + '00');
  const sum = block.reduce((total, byte) => total + byte, 0);
  putText(block, checksumAt, `${octal(sum, 6)} `);
  return block;
};

const paddingFor = (length: number): Uint8Array => new Uint8Array((blockBytes - (length % blockBytes)) % blockBytes);

export const writeTar = (files: readonly TarFile[]): Uint8Array => {
  const parts = [
    ...files.flatMap((file) => [headerOf(file), file.contents, paddingFor(file.contents.length)]),
    new Uint8Array(2 * blockBytes),
  ];
  const archive = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
};
