/** The data disk of a machine that runs and writes to it: copied as it was at one moment, with its file system at rest. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertImage } from '../../src/images/qcow2.ts';
import * as bed from '../images/bed.ts';
import { labOf, type Ran } from '../scenarios/lab-run.ts';

bed.dataHome();
const lab = labOf(`lab: backup
networks: { lan: { mode: host-only, ipv4: 10.9.12.0/24 } }
machines:
  store: { kind: vm, disks: [{ role: data, size: 64 }], nics: [lan], stop: 20 }
`);

const fine = (ran: Ran): string => {
  if (ran.status !== 0) throw new Error(`ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
  return ran.stdout.trim();
};
const inStore = async (script: string): Promise<string> => fine(await lab.exec('store', 'sh', '-c', script));
const copy = join(lab.directory, 'copy.qcow2');
const backUp = (): Promise<Ran> => lab.run('image', 'backup', '-f', lab.file, 'store', copy);

beforeAll(async () => {
  fine(await lab.run('up', lab.file));
}, 240_000);
afterAll(async () => lab.dispose(), 60_000);

describe('a machine that writes to its disk', () => {
  it('is copied, whole and for its user alone, and goes on', async () => {
    await inStore('echo kept > /srv/kept; dd if=/dev/urandom of=/srv/large bs=1M count=8 2>/dev/null');
    await inStore(
      '(i=0; while :; do i=$((i+1)); echo $i > /srv/new; mv /srv/new /srv/number; sleep 0.02; done) >/dev/null 2>&1 </dev/null &',
    );
    const ran = await backUp();
    fine(ran);
    expect(ran.stderr).not.toContain('power cut');
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const raw = `${copy}.at-rest`;
    expect(await convertImage(copy, raw, { format: 'raw' })).toBeUndefined();
    // Nothing to mend, not even by the journal.
    expect(bed.run('dumpe2fs', '-h', raw)).not.toContain('needs_recovery');
    bed.run('e2fsck', '-f', '-n', raw);
    expect(await bed.readFrom(copy, '/kept')).toBe('kept\n');
    expect(await bed.readFrom(copy, '/number')).toMatch(/^\d+\n$/);
    const [before, after] = [await inStore('cat /srv/number'), await inStore('sleep 1; cat /srv/number')];
    expect(Number(after)).toBeGreaterThan(Number(before));
  }, 120_000);

  it('can be copied again and again', async () => {
    await inStore('echo later > /srv/kept; sync');
    fine(await backUp());
    expect(await bed.readFrom(copy, '/kept')).toBe('later\n');
  }, 120_000);

  it('is not restored while it runs', async () => {
    const ran = await lab.run('image', 'restore', '-f', lab.file, 'store', copy);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('is running');
  }, 60_000);
});
