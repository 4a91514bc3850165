/** The Ubuntu guide's list of what to do next: VLANs over a bond, a bridge for each; apart, and with a router. */
import { expect, it } from 'vitest';
import { type VerifyReport } from './lab-run.ts';
import { misses, reaches, scenario } from './scenario.ts';

const [host1, host2, host3] = ['10.10.12.11', '10.10.12.12', '10.10.13.13'] as const;
const [laptop10, laptop20] = ['10.10.12.1', '10.10.13.1'] as const;

scenario(
  'ubuntu-bond-vlan',
  [
    reaches('host1', host2, host1),
    reaches('host2', host1, host2),
    reaches('laptop', host1, laptop10),
    reaches('host1', laptop10, host1),
    reaches('host3', laptop20, host3),
    ...misses('host1', host3),
    ...misses('host3', host1, host2),
  ],
  (lab) => {
    it('goes on when a cable of the bond is pulled', async () => {
      const before = await lab().json<VerifyReport>('verify', lab().file);
      const pulled = await lab().exec('server', 'ip', 'link', 'set', 'eth0', 'down');
      expect(pulled.stderr).toBe('');
      const used = await lab().exec('server', 'cat', '/sys/class/net/bond0/bonding/active_slave');
      expect(used.stdout).toBe('eth1\n');
      const after = await lab().json<VerifyReport>('verify', lab().file);
      expect(after.summary).toEqual(before.summary);
      expect(after.summary).toMatchObject({ disagree: 0, unexpected: 0 });
    });
  },
);

scenario('ubuntu-bond-vlan-routed', [reaches('host1', host3, host1), reaches('host3', host1, host3)]);
