/** Name servers: the program accepts what is written for it, whatever the zones; and what DHCP and routers tell of them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dnsmasqConfig } from '../../src/services/dnsmasq.ts';
import { radvdConfig } from '../../src/services/radvd.ts';
import { resolvConf } from '../../src/services/resolv-conf.ts';
import {
  rootHints,
  rootServerConfig,
  rootZoneFile,
  unboundConfig,
  unboundInclude,
} from '../../src/services/unbound.ts';
import { isTransferring, namedFiles, type TransferringServer } from '../../src/services/named.ts';
import { risenZone, serialOf } from '../../src/services/risen-zones.ts';
import { type DhcpServer, type NameServer, type RouterAdvertiser, type Zone } from '../../src/state/service.ts';
import { design } from '../../src/pipeline.ts';
import { exampleText } from '../scenarios/lab-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'names-'));
afterAll(() => rmSync(folder, { recursive: true }));

const files = { door: join(folder, 'door'), hints: join(folder, 'hints'), rootZone: join(folder, 'zone') };

const accepted = (text: string): string => {
  const path = join(folder, 'unbound.conf');
  writeFileSync(path, text);
  return execFileSync('unbound-checkconf', [path], { encoding: 'utf8', stdio: 'pipe' });
};

const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
const state = design({ file: 'lab.yaml', text: exampleText('names') }, undefined, { random }).value?.lowered.state;
const servicesOf = (stack: string) => state?.stacks[stack]?.services ?? [];

describe('unbound', () => {
  const bare: NameServer = { kind: 'name-server', views: [] };
  const view = {
    name: 'inside',
    clients: ['192.0.2.0/24', '2001:db8::/64'],
    isRecursive: true,
    zones: [{ name: '2.0.192.in-addr.arpa', isPartial: true as const, records: [] }],
  };
  it.each([bare, { ...bare, views: [view] }, { ...bare, forwarders: ['192.0.2.53', '2001:db8::53'] }])(
    'accepts %o',
    (server) => {
      expect(accepted(unboundConfig(server, files))).toContain('no errors');
    },
  );

  it.each(['names1', 'names2'])('accepts the zones of %s in an example', (machine) => {
    const server = servicesOf(machine).find(({ kind }) => kind === 'name-server');
    expect(server?.kind).toBe('name-server');
    if (server?.kind !== 'name-server') return;
    writeFileSync(files.hints, rootHints(server.roots ?? []));
    expect(accepted(unboundConfig(server, files))).toContain('no errors');
    expect(accepted(unboundInclude(server))).toContain('no errors');
  });

  it('accepts the root zone of the internet', () => {
    const server = servicesOf('internet').find(({ kind }) => kind === 'root-server');
    expect(server?.kind).toBe('root-server');
    if (server?.kind !== 'root-server') return;
    writeFileSync(files.rootZone, rootZoneFile(server));
    expect(accepted(rootServerConfig(files))).toContain('no errors');
    expect(rootZoneFile(server)).toContain('office.example. 60 IN NS names1.office.example.\n');
  });

  it('finds out names for nobody whom it is not for', () => {
    const text = unboundConfig(
      { ...bare, views: [view, { ...view, name: 'outside', clients: ['::/0'], isRecursive: false }] },
      files,
    );
    expect(text).toContain('  access-control: 192.0.2.0/24 allow\n');
    expect(text).toContain('  access-control: ::/0 refuse_non_local\n');
    expect(text).not.toContain('::/0 allow');
  });
});

const resolver = { nameservers: ['192.0.2.53', '192.0.2.54'], search: ['office.example', 'example'] };

describe('named', () => {
  const secrets = (key: string): string => Buffer.from(key.padEnd(32, '.')).toString('base64');
  const serverOf = (stack: string): TransferringServer => {
    const { value } = design({ file: 'lab.yaml', text: exampleText('names-secondary') }, undefined, { random });
    const server = value?.lowered.state.stacks[stack]?.services.find(({ kind }) => kind === 'name-server');
    if (server?.kind !== 'name-server' || !isTransferring(server)) throw new Error(`${stack} transfers nothing`);
    return server;
  };
  const written = (server: TransferringServer): string => {
    const place = mkdtempSync(join(folder, 'named-'));
    for (const { path, contents } of namedFiles(server, place, secrets)) writeFileSync(path, contents);
    return place;
  };
  const checked = (place: string): string =>
    execFileSync('named-checkconf', ['-z', join(place, 'named.conf')], { encoding: 'utf8', stdio: 'pipe' });

  it('accepts what a primary is given, every zone included', () => {
    const place = written(serverOf('names1'));
    const told = checked(place);
    for (const zone of ['office.example', '1.0.10.in-addr.arpa', '0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa'])
      expect(told).toContain(`zone ${zone}/IN: loaded serial 1`);
    for (const view of ['inside', 'outside'])
      expect(
        execFileSync('named-checkzone', ['office.example', join(place, `${view}-office.example.zone`)], {
          encoding: 'utf8',
        }),
      ).toMatch(/loaded serial 1\nOK\n$/);
  });

  it('accepts what a secondary is told, with whom it asks for other names', () => {
    checked(written(serverOf('names2')));
    const { roots: _, ...server } = serverOf('names2');
    const transfers = { kind: 'secondary', primaries: ['fd00:1::2', '10.0.1.2'], sources: ['10.0.1.3', 'fd00:1::3'] };
    checked(written({ ...server, forwarders: ['192.0.2.53', '2001:db8::53'], transfers } as TransferringServer));
  });

  it('keeps files with secrets to itself', () => {
    const secret = namedFiles(serverOf('names1'), folder, secrets).filter(({ contents }) =>
      contents.includes('secret'),
    );
    expect(secret.map(({ path, mode }) => [path.split('/').at(-1), mode])).toEqual([
      ['rndc.conf', 0o600],
      ['named.conf', 0o600],
    ]);
  });
});

describe('the serial number of a zone in a world', () => {
  const zone = (serial: number, address: string): Zone => ({
    name: 'x.example',
    records: [
      { name: 'x.example', type: 'SOA', data: `ns.x.example. hostmaster.ns.x.example. ${serial} 300 60 604800 60` },
      { name: 'ns.x.example', type: 'A', data: address },
    ],
  });
  it.each([
    ['is what is planned at first', undefined, zone(4, '192.0.2.1'), 4],
    ['is what is planned where that rises', zone(4, '192.0.2.1'), zone(7, '192.0.2.2'), 7],
    ['rises with another content', zone(4, '192.0.2.1'), zone(2, '192.0.2.2'), 5],
    ['stays with the same content', zone(4, '192.0.2.1'), zone(2, '192.0.2.1'), 4],
  ])('%s', (_, last, next, serial) => {
    expect(serialOf(risenZone(last, next))).toBe(serial);
  });
});

describe('those who tell of name servers', () => {
  const server: DhcpServer = {
    kind: 'dhcp-server',
    interface: 'br0',
    first: '192.0.2.100',
    last: '192.0.2.199',
    netmask: '255.255.255.0',
    resolver,
    leaseSeconds: 3600,
    reservations: [],
  };
  const advertiser: RouterAdvertiser = {
    kind: 'router-advertiser',
    interface: 'br0',
    prefixes: ['2001:db8:1::/64'],
    isDefaultRouter: true,
    resolver: { nameservers: ['2001:db8:1::53', '2001:db8:1::54'], search: ['office.example'] },
  };

  it('DHCP has options 6, 15 and 119', () => {
    const path = join(folder, 'dnsmasq.conf');
    const text = dnsmasqConfig(server, join(folder, 'leases'));
    writeFileSync(path, text);
    expect(() => execFileSync('dnsmasq', ['--test', `--conf-file=${path}`], { stdio: 'pipe' })).not.toThrow();
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'dhcp-option=option:dns-server,192.0.2.53,192.0.2.54',
        'dhcp-option=option:domain-name,office.example',
        'dhcp-option=option:domain-search,office.example,example',
      ]),
    );
    const { resolver: _, ...silent } = server;
    expect(dnsmasqConfig(silent, 'x')).not.toContain('domain-name');
  });

  it('routers have RDNSS and DNSSL', () => {
    const path = join(folder, 'radvd.conf');
    const text = radvdConfig(advertiser);
    writeFileSync(path, text, { mode: 0o600 });
    expect(() => execFileSync('radvd', ['--configtest', '--config', path], { stdio: 'pipe' })).not.toThrow();
    expect(text).toContain('  RDNSS 2001:db8:1::53 2001:db8:1::54 {');
    expect(text).toContain('  DNSSL office.example {');
  });

  it('resolv.conf has both', () => {
    expect(resolvConf(resolver)).toBe(
      'search office.example example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:1\n',
    );
  });
});
