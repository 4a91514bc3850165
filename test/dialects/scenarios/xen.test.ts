/** The networks of a guide to Xen, from the very files that it has people write. */
import { describe, expect, it } from 'vitest';
import { asker, imported, outcomes, type Machines } from './imported.ts';

const nic = (name: string, address: string, gateway?: string, ...more: readonly string[]): string =>
  [`auto ${name}`, `iface ${name} inet static`, `  address ${address}`, '  netmask 255.255.255.0', ...(gateway === undefined ? [] : [`  gateway ${gateway}`]), ...more.map((line) => `  ${line}`), ''].join('\n'); // prettier-ignore

const interfaces = 'etc/network/interfaces';
const office: Machines = {
  router: {
    [interfaces]: [
      nic('lan', '192.168.0.1', undefined, 'up iptables -t nat -A POSTROUTING -s 192.168.0.0/24 -o wan -j MASQUERADE', 'up echo 1 > /proc/sys/net/ipv4/ip_forward'),
      'auto wan\niface wan inet dhcp\n',
    ].join('\n'),
  },
  desktop: { [interfaces]: nic('eth0', '192.168.0.5', '192.168.0.1') },
}; // prettier-ignore

const dom0 = (network: string, vif: string, guest: string): Machines['dom0'] => ({
  [interfaces]: nic('eth0', '192.168.0.3', '192.168.0.1'),
  'etc/xen/xend-config.sxp': [
    `(network-script network-${network})`,
    '#(network-script network-dummy)',
    `(vif-script vif-${vif})`,
    '',
  ].join('\n'),
  'etc/xen/auto/vm01.cfg': `vif = [ 'ip=${guest}' ]\n`,
});

const segments = (uplink: string): Record<string, readonly string[]> => ({
  office: ['router:lan', 'desktop:eth0', `dom0:${uplink}`],
  internet: ['router:wan'],
});

const internet = '198.51.100.1';

describe('xen-bridge from its files', () => {
  const network = imported(
    { ...office, dom0: dom0('bridge', 'bridge', '192.168.0.6'), vm01: { [interfaces]: nic('eth0', '192.168.0.6', '192.168.0.1') } },
    segments('peth0'),
  ); // prettier-ignore

  it('has the guest on the LAN: both ways, to the host and to the internet', () => {
    expect(
      outcomes(network, [['desktop', '192.168.0.6'], ['vm01', '192.168.0.5'], ['vm01', internet], ['vm01', '192.168.0.3'], ['dom0', '192.168.0.6']]),
    ).toEqual([
      'desktop > 192.168.0.6: yes, seen as 192.168.0.5',
      'vm01 > 192.168.0.5: yes, seen as 192.168.0.6',
      `vm01 > ${internet}: yes, seen as 203.0.113.100`,
      'vm01 > 192.168.0.3: yes, seen as 192.168.0.6',
      'dom0 > 192.168.0.6: yes, seen as 192.168.0.3',
    ]);
  }); // prettier-ignore
});

describe('xen-nat from its files', () => {
  const network = imported(
    { ...office, dom0: dom0('nat', 'nat', '10.0.0.1'), vm01: { [interfaces]: nic('eth0', '10.0.0.1', '10.0.0.254') } },
    segments('eth0'),
  ); // prettier-ignore

  it('shows the guest as the host, and hides it', () => {
    expect(
      outcomes(network, [
        ['vm01', '192.168.0.5'],
        ['vm01', internet],
        ['desktop', '10.0.0.1'],
      ]),
    ).toEqual([
      'vm01 > 192.168.0.5: yes, seen as 192.168.0.3',
      `vm01 > ${internet}: yes, seen as 203.0.113.100`,
      'desktop > 10.0.0.1: no',
    ]);
  });
});

describe('xen-routed from its files', () => {
  const guest = { [interfaces]: nic('eth0', '10.0.0.1', '10.0.0.254') };
  const host = dom0('route', 'route', '10.0.0.1');
  const route = (line: string): Machines => ({
    ...office,
    router: { [interfaces]: `${office['router']?.[interfaces] ?? ''}${line}` },
    dom0: host,
    vm01: guest,
  });

  it('works both ways with the one route on the router, and shows the guest as itself', () => {
    const network = imported(route('  up ip route add 10.0.0.0/24 via 192.168.0.3\n'), segments('eth0'));
    expect(
      outcomes(network, [
        ['vm01', '192.168.0.5'],
        ['desktop', '10.0.0.1'],
      ]),
    ).toEqual(['vm01 > 192.168.0.5: yes, seen as 10.0.0.1', 'desktop > 10.0.0.1: yes, seen as 192.168.0.5']);
  });

  it('loses the reply without that route: the router sends it on by its default route', () => {
    const walk = asker(imported(route(''), segments('eth0')))('vm01', '192.168.0.5');
    expect(walk).toMatchObject({ verdict: 'no', arrived: true, stop: { stack: 'internet' } });
  });
});
