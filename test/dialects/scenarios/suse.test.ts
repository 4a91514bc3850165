/** The networks of a guide to SUSE's sysconfig with Xen, from the very files that it has people write, dual stack. */
import { describe, expect, it } from 'vitest';
import { asker, imported, outcomes, type Machines } from './imported.ts';
import { bridge, ifcfg, sysconfig } from './suse-files.ts';

const vm = (vif: string): string => `name = 'xen1'\nvif=[ '${vif}', ]\n`;
const forwarding = 'net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n';

describe('suse-bridged and suse-host-only from their files', () => {
  const machines: Machines = {
    host: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg(''),
      [`${sysconfig}/ifcfg-br0`]: ifcfg('192.168.0.1/24', "IPADDR_1='2001:db8:abba::1/64'", ...bridge('eth0')),
      [`${sysconfig}/ifcfg-br1`]: ifcfg('192.168.1.1/24', ...bridge('')),
      'etc/xen/vm/xen1':
        "name = 'xen1'\nvif=[ 'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0', 'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1' ]\n",
    },
    xen1: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.168.0.6/24', "IPADDR_1='2001:db8:abba::6/64'"),
      [`${sysconfig}/ifcfg-eth1`]: ifcfg('192.168.1.6/24'),
    },
    desktop: { [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.168.0.5/24', "IPADDR_1='2001:db8:abba::5/64'") },
  };
  const network = imported(machines, { lan: ['host:eth0', 'desktop:eth0'] });

  it('has the guest on the LAN in both families, and on a wire that only the host shares', () => {
    expect(
      outcomes(network, [
        ['desktop', '192.168.0.6'], ['desktop', '2001:db8:abba::6'], ['xen1', '192.168.0.5'], ['xen1', '192.168.1.1'],
        ['host', '192.168.1.6'], ['desktop', '192.168.1.6'],
      ]),
    ).toEqual([
      'desktop > 192.168.0.6: yes, seen as 192.168.0.5',
      'desktop > 2001:db8:abba::6: yes, seen as 2001:db8:abba::5',
      'xen1 > 192.168.0.5: yes, seen as 192.168.0.6',
      'xen1 > 192.168.1.1: yes, seen as 192.168.1.6',
      'host > 192.168.1.6: yes, seen as 192.168.1.1',
      'desktop > 192.168.1.6: no',
    ]);
  }); // prettier-ignore
});

describe('suse-proxied from its files', () => {
  const machines: Machines = {
    router: {
      [`${sysconfig}/ifcfg-lan`]: ifcfg('192.0.2.254/28', "IPADDR_1='2001:db8:abba::fe/64'"),
      'etc/sysctl.conf': forwarding,
    },
    host: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.253/28', "IPADDR_1='2001:db8:abba::1/64'"),
      [`${sysconfig}/ifcfg-xen1.0`]: "NAME='XEN vm 1'\nBOOTPROTO='static'\nSTARTMODE='hotplug'\n",
      [`${sysconfig}/routes`]: [
        '192.0.2.241 - - xen1.0',
        'default 192.0.2.254 - eth0',
        '2001:db8:abba::1001 fe80::216:3eff:fe10:1010 - xen1.0',
        '',
      ].join('\n'),
      [`${sysconfig}/ifndp-proxy`]:
        '2001:db8:abba::1 eth0 xen1.0\n2001:db8:abba::1001 xen1.0 eth0\n2001:db8:abba::fe eth0 xen1.0\n',
      'etc/sysctl.conf': `${forwarding}net.ipv6.conf.all.proxy_ndp = 1\nnet.ipv4.conf.default.proxy_arp = 1\nnet.ipv4.conf.all.proxy_arp = 1\n`,
      'etc/xen/vm/xen1': vm('mac=00:16:3e:10:10:10,script=vif-route-ifup,vifname=xen1.0'),
    },
    xen1: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.241/28', "IPADDR_1='2001:db8:abba::1001/64'"),
      [`${sysconfig}/routes`]: '192.0.2.253 - - eth0\ndefault 192.0.2.253 - eth0\n',
    },
  };

  it('answers for the guest on the LAN and for the LAN to the guest, which takes it for on-link', () => {
    const network = imported(machines, { lan: ['router:lan', 'host:eth0'] });
    expect(
      outcomes(network, [
        ['router', '192.0.2.241'],
        ['xen1', '192.0.2.254'],
        ['router', '2001:db8:abba::1001'],
      ]),
    ).toEqual([
      'router > 192.0.2.241: yes, seen as 192.0.2.254',
      'xen1 > 192.0.2.254: yes, seen as 192.0.2.241',
      'router > 2001:db8:abba::1001: yes, seen as 2001:db8:abba::fe',
    ]);
  });
});

describe('suse-routed-networks from its files', () => {
  const guest = (address: string, gateway: string, six: string): Machines[string] => ({
    [`${sysconfig}/ifcfg-eth0`]: ifcfg(`${address}/28`, `IPADDR_1='${six}/64'`),
    [`${sysconfig}/routes`]: `default ${gateway} - eth0\ndefault ${six.replace(/::.*/, '::1')} - eth0\n`,
  });
  const machines: Machines = {
    router: {
      [`${sysconfig}/ifcfg-lan`]: ifcfg('192.0.2.254/28', "IPADDR_1='2001:db8:abba::fe/64'"),
      [`${sysconfig}/routes`]: '192.0.2.0/27 192.0.2.253 - lan\n2001:db8:abba::/60 2001:db8:abba::1 - lan\n',
      'etc/sysctl.conf': forwarding,
    },
    host: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.253/28', "IPADDR_1='2001:db8:abba::1/64'"),
      [`${sysconfig}/ifcfg-br1`]: ifcfg('192.0.2.14/28', "IPADDR_1='2001:db8:abba:1::1/64'", ...bridge('')),
      [`${sysconfig}/ifcfg-br2`]: ifcfg('192.0.2.30/28', "IPADDR_1='2001:db8:abba:2::1/64'", ...bridge('')),
      [`${sysconfig}/routes`]:
        'default 192.0.2.254 - eth0\n2001:db8:abba::/60 - - - unreachable\ndefault 2001:db8:abba::fe - eth0\n',
      'etc/sysctl.conf': forwarding,
      'etc/xen/vm/a': "name='a'\nvif=[ 'script=vif-bridge,bridge=br1' ]\n",
      'etc/xen/vm/b': "name='b'\nvif=[ 'script=vif-bridge,bridge=br2' ]\n",
    },
    a: guest('192.0.2.1', '192.0.2.14', '2001:db8:abba:1::a'),
    b: guest('192.0.2.17', '192.0.2.30', '2001:db8:abba:2::b'),
  };

  it('routes whole networks, and refuses what nobody has at once', () => {
    const network = imported(machines, { lan: ['router:lan', 'host:eth0'] });
    expect(
      outcomes(network, [
        ['a', '192.0.2.17'], ['a', '2001:db8:abba:2::b'], ['router', '192.0.2.1'], ['router', '2001:db8:abba:1::a'],
        ['a', '2001:db8:abba:5::5'],
      ]),
    ).toEqual([
      'a > 192.0.2.17: yes, seen as 192.0.2.1',
      'a > 2001:db8:abba:2::b: yes, seen as 2001:db8:abba:1::a',
      'router > 192.0.2.1: yes, seen as 192.0.2.254',
      'router > 2001:db8:abba:1::a: yes, seen as 2001:db8:abba::fe',
      'a > 2001:db8:abba:5::5: no',
    ]);
  }); // prettier-ignore
});

describe('suse-nat from its files', () => {
  const machines: Machines = {
    router: { [`${sysconfig}/ifcfg-lan`]: ifcfg('192.0.2.254/28'), 'etc/sysctl.conf': forwarding },
    host: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.253/28'),
      [`${sysconfig}/ifcfg-br1`]: ifcfg('192.168.1.1/24', ...bridge('')),
      [`${sysconfig}/ifcfg-xen2.0`]: "BOOTPROTO='static'\nSTARTMODE='hotplug'\n",
      // As vif-nat writes it: a guest without a bridge, asked from the address that it knows.
      [`${sysconfig}/routes`]: 'default 192.0.2.254 - eth0\n192.168.2.10 - - xen2.0 src 192.168.1.1\n',
      'etc/sysconfig/sysctl': 'IP_FORWARD="yes"\n',
      'etc/sysconfig/SuSEfirewall2': [
        'FW_DEV_EXT="eth0"', 'FW_DEV_INT="br1 xen2.0"', 'FW_ROUTE="yes"', 'FW_MASQUERADE="yes"', 'FW_MASQ_DEV="zone:ext"',
        'FW_MASQ_NETS="192.168.1.0/24"', 'FW_FORWARD_MASQ="0/0,192.168.1.10,tcp,8080,80"', '',
      ].join('\n'),
      'etc/xen/vm/xen1': vm('mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br1'),
      'etc/xen/vm/xen2': "name='xen2'\nvif=[ 'script=vif-route-ifup,vifname=xen2.0' ]\n",
    },
    xen1: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.168.1.10/24'),
      [`${sysconfig}/routes`]: 'default 192.168.1.1 - eth0\n',
    },
    xen2: {
      [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.168.2.10/24'),
      [`${sysconfig}/routes`]: '192.168.1.1 - - eth0\ndefault 192.168.1.1 - eth0\n',
    },
  }; // prettier-ignore
  const network = imported(machines, { lan: ['router:lan', 'host:eth0'] });

  it('lets guests out behind the host’s address, and in by the published port alone', () => {
    expect(
      outcomes(network, [
        ['xen1', '192.0.2.254'], ['router', '192.0.2.253 8080'], ['router', '192.0.2.253 80'], ['router', '192.0.2.253 22'],
        ['router', '192.168.1.10'], ['host', '192.168.2.10'],
      ]),
    ).toEqual([
      'xen1 > 192.0.2.254: yes, seen as 192.0.2.253',
      'router > 192.0.2.253 8080: yes, seen as 192.0.2.254',
      'router > 192.0.2.253 80: no',
      'router > 192.0.2.253 22: no',
      'router > 192.168.1.10: no',
      'host > 192.168.2.10: yes, seen as 192.168.1.1',
    ]);
    expect(asker(network)('router', '192.0.2.253 8080')).toMatchObject({
      deliveredTo: 'xen1',
      deliveredAs: { address: '192.168.1.10', port: 80 },
    });
  }); // prettier-ignore
});
