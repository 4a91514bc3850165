/** How NetworkManager runs without udev and without a bus: as in an initrd, where it configures and goes. */
import { networkmanager } from '../../../src/dialects/networkmanager/dialect.ts';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { type Program } from './carried-out.ts';

const line = [
  'mkdir -p /run/NetworkManager /var/lib/NetworkManager',
  'exec /usr/sbin/NetworkManager --debug --configure-and-quit=initrd',
].join('; ');

const home: readonly ConfigText[] = [
  { path: 'etc/passwd', text: 'root:x:0:0::/root:/bin/sh\n' },
  { path: 'etc/group', text: 'root:x:0:\n' },
  { path: 'etc/machine-id', text: '0123456789abcdef0123456789abcdef\n' },
  {
    path: 'etc/NetworkManager/NetworkManager.conf',
    text: [
      '[main]',
      'plugins=keyfile',
      'no-auto-default=*',
      'dns=none',
      'rc-manager=unmanaged',
      '',
      '[device-of-a-cable]',
      'match-device=type:veth',
      'managed=1',
      '',
      // It goes as soon as one family is ready; routes with a source of IPv6 come when duplicates of that were looked for.
      '[connection]',
      'ipv6.required-timeout=5000',
      '',
      '[logging]',
      'level=INFO',
      'backend=stderr',
      '',
    ].join('\n'),
  },
];

export const realNetworkManager: Program = { dialect: networkmanager, line, home };
