/** The settings of an appliance are read before anything is made. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lanwright } from '../scenarios/lab-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanwright-appliance-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('appliance', () => {
  it('refuses settings that would not work, with the place', async () => {
    const file = written('bad', 'mode = 6rd\nrelay = fe80::1\n');
    for (const argv of [
      ['settings', 'v6-router', file, '-o', join(folder, 'none.iso')],
      ['build', 'v6-router', '--settings', file, '-o', join(folder, 'none')],
    ]) {
      const ran = await lanwright('appliance', ...argv);
      expect(ran.status).toBe(2);
      expect(ran.stderr).toContain('bad:2:1: error[bad-setting]: `relay` is `fe80::1`, and has to be an IPv4 address');
    }
    expect(existsSync(join(folder, 'none.iso')) || existsSync(join(folder, 'none'))).toBe(false);
  });

  it('says so where there is no such file, no such appliance, no such format', async () => {
    const missing = await lanwright('appliance', 'settings', 'v6-router', join(folder, 'nowhere'), '--json');
    expect([missing.status, JSON.parse(missing.stdout)]).toMatchObject([2, [{ code: 'no-such-file' }]]);
    expect((await lanwright('appliance', 'build', 'v5-router')).status).toBe(2);
    expect((await lanwright('appliance', 'build', 'v6-router', '--format', 'floppy')).status).toBe(2);
  });

  it('writes settings to a disk of that label, under the name that is looked for', async () => {
    const file = written('good', 'relay = 192.0.2.1\noutside = 192.0.2.9\n');
    const disk = join(folder, 'good.iso');
    const ran = await lanwright('appliance', 'settings', 'v6-router', file, '-o', disk, '--json');
    expect([ran.status, JSON.parse(ran.stdout)]).toEqual([0, { path: disk }]);
    const bytes = readFileSync(disk).toString('latin1');
    // The primary volume descriptor, in the sixteenth sector (ECMA-119, 8.4): its name.
    expect(bytes.slice(16 * 2048 + 40, 16 * 2048 + 72).trim()).toBe('V6ROUTER');
    expect(bytes).toContain('v6-router.settings');
    expect(bytes).toContain('relay = 192.0.2.1\noutside = 192.0.2.9\n');
  });
});
