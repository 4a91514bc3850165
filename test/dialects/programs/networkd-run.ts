/** How systemd-networkd runs without a service manager, without a bus, and with one user alone. */
import { networkd } from '../../../src/dialects/networkd/dialect.ts';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { type Program } from './carried-out.ts';

const line = [
  'mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp',
  'SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console exec /lib/systemd/systemd-networkd',
].join('; ');

/** Its own user is root by another name: nobody else is in the namespace. */
const home: readonly ConfigText[] = [
  { path: 'etc/passwd', text: 'root:x:0:0::/root:/bin/sh\nsystemd-network:x:0:0::/:/bin/sh\n' },
  { path: 'etc/group', text: 'root:x:0:\nsystemd-network:x:0:\n' },
  { path: 'etc/machine-id', text: '0123456789abcdef0123456789abcdef\n' },
];

export const realNetworkd: Program = { dialect: networkd, line, home };
