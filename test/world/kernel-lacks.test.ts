/** What the kernel of this machine cannot be asked for is said before anything is built. */
import { spawnSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { dataHome } from '../images/bed.ts';
import { labOf } from '../scenarios/lab-run.ts';

dataHome();

const lab = labOf(`lab: lacks
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
  machines:
    gate: { nics: { eth0: internet, wg0: { network: vpn, port: 51820 } } }
    roamer: { nics: { eth0: internet, wg0: vpn } }
expect:
  - { from: roamer, to: gate, ping: true }
`);
afterAll(() => lab.dispose());

const trial = ['--user', '--map-root-user', '--net', 'ip', 'link', 'add', 'wg0', 'type', 'wireguard'];
const hasWireguard = spawnSync('unshare', trial).status === 0;

it.skipIf(hasWireguard)('WireGuard between namespaces needs a kernel that has it', async () => {
  const { status, stderr } = await lab.run('up', lab.file);
  expect(status).toBe(3);
  expect(stderr).toContain(
    'error[kernel-lacks-wireguard]: the kernel of this machine has no WireGuard, which `gate`, `roamer` would use as namespaces',
  );
  expect(stderr).toContain('add `kind: vm` to each of them');
  expect((await lab.run('status', lab.file)).status).not.toBe(0);
});

it.runIf(hasWireguard)('WireGuard between namespaces is measured as predicted', async () => {
  expect((await lab.run('up', lab.file)).status).toBe(0);
  expect((await lab.run('verify', lab.file)).status).toBe(0);
});
