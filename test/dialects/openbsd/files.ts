/** Files of an OpenBSD firewall with a tunnel, as its manual pages and guides have people write them. */
import { type ConfigText } from '../../../src/dialects/dialect.ts';

export const firewall: readonly ConfigText[] = [
  {
    path: 'etc/hostname.if0',
    text: '# to the host\ninet 10.0.0.6 255.255.255.248 NONE\n!route add default 10.0.0.1\n',
  },
  {
    path: 'etc/hostname.if1',
    text: 'inet 10.0.5.1 255.255.255.0 10.0.5.255 description "to the \'others\'"\ninet6 alias 2001:db8::8 64\n',
  },
  {
    path: 'etc/hostname.gif0',
    text: '!ifconfig $if tunnel 10.0.0.6 203.0.113.9\n!ifconfig $if inet6 2001:db8:2468:aced::2 2001:db8:2468:aced::1 prefixlen 128\n!route add -inet6 default 2001:db8:2468:aced::1\n',
  },
  { path: 'etc/sysctl.conf', text: 'net.inet.ip.forwarding=1 # routes\nnet.inet6.ip6.forwarding=1\nkern.maxfiles=9\n' },
];

export const client: readonly ConfigText[] = [
  { path: 'etc/hostname.em0', text: 'dhcp\ninet6 autoconf\n' },
  { path: 'etc/hostname.em1', text: 'inet NONE\n!dhclient -c /etc/dhclnons.cfg $if\nup mtu 1400\nlladdr 02:00:00:00:00:01\n' },
  { path: 'etc/mygate', text: '10.0.0.1\n2001:db8::1\n' },
]; // prettier-ignore

export const ugly: readonly ConfigText[] = [
  {
    path: 'etc/hostname.vlan7',
    text: 'vnetid 7 parent em3\ninet alias 10.0.1.13 0xffffffff\ndest 10.0.1.99\n!if true; then route add 10/8 10.0.1.1; fi\n',
  },
  { path: 'etc/hostname.em3', text: '\r\nmedia 100baseTX\nrdomain 3\ninet 10.0.3.1 255.0.255.0\n  up\n' },
  { path: 'etc/hostname.em4', text: 'inet 10.4.0.1\ninet 10.4.0.2/24\ninet6 fd00::1\ninet alias 10.4.9.1 255.255.255.255\n' },
  { path: 'etc/hostname.trunk0', text: 'trunkproto lacp trunkport em0\n' },
  { path: 'etc/hostname.em0.bak', text: 'dhcp\n' },
  { path: 'etc/hostname.gif9', text: 'inet6 2001:db8:9::1 64\n' },
  { path: 'etc/mygate', text: '# none\n10.4.0.254\n10.4.0.253\n192.0.2.1\n' },
]; // prettier-ignore
