/** The four disks of a machine as its system sees them: what stays, what goes, and what a power cut leaves. */
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { baseImage } from '../../src/images/base-store.ts';
import { findProgram } from '../../src/images/host-programs.ts';
import { changesOf } from '../../src/images/machine-disks.ts';
import { withMachine, writeRecord, machineFolder } from '../../src/images/machine-store.ts';
import { prepareBoot } from '../../src/images/prepare-boot.ts';
import { checkImage, convertImage } from '../../src/images/qcow2.ts';
import * as bed from '../images/bed.ts';
import { startOnConsole, type ConsoleGuest } from './guest-on-console.ts';

bed.dataHome();
const longMs = 300_000;
const name = { lab: 'guide', machine: 'vm01' };
const image = { kind: 'debian', packages: [] } as const;
const order = bed.orderOf(name, image, bed.disksOf('standard'));

const applets = ['sh', 'mount', 'cat', 'setsid', 'cttyhack', 'sleep', 'sync', 'poweroff', 'mv', 'ls', 'hostname', 'ps'];

/** A system that is a shell on the console. */
const init = `#!/bin/busybox sh
export PATH=/bin
while :; do setsid cttyhack sh < /dev/ttyS0 > /dev/ttyS0 2>&1; done
`;

const start = async (): Promise<ConsoleGuest> => startOnConsole(order.hardware, bed.valueOf(await prepareBoot(order)));

beforeAll(async () => {
  const busybox = readFileSync((await findProgram('busybox')) ?? '');
  await bed.smallBase('shell', {
    'bin/busybox': busybox,
    ...Object.fromEntries(
      applets.map((applet) => [`bin/${applet}`, `#!/bin/busybox sh\nexec /bin/busybox ${applet} "$@"\n`]),
    ),
    'sbin/init': init,
    'etc/motd': 'as it was sealed\n',
    ...Object.fromEntries(
      ['dev', 'proc', 'sys', 'run', 'srv', 'tmp', 'lib/modules'].map((path) => [`${path}/.keep`, '']),
    ),
  });
  await withMachine(name, async (record) => {
    const file = 'system-first.qcow2';
    const path = `${machineFolder(name)}/${file}`;
    bed.run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', baseImage('shell'), '-F', 'qcow2', path);
    bed.run('chmod', '600', path);
    await writeRecord(name, { ...record, system: { file, base: 'shell', boot: 'direct' } });
  });
}, longMs);

describe('four disks', () => {
  it('share a base that is never written, begin with empty scratch, and keep data', { timeout: longMs }, async () => {
    const sealed = bed.sha256(baseImage('shell'));
    const first = await start();
    expect(await first.sh('hostname')).toBe('vm01');
    const { identity } = await bed.recordOf(name);
    expect(await first.sh('cat /etc/machine-id')).toBe(identity.machineId);
    expect(await first.sh('cat /proc/swaps')).toContain('/dev/vdd1');
    await first.sh('echo kept > /srv/kept; echo lost > /tmp/lost; echo changed > /etc/motd');
    expect(await first.sh('echo no > /run/lanwright/settings/meta-data')).toMatch(/[Rr]ead-only/);
    await first.powerOff();
    expect(bed.sha256(baseImage('shell'))).toBe(sealed);
    const changed = bed.valueOf(await changesOf(name)).map(({ path }) => path);
    expect(changed).toContain('/etc/motd');
    expect(changed).toContain('/etc/hostname');
    expect(changed.filter((path) => path.startsWith('/bin/'))).toEqual([]);

    const second = await start();
    expect(await second.sh('cat /srv/kept /etc/motd')).toBe('kept\nchanged');
    expect(await second.sh('ls /tmp')).toBe('lost+found');
    expect(await second.sh('cat /etc/machine-id')).toBe(identity.machineId);
    await second.powerOff();
    expect(bed.sha256(baseImage('shell'))).toBe(sealed);
  });

  it('survive a power cut in the middle of writing', { timeout: longMs }, async () => {
    const guest = await start();
    guest.send(
      'i=0; while :; do echo "number $i" > /srv/new; sync; mv /srv/new /srv/last; i=$((i+1)); echo "wrote $i"; done',
    );
    while ((guest.shown().match(/wrote \d/g) ?? []).length < 12) await pause(20);
    await guest.cutPower();
    const path = await bed.dataPath(name);
    expect(await checkImage(path)).toBeUndefined();
    const raw = `${path}.raw`;
    expect(await convertImage(path, raw, { format: 'raw' })).toBeUndefined();
    try {
      // Replays the journal; then there is nothing to mend.
      bed.run('e2fsck', '-E', 'journal_only', '-p', raw);
      bed.run('e2fsck', '-f', '-n', raw);
    } finally {
      rmSync(raw);
    }
    const again = await start();
    expect(await again.sh('cat /srv/last')).toMatch(/^number \d+$/);
    expect(await again.sh('cat /srv/kept')).toBe('kept');
    await again.powerOff();
  });
});
