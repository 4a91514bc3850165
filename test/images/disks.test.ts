/** The disks of machines on real images: sealed bases, settings, data that stays, and the ways in between. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { baseImage, checkBase, readBase } from '../../src/images/base-store.ts';
import { importBase } from '../../src/images/ensure-base.ts';
import { backUpData, changesOf, cloneDisks, removeDisks, restoreData } from '../../src/images/machine-disks.ts';
import { machineFolder, readRecord, withMachine, writeRecord } from '../../src/images/machine-store.ts';
import { baseFromMachine, copyBase, removeBase } from '../../src/images/patch-base.ts';
import { prepareBoot } from '../../src/images/prepare-boot.ts';
import { flattenMachine, repointMachine, rollbackMachine } from '../../src/images/repoint.ts';
import { isImageInUse } from '../../src/images/qcow2.ts';
import { sealBase } from '../../src/images/seal.ts';
import * as bed from './bed.ts';

const home = bed.dataHome();
const probe = { kind: 'probe' } as const;
const longMs = 120_000;

/** A machine whose system stands on a base that is there already. */
const place = async (machine: string, base: string, layout: 'standard' | 'three' | 'two' = 'standard') => {
  const name = { lab: 'office', machine };
  await withMachine(name, async (record) => {
    const file = 'system-first.qcow2';
    bed.run(
      'qemu-img',
      'create',
      '-q',
      '-f',
      'qcow2',
      '-b',
      baseImage(base),
      '-F',
      'qcow2',
      join(machineFolder(name), file),
    );
    chmodSync(join(machineFolder(name), file), 0o600);
    await writeRecord(name, { ...record, system: { file, base, boot: 'direct' } });
  });
  const image = { kind: 'debian', packages: [] } as const;
  const boot = await bed.prepare(name, image, bed.disksOf(layout));
  return { name, boot, start: () => prepareBoot(bed.orderOf(name, image, bed.disksOf(layout))) };
};

beforeAll(async () => {
  await bed.smallBase('plain', { 'etc/motd': 'first\n', 'usr/bin/tool': 'one\n' });
}, longMs);

describe('a base', () => {
  it('is read-only, with its digest beside it', async () => {
    expect(statSync(baseImage('plain')).mode & 0o777).toBe(0o444);
    expect((await readBase('plain'))?.seal?.sha256).toBe(bed.sha256(baseImage('plain')));
    expect(statSync(dirname(baseImage('plain'))).mode & 0o777).toBe(0o700);
  });

  it('that changed is refused, with the machines that it would break', { timeout: longMs }, async () => {
    await bed.smallBase('touched', { a: 'a\n' });
    const { start } = await place('t1', 'touched');
    await place('t2', 'touched');
    chmodSync(baseImage('touched'), 0o600);
    const written = await start();
    expect(bed.codesOf(written)).toEqual(['base-writable']);
    bed.run('qemu-io', '-f', 'qcow2', '-c', 'write -P 7 1M 64k', baseImage('touched'));
    chmodSync(baseImage('touched'), 0o444);
    const changed = await start();
    expect(bed.codesOf(changed)).toEqual(['base-changed']);
    expect(changed.diagnostics[0]?.message).toContain('on it stand `office/t1`, `office/t2`');
  });

  it('that is missing or moved is refused, and welcome again in its place', { timeout: longMs }, async () => {
    await bed.smallBase('wandering', { a: 'a\n' });
    const { name, start } = await place('w1', 'wandering');
    const place1 = dirname(baseImage('wandering'));
    renameSync(place1, join(home, 'elsewhere'));
    const missing = await start();
    expect(bed.codesOf(missing)).toEqual(['base-missing']);
    expect(missing.diagnostics[0]?.message).toContain('`office/w1`');
    renameSync(join(home, 'elsewhere'), place1);
    bed.valueOf(await start());
    bed.run(
      'qemu-img',
      'rebase',
      '-u',
      '-f',
      'qcow2',
      '-b',
      baseImage('plain'),
      '-F',
      'qcow2',
      await bed.systemPath(name),
    );
    expect(bed.codesOf(await start())).toEqual(['base-moved']);
  });

  it('is copied from an image of the user, and no longer depends on it', { timeout: longMs }, async () => {
    const image = bed.userImage(join(home, 'Own Image.qcow2'), { hello: 'from the user\n' });
    const name = { lab: 'office', machine: 'own' };
    const boot = await bed.prepare(name, { kind: 'file', path: image }, bed.disksOf('three'));
    expect(boot.kernel).toBeUndefined();
    writeFileSync(image, 'gone');
    expect(await bed.readFrom(await bed.systemPath(name), '/hello')).toBe('from the user\n');
    bed.valueOf(await prepareBoot(bed.orderOf(name, { kind: 'file', path: image }, bed.disksOf('three'))));
  });

  it('cannot be removed while a machine stands on it, or made twice', { timeout: longMs }, async () => {
    await place('holder', 'plain');
    expect((await removeBase('plain'))?.code).toBe('base-in-use');
    expect((await importBase('plain', baseImage('plain')))?.code).toBe('base-exists');
    expect((await importBase('../plain', baseImage('plain')))?.code).toBe('bad-base-name');
    await bed.smallBase('lonely', { a: 'a\n' });
    expect(await removeBase('lonely')).toBeUndefined();
    expect(existsSync(baseImage('lonely'))).toBe(false);
  });
});

describe('the disks of a machine', () => {
  it('are four, three or two, in the order of the lab', { timeout: longMs }, async () => {
    const four = await place('four', 'plain', 'standard');
    expect(four.boot.disks.map(({ role, isReadOnly }) => [role, isReadOnly])).toEqual([
      ['system', false],
      ['settings', true],
      ['data', false],
      ['scratch', false],
    ]);
    const three = await place('three', 'plain', 'three');
    expect(three.boot.disks.map(({ role }) => role)).toEqual(['system', 'settings', 'data']);
    const two = await place('two', 'plain', 'two');
    expect(two.boot.disks.map(({ role }) => role)).toEqual(['system', 'data']);
    // Without a settings disk the data disk carries them.
    expect(await bed.readFrom(await bed.dataPath(two.name), '/.settings/etc/hostname')).toBe('two\n');
  });

  it('are open to nobody else, and stay what they are when asked for again', { timeout: longMs }, async () => {
    const { name, boot, start } = await place('private', 'plain');
    for (const { role, path } of boot.disks) if (role !== 'scratch') expect(statSync(path).mode & 0o077, path).toBe(0);
    expect(statSync(machineFolder(name)).mode & 0o777).toBe(0o700);
    expect(bed.valueOf(await start())).toEqual(boot);
  });

  it('hold settings that set it apart, as cloud-init reads them', { timeout: longMs }, async () => {
    const { name, boot } = await place('apart', 'plain');
    const { identity } = await bed.recordOf(name);
    const seed = boot.disks.find(({ role }) => role === 'settings')?.path ?? '';
    const out = join(home, 'seed');
    bed.run('xorriso', '-osirrox', 'on', '-indev', seed, '-extract', '/', out);
    const read = (path: string): string => bed.run('cat', join(out, path));
    expect(JSON.parse(read('meta-data'))).toEqual({ 'instance-id': identity.machineId, 'local-hostname': 'apart' });
    expect(read('user-data')).toMatch(/^#cloud-config\n/);
    expect(JSON.parse(read('network-config'))).toEqual({ version: 1, config: 'disabled' });
    expect(read('files/etc/machine-id')).toBe(`${identity.machineId}\n`);
    expect(statSync(join(out, 'files/etc/ssh/ssh_host_ed25519_key')).mode & 0o777).toBe(0o600);
  });

  it('of a probe guest are data and scratch alone', { timeout: longMs }, async () => {
    const disks = [{ role: 'data', sizeMebibytes: 16 } as const, { role: 'scratch', sizeMebibytes: 16 } as const];
    const boot = await bed.prepare({ lab: 'office', machine: 'memory' }, probe, disks);
    expect(boot.kernel).toBeDefined();
    expect(boot.disks.map(({ role }) => role)).toEqual(['data', 'scratch']);
  });
});

describe('a patch', () => {
  it('reaches machines one by one, and is taken back', { timeout: longMs }, async () => {
    const one = await place('p1', 'plain');
    const two = await place('p2', 'plain');
    writeFileSync(join(home, 'motd'), 'second\n');
    await bed.writeTo(await bed.systemPath(one.name), 'rm /etc/motd', `write ${join(home, 'motd')} /etc/motd`);
    expect((await copyBase('plain', 'copy'))?.code).toBeUndefined();
    expect(bed.codesOf(await repointMachine(two.name, 'copy'))).toEqual(['base-not-sealed']);
    expect(await baseFromMachine(one.name, 'patched', 'plain')).toBeUndefined();
    bed.valueOf(await sealBase('patched'));
    // The machine that was tried keeps its way back; the other is as it was.
    expect(bed.valueOf(await repointMachine(two.name, 'patched')).system).toBe('fresh');
    expect(await bed.readFrom(await bed.systemPath(two.name), '/etc/motd')).toBe('second\n');
    bed.valueOf(await two.start());
    bed.valueOf(await rollbackMachine(two.name));
    expect(await bed.readFrom(await bed.systemPath(two.name), '/etc/motd')).toBe('first\n');
    bed.valueOf(await rollbackMachine(two.name));
    expect(await bed.readFrom(await bed.systemPath(two.name), '/etc/motd')).toBe('second\n');
    expect(bed.valueOf(await checkBase('plain', { isThorough: true })).name).toBe('plain');
  });

  it('keeps what a machine wrote where the new base has the same content', { timeout: longMs }, async () => {
    const { name } = await place('same', 'plain');
    writeFileSync(join(home, 'note'), 'mine\n');
    await bed.writeTo(await bed.systemPath(name), `write ${join(home, 'note')} /note`);
    await copyBase('plain', 'twin');
    bed.valueOf(await sealBase('twin'));
    expect(bed.valueOf(await repointMachine(name, 'twin')).system).toBe('kept');
    expect(await bed.readFrom(await bed.systemPath(name), '/note')).toBe('mine\n');
  });

  it('is out of the way once a system stands alone', { timeout: longMs }, async () => {
    const { name, start } = await place('alone', 'plain');
    bed.valueOf(await flattenMachine(name));
    expect(bed.run('qemu-img', 'info', await bed.systemPath(name))).not.toContain('backing file');
    expect(await bed.readFrom(await bed.systemPath(name), '/etc/motd')).toBe('first\n');
    bed.valueOf(await start());
    expect(bed.codesOf(await changesOf(name))).toEqual(['no-base']);
  });
});

describe('the files of a system', () => {
  it('that a machine added, removed or changed are listed, and no others', { timeout: longMs }, async () => {
    const { name } = await place('busy', 'plain');
    expect(bed.valueOf(await changesOf(name))).toEqual([]);
    writeFileSync(join(home, 'new'), 'new\n');
    // The same size, another content.
    writeFileSync(join(home, 'tool'), 'two\n');
    await bed.writeTo(
      await bed.systemPath(name),
      `write ${join(home, 'new')} /etc/new`,
      'rm /usr/bin/tool',
      `write ${join(home, 'tool')} /usr/bin/tool`,
      'rm /etc/motd',
    );
    expect(bed.valueOf(await changesOf(name))).toEqual([
      { path: '/etc/motd', change: 'removed' },
      { path: '/etc/new', change: 'added' },
      { path: '/usr/bin/tool', change: 'content' },
    ]);
    await bed.writeTo(await bed.systemPath(name), 'set_inode_field /etc/new mode 0104755');
    expect(bed.valueOf(await changesOf(name)).map(({ path }) => path)).toContain('/etc/new');
  });
});

describe('data', () => {
  it('comes back from a backup, and what was there stays until the next', { timeout: longMs }, async () => {
    const { name } = await place('keeper', 'plain');
    writeFileSync(join(home, 'ledger'), 'paid\n');
    await bed.writeTo(await bed.dataPath(name), `write ${join(home, 'ledger')} /ledger`);
    const copy = join(home, 'ledger.qcow2');
    bed.valueOf(await backUpData(name, copy));
    const before = await bed.dataPath(name);
    await bed.writeTo(before, 'rm /ledger');
    bed.valueOf(await restoreData(name, copy));
    expect(await bed.readFrom(await bed.dataPath(name), '/ledger')).toBe('paid\n');
    expect(existsSync(before)).toBe(true);
    writeFileSync(copy, 'no image');
    expect((await restoreData(name, join(home, 'absent'))).value).toBeUndefined();
    expect(await bed.readFrom(await bed.dataPath(name), '/ledger')).toBe('paid\n');
  });

  it('of a running machine is neither backed up, nor replaced, nor removed', { timeout: longMs }, async () => {
    const { name } = await place('busy', 'plain');
    const data = await bed.dataPath(name);
    const [copy, before] = [join(home, 'busy.qcow2'), bed.sha256(data)];
    bed.valueOf(await backUpData(name, copy));
    // Its processor does not run; its disk is open all the same.
    const qemu = spawn(
      'qemu-system-x86_64',
      ['-nodefaults', '-display', 'none', '-S', '-drive', `file=${data},format=qcow2,if=virtio`],
      { stdio: 'ignore' },
    );
    try {
      await expect.poll(() => isImageInUse(data), { timeout: 30_000 }).toBe(true);
      expect(bed.codesOf(await backUpData(name, join(home, 'never.qcow2')))).toEqual(['image-in-use']);
      expect(existsSync(join(home, 'never.qcow2'))).toBe(false);
      expect(bed.codesOf(await restoreData(name, copy))).toEqual(['image-in-use']);
      expect(bed.codesOf(await removeDisks(name, { isDataNamed: true }))).toEqual(['image-in-use']);
    } finally {
      qemu.kill('SIGKILL');
    }
    await expect.poll(() => isImageInUse(data), { timeout: 30_000 }).toBe(false);
    expect(bed.sha256(data)).toBe(before);
    bed.valueOf(await backUpData(name, join(home, 'later.qcow2')));
  });

  it('is removed only when it is named', { timeout: longMs }, async () => {
    const { name } = await place('leaver', 'plain');
    const data = await bed.dataPath(name);
    expect(bed.valueOf(await removeDisks(name, { isDataNamed: false })).kept).toHaveLength(1);
    expect(existsSync(data)).toBe(true);
    // The lab that comes back finds it.
    expect((await bed.recordOf(name)).data).toHaveLength(1);
    bed.valueOf(await removeDisks(name, { isDataNamed: true }));
    expect(existsSync(data)).toBe(false);
    expect(await readRecord(name)).toBeUndefined();
  });
});

describe('a clone', () => {
  it('has the data and nothing that tells the other apart', { timeout: longMs }, async () => {
    const { name } = await place('original', 'plain');
    writeFileSync(join(home, 'ledger'), 'paid\n');
    await bed.writeTo(await bed.dataPath(name), `write ${join(home, 'ledger')} /ledger`);
    const other = { lab: 'office', machine: 'twin' };
    const clone = bed.valueOf(await cloneDisks(name, other));
    const { identity } = await bed.recordOf(name);
    expect(clone.identity.machineId).not.toBe(identity.machineId);
    expect(clone.identity.sshHostKey.privateKey).not.toBe(identity.sshHostKey.privateKey);
    expect(await bed.readFrom(await bed.dataPath(other), '/ledger')).toBe('paid\n');
    expect(await bed.dataPath(other)).not.toBe(await bed.dataPath(name));
    expect(bed.codesOf(await cloneDisks(name, other))).toEqual(['machine-has-disks']);
  });

  it('of two disks carries its own settings', { timeout: longMs }, async () => {
    const { name } = await place('pair', 'plain', 'two');
    const other = { lab: 'office', machine: 'other-pair' };
    const { identity } = bed.valueOf(await cloneDisks(name, other));
    const data = await bed.dataPath(other);
    expect(await bed.readFrom(data, '/.settings/etc/hostname')).toBe('other-pair\n');
    expect(await bed.readFrom(data, '/.settings/etc/machine-id')).toBe(`${identity.machineId}\n`);
    expect(await bed.readFrom(data, '/.settings/etc/ssh/ssh_host_ed25519_key')).toBe(identity.sshHostKey.privateKey);
    expect(await bed.readFrom(await bed.dataPath(name), '/.settings/etc/hostname')).toBe('pair\n');
  });
});
