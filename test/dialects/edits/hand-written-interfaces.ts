/** Files of what configures interfaces, and of hypervisors, as people leave them; and changes to what they say. */
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';
import { netplan } from '../../../src/dialects/netplan/dialect.ts';
import { networkd } from '../../../src/dialects/networkd/dialect.ts';
import { networkmanager } from '../../../src/dialects/networkmanager/dialect.ts';
import { sysconfig } from '../../../src/dialects/sysconfig/dialect.ts';
import { xen } from '../../../src/dialects/xen/dialect.ts';
import { type HandWritten } from './hand-written-file.ts';
import { handWrittenIfupdown } from './hand-written-ifupdown.ts';
import { handWrittenRedHat } from './hand-written-red-hat.ts';

export const handWrittenInterfaces: readonly HandWritten[] = [
  ...handWrittenIfupdown,
  ...handWrittenRedHat,
  {
    dialect: sysconfig,
    noise: ['# by hand', '   # set in', '#', ''],
    files: [
      {
        path: 'etc/sysconfig/network/ifcfg-eth0',
        text: "# uplink\nSTARTMODE='auto'\nBOOTPROTO='static'\n\nIPADDR='192.0.2.3/24'\nETHTOOL_OPTIONS=''\nNAME='a card'   \nMTU='1400'\n",
      },
      {
        path: 'etc/sysconfig/network/ifroute-eth0',
        text: '# routes\n198.51.100.0/24 192.0.2.9 - eth0\n203.0.113.0/24   192.0.2.9 -   eth0 # mine\n',
      },
    ],
    changes: [
      { name: 'an address', from: '"192.0.2.3"', to: '"192.0.2.7"', about: /^IPADDR/ },
      { name: 'an MTU', from: '"mtuBytes":1400', to: '"mtuBytes":1300', about: /^MTU/ },
      { name: 'a route', from: '198.51.100.0/24', to: '198.18.0.0/24', about: /^198/ },
    ],
  },
  {
    dialect: netplan,
    noise: ['# by hand', '          # set in', '#'],
    files: [
      {
        path: 'etc/netplan/01-office.yaml',
        text: '# the host of the office\nnetwork:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth0:   # the uplink\n      dhcp4: false\n      optional: true\n      wakeonlan: true\n  bridges:\n    br0:\n      interfaces: [eth0]\n      # guests\n      addresses:\n        - 192.0.2.3/24   # ours\n        - "2001:db8:abba::1/64"\n      routes:\n        - to: default\n          via: 192.0.2.1\n      nameservers:\n        addresses: [192.0.2.53]\n      parameters:\n        stp: false\n        forward-delay: 0\n',
      },
    ],
    changes: [
      { name: 'an address', from: '"192.0.2.3"', to: '"192.0.2.7"', about: /- "?192\.0\.2\.[37]\/24/ },
      { name: 'a gateway', from: '"192.0.2.1"', to: '"192.0.2.2"', about: /via/ },
      { name: 'a resolver', from: '"192.0.2.53"', to: '"192.0.2.54"', about: /addresses:|192\.0\.2\.5[34]/ },
    ],
  },
  {
    dialect: networkd,
    noise: ['# by hand', '; old', '#', ''],
    files: [
      {
        path: 'etc/systemd/network/10-eth0.network',
        text: '# uplink\n[Match]\nName=eth0\n\n[Network]\nDescription=the uplink\nAddress=192.0.2.3/24\nAddress = 2001:db8::3/64\nGateway=192.0.2.1\n; kept\nLLDP=yes\nIPv6AcceptRA=no\n\n[Route]\n# lab\nDestination=198.51.100.0/24\nGateway=192.0.2.9\n',
      },
    ],
    changes: [
      { name: 'an address', from: '"192.0.2.3"', to: '"192.0.2.7"', about: /^Address=/ },
      { name: 'an address of IPv6', from: '"2001:db8::3"', to: '"2001:db8::4"', about: /^Address ?=/ },
      { name: 'a gateway', from: '"192.0.2.1"', to: '"192.0.2.2"', about: /^Gateway=192\.0\.2\.[12]$/ },
    ],
  },
  {
    dialect: networkmanager,
    noise: ['# by hand', '#', ''],
    files: [
      {
        path: 'etc/NetworkManager/system-connections/office.nmconnection',
        text: '# the office\n[connection]\nid=office\nuuid=0b5f3a3e-0000-4000-8000-0000000000a1\ntype=ethernet\ninterface-name=eth0\npermissions=\n\n[ipv4]\nmethod=manual\n# ours\naddress1=192.0.2.3/24,192.0.2.1\nroute1=198.51.100.0/24,192.0.2.254,50\ndns-search=\n\n[ipv6]\naddr-gen-mode=eui64\nmethod=disabled\nip6-privacy=0\n\n[proxy]\n',
      },
    ],
    changes: [
      { name: 'an address', from: '"192.0.2.3"', to: '"192.0.2.7"', about: /^(?:address|gateway)/ },
      { name: 'a route', from: '198.51.100.0/24', to: '203.0.113.0/24', about: /^route/ },
    ],
  },
  {
    dialect: libvirt,
    noise: ['<!-- by hand -->', '', '    '],
    files: [
      {
        path: 'etc/libvirt/qemu/networks/default.xml',
        text: `<network>\n  <name>default</name>\n  <forward mode='nat'/>\n  <bridge name="virbr0" stp='on' delay="0"   />   <!-- as it came -->\n  <dns><host ip='192.168.122.7'><hostname>web</hostname></host></dns>\n  <ip address='192.168.122.1' netmask='255.255.255.0'>\n    <dhcp>\n      <range start='192.168.122.2' end='192.168.122.254'/>\n      <!-- the server -->\n      <host mac='52:54:00:00:00:07' name='web' ip='192.168.122.7'/>\n    </dhcp>\n  </ip>\n</network>\n`,
      },
    ],
    changes: [
      { name: 'a reservation', from: '"192.168.122.7"', to: '"192.168.122.9"', about: /<host mac/ },
      { name: 'the end of a range', from: '"last":"192.168.122.254"', to: '"last":"192.168.122.200"', about: /<range/ },
    ],
  },
  {
    dialect: xen,
    noise: ['# by hand', '', '   '],
    files: [
      {
        path: 'etc/xen/web.cfg',
        text: `# the web server\nkernel = "/boot/vmlinuz"\nname = "web"   # as it is called\nvif = [ 'mac=00:16:3e:00:00:01, bridge=xenbr0',   # outside\n        "mac=00:16:3e:00:00:02,rate=1Mb/s,bridge=dmz",\n      ]\ndisk = [ 'phy:vg/web,xvda,w' ]\n`,
      },
    ],
    changes: [{ name: 'a MAC', from: '00:16:3e:00:00:02', to: '00:16:3e:00:00:0a', about: /00:16:3e:00:00:0[2a]/ }],
  },
];
