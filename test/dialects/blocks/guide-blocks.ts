/** A guide to several machines of OpenBSD with a tunnel to a broker: what it has people type, and the files that come of it. */
import { type Block, files, pasted } from './block.ts';

export const guideBlocks: readonly Block[] = [
  pasted('guide: a tunnel is made first, on some systems', ['ifconfig gif0 create']),
  pasted('guide: both ends of the tunnel', [
    'sudo ifconfig gif0 tunnel 192.0.2.10 203.0.113.9',
    'sudo ifconfig gif0 inet6 2001:db8:9::2 2001:db8:9::1 prefixlen 128',
    'echo What follows shows it.',
    'ifconfig gif0',
  ], [/^(?:echo|ifconfig gif0$)/]),
  pasted('guide: the same where the page lost the addresses', ['sudo ifconfig gif0 tunnel', 'ifconfig gif0'], [/gif0$/]),
  pasted('guide: the tunnel at each start', [
    'CURNIC=gif0',
    '[ -f /etc/hostname.${CURNIC} ] && cpytobak /etc/hostname.${CURNIC}',
    'echo !ifconfig \\$if tunnel 192.0.2.10 203.0.113.9 | sudo tee -a /etc/hostname.${CURNIC}',
    'echo !ifconfig \\$if inet6 2001:db8:9::2 2001:db8:9::1 prefixlen 128 | sudo tee -a /etc/hostname.${CURNIC}',
    'echo Nothing works for a moment.',
    'sudo $SHELL -c ". /etc/netstart ${CURNIC}"',
    'sudo ifconfig ${CURNIC}',
    'ping6 2001:db8:9::1',
  ], [/^(?:echo Nothing|ping6|sudo ifconfig)/]),
  pasted('guide: the way out of IPv6', ['route add default 2001:db8:9::1']),
  pasted('guide: an address by hand', ['sudo ifconfig if0 inet6 2001:db8::127:100 prefixlen 64', 'ping6 -I if0 2001:db8::127:123'], [/^ping6/]),
  pasted('guide: an address at each start', [
    'FirstNIC=if0',
    'cpytobak /etc/hostname.${FirstNIC}',
    'echo inet 10.0.5.2 255.255.255.0 NONE | sudo tee -a /etc/hostname.${FirstNIC}',
    'echo !route add default 10.0.5.1 | sudo tee -a /etc/hostname.${FirstNIC}',
  ]),
  files('guide: the files that come of it', {
    'etc/hostname.if0': ['inet 10.0.5.2 255.255.255.0 NONE', '!route add default 10.0.5.1'],
    'etc/hostname.gif0': ['!ifconfig $if tunnel 10.0.5.2 203.0.113.9', '!ifconfig $if inet6 2001:db8:9::2 2001:db8:9::1 prefixlen 128', '!route add -inet6 default 2001:db8:9::1'],
  }),
  pasted('guide: a way out, whose gateway the page lost', ['route add default']),
  pasted('guide: packets are forwarded', ['sudo sysctl net.inet.ip.forwarding=1', 'net.inet.ip.forwarding: 0 -> 1', 'sudo sysctl net.inet6.ip6.forwarding=1', 'net.inet6.ip6.forwarding: 0 -> 1'], [/ -> 1$/]),
  pasted('guide: the way back', ['$ sudo ifconfig tun0 10.0.0.1 netmask 255.255.255.248', '$ sudo route add 10.0.5/24 10.0.0.6']),
  pasted('guide: the same in part', ['sudo route add 10.0.5/24']),
  files('guide: what a client asks for', { 'etc/dhclnons.cfg': ['request subnet-mask, broadcast-address, routers, domain-name, host-name;', '# domain-name-servers, host-name;'] }),
  pasted('guide: it asks', ['sudo dhclient -c /etc/dhclnons.cfg ${CURNIC}', 'ifconfig ${CURNIC}']),
  pasted('guide: it asks at each start', ['$ CURNIC=if1', '$ echo !dhclient -c /etc/dhclnons.cfg \\$if | sudo tee -a /etc/hostname.${CURNIC}', '$ sudo ifconfig ${CURNIC} delete'], [/delete$/]),
  files('guide: the server of addresses', { 'etc/rc.conf.local': ['dhcpd_flags="if0"'], 'etc/dhcpd.conf': ['subnet 10.0.5.0 netmask 255.255.255.0 {', '  option routers 10.0.5.1;', '  range 10.0.5.100 10.0.5.199;', '}'], 'etc/hostname.if0': ['inet 10.0.5.8 255.255.255.0 NONE', 'inet6 alias 2001:db8::8 64'] }, [/^\}$/, /^dhcpd_flags/]),
  pasted('guide: that server at each start', ['echo dhcpd_flags=\\"if0\\" | sudo tee -a /etc/rc.conf.local']),
  pasted('guide: IPv6 beside it', ['echo inet6 alias 2001:db8::8 64 | sudo tee -a /etc/hostname.if0']),
  pasted('guide: notes on a relay', ['ping6 fd00:0:0:4::2', 'sudo route add -inet6 default fd00:0:0:5::1', 'sudo sysctl net.inet6.ip6.accept_rtadv=1', 'rtadvd -c /etc/rtadvd-em1.cnf em1'], [/^ping6/]),
  pasted('guide: a tunnel interface of the host', ['export NICONETUN=tun4', 'sudo ifconfig $NICONETUN destroy', 'sudo sh /etc/netstart $NICONETUN'], [/^export|destroy$/]),
]; // prettier-ignore
