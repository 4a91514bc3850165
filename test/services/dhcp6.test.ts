/** DHCPv6 as dnsmasq's configuration, which dnsmasq itself takes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dnsmasq6Config } from '../../src/services/dnsmasq.ts';
import { type Dhcp6Server } from '../../src/state/service.ts';

const server: Dhcp6Server = {
  kind: 'dhcp6-server',
  interface: 'eth0',
  first: '2001:db8::1:0:0',
  last: '2001:db8::1:0:ffff',
  prefixLength: 64,
  resolver: { nameservers: ['2001:db8::53'], search: ['lan.example'] },
  leaseSeconds: 3600,
  reservations: [{ mac: '52:54:00:00:04:00', address: '2001:db8::4', name: 'web' }],
};

describe('dnsmasq6Config', () => {
  const text = dnsmasq6Config(server, '/run/leases');

  it('knows a machine by the DUID that its MAC makes', () => {
    expect(text).toContain('dhcp-host=id:00:03:00:01:52:54:00:00:04:00,[2001:db8::4],web,3600s\n');
    expect(text).toContain('dhcp-range=2001:db8::1:0:0,2001:db8::1:0:ffff,64,3600s\n');
    expect(text).toContain('dhcp-option=option6:dns-server,[2001:db8::53]\n');
  });

  it('leaves router advertisements and IPv4 to others', () => {
    expect(text).not.toMatch(/enable-ra|option:router/);
  });

  it('is authoritative unless others serve, too', () => {
    expect(text).toContain('dhcp-authoritative');
    expect(dnsmasq6Config({ ...server, isOneOfSeveral: true }, '/run/leases')).not.toContain('dhcp-authoritative');
  });

  it('is what dnsmasq takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dhcp6-'));
    writeFileSync(join(folder, 'conf'), text);
    const { status, stderr } = spawnSync('dnsmasq', ['--test', `--conf-file=${join(folder, 'conf')}`], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    expect(stderr).toContain('syntax check OK');
    expect(status).toBe(0);
  });
});
