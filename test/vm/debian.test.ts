/** A guest with Debian on its disks: built from packages, set apart by its settings, with its agent at work. */
import { describe, expect, it } from 'vitest';
import { checkBase } from '../../src/images/base-store.ts';
import { prepareBoot } from '../../src/images/prepare-boot.ts';
import * as bed from '../images/bed.ts';
import { startOnConsole } from './guest-on-console.ts';

bed.dataHome();
const longMs = 900_000;

describe('a Debian guest', () => {
  it('runs from a sealed base with its own name, keys and agent', { timeout: longMs }, async () => {
    const name = { lab: 'guide', machine: 'debian01' };
    const usual = bed.orderOf(name, { kind: 'debian', packages: [] }, bed.disksOf('standard'));
    const order = { ...usual, hardware: { ...usual.hardware, memoryMebibytes: 512 } };
    const boot = bed.valueOf(await prepareBoot(order));
    const guest = await startOnConsole(order.hardware, boot, 'root@debian01:~# ');
    const { identity, system } = await bed.recordOf(name);
    expect(await guest.sh('cat /etc/machine-id')).toContain(identity.machineId);
    expect(await guest.sh('cat /etc/ssh/ssh_host_ed25519_key.pub')).toContain(identity.sshHostKey.publicKey.trim());
    expect(await guest.sh('ps ax')).toContain('perl /run/lanwright/agent.pl');
    // Both come by modules that are not on the disk.
    expect(await guest.sh('ip link add br0 type bridge && nft add table inet t && nft list tables')).toContain(
      'table inet t',
    );
    expect(await guest.sh('findmnt -n -o SOURCE /srv; findmnt -n -o SOURCE /tmp; cat /proc/swaps')).toMatch(
      /\/dev\/vdc[^]*\/dev\/vdd2[^]*\/dev\/vdd1/,
    );
    await guest.powerOff();
    bed.valueOf(await checkBase(system?.base ?? '', { isThorough: true }));
  });
});
