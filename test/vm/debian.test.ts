/** A guest with Debian on its disks, by `up`: built from packages, set apart by its settings, its agent at work. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baseImage, checkBase } from '../../src/images/base-store.ts';
import * as bed from '../images/bed.ts';
import { labOf, type Ran, type VerifyReport } from '../scenarios/lab-run.ts';

bed.dataHome();
const longMs = 900_000;

const lab = labOf(
  `lab: debian
networks: { lan: { mode: host-only, ipv4: 10.9.7.0/24 } }
machines:
  debian01: { kind: vm, image: debian, disks: standard, nics: [lan], stop: 120 }
expect:
  - { from: host, to: debian01, ping: true }
`,
  longMs,
);
const name = { lab: lab.name, machine: 'debian01' };

const fine = ({ status, stdout, stderr }: Ran): string => {
  if (status !== 0) throw new Error(`ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};

/** What a line of shell prints in the guest. */
const sh = async (line: string): Promise<string> => fine(await lab.exec('debian01', 'sh', '-c', line)).trim();

beforeAll(async () => {
  fine(await lab.run('up', lab.file));
}, longMs);
afterAll(async () => lab.dispose(), 180_000);

describe('a Debian guest', () => {
  it('is in the network as the file says', async () => {
    expect((await lab.json<VerifyReport>('verify', lab.file)).summary).toMatchObject({ disagree: 0, unexpected: 0 });
  });

  it('has its own name and keys, and its agent at work', async () => {
    const { identity } = await bed.recordOf(name);
    expect(await sh('cat /etc/hostname /etc/machine-id')).toBe(`debian01\n${identity.machineId}`);
    expect(await sh('cat /etc/ssh/ssh_host_ed25519_key.pub')).toBe(identity.sshHostKey.publicKey.trim());
    expect(await sh('ps ax')).toContain('perl /run/lanwright/agent.pl');
  });

  it('loads modules that are not on its disk', async () => {
    expect(await sh('ip link add br9 type bridge && nft add table inet t && nft list tables; ip link del br9')).toBe(
      'table inet t',
    );
    await sh('nft delete table inet t');
  });

  it('has data at /srv, and scratch as swap and /tmp', async () => {
    expect(await sh('findmnt -n -o SOURCE /srv; findmnt -n -o SOURCE /tmp; cat /proc/swaps')).toMatch(
      /\/dev\/vdc[^]*\/dev\/vdd2[^]*\/dev\/vdd1/,
    );
  });

  it(
    'keeps data through a stop and a start, begins with empty scratch, and leaves its base alone',
    async () => {
      const base = (await bed.recordOf(name)).system?.base ?? '';
      const sealed = bed.sha256(baseImage(base));
      await sh('echo kept > /srv/kept; echo lost > /tmp/lost; echo changed > /etc/motd');
      fine(await lab.run('stop', '-f', lab.file, 'debian01'));
      expect(bed.sha256(baseImage(base))).toBe(sealed);
      bed.valueOf(await checkBase(base, { isThorough: true }));
      const changed = fine(await lab.run('image', 'changes', `${lab.name}/debian01`));
      expect(changed).toContain('/etc/motd');
      expect(changed).not.toContain(' /usr/bin/');
      fine(await lab.run('start', '-f', lab.file, 'debian01'));
      expect(await sh('cat /srv/kept /etc/motd')).toBe('kept\nchanged');
      expect(await sh('test -e /tmp/lost || echo gone')).toBe('gone');
      expect((await lab.json<VerifyReport>('verify', lab.file)).summary).toMatchObject({ disagree: 0, unexpected: 0 });
    },
    longMs,
  );
});
