/** What a guest boots from: archives, what stacks need, and the cache that keeps them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cachedEntry, isWhole } from '../../src/images/content-cache.ts';
import { writeArchive, type ArchiveEntry } from '../../src/images/cpio.ts';
import { moduleClosure, readModule } from '../../src/images/kernel-modules.ts';
import { checkFiles, checkUnique } from '../../src/images/preflight.ts';
import { featuresOf, partsOf } from '../../src/images/probe-features.ts';
import { type Interface, type Stack } from '../../src/state/network-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanwright-archive-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (path: string, text: string, isExecutable = false): ArchiveEntry => ({
  kind: 'file',
  path,
  contents: Buffer.from(text),
  isExecutable,
});

const list = (archive: Buffer): readonly string[] =>
  execFileSync('busybox', ['cpio', '-tv'], { input: archive, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] })
    .trim()
    .split('\n');

describe('an archive', () => {
  const entries = [
    file('init', '#!/bin/sh\n', true),
    file('etc/a/b', 'b'),
    { kind: 'link', path: 'bin/sh', target: 'busybox' } as const,
  ];

  it('is read by cpio, with the folders that its files need', () => {
    const lines = list(writeArchive(entries)).map((line) => line.replace(/ +/g, ' '));
    expect(lines.map((line) => [line.slice(0, 10), line.split(' 1970 ')[1] ?? line.split(':00 ').at(-1)])).toEqual([
      ['drwxr-xr-x', 'bin'],
      ['lrwxrwxrwx', 'bin/sh -> busybox'],
      ['drwxr-xr-x', 'etc'],
      ['drwxr-xr-x', 'etc/a'],
      ['-rw-r--r--', 'etc/a/b'],
      ['-rwxr-xr-x', 'init'],
    ]);
  });

  it('is the same for the same entries, in whatever order', () => {
    expect(writeArchive([...entries].reverse())).toEqual(writeArchive(entries));
  });
});

const stackWith = (parts: Partial<Stack>): Stack => ({
  interfaces: {},
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...parts,
});

const plain = { mtuBytes: 1500, up: true, addresses: [] } as const;

describe('a stack', () => {
  it.each<readonly [string, Partial<Stack>, readonly string[]]>([
    ['with NICs alone', { interfaces: { eth0: { kind: 'ethernet', ...plain } } }, []],
    [
      'with a bond, a bridge and a VLAN',
      {
        interfaces: Object.fromEntries(
          (['bridge', 'vlan', 'bond'] as const).map((kind): readonly [string, Interface] => [kind, { kind, ...plain }]),
        ),
      },
      ['bond', 'bridge', 'vlan'],
    ],
    [
      'with tunnels',
      {
        interfaces: {
          six: { kind: 'tunnel', tunnel: { mode: 'sit' }, ...plain },
          wg0: { kind: 'wireguard', wireguard: { peers: [] }, ...plain },
        },
      },
      ['sit', 'wireguard'],
    ],
    [
      'with a filter of a bridge',
      { filter: [{ family: 'bridge', name: 'f', chains: [] }] },
      ['bridge-filter', 'filter'],
    ],
    ['with sysctls of bridge filtering', { sysctls: { 'net/bridge/bridge-nf-call-iptables': '1' } }, ['bridge-filter']],
    [
      'with services',
      {
        services: [
          { kind: 'responder', port: 7 },
          { kind: 'router-advertiser', interface: 'eth0', prefixes: [], isDefaultRouter: true },
        ],
      },
      ['router-advertiser'],
    ],
  ])('%s asks for no more than it needs', (_, parts, features) => {
    expect(featuresOf(stackWith(parts))).toEqual(features);
  });

  it('brings programs only with what asks for them', () => {
    expect(partsOf([]).programs).toEqual(['perl']);
    expect(partsOf(['filter']).programs).toEqual(['perl', 'nft']);
  });
});

describe('kernel modules', () => {
  it('say what they need', () => {
    const contents = Buffer.from('code\0license=GPL\0alias=rtnl-link-vlan\0depends=mrp,garp\0softdep=pre: a-b\0');
    expect(readModule('kernel/net/8021q/8021q.ko', contents)).toEqual({
      name: '8021q',
      path: 'kernel/net/8021q/8021q.ko',
      needs: ['mrp', 'garp', 'a_b'],
      aliases: ['rtnl-link-vlan'],
    });
  });

  it('are loaded behind what they need, each once', () => {
    const module = (name: string, ...needs: readonly string[]) =>
      [name, { name, path: name, needs, aliases: [] }] as const;
    const all = new Map([module('a', 'b', 'c'), module('b', 'c'), module('c', 'built_in'), module('d', 'c')]);
    expect(moduleClosure(all, ['a', 'd']).map(({ name }) => name)).toEqual(['c', 'b', 'a', 'd']);
  });
});

describe('the cache', () => {
  const writes = (text: string) => (draft: string) => {
    writeFileSync(join(draft, 'file'), text);
    return Promise.resolve(undefined);
  };

  it('keeps one whole entry when two are made at the same time, and no draft', async () => {
    const parent = join(folder, 'race');
    const made = await Promise.all(['a', 'b', 'c'].map((text) => cachedEntry(parent, 'key', writes(text))));
    expect(made.every((entry) => 'folder' in entry)).toBe(true);
    expect(await isWhole(join(parent, 'key'))).toBe(true);
    expect(readdirSync(parent)).toEqual(['key']);
  });

  it('makes an entry anew whose content changed', async () => {
    const parent = join(folder, 'damage');
    await cachedEntry(parent, 'key', writes('good'));
    writeFileSync(join(parent, 'key/file'), 'evil');
    expect(await isWhole(join(parent, 'key'))).toBe(false);
    await cachedEntry(parent, 'key', writes('good'));
    expect(readFileSync(join(parent, 'key/file'), 'utf8')).toBe('good');
  });

  it('keeps nothing of what could not be made', async () => {
    const parent = join(folder, 'failure');
    expect(await cachedEntry(parent, 'key', () => Promise.resolve('no network'))).toEqual({ failure: 'no network' });
    expect(readdirSync(parent)).toEqual([]);
  });
});

describe('before a start', () => {
  const disk = (path: string, isReadOnly = false) => ({
    role: 'data' as const,
    path,
    format: 'qcow2' as const,
    isReadOnly,
  });

  it('every file is there, and nobody else may write to it', async () => {
    const open = join(folder, 'open');
    writeFileSync(open, '', { mode: 0o600 });
    execFileSync('chmod', ['666', open]);
    const found = await checkFiles([{ machine: 'm', boot: { disks: [disk(open), disk(join(folder, 'absent'))] } }]);
    expect(found.map(({ code }) => code)).toEqual(['disk-open-to-others', 'disk-missing']);
  });

  it('no two machines write to one disk, and both owners are named', async () => {
    const shared = join(folder, 'shared');
    writeFileSync(shared, '', { mode: 0o600 });
    const found = await checkFiles([
      { machine: 'one', boot: { disks: [disk(shared)] } },
      { machine: 'two', boot: { disks: [disk(shared)] } },
    ]);
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ['disk-shared', `\`one\` and \`two\` would use ${shared}, and at least one would write to it`],
    ]);
    expect(
      await checkFiles([
        { machine: 'one', boot: { disks: [disk(shared, true)] } },
        { machine: 'two', boot: { disks: [disk(shared, true)] } },
      ]),
    ).toEqual([]);
  });

  it('what only one may hold is held once', () => {
    const holding = (machine: string, value: string) => ({ machine, what: 'port', value });
    expect(checkUnique([holding('a', '5900'), holding('b', '5901')])).toEqual([]);
    expect(checkUnique([holding('a', '5900'), holding('b', '5900')])[0]?.message).toBe(
      'the port 5900 is held by `a` and `b`',
    );
  });
});
