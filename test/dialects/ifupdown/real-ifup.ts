/** The real ifup(8) with the hooks of bridge-utils, unpacked beside the host and run in namespaces of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalIp } from '../../../src/net/address.ts';

import { type Stack } from '../../../src/state/network-state.ts';

const packages = ['ifupdown', 'bridge-utils'] as const;

/** The folder that holds both, fetched once a machine; undefined where they cannot be had. */
export const ifupTree = (): string | undefined => {
  const folder = join(tmpdir(), `lanwright-test-ifupdown-${process.getuid?.() ?? 0}`);
  const tree = join(folder, 'tree');
  if (existsSync(join(tree, 'sbin/ifup')) && existsSync(join(tree, 'lib/bridge-utils'))) return tree;
  try {
    mkdirSync(tree, { recursive: true });
    execFileSync('apt-get', ['download', ...packages], { cwd: folder, stdio: 'ignore', timeout: 60_000 });
    for (const name of readdirSync(folder))
      if (name.endsWith('.deb')) execFileSync('dpkg-deb', ['-x', join(folder, name), tree], { timeout: 30_000 });
    return tree;
  } catch {
    return undefined;
  }
};

interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, number>> };
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly label?: string;
    readonly scope: string;
    readonly protocol?: string;
  }[];
}

interface KernelRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol: string;
  readonly metric?: number;
  readonly table?: string;
  readonly prefsrc?: string;
}

const linkLine = (link: Link): string => {
  const { info_kind: kind = 'ethernet', info_data: data } = link.linkinfo ?? {};
  const addresses = link.addr_info
    .filter(({ scope }) => scope !== 'link')
    .map(({ local, prefixlen, label }) =>
      label === undefined || label === link.ifname ? `${local}/${prefixlen}` : `${local}/${prefixlen} ${label}`,
    );
  return [
    link.ifname,
    kind === 'veth' ? 'ethernet' : kind,
    link.flags.includes('UP') ? 'up' : 'down',
    link.mtu,
    link.master ?? '-',
    ...(kind === 'bridge' ? [`stp ${data?.['stp_state'] === 1} ${(data?.['forward_delay'] ?? 0) / 100}`] : []),
    ...addresses,
  ].join(' ');
};

/** rtnetlink's numbers of what made a route, and of its kind. */
const byKernel = '2';
const kinds: Readonly<Record<string, string>> = { 1: 'unicast', 6: 'blackhole', 7: 'unreachable', 8: 'prohibit' };

const routeLine = (family: 4 | 6, route: KernelRoute): string => {
  const [address = '', length] = route.dst.split('/');
  const bits = family === 4 ? '32' : '128';
  const to =
    address === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : `${canonicalIp(address)}/${length ?? bits}`;
  const type = kinds[route.type ?? '1'] ?? route.type ?? 'unicast';
  const hasDevice = type === 'unicast';
  const hop = hasDevice ? [route.gateway ?? '-', route.dev ?? '-'] : [];
  return [type, to, ...hop, route.metric ?? 0, route.table ?? '254'].join(' ');
};

/** What the kernel has, or what a stack says it has, in lines that can be compared. */
export interface Facts {
  readonly links: readonly string[];
  readonly routes: readonly string[];
  readonly sysctls: readonly string[];
}

export interface IfupRun {
  readonly facts: Facts;
  readonly told: string;
}

export const runIfup = (tree: string, text: string, sysctls: readonly string[]): IfupRun => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-ifup-'));
  const file = join(folder, 'interfaces');
  writeFileSync(file, text);
  const script = fileURLToPath(new URL('./ifup-in-a-world.sh', import.meta.url));
  const options = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'];
  const run = spawnSync('unshare', [...options, 'sh', script, tree, file, ...sysctls], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  rmSync(folder, { recursive: true });
  const [links = '[]', four = '[]', six = '[]', ...values] = run.stdout.split('\n');
  const routes = (family: 4 | 6, json: string): string[] =>
    (JSON.parse(json) as KernelRoute[])
      .filter(({ protocol, table }) => protocol !== byKernel && table !== '255')
      .map((route) => routeLine(family, route));
  return {
    told: run.stderr,
    facts: {
      links: (JSON.parse(links) as Link[])
        .filter(({ ifname }) => ifname !== 'lo' && !ifname.startsWith('far-'))
        .map(linkLine)
        .sort(),
      routes: [...routes(4, four), ...routes(6, six)].sort(),
      sysctls: sysctls.map((key, index) => `${key} ${values[index] ?? ''}`),
    },
  };
};

export const factsOf = (stack: Stack): Facts => ({
  links: Object.entries(stack.interfaces)
    .filter(([name]) => name !== 'lo')
    .map(([name, it]) =>
      [
        name,
        it.kind,
        it.up ? 'up' : 'down',
        it.mtuBytes,
        it.master ?? '-',
        ...(it.bridge === undefined ? [] : [`stp ${it.bridge.stp} ${it.bridge.forwardDelaySeconds}`]),
        ...it.addresses.map(({ address, prefixLength, label }) =>
          label === undefined ? `${address}/${prefixLength}` : `${address}/${prefixLength} ${label}`,
        ),
      ].join(' '),
    )
    .sort(),
  routes: stack.routes
    .map(({ type, to, via, dev, metric, table }) =>
      [type, to, ...(type === 'unicast' ? [via ?? '-', dev ?? '-'] : []), metric, table].join(' '),
    )
    .sort(),
  sysctls: Object.entries(stack.sysctls).map(([key, value]) => `${key} ${value}`),
});
