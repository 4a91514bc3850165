/**
 * A machine of two disks carries its settings on its data disk. A copy of that disk for another machine is given the
 * settings of that one, by debugfs(8), without root and without mounting.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { runProgram } from '../run/run-program.ts';
import { programFailed } from './missing.ts';
import { convertImage } from './qcow2.ts';
import { settingsFolder, systemFiles, type Settings } from './settings-image.ts';

const regularFile = 0o100000;

/** Puts the files in the place of those that are there, owned by root. */
const replaceAll = async (raw: string, folder: string, settings: Settings): Promise<Diagnostic | undefined> => {
  const commands: string[] = [];
  for (const [index, { path, text, mode }] of systemFiles(settings).entries()) {
    const [source, target] = [join(folder, `file-${index}`), `/${settingsFolder}/${path}`];
    await writeFile(source, text, { mode: 0o600 });
    const fields = { mode: `0${(regularFile | mode).toString(8)}`, uid: '0', gid: '0' };
    commands.push(`rm ${target}`, `write "${source}" ${target}`);
    for (const [field, value] of Object.entries(fields)) commands.push(`set_inode_field ${target} ${field} ${value}`);
  }
  const script = join(folder, 'commands');
  await writeFile(script, `${commands.join('\n')}\n`);
  const result = await runProgram(['debugfs', '-w', '-f', script, raw]);
  return result.status === 0 ? undefined : programFailed('the settings on a data disk cannot be renewed', result);
};

/** Writes to `to` the data disk `from`, with these settings where it carries any. */
export const copyWithSettings = async (
  from: string,
  to: string,
  settings: Settings,
): Promise<Diagnostic | undefined> => {
  const folder = await mkdtemp(join(dirname(to), '.draft-'));
  try {
    const raw = join(folder, 'raw');
    const failure = await convertImage(from, raw, { format: 'raw' });
    if (failure !== undefined) return failure;
    // What a power cut left in the journal comes first.
    await runProgram(['e2fsck', '-p', raw]);
    const found = await runProgram(['debugfs', '-R', `stat /${settingsFolder}`, raw]);
    if (found.outcome === 'missing') return programFailed('', found);
    const renewed = found.stdout.includes('Inode:') ? await replaceAll(raw, folder, settings) : undefined;
    return renewed ?? (await convertImage(raw, to));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
