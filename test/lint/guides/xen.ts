/** A guide to Xen’s three kinds of networks: the files and the lines that it has people type. */
import { dhcp, interfaces, static4, type Machines, type Segments } from '../linted.ts';

const mask = 'netmask 255.255.255.0';

const office = (...lines: readonly string[]): Machines => ({
  router: {
    [interfaces]: [
      static4(
        'lan',
        '192.168.0.1',
        mask,
        'up iptables -t nat -A POSTROUTING -o wan -j MASQUERADE',
        ...lines.map((line) => `up ${line}`),
      ),
      dhcp('wan'),
    ].join('\n'),
    'etc/sysctl.conf': 'net.ipv4.ip_forward = 1\n',
  },
  desktop: { [interfaces]: static4('eth0', '192.168.0.5', mask, 'gateway 192.168.0.1') },
});

const dom0 = (network: string, vif: string, address: string, ...lines: readonly string[]): Machines[string] => ({
  [interfaces]: static4('eth0', '192.168.0.3', mask, 'gateway 192.168.0.1', ...lines.map((line) => `up ${line}`)),
  'etc/xen/xend-config.sxp': `(network-script network-${network})\n(vif-script vif-${vif})\n`,
  'etc/xen/auto/vm01.cfg': `vif = [ 'ip=${address}' ]\n`,
});

const guest: Machines[string] = { [interfaces]: static4('eth0', '10.0.0.1', 'gateway 10.0.0.254', mask) };

export const segments: Segments = { office: ['router:lan', 'desktop:eth0', 'dom0:eth0'], internet: ['router:wan'] };
export const returnRoute = 'route add -net 10.0.0.0 netmask 255.255.255.0 gw 192.168.0.3';

/** The lines of its third step. */
const forwarding = [
  'echo 1 > /proc/sys/net/ipv4/conf/all/proxy_arp',
  'iptables -t nat -A POSTROUTING -s 10.0.0.0 -j MASQUERADE',
];

export const nat: Machines = { ...office(), dom0: dom0('nat', 'nat', '10.0.0.1'), vm01: guest };

export const routed = (...routes: readonly string[]): Machines => ({
  ...office(...routes),
  dom0: dom0('route', 'route', '10.0.0.1', ...forwarding),
  vm01: guest,
});

/** Its step “configure dom0 for forwarding” by itself, where no script of Xen switches forwarding on. */
export const stepThreeAlone: Machines = {
  ...office(returnRoute),
  dom0: dom0('dummy', 'route', '10.0.0.1', ...forwarding),
  vm01: guest,
};

/** The overview of all three, as a file. */
export const allScripts: Machines = {
  dom0: {
    [interfaces]: static4('eth0', '192.168.0.3', mask, 'gateway 192.168.0.1'),
    'etc/xen/xend-config.sxp':
      '(network-script network-bridge)\n(vif-script vif-bridge)\n(network-script network-nat)\n(vif-script vif-nat)\n(network-script network-route)\n(vif-script vif-route)\n',
  },
};

const shown = (broadcast: string, netmask: string): string =>
  [
    'dom0:~# ifconfig',
    'eth0      Link encap:Ethernet  HWaddr 00:50:8B:DC:F7:2B',
    `          inet addr:192.168.0.3  Bcast:${broadcast}  Mask:${netmask}`,
    '          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1',
    '',
  ].join('\n');

/** What it prints of ifconfig in its three parts. */
export const pasted: readonly Machines[] = [
  { dom0: { 'ifconfig.txt': shown('192.168.0.255', '255.255.255.192') } },
  { dom0: { 'ifconfig.txt': shown('192.168.0.254', '255.255.255.0') } },
  { dom0: { 'ifconfig.txt': shown('192.168.0.3', '255.255.255.0') } },
];

/** The rules that vif-bridge adds, in a chain whose policy is to accept. */
export const spoofingRules: Machines = {
  dom0: {
    [interfaces]: static4('eth0', '192.168.0.3', mask, 'gateway 192.168.0.1'),
    'etc/iptables/rules.v4':
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -s 192.168.0.6/32 -m physdev --physdev-in vif1.0 -j ACCEPT\n-A FORWARD -p udp -m physdev --physdev-in vif1.0 -m udp --sport 68 --dport 67 -j ACCEPT\nCOMMIT\n',
  },
};
