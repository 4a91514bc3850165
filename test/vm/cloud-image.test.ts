/** A disk image of the user's own, by its path in the file: it boots by itself, and cloud-init makes it a machine. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as bed from '../images/bed.ts';
import { labOf, type Ran, type VerifyReport } from '../scenarios/lab-run.ts';
import { buildCloudImage } from './own-image.ts';

// Emulated, cloud-init alone takes two minutes.
const isSoak = process.env['LANWRIGHT_SOAK'] === '1';
const isRoot = process.getuid?.() === 0;
const isAsked = isSoak && isRoot;
const longMs = 1_800_000;

if (isAsked) bed.dataHome();

const lab = labOf(
  `lab: cloud
networks: { lan: { mode: host-only, ipv4: 10.9.5.0/24 } }
machines:
  own: { kind: vm, image: own.qcow2, disks: three, memory: 512, nics: [lan], stop: 180 }
expect:
  - { from: host, to: own, ping: true }
`,
  longMs,
);

const fine = ({ status, stdout, stderr }: Ran): string => {
  if (status !== 0) throw new Error(`ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};
const sh = async (line: string): Promise<string> => fine(await lab.exec('own', 'sh', '-c', line)).trim();

// Nothing that follows is run where it is skipped.
if (!isAsked) rmSync(lab.directory, { recursive: true });

describe.skipIf(!isAsked)('a cloud image', () => {
  const image = join(lab.directory, 'own.qcow2');
  let before = '';

  beforeAll(async () => {
    buildCloudImage(image);
    before = bed.sha256(image);
    fine(await lab.run('up', lab.file));
  }, longMs);
  afterAll(async () => lab.dispose(), 300_000);

  it('is in the network as the file says', async () => {
    expect((await lab.json<VerifyReport>('verify', lab.file)).summary).toMatchObject({ disagree: 0, unexpected: 0 });
  });

  it('has its own kernel, and name and keys by cloud-init', async () => {
    const { identity, system } = await bed.recordOf({ lab: lab.name, machine: 'own' });
    expect(system?.boot).toBe('firmware');
    expect(await sh('hostname; cat /etc/ssh/ssh_host_ed25519_key.pub')).toContain(identity.sshHostKey.publicKey.trim());
    expect(await sh('hostname')).toBe('own');
    expect(await sh('cloud-init query platform subplatform; cat /run/cloud-init/result.json')).toContain('NoCloud');
    expect(await sh('cat /proc/cmdline')).toContain('root=/dev/vda1');
  });

  it(
    'leaves the image as it is, and is itself again after a stop and a start',
    async () => {
      await sh('echo mine > /root/note');
      fine(await lab.run('stop', '-f', lab.file, 'own'));
      expect(bed.sha256(image)).toBe(before);
      fine(await lab.run('start', '-f', lab.file, 'own'));
      expect(await sh('cat /root/note; hostname')).toBe('mine\nown');
      expect((await lab.json<VerifyReport>('verify', lab.file)).summary).toMatchObject({ disagree: 0, unexpected: 0 });
    },
    longMs,
  );
});
