/** The commands about single machines: cloning one into the file, and units that bring a lab up by themselves. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { unitText, unitWord } from '../../src/cli/autostart.ts';
import { withClone } from '../../src/cli/clone-entry.ts';
import { parseYaml } from '../../src/source/parse-yaml.ts';
import { labOf } from '../scenarios/lab-run.ts';

const cloned = (text: string, machine: string, name: string): string => {
  const source = parseYaml('lab.yaml', text).value;
  if (source === undefined) throw new Error('the text is no YAML');
  return withClone(source, machine, name);
};

describe('a clone in the file', () => {
  it('stands behind its original, without what is the original’s own', () => {
    const text = `lab: one
machines:
  web:
    number: 20 # its own
    nics:
      eth0: { network: lan, address: 20, mac: 52:54:00:00:00:20, mtu: 1400 }
      eth1: { network: dmz, ipv4: dhcp }
    kind: vm

  # remarks stay
  db: { nics: [lan] }
`;
    expect(cloned(text, 'web', 'web2')).toBe(
      text.replace(
        '    kind: vm\n',
        '    kind: vm\n  web2: { nics: { eth0: { network: lan, mtu: 1400 }, eth1: { network: dmz, ipv4: dhcp } }, kind: vm }\n',
      ),
    );
  });

  it('stands within the braces that its original stands in', () => {
    expect(cloned('lab: one\nmachines: { a: { nics: [lan] }, b: {} }\n', 'a', 'c')).toBe(
      'lab: one\nmachines: { a: { nics: [lan] }, c: { nics: [lan] }, b: {} }\n',
    );
  });

  it('is the last line of a file that has no line break at its end', () => {
    expect(cloned('lab: one\nmachines:\n  a: { memory: 128 }', 'a', 'c')).toBe(
      'lab: one\nmachines:\n  a: { memory: 128 }\n  c: { memory: 128 }',
    );
  });
});

const text = 'lab: x\nnetworks: { lan: { mode: private } }\nmachines:\n  a: { number: 7, nics: [lan] }\n';

describe('clone', () => {
  const lab = labOf(text);
  afterAll(() => lab.dispose());

  it('plans a number of its own, and changes nothing of the others', async () => {
    const ran = await lab.run('clone', '-f', lab.file, 'a', 'b');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    interface Planned {
      readonly machines: readonly { readonly machine: string; readonly number: number; readonly consolePort: number }[];
    }
    const { machines } = await lab.json<Planned>('plan', lab.file);
    const numbers = new Map(machines.map(({ machine, number }) => [machine, number]));
    expect(numbers.get('a')).toBe(7);
    expect(numbers.get('b')).not.toBe(7);
    expect(new Set(machines.map(({ consolePort }) => consolePort)).size).toBe(machines.length);
  });

  it('refuses names that are taken, machines that are not there, and names that are none', async () => {
    for (const [machine, name, word] of [
      ['a', 'lan', 'name-used-twice'],
      ['z', 'c', 'unknown-machine'],
      ['a', 'Web', 'bad-name'],
    ] as const) {
      const before = lab.text();
      const ran = await lab.run('clone', '-f', lab.file, machine, name);
      expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(word) as string]);
      expect(lab.text()).toBe(before);
    }
  });
});

const parts = {
  lab: 'branch',
  file: '/home/me/my labs/100%.yaml',
  program: ['/usr/bin/node', '/opt/lanwright.js'],
  machines: 'vm',
  system: false,
  stopSeconds: 60,
} as const;

describe('autostart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-unit-'));
  const lab = labOf(text);
  afterAll(async () => {
    await lab.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => delete process.env['XDG_CONFIG_HOME']);

  it('quotes words as systemd reads them', () => {
    expect(unitWord('a b')).toBe('"a b"');
    expect(unitWord('100%$x')).toBe('100%%$$x');
    expect(unitText(parts)).toContain(
      'ExecStart=/usr/bin/node /opt/lanwright.js up "/home/me/my labs/100%%.yaml" --machines vm\n',
    );
    expect(unitText({ ...parts, system: true })).toContain('WantedBy=multi-user.target');
  });

  it('brings the lab up by its ExecStart line, and down by its ExecStop line', async () => {
    process.env['XDG_CONFIG_HOME'] = folder;
    const ran = await lab.run('autostart', lab.file);
    expect(ran.status).toBe(0);
    const unit = join(folder, 'systemd/user', `lanwright-${lab.name}.service`);
    const lineOf = (key: string): readonly string[] =>
      (new RegExp(`^${key}=(.*)$`, 'm').exec(readFileSync(unit, 'utf8'))?.[1] ?? '').split(' ');
    const runs = (key: string): number | null => {
      const [program = '', ...rest] = lineOf(key);
      return spawnSync(program, rest, { cwd: '/', stdio: 'ignore' }).status;
    };
    expect(runs('ExecStart')).toBe(0);
    expect((await lab.run('status', lab.file)).status).toBe(0);
    expect(runs('ExecStop')).toBe(0);
    expect((await lab.run('status', lab.file)).status).toBe(1);
    if (existsSync('/usr/bin/systemd-analyze'))
      expect(
        execFileSync('/usr/bin/systemd-analyze', ['verify', '--user', unit], {
          encoding: 'utf8',
          env: { ...process.env, XDG_RUNTIME_DIR: folder },
        }),
      ).toBe('');
    expect((await lab.run('autostart', lab.file, '--remove')).status).toBe(0);
    expect(existsSync(unit)).toBe(false);
  }, 60_000);
});
