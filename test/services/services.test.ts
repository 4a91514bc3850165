/** The programs themselves accept the configurations written for them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dnsmasqConfig } from '../../src/services/dnsmasq.ts';
import { radvdConfig } from '../../src/services/radvd.ts';
import { type DhcpServer, type RouterAdvertiser } from '../../src/state/service.ts';

const folder = mkdtempSync(join(tmpdir(), 'services-'));
afterAll(() => rmSync(folder, { recursive: true }));

const saved = (text: string): string => {
  const path = join(folder, 'config');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

const server: DhcpServer = {
  kind: 'dhcp-server',
  interface: 'br0',
  first: '10.10.11.200',
  last: '10.10.11.250',
  netmask: '255.255.255.0',
  router: '10.10.11.1',
  leaseSeconds: 3600,
  reservations: [{ mac: '52:54:00:00:f8:00', address: '10.10.11.248', name: 'server' }],
};
const advertiser: RouterAdvertiser = {
  kind: 'router-advertiser',
  interface: 'br0',
  prefixes: ['2001:db8:1::/64', '2001:db8:2::/64'],
  isDefaultRouter: true,
};

describe('dnsmasq', () => {
  const routes = [{ to: '10.10.12.0/22', via: '10.10.11.9' }];

  it.each([server, { ...server, routes }, (({ router: _router, ...rest }) => ({ ...rest, reservations: [] }))(server)])(
    'accepts %o',
    (given) => {
      const path = saved(dnsmasqConfig(given, join(folder, 'leases')));
      expect(() => execFileSync('dnsmasq', ['--test', `--conf-file=${path}`], { stdio: 'pipe' })).not.toThrow();
    },
  );

  it('tells routes with the default one among them (RFC 3442)', () => {
    expect(dnsmasqConfig({ ...server, routes }, 'x').split('\n')).toContain(
      'dhcp-option=option:classless-static-route,10.10.12.0/22,10.10.11.9,0.0.0.0/0,10.10.11.1',
    );
  });

  it('names no router where there is none', () => {
    const { router: _router, ...isolated } = server;
    expect(dnsmasqConfig(isolated, 'x').split('\n')).toContain('dhcp-option=option:router');
    expect(dnsmasqConfig(server, 'x').split('\n')).toContain('dhcp-option=option:router,10.10.11.1');
  });
});

describe('radvd', () => {
  const told: RouterAdvertiser = { ...advertiser, preference: 'high', routes: ['2001:db8:9::/48'], mtuBytes: 1400 };

  it.each([advertiser, told, { ...advertiser, prefixes: [], isDefaultRouter: false }])('accepts %o', (given) => {
    const path = saved(radvdConfig(given));
    expect(() => execFileSync('radvd', ['--configtest', '--config', path], { stdio: 'pipe' })).not.toThrow();
  });

  it('tells what hosts are told', () => {
    const lines = radvdConfig(told).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['  AdvDefaultPreference high;', '  AdvLinkMTU 1400;', '  route 2001:db8:9::/48 {']),
    );
    expect(radvdConfig(advertiser)).not.toMatch(/AdvLinkMTU|AdvDefaultPreference|route/);
  });

  it('offers a default route only where the machine routes', () => {
    expect(radvdConfig({ ...advertiser, isDefaultRouter: false })).toContain('AdvDefaultLifetime 0;');
  });
});
