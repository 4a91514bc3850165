/**
 * Trees of Debian's programs, for tests: unpacked beside the host, so that none of them is installed or started on it.
 * Tests run them in namespaces with the tree as their root, or boot them. The name of a tree tells what is in it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const suite = 'bookworm';
const { unpacked, xen } = JSON.parse(readFileSync(new URL('./requirements.json', import.meta.url), 'utf8'));

const treeOf = (word, packages) => {
  const name = createHash('sha256')
    .update(JSON.stringify([suite, packages]))
    .digest('hex')
    .slice(0, 12);
  return { packages, folder: join(tmpdir(), `lanwright-test-${word}-${process.getuid?.() ?? 0}-${name}`) };
};

const programs = treeOf('programs', unpacked);
const hypervisor = treeOf('xen', xen);

export const programTree = programs.folder;
export const xenTree = hypervisor.folder;

/** Makes the tree where it is missing; tests say so themselves where it cannot be had. */
const unpack = ({ packages, folder }) => {
  if (existsSync(folder)) return;
  console.log('Unpacking the programs that tests run …');
  const draft = `${folder}.${process.pid}`;
  const argv = ['mmdebstrap', '--quiet', '--mode=root', '--variant=extract', `--include=${packages.join(',')}`];
  const isRoot = process.getuid?.() === 0;
  const [program, ...rest] = [
    ...(isRoot ? [] : ['unshare', '--user', '--map-root-user', '--map-auto', '--']),
    ...[...argv, suite, draft],
  ];
  const made = spawnSync(program, rest, { stdio: 'inherit', timeout: 10 * 60 * 1000 });
  try {
    if (made.status !== 0) throw new Error(`mmdebstrap: ${made.status}`);
    renameSync(draft, folder);
  } catch (error) {
    console.error(`the programs that tests run cannot be unpacked: ${error.message}`);
    rmSync(draft, { recursive: true, force: true });
  }
};

export const unpackProgramTree = () => unpack(programs);
export const unpackXenTree = () => unpack(hypervisor);
