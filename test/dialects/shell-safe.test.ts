/** Names and texts that others wrote run nothing in the files that a shell of root's reads. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../src/dialects/dialect.ts';
import { editInterfaces } from '../../src/dialects/ifupdown/edit.ts';
import { writeInterfaces } from '../../src/dialects/ifupdown/write.ts';
import { editSysconfig } from '../../src/dialects/sysconfig/edit.ts';
import { readSysconfig } from '../../src/dialects/sysconfig/read.ts';
import { writeRedHat } from '../../src/dialects/sysconfig/write-red-hat.ts';
import { writeSysconfig } from '../../src/dialects/sysconfig/write.ts';
import { ufw } from '../../src/dialects/ufw/dialect.ts';
import { readIptables } from '../../src/dialects/iptables/read.ts';
import { emptyStack } from '../../src/state/empty-stack.ts';
import { type Interface, type NetworkState } from '../../src/state/network-state.ts';

const command = 'echo X > canary';

const hostile = [
  `$(${command})`,
  `\`${command}\``,
  `a; ${command}`,
  `a;${command};'`,
  `"; ${command}; "`,
  `'; ${command}; '`,
  `a\n${command}\nb`,
  `\\"; ${command}; "`,
  `\\$(${command})`,
  `a & ${command} #`,
  '"',
  "it's",
  '\\',
];

const text = fc.constantFrom('eth1', 'host', ...hostile);

const nic = (more: Partial<Interface> = {}): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  addresses: [],
  ...more,
});

const address = { family: 4, address: '10.0.0.1', prefixLength: 24 } as const;

const route = { family: 4, type: 'unicast', metric: 0, table: 254, to: '10.9.0.0/16' } as const;

const key = `${'A'.repeat(43)}=`;

/** A machine with such texts wherever a state has room for them. */
const hostileState = fc
  .record({ name: text, link: text, label: text, host: text, domain: text, setting: text, path: text, end: text })
  .map(({ name, link, label, host, domain, setting, path, end }): NetworkState => ({
    version: 1,
    cables: [],
    stacks: {
      host: {
        ...emptyStack,
        interfaces: {
          eth0: nic(),
          eth2: nic({ addresses: [address, { ...address, address: '10.0.0.2', label: `eth2:${label}` }] }),
          [name]: nic({ addresses: [{ ...address, address: '10.1.0.1' }], mac: end }),
          v5: nic({ kind: 'vlan', vlan: { link, id: 5 } }),
          b: nic({ kind: 'bond', bond: { mode: 'active-backup', primary: link } }),
          br0: nic({ kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 15 } }),
          [`p${name}`]: nic({ master: 'br0' }),
          wg0: nic({
            kind: 'wireguard',
            mtuBytes: 1420,
            wireguard: { privateKeyFile: path, peers: [{ publicKey: key, endpoint: end, allowedPrefixes: [] }] },
          }),
          wg1: nic({ kind: 'wireguard', mtuBytes: 1420, wireguard: { privateKeyFile: path, peers: [] } }),
          t0: nic({ kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', local: '10.0.0.1' } }),
        },
        routes: [
          { ...route, dev: name },
          { ...route, dev: 'eth2', to: '10.8.0.0/16' },
          { ...route, via: '10.0.0.8' },
        ],
        rules: [{ family: 4, priority: 5, table: 7, iif: link }],
        neighbours: [{ family: 4, address: '10.0.0.7', mac: end, dev: 'eth2' }],
        neighbourProxies: [{ family: 4, address: '10.0.0.6', dev: 'eth2' }],
        sysctls: { [`net/ipv4/conf/${name}/rp_filter`]: '1', 'net/ipv4/tcp_congestion_control': setting },
        filter: readIptables('*filter\n:INPUT DROP [0:0]\n-A INPUT -s 10.0.0.9 -j ACCEPT\nCOMMIT\n', 4).tables,
        services: [{ kind: 'dhcp-client', interface: 'eth0', hostname: host, metric: 0 }],
        resolver: { nameservers: ['10.0.0.4'], search: [domain] },
      },
    },
  }));

/** Carried out in a folder of its own, where no program is found and nothing of the system is named. */
const run = (script: string): { readonly isRun: boolean; readonly out: string; readonly folder: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'shell-safe-'));
  try {
    writeFileSync(join(folder, 'script'), script.replaceAll('/proc/sys/', './'));
    const { stdout } = spawnSync('/bin/sh', ['./script'], {
      cwd: folder,
      env: { PATH: '/nonexistent' },
      encoding: 'utf8',
      timeout: 10_000,
    });
    return { isRun: existsSync(join(folder, 'canary')), out: stdout, folder };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** What ifup gives to a shell: commands as they are, and options as words of commands. */
const asCommands = (texts: readonly ConfigText[]): string =>
  texts
    .flatMap((file) => file.text.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => (/^(?:pre-|post-)?(?:up|down) /.test(line) ? line.replace(/^\S+ /, '') : `: ${line}`))
    // One that is cut off keeps the others from being carried out, and would hide them.
    .map((line) => `${line}\n`)
    .join('');

const isSourced = ({ path }: ConfigText): boolean =>
  /(?:ifcfg-[^/]*|sysconfig\/network|network\/config|default\/ufw|ufw\.conf)$/.test(path);

const sourced = (texts: readonly ConfigText[]): readonly ConfigText[] => texts.filter(isSourced);

const expectHarmless = (script: string): void => {
  expect(run(script).isRun, script).toBe(false);
};

const before: NetworkState = {
  version: 1,
  cables: [],
  stacks: {
    host: {
      ...emptyStack,
      interfaces: { eth0: nic(), eth2: nic({ addresses: [address] }) },
      services: [{ kind: 'dhcp-client', interface: 'eth0', hostname: 'old', metric: 0 }],
      resolver: { nameservers: ['10.0.0.3'], search: ['old.example'] },
    },
  },
};

const quotes = ["'", '"', ''] as const;

describe('files that a shell reads', () => {
  it('are tried with a shell that would carry such texts out', () => {
    expect(run(`: ${hostile[0] ?? ''}`).isRun).toBe(true);
    expect(run(`A="${hostile[0] ?? ''}"`).isRun).toBe(true);
  });

  it.each(['suse', 'red-hat'] as const)('of sysconfig of %s only set variables', (flavour) => {
    const write = flavour === 'suse' ? writeSysconfig : writeRedHat;
    fc.assert(
      fc.property(hostileState, fc.constantFrom(...quotes), (state, quote) => {
        const old = write(before, 'host').files.map(({ path, text: own }) => ({
          path,
          text: own.replaceAll(/='([^' ]*)'/g, `=${quote}$1${quote}`),
        }));
        for (const { files } of [write(state, 'host'), editSysconfig(old, state, 'host')]) {
          for (const file of sourced(files)) expectHarmless(file.text);
          for (const { path } of files) expect(path).not.toMatch(/canary|\/\.\.\//);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of ifupdown hold commands of their own only, and say what they leave out', () => {
    const old = writeInterfaces(before, 'host').files;
    fc.assert(
      fc.property(hostileState, (state) => {
        for (const { files, omissions } of [writeInterfaces(state, 'host'), editInterfaces(old, state, 'host')]) {
          expectHarmless(asCommands(files));
          if (hostile.includes(state.stacks['host']?.interfaces['wg1']?.wireguard?.privateKeyFile ?? ''))
            expect(omissions.map(({ what }) => what).join('\n')).toContain('interfaces/wg1');
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of ufw only set variables', () => {
    fc.assert(
      fc.property(hostileState, (state) => {
        for (const file of sourced(ufw.write?.(state, 'host').files ?? [])) expectHarmless(file.text);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a hostname in an ifcfg file', () => {
  it.each(hostile)('is the same to a shell and when read back: %j', (hostname) => {
    const client = { kind: 'dhcp-client', interface: 'eth0', hostname, metric: 0 } as const;
    const host = before.stacks['host'] ?? emptyStack;
    const state: NetworkState = { ...before, stacks: { host: { ...host, services: [client] } } };
    const old = writeRedHat(before, 'host').files;
    for (const quote of quotes) {
      const quoted = old.map((file) => ({ ...file, text: file.text.replaceAll(/'([^' ]*)'/g, `${quote}$1${quote}`) }));
      for (const { files, omissions } of [writeRedHat(state, 'host'), editSysconfig(quoted, state, 'host')]) {
        expect(omissions).toEqual([]);
        const file = files.find(({ path }) => path.endsWith('/ifcfg-eth0'))?.text ?? '';
        expect(run(`${file}\nprintf '<%s>' "$DHCP_HOSTNAME"`).out).toBe(`<${hostname}>`);
        const services = readSysconfig(files, 'host').stacks['host']?.services ?? [];
        expect(services).toEqual([client]);
        // And once more over what was written.
        const again = editSysconfig(files, before, 'host').files.find(({ path }) => path.endsWith('/ifcfg-eth0'));
        expect(run(`${again?.text ?? ''}\nprintf '<%s>' "$DHCP_HOSTNAME"`).out).toBe('<old>');
      }
    }
  });
});
