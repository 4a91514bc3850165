/** network-scripts of Red Hat as people leave them; and changes to what they say. */
import { redHat } from '../../../src/dialects/sysconfig/red-hat.ts';
import { change, type HandWritten } from './hand-written-file.ts';

const folder = 'etc/sysconfig/network-scripts';

export const handWrittenRedHat: readonly HandWritten[] = [
  {
    dialect: redHat,
    noise: ['# by hand', '   # set in', '#', '', 'NM_CONTROLLED=no', 'ETHTOOL_OPTS="wol g"'],
    files: [
      { path: 'etc/sysconfig/network', text: '# of the machine\nNETWORKING=yes\nHOSTNAME=m\n' },
      {
        path: `${folder}/ifcfg-eth0`,
        text: [
          '# uplink',
          'DEVICE=eth0',
          'HWADDR=02:00:00:00:00:01',
          'ONBOOT="yes"',
          "BOOTPROTO='static'   # fixed",
          'IPADDR0=192.0.2.3',
          'NETMASK0=255.255.255.0',
          'IPADDR1=10.0.0.3',
          'NETMASK1=255.0.0.0',
          'GATEWAY=192.0.2.1 # of the provider',
          'IPV6INIT=yes',
          'IPV6ADDR=2001:0db8::3',
          "IPV6ADDR_SECONDARIES='2001:db8::4/64 2001:db8::5/64'",
          'IPV6_DEFAULTGW=2001:db8::1%eth0',
          'MTU="1400"',
          'DNS1=192.0.2.53',
          'DNS2=192.0.2.54',
          'DOMAIN="example.org lan"',
          '',
        ].join('\n'),
      },
      { path: `${folder}/ifcfg-eth0:2`, text: '# alias\nDEVICE=eth0:2\nIPADDR=192.0.2.7\nNETMASK=255.255.255.0\n' },
      {
        path: `${folder}/ifcfg-eth0.7`,
        text: 'DEVICE=eth0.7\nVLAN=yes\nONBOOT=yes\nIPADDR=10.7.0.1/24\n',
      },
      {
        path: `${folder}/ifcfg-bond0`,
        text: 'DEVICE=bond0\nONBOOT=yes\nBONDING_OPTS="miimon=100 arp_validate=none mode=1"\n',
      },
      { path: `${folder}/ifcfg-eth1`, text: 'DEVICE=eth1\nONBOOT=yes\nMASTER=bond0\nSLAVE=yes\n' },
      {
        path: `${folder}/ifcfg-office`,
        text: 'DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\nSTP=no\nDELAY=0\nIPADDR=10.1.0.1\n  PREFIX=24\n',
      },
      {
        path: `${folder}/route-office`,
        text: '# behind the office\n10.20.0.0/16 via 10.1.0.254\n  10.21.0.0/16   via 10.1.0.254\n',
      },
      { path: `${folder}/rule-office`, text: 'from 10.1.0.0/24 table 7 priority 700\n' },
    ],
    changes: [
      change('an address', '"192.0.2.3"', '"192.0.2.9"', /^IPADDR0=/),
      change(
        'an address that goes',
        '{"family":4,"address":"10.0.0.3","prefixLength":8},',
        '',
        /^(?:IPADDR|NETMASK)1=/,
      ),
      change(
        'an address that comes',
        '{"family":4,"address":"10.0.0.3","prefixLength":8}',
        '{"family":4,"address":"10.0.0.3","prefixLength":8},{"family":4,"address":"172.16.0.3","prefixLength":12}',
        /^(?:IPADDR|NETMASK)2=/,
      ),
      change(
        'a length',
        '"address":"10.0.0.3","prefixLength":8',
        '"address":"10.0.0.3","prefixLength":16',
        /^NETMASK1=/,
      ),
      change('a length behind the address', '"10.7.0.1","prefixLength":24', '"10.7.0.1","prefixLength":16', /^IPADDR=/),
      change('an alias', '"192.0.2.7"', '"192.0.2.8"', /^IPADDR=/),
      change('the first address of IPv6', '"2001:db8::3"', '"2001:db8::6"', /^IPV6ADDR=/),
      change('another address of IPv6', '"2001:db8::5"', '"2001:db8::6"', /^IPV6ADDR_SECONDARIES=/),
      change('the gateway', '"192.0.2.1"', '"192.0.2.2"', /^GATEWAY=/),
      change('the gateway of IPv6', '"2001:db8::1"', '"2001:db8::2"', /^IPV6_DEFAULTGW=/),
      change('an MTU', '"mtuBytes":1400', '"mtuBytes":1300', /^MTU=/),
      change('a name server', '"192.0.2.53"', '"192.0.2.55"', /^DNS1=/),
      change('a name server that goes', ',"192.0.2.54"', '', /^DNS2=/),
      change('the domains', '"example.org","lan"', '"example.org"', /^DOMAIN=/),
      change('the way of a bond', '"miimonMilliseconds":100', '"miimonMilliseconds":50', /^BONDING_OPTS=/),
      change(
        'the delay of a bridge',
        '"forwardDelaySeconds":0',
        '"forwardDelaySeconds":4',
        /^(?:DELAY|BRIDGING_OPTS)=/,
      ),
      change(
        'a spanning tree',
        '"stp":false,"forwardDelaySeconds":0',
        '"stp":true,"forwardDelaySeconds":2',
        /^(?:STP|DELAY|BRIDGING_OPTS)=/,
      ),
      change('a route', '10.20.0.0/16', '10.30.0.0/16', /^10\.[23]0\./),
      change(
        'a gateway in a line',
        '"10.21.0.0/16","type":"unicast","via":"10.1.0.254"',
        '"10.21.0.0/16","type":"unicast","via":"10.1.0.253"',
        /10\.21\./,
      ),
      change(
        'the table of a rule',
        '"priority":700,"from":"10.1.0.0/24","table":7',
        '"priority":700,"from":"10.1.0.0/24","table":8',
        /^from/,
      ),
      change('what is forwarded', '"sysctls":{}', '"sysctls":{"net/ipv6/conf/all/forwarding":"1"}', /^IPV6FORWARDING=/),
    ],
  },
  {
    dialect: redHat,
    noise: ['# by hand', '', 'NAME=x'],
    files: [
      { path: `${folder}/ifcfg-eth0`, text: 'DEVICE=eth0\nONBOOT=yes\nIPADDR=192.0.2.3\nPREFIX=24\n' },
      {
        path: `${folder}/route-eth0`,
        text: [
          '# numbered',
          'ADDRESS0=10.20.0.0',
          'NETMASK0=255.255.0.0',
          'GATEWAY0=192.0.2.1',
          '',
          'ADDRESS1=10.21.0.0',
          'NETMASK1=255.255.0.0',
          'GATEWAY1=192.0.2.1',
          '',
        ].join('\n'),
      },
    ],
    changes: [
      change('a route', '"10.21.0.0/16"', '"10.22.0.0/24"', /^(?:ADDRESS|NETMASK)1=/),
      change(
        'its gateway',
        '"10.20.0.0/16","type":"unicast","via":"192.0.2.1"',
        '"10.20.0.0/16","type":"unicast","via":"192.0.2.2"',
        /^GATEWAY0=/,
      ),
      change(
        'a route that comes',
        '"routes":[',
        '"routes":[{"family":4,"to":"10.19.0.0/16","type":"unicast","via":"192.0.2.1","dev":"eth0","metric":0,"table":254},',
        /^(?:ADDRESS|NETMASK|GATEWAY)2=/,
      ),
      change(
        'a route that goes, and the one behind it takes its number',
        '{"family":4,"to":"10.20.0.0/16","type":"unicast","via":"192.0.2.1","dev":"eth0","metric":0,"table":254},',
        '',
        /^$|^(?:ADDRESS|NETMASK|GATEWAY)[01]=/,
      ),
    ],
  },
];
