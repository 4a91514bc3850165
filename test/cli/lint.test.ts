/** Linting on the command line: files, labs and this machine; as code frames, as JSON, and with the files mended. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintReported } from './json-shapes.ts';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, 'lint', ...args);

const put = (path: string, text: string): string => {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
  return path;
};

const interfaces = (name: string, address: string, ...more: readonly string[]): string =>
  [`auto ${name}`, `iface ${name} inet static`, `  address ${address}/24`, ...more.map((line) => `  ${line}`), ''].join(
    '\n',
  );

/** A desktop that takes a network behind the router to be on its link. */
const office = (folder: string): string => {
  put(
    `${folder}/router/etc/network/interfaces`,
    `${interfaces('eth0', '192.168.0.1')}\n${interfaces('eth1', '10.0.0.1')}`,
  );
  put(`${folder}/router/etc/sysctl.conf`, 'net.ipv4.ip_forward = 1\n');
  put(
    `${folder}/desk/etc/network/interfaces`,
    `# the desk\n${interfaces('eth0', '192.168.0.5', 'up ip route add 10.0.0.0/24 dev eth0')}`,
  );
  put(`${folder}/web/etc/network/interfaces`, interfaces('eth0', '10.0.0.2', 'gateway 10.0.0.1'));
  put(`${folder}/wiring.yaml`, 'lan: [router:eth0, desk:eth0]\nweb: [router:eth1, web:eth0]\n');
  return folder;
};

describe('linting files', () => {
  it('shows the line, what comes of it, and what mends it', async () => {
    const { status, stderr, stdout } = await run(office('one'));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      'one/desk/etc/network/interfaces:5:6: error[onlink-behind-router]: `desk` takes 10.0.0.0/24',
    );
    expect(stderr).toContain('    5 |   up ip route add 10.0.0.0/24 dev eth0');
    expect(stderr).toContain('note: because of this 2 pairs fail: desk → web 10.0.0.2, web → desk 192.168.0.5');
    expect(stderr).toContain('desk: ip route replace 10.0.0.0/24 via 192.168.0.1');
  });

  it('says the same as JSON', async () => {
    const { stdout } = await run(office('two'), '--json');
    const { findings, summary } = lintReported.parse(JSON.parse(stdout));
    expect(summary).toEqual({ errors: 1, warnings: 0, notes: 0 });
    expect(findings[0]).toMatchObject({
      ...{ code: 'onlink-behind-router', machine: 'desk', line: 5, column: 6 },
      consequence: {
        fail: [
          { from: 'desk', to: 'web', address: '10.0.0.2' },
          { from: 'web', to: 'desk' },
        ],
      },
      repair: {
        commands: [{ machine: 'desk', argv: ['ip', 'route', 'replace', '10.0.0.0/24', 'via', '192.168.0.1'] }],
      },
    });
  });

  it('mends the file, and is silent then', async () => {
    const folder = office('three');
    const printed = await run(folder, '--fix', '--dry-run');
    expect(printed.stdout).toContain('via 192.168.0.1');
    expect(printed.status).toBe(1);
    const mended = await run(folder, '--fix');
    expect([mended.status, mended.stdout]).toEqual([0, 'rewritten: three/desk/etc/network/interfaces\n']);
    const text = readFileSync(join(directory, folder, 'desk/etc/network/interfaces'), 'utf8');
    expect(text).toMatch(
      /^# the desk\nauto eth0\niface eth0 inet static\n {2}address 192\.168\.0\.5\/24\n.*via 192\.168\.0\.1/,
    );
    expect(await run(folder)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('goes on telling what the files that it mends cannot say', async () => {
    put('gw/etc/network/interfaces', interfaces('eth0', '192.168.0.3') + interfaces('eth1', '10.0.0.254'));
    const rules = put(
      'gw/etc/iptables/rules.v4',
      '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.0.0.0 -o eth0 -j MASQUERADE\nCOMMIT\n',
    );
    const { status, stdout, stderr } = await run('gw', '--fix');
    expect([status, stdout]).toEqual([1, 'rewritten: gw/etc/iptables/rules.v4\n']);
    expect(readFileSync(join(directory, rules), 'utf8')).toContain('10.0.0.0/24');
    expect(stderr).toContain('error[forwarding-off]');
    expect(stderr).not.toContain('mask-missing');
  });

  it('takes what no file says', async () => {
    const path = put(
      'br/etc/network/interfaces',
      `auto eth0\niface eth0 inet manual\n\n${interfaces('br0', '10.7.0.1', 'bridge_ports eth0', 'bridge_stp off', 'bridge_fd 0')}`,
    );
    expect((await run(path)).status).toBe(0);
    const told = await run(path, '--one-mac', 'host/eth0');
    expect([told.status, told.stderr.includes('error[one-mac-uplink]')]).toEqual([1, true]);
  });

  it('tells why there is nothing to lint', async () => {
    expect((await run('nowhere')).status).toBe(2);
  });
});

describe('linting labs', () => {
  it('points into the lab file', async () => {
    put(
      'lab.yaml',
      'lab: back\noutside:\n  networks:\n    office: { ipv4: 192.168.0.0/24, gateway: gateway }\n  machines:\n    gateway: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: [192.168.0.0/24] }\n    desk: { nics: { eth0: { network: office, address: 5 } } }\nhosts:\n  metal: { nics: { eth0: { network: office, address: 3 } } }\nnetworks:\n  vms: { mode: routed, ipv4: 10.0.0.0/24 }\nmachines:\n  vm: { nics: [vms] }\n',
    );
    const { status, stderr } = await run();
    expect(status).toBe(1);
    expect(stderr).toContain('lab.yaml:6:5: error[missing-return-route]: `gateway` has no route back to 10.0.0.0/24');
  });
});

describe('linting this machine', () => {
  it('looks, and says what it could not see', async () => {
    const { status, stdout } = await run('--live', '--json');
    expect(status).toBeLessThan(2);
    expect(lintReported.safeParse(JSON.parse(stdout)).success).toBe(true);
  });
});

describe('--explain', () => {
  it('says why a rule is one', async () => {
    const { status, stdout } = await run('--explain', 'mask-missing');
    expect([status, stdout.startsWith('mask-missing (warning): a rule that names a network')]).toEqual([0, true]);
    expect((await run('--explain', 'no-such-rule')).status).toBe(2);
  });
});
