/** The SUSE guide: bridged, host-only, one shared subnet, several routed ones, NAT; IPv4 and IPv6 side by side. */
import { expect, it } from 'vitest';
import { internet4, internet6, misses, type Outcome, reaches, scenario, tcp } from './scenario.ts';

const both = (from: string, to: readonly [string, string], seen?: readonly [string, string]): readonly Outcome[] => [
  reaches(from, to[0], seen?.[0]),
  reaches(from, to[1], seen?.[1]),
];

const xen1Bridged = ['192.168.0.6', '2001:db8:abba::6'] as const;
const desktop = ['192.168.0.5', '2001:db8:abba::5'] as const;
const hostBridged = ['192.168.0.1', '2001:db8:abba::1'] as const;

scenario(
  'suse-bridged',
  [
    ...both('desktop', xen1Bridged, desktop),
    ...both('xen1', desktop, xen1Bridged),
    ...both('xen1', hostBridged, xen1Bridged),
    ...both('host', xen1Bridged, hostBridged),
    reaches('xen1', internet4),
    reaches('xen1', internet6, '2001:db8:abba::6'),
  ],
  (lab) => {
    it('derives the link-local address from the MAC', async () => {
      const { stdout } = await lab().exec('xen1', 'ip', '-6', 'addr', 'show', 'dev', 'eth0');
      expect(stdout).toContain('fe80::216:3eff:fe10:1010/64');
    });
  },
);

scenario(
  'suse-host-only',
  [
    reaches('xen1', '192.168.1.1', '192.168.1.10'),
    reaches('host', '192.168.1.10', '192.168.1.1'),
    ...misses('desktop', '192.168.1.10', '192.168.1.20'),
    ...misses('router', '192.168.1.10', '192.168.1.20'),
    ...misses('internet', '192.168.1.10', '192.168.1.20'),
  ],
  (lab) => {
    it('reaches the host and back over link-local IPv6', async () => {
      const { stdout } = await lab().exec('host', 'ip', '-6', '-o', 'addr', 'show', 'dev', 'br1', 'scope', 'link');
      const ofHost = /inet6 (fe80::[0-9a-f:]+)/.exec(stdout)?.[1];
      expect(ofHost).toBeDefined();
      expect((await lab().exec('xen1', 'ping', '-6', '-c2', '-W2', `${ofHost}%eth1`)).status).toBe(0);
      expect((await lab().exec('host', 'ping', '-6', '-c2', '-W2', 'fe80::216:3eff:fe11:1111%br1')).status).toBe(0);
    });

    it('serves DHCP on br1 and nowhere else', async () => {
      const { stdout } = await lab().exec('host', 'ss', '-ulnH', 'sport', '=', ':67');
      expect(stdout).toContain('%br1:67');
      expect(stdout.trim().split('\n')).toHaveLength(1);
    });
  },
);

const router = ['192.0.2.254', '2001:db8:abba::254'] as const;
const shared1 = ['192.0.2.241', '2001:db8:abba::1001'] as const;
const shared2 = ['192.0.2.242', '2001:db8:abba::1002'] as const;

scenario(
  'suse-proxied',
  [
    ...both('router', shared1, router),
    ...both('xen1', router, shared1),
    ...both('xen1', [internet4, internet6], shared1),
    ...both('xen1', shared2, shared1),
    ...both('host', shared1),
  ],
  (lab) => {
    it('shows the wire one MAC address for the host and its machines', async () => {
      const { stdout } = await lab().exec('router', 'ip', '-4', 'neigh', 'show', 'dev', 'lan');
      const macs = ['192.0.2.253', '192.0.2.241'].map((address) =>
        new RegExp(`^${address.replaceAll('.', '\\.')} .*lladdr (\\S+)`, 'm').exec(stdout),
      );
      expect(macs[0]?.[1]).toBeDefined();
      expect(macs[1]?.[1]).toBe(macs[0]?.[1]);
    });
  },
);

const slaac1 = '2001:db8:abba:1:216:3eff:fe10:1010';
const slaac2 = '2001:db8:abba:2:216:3eff:fe11:1111';
const nobody = '2001:db8:abba:5::1';

scenario(
  'suse-routed-networks',
  [
    ...both('xen1', ['192.0.2.17', slaac2], ['192.0.2.1', slaac1]),
    ...both('xen2', ['192.0.2.1', slaac1], ['192.0.2.17', slaac2]),
    ...both('xen1', router, ['192.0.2.1', slaac1]),
    ...both('router', ['192.0.2.1', slaac1], router),
    ...misses('xen1', nobody),
    tcp('xen1', nobody, 80, 'unreachable'),
    tcp('router', nobody, 80, 'unreachable'),
  ],
  (lab) => {
    it('says at once that an address of the /60 is nowhere, from near and from far', async () => {
      for (const machine of ['xen1', 'router', 'internet']) {
        const { stdout, stderr } = await lab().exec(machine, 'ping', '-6', '-c1', '-W5', nobody);
        expect(stdout + stderr).toMatch(/unreachable|No route/i);
        // Neither going in circles nor looked for in vain on a link, which takes seconds.
        expect(stdout + stderr).not.toMatch(/Time exceeded|Address unreachable/i);
      }
    });
  },
);

const published = '192.0.2.253';

scenario('suse-nat', [
  tcp('client', published, 80, 'yes', '192.0.2.245'),
  tcp('client', published, 443, 'yes'),
  tcp('internet', published, 80, 'yes'),
  { from: 'client', to: published, answer: 'yes', protocol: 'udp', port: 53 },
  tcp('client', published, 22, 'no'),
  tcp('client', published, 8080, 'no'),
  tcp('internet', published, 25, 'no'),
  tcp('client', '192.0.2.252', 25, 'yes'),
  tcp('mail', '192.0.2.245', 25, 'yes', '192.0.2.252'),
  tcp('web', '192.0.2.245', 443, 'yes', published),
  ...misses('client', '192.168.1.10', '192.168.1.11', '192.168.1.12'),
]);
