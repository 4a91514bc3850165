/**
 * A tree of Debian's programs that configure networks, for tests: unpacked beside the host, so that none of them is
 * installed or started on it. Tests run them in namespaces with the tree as their root. Its name tells what is in it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const suite = 'bookworm';
const { unpacked } = JSON.parse(readFileSync(new URL('./requirements.json', import.meta.url), 'utf8'));
const name = createHash('sha256')
  .update(JSON.stringify([suite, unpacked]))
  .digest('hex')
  .slice(0, 12);

export const programTree = join(tmpdir(), `lanwright-test-programs-${process.getuid?.() ?? 0}-${name}`);

/** Makes the tree where it is missing; tests say so themselves where it cannot be had. */
export const unpackProgramTree = () => {
  if (existsSync(programTree)) return;
  console.log('Unpacking the programs that tests run …');
  const draft = `${programTree}.${process.pid}`;
  const argv = ['mmdebstrap', '--quiet', '--mode=root', '--variant=extract', `--include=${unpacked.join(',')}`];
  const isRoot = process.getuid?.() === 0;
  const [program, ...rest] = [
    ...(isRoot ? [] : ['unshare', '--user', '--map-root-user', '--map-auto', '--']),
    ...[...argv, suite, draft],
  ];
  const made = spawnSync(program, rest, { stdio: 'inherit', timeout: 10 * 60 * 1000 });
  try {
    if (made.status !== 0) throw new Error(`mmdebstrap: ${made.status}`);
    renameSync(draft, programTree);
  } catch (error) {
    console.error(`the programs that tests run cannot be unpacked: ${error.message}`);
    rmSync(draft, { recursive: true, force: true });
  }
};
