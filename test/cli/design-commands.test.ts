/** The commands that only read a lab file: what they print, where, and with which exit status. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { impact } from './json-shapes.ts';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, ...args);

const lab = `lab: cli-design
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24, ipv6: fd00:9:8::/64 }
machines:
  web: { nics: [lan] }
  db: { nics: [lan] }
expect:
  - { from: web, to: db, ping: true }
`;
const file = join(directory, 'lab.yaml');
writeFileSync(file, lab);
const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return name;
};

interface MachineLine {
  readonly machine: string;
  readonly nics: readonly { readonly mac: string; readonly ipv4: readonly string[] }[];
}

describe('check', () => {
  it('is silent when nothing is wrong, and writes nothing', async () => {
    expect(await run('check')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await run('check', 'lab.yaml')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await run('check', '-f', 'lab.yaml', '--json')).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
    expect(existsSync(join(directory, 'lab.lock.yaml'))).toBe(false);
  });

  it('shows the place of an error, with exit status 2', async () => {
    const { status, stdout, stderr } = await run('check', write('typo.yaml', lab.replace('mode: nat', 'mode: natt')));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^typo\.yaml:3:16: error\[[a-z-]+\]: .*`natt`/m);
    expect(stderr).toContain('nat');
    expect(stderr).not.toMatch(/\n\s+at .*\.js/);
  });

  it('gives the same as a JSON array on standard output', async () => {
    const { status, stdout, stderr } = await run(
      'check',
      write('typo.yaml', lab.replace('mode: nat', 'mode: natt')),
      '--json',
    );
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject([{ severity: 'error', file: 'typo.yaml', line: 3, column: 16 }]);
  });
});

describe('plan', () => {
  it('shows decisions and changes, and pins them', async () => {
    const { status, stdout, stderr } = await run('plan');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^MACHINE +NIC +NETWORK/m);
    expect(stdout).toMatch(/^web +eth0 +lan +52:54:00/m);
    expect(stdout).toMatch(/^Changes to an empty world, \d+ in all/m);
    expect(readFileSync(join(directory, 'lab.lock.yaml'), 'utf8')).toContain('web');
  });

  it('says the same twice, and leaves an unchanged lock file alone', async () => {
    const first = await run('plan', '--steps');
    const second = await run('plan', '--steps');
    expect(second).toEqual(first);
  });

  it('gives one line a machine with --json, which another machine does not change', async () => {
    const before = await run('plan', '--json');
    const lines = before.stdout
      .split('\n')
      .filter((line) => line.includes('"machine":"web"') || line.includes('"machine":"db"'));
    expect(lines).toHaveLength(2);
    const bigger = write('lab.yaml', lab.replace('  web:', '  also: { nics: [lan] }\n  web:'));
    const after = await run('plan', bigger, '--json');
    const { machines } = JSON.parse(after.stdout) as { readonly machines: readonly MachineLine[] };
    expect(machines.map(({ machine }) => machine)).toContain('also');
    for (const line of lines) expect(after.stdout).toContain(line.replace(/,$/, ''));
    writeFileSync(file, lab);
  });

  it('writes nothing with --dry-run', async () => {
    const { status } = await run('plan', write('dry.yaml', lab), '--dry-run');
    expect({ status, isPinned: existsSync(join(directory, 'dry.lock.yaml')) }).toEqual({ status: 0, isPinned: false });
  });

  it('tells with --impact who comes to reach whom', async () => {
    const { stdout } = await run('plan', '--dry-run', '--impact');
    expect(stdout).toMatch(/^Impact on who reaches whom$/m);
    expect(stdout).toMatch(/^ {2}\+ {2}db, web +db, web, host, internet +ping$/m);
    const report = JSON.parse((await run('plan', '--dry-run', '--impact', '--json')).stdout) as { impact: unknown };
    expect(impact.parse(report.impact)).not.toEqual([]);
    expect(JSON.parse((await run('plan', '--dry-run', '--json')).stdout)).not.toHaveProperty('impact');
  });

  it('turns into blocks on a narrow terminal', async () => {
    const { stdout } = await lanwright({ directory, environment: { COLUMNS: '40' } }, 'plan', '--dry-run');
    expect(stdout).toMatch(/^MACHINE {2}web$/m);
    const widest = Math.max(...stdout.split('\n').map((line) => line.length));
    expect(widest).toBeLessThan(80);
  });
});

describe('a VPN that was never brought up', () => {
  const vpn = write(
    'vpn.yaml',
    `lab: cli-vpn
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
  machines:
    laptop: { nics: { eth0: internet, wg0: vpn } }
    gate: { nics: { eth0: internet, wg0: { network: vpn, port: 51820 } } }
`,
  );
  const data = join(directory, 'data');
  const runAway = (...args: readonly string[]): ReturnType<typeof lanwright> =>
    lanwright({ directory, environment: { XDG_DATA_HOME: data } }, ...args);

  it('has no keys yet, and the same in their place each time', async () => {
    const first = await runAway('plan', vpn, '--steps');
    expect(first.stdout).toContain('wireguard wg0');
    expect((await runAway('plan', vpn, '--steps')).stdout).toBe(first.stdout);
    expect((await runAway('plan', vpn, '--forget', 'gate')).status).toBe(0);
    expect(existsSync(data)).toBe(false);
  });

  it('is rendered with a word on that', async () => {
    const { status, stderr } = await runAway('render', vpn, '--to', 'networkd', '--host', 'gate', '-o', 'gate');
    expect(status).toBe(0);
    expect(stderr).toContain('the public key of laptop/wg0 is not written: `lanwright up` makes the keys of a lab');
    expect(existsSync(data)).toBe(false);
  });
});

describe('state, schema and version', () => {
  it('prints the network state', async () => {
    const { status, stdout } = await run('state');
    expect(status).toBe(0);
    const state = JSON.parse(stdout) as {
      readonly version: number;
      readonly stacks: Readonly<Record<string, unknown>>;
    };
    expect(state.version).toBe(1);
    expect(Object.keys(state.stacks)).toEqual(expect.arrayContaining(['db', 'web']));
  });

  it('prints a JSON Schema', async () => {
    const { status, stdout } = await run('schema');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', additionalProperties: false });
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(await run('version')).toEqual({ status: 0, stdout: `lanwright ${version}\n`, stderr: '' });
    expect(JSON.parse((await run('version', '--json')).stdout)).toMatchObject({ lanwright: version });
  });
});
