/** DHCP servers as Kea's configuration, which Kea itself takes; and the file in which it keeps its leases. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kea6Config, keaConfig } from '../../src/services/kea.ts';
import { readKeaLeases } from '../../src/services/kea-lease-file.ts';
import { type Dhcp6Server, type DhcpServer, type HotStandby } from '../../src/state/service.ts';
import { keaCommand } from '../../src/world/kea-command.ts';

const mac = '52:54:00:00:04:00';

const standby = (address: string, partner: string): HotStandby => ({
  role: 'primary',
  self: { name: 'first', address },
  partner: { name: 'second', address: partner },
  port: 8000,
});

const server: DhcpServer = {
  kind: 'dhcp-server',
  interface: 'lo',
  first: '10.0.0.100',
  last: '10.0.0.199',
  netmask: '255.255.255.0',
  router: '10.0.0.1',
  routes: [{ to: '10.9.0.0/18', via: '10.0.0.9' }],
  resolver: { nameservers: ['10.0.0.53', '10.0.0.54'], search: ['lan.example', 'example'] },
  mtuBytes: 1400,
  timeServers: ['10.0.0.123'],
  leaseSeconds: 3600,
  program: 'kea',
  standby: standby('10.0.0.1', '10.0.0.2'),
  reservations: [{ mac, address: '10.0.0.4', name: 'web' }],
  relayed: [
    { first: '10.0.2.100', last: '10.0.2.199', netmask: '255.255.255.0', relays: ['10.0.2.1'], reservations: [] },
  ],
};

const server6: Dhcp6Server = {
  kind: 'dhcp6-server',
  interface: 'lo',
  first: '2001:db8::1:0:0',
  last: '2001:db8::1:0:ffff',
  prefixLength: 64,
  resolver: { nameservers: ['2001:db8::53'], search: ['lan.example'] },
  timeServers: ['2001:db8::123'],
  leaseSeconds: 3600,
  program: 'kea',
  standby: standby('2001:db8::1', '2001:db8::2'),
  reservations: [{ mac, address: '2001:db8::4', name: 'web' }],
};

/** What Kea's own check says of a configuration: its status, and what it complains of. */
const check = (program: string, of: DhcpServer | Dhcp6Server): { status: number | null; errors: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'kea-'));
  const file = join(folder, 'kea.conf');
  const hooks = /"library": "(.*)\/libdhcp_ha\.so"/.exec(
    keaCommand(of, folder).files[0]?.contents.toString() ?? '',
  )?.[1];
  expect(existsSync(hooks ?? '')).toBe(true);
  const places = {
    leases: join(folder, 'leases'),
    control: join(folder, 'door'),
    hooks: hooks ?? '',
    password: 'secret',
  };
  writeFileSync(file, of.kind === 'dhcp-server' ? keaConfig(of, places) : kea6Config(of, places));
  const { status, stdout, stderr } = spawnSync('unshare', ['--user', '--map-root-user', '--net', program, '-t', file], {
    encoding: 'utf8',
    env: { ...process.env, KEA_LOCKFILE_DIR: folder, KEA_PIDFILE_DIR: folder },
  });
  rmSync(folder, { recursive: true });
  return {
    status,
    errors: `${stdout}${stderr}`
      .split('\n')
      .filter((line) => /error/i.test(line))
      .join('\n'),
  };
};

describe('the configuration of Kea', () => {
  it('is what kea-dhcp4 takes, with hot standby, relays and options', () => {
    expect(check('kea-dhcp4', server)).toEqual({ status: 0, errors: '' });
  });

  it('is what kea-dhcp6 takes', () => {
    expect(check('kea-dhcp6', server6)).toEqual({ status: 0, errors: '' });
  });

  it('chooses the subnet of those behind a relay by the relay', () => {
    const { Dhcp4 } = JSON.parse(keaConfig(server, { leases: '', control: '', hooks: '' })) as {
      Dhcp4: { subnet4: readonly Record<string, unknown>[] };
    };
    const [own, far] = Dhcp4.subnet4;
    expect(own).toMatchObject({ subnet: '10.0.0.0/24', interface: 'lo' });
    expect(far).toMatchObject({ subnet: '10.0.2.0/24', relay: { 'ip-addresses': ['10.0.2.1'] } });
    expect(far).not.toHaveProperty('interface');
  });

  it('tells routes with the default one among them (RFC 3442)', () => {
    const text = keaConfig(server, { leases: '', control: '', hooks: '' });
    // 10.9.0.0/18 takes three octets, and all addresses none.
    expect(text).toContain('"data": "120a09000a000009000a000001"');
  });

  it('writes time servers of IPv6 as suboptions of option 56', () => {
    const text = kea6Config(server6, { leases: '', control: '', hooks: '' });
    expect(text).toContain('"data": "0001001020010db8000000000000000000000123"');
  });
});

const head4 =
  'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n';

describe('readKeaLeases', () => {
  it('reads what stands last of each address, and leaves out what nobody has', () => {
    const text = `${head4}10.0.0.4,52:54:00:00:04:00,01:52:54:00:00:04:00,3600,1795303189,1,0,0,web,0,,0
10.0.0.5,52:54:00:00:05:00,,3600,1795303190,1,0,0,,0,,0
10.0.0.5,52:54:00:00:05:00,,0,1795303191,1,0,0,,2,,0
10.0.0.6,,01:02:03,4294967295,0,1,0,0,a&#x2cb,0,,0
10.0.0.4,52:54:00:00:04:00,01:52:54:00:00:04:00,3600,1795303200,1,0,0,web,0,,0
`;
    expect(readKeaLeases(text)).toEqual([
      { address: '10.0.0.4', client: mac, mac, name: 'web', expiresAt: 1795303200 },
      { address: '10.0.0.6', client: '01:02:03', name: 'a,b' },
    ]);
  });

  it('reads leases of IPv6, and the MAC in a DUID that has one', () => {
    const text = `address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id
2001:db8::4,00:03:00:01:52:54:00:00:04:00,3600,1795303189,1,3600,0,1,128,0,0,web.,,0,,,,0
`;
    expect(readKeaLeases(text)).toEqual([
      { address: '2001:db8::4', client: mac, mac, name: 'web', expiresAt: 1795303189 },
    ]);
  });

  it('reads nothing of an empty file', () => {
    expect(readKeaLeases('')).toEqual([]);
    expect(readKeaLeases(head4)).toEqual([]);
  });
});
