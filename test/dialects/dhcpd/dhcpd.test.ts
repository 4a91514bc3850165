/** dhcpd.conf(5) of ISC and of OpenBSD, and how the program is started. */
import { describe, expect, it } from 'vitest';
import { dhcpd } from '../../../src/dialects/dhcpd/dialect.ts';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { readMachine } from '../../../src/dialects/read-machine.ts';
import { type Service } from '../../../src/state/service.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const plain = `# one subnet block
option domain-name "example.org";
option domain-name-servers 10.0.5.3, 10.0.5.4;
subnet 10.0.5.0 netmask 255.255.255.0 {
	option routers 10.0.5.1;
	range 10.0.5.100 10.0.5.199;
	default-lease-time 600; max-lease-time 7200;
	host web { hardware ethernet 02:00:00:00:00:07; fixed-address 10.0.5.7; }
}
`;

const rich = `authoritative;
deny unknown-clients;
option domain-search "a.example", "b.example";
group {
  host out { hardware ethernet 02:00:00:00:00:09; fixed-address 192.0.2.9; }
  host nameless { fixed-address mail.example.org; }
}
shared-network both {
  subnet 10.0.5.0 netmask 255.255.255.0 { pool { range 10.0.5.10 10.0.5.20; range 10.0.5.30 10.0.5.40; } }
  subnet 10.0.6.0 netmask 255.255.255.0 { option interface-mtu 1400; range 10.0.7.1 10.0.7.9; }
  subnet 10.9.0.0 netmask 255.255.0.0 { range 10.9.0.1 10.9.0.9; }
  subnet 10.8.0.1 netmask 255.255.0.0 { }
}
class "phones" { match if substring (option vendor-class-identifier, 0, 5) = "phone"; }
`;

const interfaces = 'inet 10.0.5.1 255.255.255.0 NONE\n';

const read = (
  files: Readonly<Record<string, string>>,
): { readonly services: readonly Service[]; readonly told: readonly string[] } => {
  const texts = Object.entries(files).map(([path, text]) => ({ path, text }));
  const { state, remarks } = mergeReadings(readMachine(texts, { stack: 'm' }).readings);
  const told = remarks
    .filter(({ code }) => code !== 'taken-for-linux')
    .map(({ kind, code, at }) => `${at.path}:${at.line}:${at.column} ${kind} ${code}`);
  return { services: state.stacks['m']?.services ?? [], told };
};

const served = {
  ...{ kind: 'dhcp-server', interface: 'if0', first: '10.0.5.100', last: '10.0.5.199', netmask: '255.255.255.0' },
  ...{ router: '10.0.5.1', leaseSeconds: 600 },
  resolver: { nameservers: ['10.0.5.3', '10.0.5.4'], search: ['example.org'] },
  reservations: [{ mac: '02:00:00:00:00:07', address: '10.0.5.7', name: 'web' }],
};

describe('files of dhcpd', () => {
  it('make a server on the interface that is in the subnet', () => {
    const all = { 'etc/hostname.if0': interfaces, 'etc/dhcpd.conf': plain, 'etc/rc.conf.local': 'dhcpd_flags="if0"\n' };
    expect(read(all)).toEqual({ services: [served], told: [] });
    const debian = {
      'etc/network/interfaces': 'auto if0\niface if0 inet static\n  address 10.0.5.1/24\n',
      'etc/dhcp/dhcpd.conf': plain,
      'etc/default/isc-dhcp-server': 'INTERFACESv4="if0"\nINTERFACESv6=""\n',
    };
    expect(read(debian)).toEqual({ services: [served], told: [] });
  });

  it('need an interface: one that has an address there, or the one that it is started for', () => {
    expect(
      read({ 'etc/dhcpd.conf': plain, 'etc/rc.conf.local': 'dhcpd_flags="-l /var/db/other if0"\n' }).services,
    ).toEqual([served]);
    expect(read({ 'etc/dhcpd.conf': plain, 'etc/rc.conf.local': 'dhcpd_flags=if0\n' }).services).toEqual([served]);
    expect(read({ 'etc/dhcpd.conf': plain }).told).toEqual(['etc/dhcpd.conf:4:1 not-said no-interface']);
    const elsewhere = { 'etc/hostname.if0': interfaces, 'etc/rc.conf.local': 'dhcpd_flags="if1"\n' };
    expect(read({ ...elsewhere, 'etc/dhcpd.conf': plain }).services).toMatchObject([{ interface: 'if1' }]);
    expect(read(elsewhere).told).toEqual(['etc/rc.conf.local:1:1 not-said no-configuration']);
  });

  it('serve nothing where the program is not started, or does not start', () => {
    const off = { 'etc/hostname.if0': interfaces, 'etc/dhcpd.conf': plain, 'etc/rc.conf.local': 'dhcpd_flags=NO\n' };
    expect(read(off)).toEqual({ services: [], told: ['etc/rc.conf.local:1:1 ignored inactive'] });
    const broken = { 'etc/hostname.if0': interfaces, 'etc/dhcpd.conf': plain.slice(0, -2) };
    expect(read(broken)).toEqual({ services: [], told: ['etc/dhcpd.conf:4:39 error not-a-statement'] });
  });

  it('tell what they say and the model does not', () => {
    const { services, told } = read({
      'etc/hostname.if0': `${interfaces}inet alias 10.0.6.1 255.255.255.0\n`,
      'etc/dhcpd.conf': rich,
    });
    expect(services).toMatchObject([
      { first: '10.0.5.10', last: '10.0.5.20', leaseSeconds: 43_200, resolver: { search: ['a.example', 'b.example'] } },
    ]);
    expect(told).toEqual([
      'etc/dhcpd.conf:2:1 not-said unsaid-statement',
      'etc/dhcpd.conf:6:8 not-said unsaid-host',
      'etc/dhcpd.conf:10:70 error range-outside-subnet',
      'etc/dhcpd.conf:12:10 error not-a-subnet',
      'etc/dhcpd.conf:14:1 not-said unsaid-statement',
      'etc/dhcpd.conf:9:77 not-said further-range',
      'etc/dhcpd.conf:11:3 not-said no-interface',
    ]);
  });

  it('are known without their path', () => {
    expect(dialectFor({ path: 'pasted', text: plain })?.name).toBe('dhcpd');
  });

  it(
    'are read however they are broken',
    () => {
      const of = (text: string): readonly { path: string; text: string }[] => [
        { path: 'etc/dhcpd.conf', text },
        { path: 'etc/rc.conf.local', text: 'dhcpd_flags="if0"\n' },
      ];
      survivesMutations(dhcpd, [of(plain), of(rich)]);
    },
    patienceMs,
  );
});
