/** A guide to SUSE’s sysconfig with Xen: the files that it has people write, its faults included. */
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { settledFacts } from '../../../src/reach/settled.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { readAll, type Machines, type Segments } from '../linted.ts';
import { bridge, ifcfg, sysconfig } from '../../dialects/scenarios/suse-files.ts';

/** A host-only bridge beside a bridged one; the domain has a line for each. */
export const hostOnly = (vifs: string): Machines => ({
  host: {
    [`${sysconfig}/ifcfg-eth0`]: "STARTMODE='auto'\nBOOTPROTO='none'\n",
    [`${sysconfig}/ifcfg-br0`]: ifcfg('192.168.0.1/24', "IPADDR_1='2001:db8:abba::1/64'", ...bridge('eth0')),
    [`${sysconfig}/ifcfg-br1`]: ifcfg('192.168.1.1/24', ...bridge('')),
    'etc/xen/vm/xen1': `name='xen1'\n${vifs}`,
  },
  xen1: {
    [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.168.0.6/24', "IPADDR_1='2001:db8:abba::6/64'"),
    [`${sysconfig}/ifcfg-eth1`]: ifcfg('192.168.1.6/24'),
  },
  desktop: { [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.168.0.5/24', "IPADDR_1='2001:db8:abba::5/64'") },
});

export const hostOnlySegments: Segments = { lan: ['host:eth0', 'desktop:eth0'] };

export const twoLines =
  "vif=[ 'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0', ]\nvif=[ 'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1', ]\n";
export const oneList =
  "vif=[ 'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0', 'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1' ]\n";

const forwarding = 'net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n';

const router = (...routes: readonly string[]): Machines[string] => ({
  [`${sysconfig}/ifcfg-lan`]: ifcfg(
    '192.0.2.254/28',
    "IPADDR_1='2001:db8:abba::fe/64'",
    "IPADDR_2='fe80::201:1ff:fe01:254/64'",
  ),
  [`${sysconfig}/routes`]: routes.map((line) => `${line}\n`).join(''),
  'etc/sysctl.conf': forwarding,
});

/** One network on both sides of the host. */
export const proxied = (...proxies: readonly string[]): Machines => ({
  router: router(),
  host: {
    [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.253/28', "IPADDR_1='2001:db8:abba::1/64'"),
    [`${sysconfig}/ifcfg-xen1.0`]: "NAME='XEN vm 1 virtual interface 0'\nBOOTPROTO='static'\nSTARTMODE='hotplug'\n",
    [`${sysconfig}/routes`]: [
      '192.0.2.241 - - xen1.0',
      'default 192.0.2.254 - eth0',
      '2001:db8:abba::1001 fe80::216:3eff:fe10:1010 - xen1.0',
      'default fe80::201:1ff:fe01:254 - eth0',
      '',
    ].join('\n'),
    [`${sysconfig}/ifndp-proxy`]: [
      '2001:db8:abba::1 eth0 xen1.0',
      '2001:db8:abba::1001 xen1.0 eth0',
      ...proxies,
      '',
    ].join('\n'),
    'etc/sysctl.conf': `net.ipv4.ip_forward = 1\nnet.ipv6.conf.default.forwarding = 1\nnet.ipv6.conf.all.forwarding = 1\nnet.ipv6.conf.default.proxy_ndp = 1\nnet.ipv6.conf.all.proxy_ndp = 1\nnet.ipv4.conf.default.proxy_arp = 1\nnet.ipv4.conf.all.proxy_arp = 1\n`,
    'etc/xen/vm/xen1': "name='xen1'\nvif=[ 'mac=00:16:3e:10:10:10,script=vif-route-ifup,vifname=xen1.0', ]\n",
  },
  xen1: {
    [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.241/28', "IPADDR_1='2001:db8:abba::1001/64'"),
    [`${sysconfig}/routes`]:
      '192.0.2.253 - - eth0\ndefault 192.0.2.253 - eth0\ndefault fe80::fcff:ffff:feff:ffff - eth0\n',
  },
});

export const proxiedSegments: Segments = { lan: ['router:lan', 'host:eth0'] };

/** Several networks behind the host; the domain and the guest’s routes as the guide has them. */
export const networks = (vif: string, gateway: string, ...routes: readonly string[]): Machines => ({
  router: router(...routes),
  host: {
    [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.253/28', "IPADDR_v6='2001:db8:abba::1/64'"),
    [`${sysconfig}/ifcfg-br1`]: ifcfg('192.0.2.14/28', ...bridge('')),
    [`${sysconfig}/ifcfg-br2`]: ifcfg('192.0.2.30/28', ...bridge('')),
    [`${sysconfig}/ifroute-br0`]:
      'default 192.0.2.254 - eth0\n2001:db8:abba::/60 - - - unreachable\ndefault fe80::201:1ff:fe01:254 - eth0\n',
    'etc/sysctl.conf': forwarding,
    'etc/xen/vm/xen1': `name='xen1'\nvif=[ '${vif}', ]\n`,
  },
  xen1: {
    [`${sysconfig}/ifcfg-eth0`]: ifcfg('192.0.2.1/28'),
    [`${sysconfig}/routes`]: `default ${gateway} - eth0\ndefault fe80::201:1ff:fe01:254 - eth0\n`,
  },
});

/** With the comma at the end of the string. */
export const vifOnBr0 = 'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0,';
export const vifOnBr1 = 'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br1';

/** Whether one machine is answered by an address. */
export const asks = (machines: Machines, segments: Segments, from: string, destination: string): string => {
  const state = readAll(machines, segments).state;
  return walk(buildModel(state, settledFacts(state)), { from, family: 4, destination, protocol: 'icmp', port: null })
    .verdict;
};
