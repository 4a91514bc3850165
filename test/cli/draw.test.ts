/** The command line of `draw`: formats, files, and what it says when it cannot. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, ...args);

writeFileSync(
  join(directory, 'lab.yaml'),
  'lab: small\nnetworks: { lan: { mode: nat, ipv4: 10.0.0.0/24, ipv6: none } }\nmachines: { web: { nics: [lan] }, db: { nics: [lan] } }\n',
);
mkdirSync(join(directory, 'server/etc/network'), { recursive: true });
writeFileSync(
  join(directory, 'server/etc/network/interfaces'),
  'auto br0\niface br0 inet static\n  address 192.0.2.5/24\n  bridge_ports eth0\nauto eth1\niface eth1 inet static\n  address 10.0.0.1/24\n',
);

describe('draw', () => {
  it('prints an outline of the lab here', async () => {
    const { status, stdout } = await run('draw');
    expect(status).toBe(0);
    expect(stdout).toMatch(/lan {2}10\.0\.0\.0\/24 {2}nat, by \w+/);
    expect(stdout).toMatch(/├ web {2}eth0 10\.0\.0\.\d+\/24/);
  });

  it('takes the format from the ending of the file', async () => {
    expect(await run('draw', '-o', 'small.svg')).toMatchObject({ status: 0, stdout: '' });
    expect(await run('draw', '-o', 'small.dot')).toMatchObject({ status: 0 });
    expect(readFileSync(join(directory, 'small.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(readFileSync(join(directory, 'small.dot'), 'utf8')).toMatch(/^graph "small" \{/);
  });

  it('has colours for a light page, a dark one, or both', async () => {
    const [both, dark] = [
      await run('draw', '--format', 'svg'),
      await run('draw', '--format', 'svg', '--theme', 'dark'),
    ];
    expect(both.stdout).toContain('prefers-color-scheme');
    expect(dark.stdout).not.toContain('prefers-color-scheme');
  });

  it('tells programs what it would show', async () => {
    const { stdout } = await run('draw', '--json');
    const { lab, segments, machines } = JSON.parse(stdout) as { lab: string; segments: object[]; machines: object[] };
    expect(lab).toBe('small');
    expect(segments).toContainEqual({
      segment: 'lan',
      internet: false,
      prefixes: ['10.0.0.0/24'],
      about: 'nat, by host',
    });
    expect(machines).toHaveLength(3);
  });

  it('draws what configuration files make', async () => {
    const { status, stdout } = await run('draw', '--files', 'server');
    expect(status).toBe(0);
    expect(stdout).toContain('br0 192.0.2.5/24');
    expect(stdout).toContain('eth1 10.0.0.1/24');
  });

  it('refuses a format that it does not know, and a place where it cannot write', async () => {
    expect(await run('draw', '--format', 'png')).toMatchObject({ status: 2 });
    expect(await run('draw', '-o', 'nowhere/small.svg')).toMatchObject({ status: 3 });
  });
});
