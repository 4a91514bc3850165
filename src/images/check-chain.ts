/** Whether what a machine's system stands on is in its place and as it was sealed: asked before every start. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { baseImage, checkBase } from './base-store.ts';
import { machineFolder, printName, type MachineName, type SystemDisk } from './machine-store.ts';
import { imageFault } from './missing.ts';
import { readChain } from './qcow2.ts';

const resolved = (path: string): Promise<string> => realpath(path).catch(() => path);

/** What is wrong with the chain of a machine's system disk; nothing where it may start. */
export const checkChain = async (
  name: MachineName,
  system: SystemDisk,
  options: { readonly isThorough?: boolean } = {},
): Promise<readonly Diagnostic[]> => {
  const machine = printName(name);
  if (system.base !== undefined) {
    const checked = await checkBase(system.base, options);
    if (checked.value === undefined) return checked.diagnostics;
  }
  const path = join(machineFolder(name), system.file);
  const chain = await readChain(path);
  if (chain.value === undefined)
    return [imageFault('disk-missing', `the system disk of \`${machine}\` cannot be read: ${path}`, `ls -l ${path}`)];
  const [disk, ...below] = chain.value;
  if (system.base === undefined)
    return below.length === 0
      ? []
      : [
          imageFault(
            'base-moved',
            `the system disk of \`${machine}\` stands on ${disk?.backingPath ?? ''}, which it should not`,
          ),
        ];
  const expected = baseImage(system.base);
  const written = disk?.backingPath ?? '';
  if ((await resolved(written)) === (await resolved(expected)) && below.length === 1) return [];
  return [
    imageFault(
      'base-moved',
      `the system disk of \`${machine}\` stands on ${written === '' ? 'nothing' : written}, and its base is ${expected}`,
      `lanwright image repoint ${machine} ${system.base}`,
    ),
  ];
};
