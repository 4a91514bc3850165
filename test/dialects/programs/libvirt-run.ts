/** How libvirtd runs without a service manager and with one user alone; its networks only, without guests. */
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { type Program } from './carried-out.ts';

const line = [
  // The maintainers' scripts of Debian's packages make these links.
  'for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore',
  'do ln -sf xtables-nft-multi /usr/sbin/$name; done',
  'mkdir -p /run/libvirt /var/lib/libvirt/dnsmasq /var/log/libvirt /var/cache/libvirt /var/lib/libvirt/network',
  'mkdir /defined && mv /etc/libvirt/qemu/networks/* /defined',
  '/usr/sbin/libvirtd --daemon --pid-file /run/libvirtd.pid',
  'for file in /defined/*.xml',
  'do virt-xml-validate $file network && virsh -q net-define --validate $file',
  'done',
  'for name in $(virsh -q net-list --inactive --name); do virsh -q net-start $name; done',
  'exec sleep 1000',
].join('\n');

const home: readonly ConfigText[] = [
  // dnsmasq gives up its groups where it finds one to change to, which one user alone may not.
  {
    path: 'etc/passwd',
    text: 'root:x:0:0::/root:/bin/sh\nnobody:x:0:65534::/:/bin/sh\nlibvirt-qemu:x:0:0::/:/bin/sh\n',
  },
  { path: 'etc/group', text: 'root:x:0:\nlibvirt:x:0:\nlibvirt-qemu:x:0:\nkvm:x:0:\n' },
  { path: 'etc/machine-id', text: '0123456789abcdef0123456789abcdef\n' },
  { path: 'etc/protocols', text: 'icmp 1\ntcp 6\nudp 17\n' },
  {
    path: 'etc/libvirt/libvirtd.conf',
    text: 'auth_unix_rw = "none"\nauth_unix_ro = "none"\nlog_outputs = "2:stderr"\n',
  },
  {
    path: 'etc/libvirt/qemu.conf',
    text: 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\ncgroup_controllers = []\nnamespaces = []\nremember_owner = 0\nstdio_handler = "file"\n',
  },
];

export const realLibvirt: Program = { dialect: libvirt, line, home };
