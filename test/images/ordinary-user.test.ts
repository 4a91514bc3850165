/** A base that an ordinary user builds: no root, and yet the files of the system belong to whom they should. */
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './bed.ts';

// Building takes a minute and more.
const isSoak = process.env['LANWRIGHT_SOAK'] === '1';
const isRoot = process.getuid?.() === 0;
const longMs = 1_200_000;
const nobody = 65_534;

const program = resolve(import.meta.dirname, '../../dist/lanwright.js');
let home = '';

/** As a user with a range of further users, which only this process's own /etc knows (subuid(5)). */
const asNobody = (...argv: readonly string[]): string => {
  const range = join(home, 'range');
  writeFileSync(range, `nobody:200000:65536\n`);
  const script = [
    'set -e',
    `mount --bind ${range} /etc/subuid`,
    `mount --bind ${range} /etc/subgid`,
    `cd ${home}`,
    `exec setpriv --reuid=${nobody} --regid=${nobody} --clear-groups \\`,
    `  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=${home} "$@"`,
  ].join('\n');
  return run('unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...argv);
};

describe.skipIf(!isSoak || !isRoot)('an ordinary user', () => {
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'lanwright-ordinary-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('builds a base from packages', { timeout: longMs }, () => {
    chownSync(home, nobody, nobody);
    chmodSync(home, 0o700);
    const built = JSON.parse(
      asNobody(process.execPath, program, 'image', 'build', '--name', 'plain', '--json'),
    ) as object;
    expect(built).toMatchObject({ name: 'plain', origin: 'Debian', boot: 'direct' });
    expect(asNobody(process.execPath, program, 'image', 'check')).not.toContain('error');
    const disk = join(home, '.local/share/lanwright/bases/plain/disk.qcow2');
    expect(statSync(disk).uid).toBe(nobody);
    run('qemu-img', 'convert', '-O', 'raw', disk, join(home, 'raw'));
    const shadow = run('debugfs', '-R', 'stat /etc/shadow', join(home, 'raw'));
    expect(shadow).toMatch(/User:\s+0\s+Group:\s+42\b/);
  });
});
