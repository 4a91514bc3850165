/** What stands in the way of images on this machine, as data: what is missing, and the line that mends it. */
import { describeFailure, type RunResult } from '../run/run-program.ts';
import { type Diagnostic } from '../diagnostics/diagnostic.ts';

export const imageFault = (code: string, message: string, help?: string): Diagnostic => ({
  code,
  severity: 'error',
  message,
  ...(help === undefined ? {} : { help }),
});

const packages: Readonly<Record<string, string>> = {
  busybox: 'busybox-static',
  debugfs: 'e2fsprogs',
  dhclient: 'isc-dhcp-client',
  dnsmasq: 'dnsmasq-base',
  e2fsck: 'e2fsprogs',
  ip: 'iproute2',
  keepalived: 'keepalived',
  mke2fs: 'e2fsprogs',
  mkswap: 'util-linux',
  mmdebstrap: 'mmdebstrap',
  nft: 'nftables',
  perl: 'perl-base',
  'qemu-img': 'qemu-utils',
  radvd: 'radvd',
  xorriso: 'xorriso',
  xz: 'xz-utils',
};

/** A program that virtual machines need, and that is not there. */
export const programMissing = (program: string): Diagnostic => {
  const name = packages[program];
  return imageFault(
    'program-missing',
    `virtual machines need \`${program}\`, which is not installed`,
    name === undefined ? undefined : `apt-get install -y --no-install-recommends ${name}`,
  );
};

/** A program that failed, in the words of the program. */
export const programFailed = (what: string, result: RunResult): Diagnostic =>
  result.outcome === 'missing'
    ? programMissing(result.argv[0] ?? '')
    : imageFault('program-failed', `${what}: ${describeFailure(result)}`);

/** A package of Debian that could not be had. */
export const notFetched = (name: string, result: RunResult): Diagnostic =>
  result.outcome === 'missing'
    ? imageFault('package-missing', `the package \`${name}\` of Debian is needed, and there is no apt to fetch it with`)
    : {
        ...programFailed(`the package \`${name}\` cannot be fetched from Debian`, result),
        code: 'package-missing',
        help: 'check the network, then run `apt-get update` as root',
      };
