/** Guests of a hypervisor: started from domain files as they are, and what Xen's scripts made of their vifs. */
import { type ConfigText } from '../../src/dialects/dialect.ts';
import { guestInitrdPath, guestKernelPath } from './dom0-archive.ts';
import { type Hypervisor } from './hypervisor.ts';
import { type ScriptAnswer } from './hypervisor-words.ts';

/** A line that writes the file to its place. */
export const put = ({ path, text }: ConfigText): string =>
  `mkdir -p $(dirname /${path})\nbase64 -d > /${path} <<< '${Buffer.from(text).toString('base64')}'`;

/** What a guest boots is said beside its file, which stays as it was written. */
const bootWords = (name: string): string =>
  [
    `name="${name}"`,
    'memory=128',
    `kernel="${guestKernelPath}"`,
    `ramdisk="${guestInitrdPath}"`,
    'extra="console=hvc0 quiet panic=-1 net.ifnames=0"',
  ]
    .map((word) => `'${word}'`)
    .join(' ');

/** xl gives a script 40 seconds, which may be too few on a busy machine: then it is asked again. */
const createLine = (name: string, path: string, flags: string): string =>
  [
    'for _ in 1 2 3; do',
    `  output=$(xl create ${flags} /${path} ${bootWords(name)} 2>&1) && break`,
    '  status=$?',
    '  grep -q "because of timeout" <<< "$output" || { echo "$output"; exit $status; }',
    'done',
    'echo "$output"',
  ].join('\n');

/** `xl create` of the file; what it says where it fails. `-p`: the guest is made, and does not run. */
export const create = (
  on: Hypervisor,
  name: string,
  file: ConfigText,
  flags: '' | '-p' = '',
): Promise<ScriptAnswer> => {
  const forget = `rm -f /var/log/xen/console/guest-${name}.log`;
  return on.ask([put(file), forget, createLine(name, file.path, flags), `xl domid ${name}`].join('\n'));
};

export const ask = (on: Hypervisor, guest: string, script: string): Promise<string> =>
  on.run(`ask-guest ${guest} <<'GUEST'\n${script}\nGUEST`);

/** A vif of a guest as the host has it; its routes as `ip route` prints them. */
export interface SeenVif {
  readonly name: string;
  readonly mac: string;
  readonly mtuBytes: number;
  readonly up: boolean;
  readonly master: string | undefined;
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly isProxyingArp: boolean;
}

interface LinkJson {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

interface RouteJson {
  readonly dst: string;
  readonly dev: string;
  readonly metric?: number;
  readonly prefsrc?: string;
  readonly protocol: string;
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** Those of all guests that run, by name. `vifDOMAIN.NUMBER` of the guest that runs becomes `vif1.NUMBER`. */
export const seeVifs = async (on: Hypervisor): Promise<readonly SeenVif[]> => {
  const text = await on.run(
    [
      'set -e',
      'for path in /sys/bus/xen-backend/devices/vif-*/net/*; do',
      '  name=$(basename $path)',
      '  echo $name $(cat /proc/sys/net/ipv4/conf/$name/proxy_arp)',
      'done',
      'echo',
      'ip -j addr',
      'ip -j route',
    ].join('\n'),
  );
  const [names = '', rest = ''] = text.split('\n\n');
  const [links = '[]', routes = '[]'] = lines(rest);
  const allLinks = JSON.parse(links) as readonly LinkJson[];
  const allRoutes = JSON.parse(routes) as readonly RouteJson[];
  return lines(names).flatMap((line): readonly SeenVif[] => {
    const [name = '', proxy] = line.split(' ');
    const link = allLinks.find(({ ifname }) => ifname === name);
    if (link === undefined) return [];
    return [
      {
        name: name.replace(/^vif\d+\./, 'vif1.'),
        mac: link.address,
        mtuBytes: link.mtu,
        up: link.flags.includes('UP'),
        master: link.master,
        addresses: link.addr_info
          .filter(({ scope }) => scope === 'global')
          .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
        routes: allRoutes
          .filter(({ dev, protocol }) => dev === name && protocol !== 'kernel')
          .map(
            ({ dst, metric, prefsrc }) =>
              `${dst.includes('/') ? dst : `${dst}/32`} metric ${metric ?? 0} src ${prefsrc ?? 'none'}`,
          )
          .sort(),
        isProxyingArp: proxy === '1',
      },
    ];
  });
};

/** MAC addresses as `xl network-list` has them, by the number of the vif. */
export const networkList = async (on: Hypervisor, guest: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    lines(await on.run(`xl network-list ${guest}`))
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .map(([number = '', , mac = '']) => [number, mac]),
  );
