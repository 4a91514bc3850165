/** Servers with several pools, and relays, as dnsmasq's configuration, which dnsmasq itself takes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dnsmasq6Config, dnsmasqConfig, dnsmasqRelayConfig } from '../../src/services/dnsmasq.ts';
import { type DhcpRelay, type DhcpServer, type RelayedDhcp6Server } from '../../src/state/service.ts';

const server: DhcpServer = {
  kind: 'dhcp-server',
  interface: 'eth0',
  first: '10.0.1.100',
  last: '10.0.1.199',
  netmask: '255.255.255.0',
  leaseSeconds: 3600,
  reservations: [],
  relayed: [
    {
      first: '10.0.2.100',
      last: '10.0.2.199',
      netmask: '255.255.255.0',
      router: '10.0.2.1',
      timeServers: ['10.0.1.3'],
      relays: ['10.0.2.1'],
      reservations: [{ mac: '52:54:00:00:04:00', address: '10.0.2.4', name: 'desk' }],
    },
  ],
};

const server6: RelayedDhcp6Server = {
  kind: 'relayed-dhcp6-server',
  interface: 'eth0',
  address: '2001:db8:1::2',
  leaseSeconds: 3600,
  relayed: [
    {
      first: '2001:db8:2::1:0:0',
      last: '2001:db8:2::1:0:ffff',
      prefixLength: 64,
      timeServers: ['2001:db8:1::3'],
      relays: ['2001:db8:2::1'],
      reservations: [],
    },
  ],
};

const relay = (family: 4 | 6): DhcpRelay => ({
  kind: 'dhcp-relay',
  family,
  links: [
    family === 4
      ? { interface: 'eth1', address: '10.0.2.1', servers: ['10.0.1.2', '10.0.1.3'] }
      : { interface: 'eth1', address: '2001:db8:2::1', servers: ['2001:db8:1::2'] },
  ],
});

const isTaken = (text: string): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'relays-'));
  const file = join(folder, 'dnsmasq.conf');
  writeFileSync(file, text);
  const { status } = spawnSync('dnsmasq', ['--test', `--conf-file=${file}`]);
  rmSync(folder, { recursive: true });
  return status === 0;
};

describe('a server with pools on several links', () => {
  const text = dnsmasqConfig(server, '/run/leases');

  it('tells each what is of its own link', () => {
    expect(text).toContain(
      'dhcp-range=set:pool1,10.0.1.100,10.0.1.199,255.255.255.0,3600s\ndhcp-option=tag:pool1,option:router\n',
    );
    expect(text).toContain(
      'dhcp-range=set:pool2,10.0.2.100,10.0.2.199,255.255.255.0,3600s\ndhcp-option=tag:pool2,option:router,10.0.2.1\n',
    );
    expect(text).toContain('dhcp-option=tag:pool2,option:ntp-server,10.0.1.3\n');
    expect(text).toContain('dhcp-host=52:54:00:00:04:00,10.0.2.4,desk,3600s\n');
  });

  it('needs none on its own', () => {
    const far = dnsmasq6Config(server6, '/run/leases');
    expect(far).toContain('dhcp-range=2001:db8:2::1:0:0,2001:db8:2::1:0:ffff,64,3600s\n');
    expect(far).toContain(
      'dhcp-option=option6:sntp-server,[2001:db8:1::3]\ndhcp-option=option6:ntp-server,[2001:db8:1::3]\n',
    );
  });

  it('is what dnsmasq takes', () => {
    expect([text, dnsmasq6Config(server6, '/run/leases')].map(isTaken)).toEqual([true, true]);
  });
});

describe('a relay', () => {
  it('passes on to each server what is asked on the link', () => {
    const text = dnsmasqRelayConfig(relay(4));
    expect(text).toContain('interface=eth1\n');
    expect(text).toContain('dhcp-relay=10.0.2.1,10.0.1.2\ndhcp-relay=10.0.2.1,10.0.1.3\n');
    expect(text).not.toContain('dhcp-range');
  });

  it('is what dnsmasq takes, in both families', () => {
    expect([dnsmasqRelayConfig(relay(4)), dnsmasqRelayConfig(relay(6))].map(isTaken)).toEqual([true, true]);
  });
});
