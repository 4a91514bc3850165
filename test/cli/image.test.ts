/** The commands about bases and disks, as they are typed: what they print, and what they end with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../images/bed.ts';
import { lanwright, scratchDirectory, type Ran } from './lanwright.ts';

const directory = scratchDirectory();
const home = mkdtempSync(join(tmpdir(), 'lanwright-image-cli-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const image = (...argv: readonly string[]): Promise<Ran> =>
  lanwright({ directory, environment: { XDG_DATA_HOME: home } }, 'image', ...argv);

const codesOf = ({ stdout }: Ran): readonly string[] =>
  (JSON.parse(stdout) as readonly { readonly code: string }[]).map(({ code }) => code);

describe('image', () => {
  it('says that there is nothing yet', async () => {
    expect(await image('list')).toMatchObject({ status: 0, stdout: 'there are no bases, and no machine has disks\n' });
    expect(await image('check', '--json')).toMatchObject({ status: 0 });
    expect(JSON.parse((await image('list', '--json')).stdout)).toEqual({ bases: [], machines: [] });
  });

  it('imports, copies, seals and removes bases', { timeout: 120_000 }, async () => {
    const disk = join(directory, 'own.qcow2');
    const raw = join(directory, 'own.raw');
    writeFileSync(raw, Buffer.alloc(8 * 1024 * 1024));
    run('mke2fs', '-q', '-F', '-t', 'ext4', raw);
    run('qemu-img', 'convert', '-O', 'qcow2', raw, disk);
    const imported = await image('import', disk, 'own');
    expect(imported.stdout).toMatch(/^`own` is sealed: copy of .*own\.qcow2, SHA-256 [0-9a-f]{64}\n$/);
    expect((await image('patch', 'own', 'next')).stdout).toBe(
      '`next` is there, to be changed and then sealed: copy of own\n',
    );
    expect((await image('seal', 'next', '--json')).status).toBe(0);
    const { bases } = JSON.parse((await image('list', '--json')).stdout) as { readonly bases: readonly object[] };
    expect(bases).toMatchObject([
      { base: 'next', machines: [] },
      { base: 'own', machines: [] },
    ]);
    expect(await image('check')).toMatchObject({ status: 0 });
    expect(await image('rm', 'next')).toMatchObject({ status: 0, stdout: 'the base `next` is gone\n' });
  });

  it('refuses what is not there, with a status that says whose fault it is', async () => {
    const absent = await image('seal', 'absent', '--json');
    expect([absent.status, codesOf(absent)]).toEqual([2, ['no-such-base']]);
    const machine = await image('rollback', 'lab/absent', '--json');
    expect([machine.status, codesOf(machine)]).toEqual([2, ['no-such-machine']]);
    const path = await image('rm', '../../etc', '--json');
    expect([path.status, codesOf(path)]).toEqual([2, ['no-such-base']]);
    expect((await image('backup', 'lab/absent', 'copy', '--disk', '0')).status).toBe(2);
  });

  it('says what mends it where the kernel for guests cannot be fetched', async () => {
    const configuration = join(directory, 'apt.conf');
    // apt with package lists of its own, which are empty.
    writeFileSync(
      configuration,
      `Dir::State::lists "${directory}";\nDir::Etc "${directory}";\nDir::State::status "/dev/null";\n`,
    );
    const environment = { APT_CONFIG: configuration, XDG_CACHE_HOME: join(directory, 'cache') };
    const ran = await lanwright({ directory, environment }, 'image', 'kernel', '--json');
    expect([ran.status, codesOf(ran)]).toEqual([3, ['guest-kernel-missing']]);
  });
});
