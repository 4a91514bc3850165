/** Profiles as others write them: with sections left out, and with what libnm refuses or clears. */
import { describe, expect, it } from 'vitest';
import { type Remark, type StackPart } from '../../../src/dialects/dialect.ts';
import { networkmanager } from '../../../src/dialects/networkmanager/dialect.ts';

const read = (...profiles: readonly string[]): { readonly part: StackPart; readonly told: readonly string[] } => {
  const { stacks, remarks } = networkmanager.read(
    profiles.map((text, index) => ({
      path: `etc/NetworkManager/system-connections/${index}.nmconnection`,
      text: `[connection]\nid=c${index}\n${text}`,
    })),
    { stack: 'm' },
  );
  const told = remarks.map(({ kind, code, at }: Remark) => `${kind} ${code} ${at.line}`);
  return { part: stacks['m'] ?? {}, told };
};

const ethernet = 'type=ethernet\ninterface-name=eth0\n';

describe('profiles of others', () => {
  it('asks by DHCP and listens to advertisements where sections are missing', () => {
    const { part, told } = read(ethernet);
    expect(told).toEqual([]);
    expect(part.services).toMatchObject([{ kind: 'dhcp-client', interface: 'eth0' }]);
    expect(part.sysctls).toEqual({ 'net/ipv6/conf/eth0/accept_ra': '2' });
  });

  it('asks nothing on devices that are born silent', () => {
    const { part } = read('type=dummy\ninterface-name=d0\n');
    expect(part.services ?? []).toEqual([]);
    expect(part.sysctls ?? {}).toEqual({});
  });

  it('clears the addressing of ports, and says so', () => {
    const port = `${ethernet}master=br0\nslave-type=bridge\n`;
    const { part, told } = read(
      `${port}[ipv4]\nmethod=manual\naddress1=192.0.2.1/24\n[ipv6]\nmethod=auto\n`,
      'type=bridge\ninterface-name=br0\n[ipv4]\nmethod=manual\naddress1=192.0.2.2/24\n[ipv6]\nmethod=ignore\n',
    );
    expect(part.interfaces).toMatchObject({
      eth0: { master: 'br0', addresses: [] },
      br0: { addresses: [{ address: '192.0.2.2' }] },
    });
    expect(part.sysctls ?? {}).toEqual({});
    expect(told).toEqual(['ignored port-addressing 8', 'ignored port-addressing 11']);
    const silent = read(port, 'type=bridge\ninterface-name=br0\n[ipv4]\nmethod=disabled\n[ipv6]\nmethod=ignore\n');
    expect(silent.told).toEqual([]);
    expect(silent.part.services ?? []).toEqual([]);
  });

  it('keeps the addressing of members of a VRF', () => {
    const { part, told } = read(
      `${ethernet}master=red\nslave-type=vrf\n[ipv4]\nmethod=manual\naddress1=192.0.2.1/24\n[ipv6]\nmethod=ignore\n`,
    );
    expect(part.interfaces?.['eth0']?.addresses).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it.each([
    ['[ipv4]\naddress1=192.0.2.1/24\n[ipv6]\nmethod=ignore\n', 'error no-method 6'],
    ['[ipv4]\nmethod=manual\n[ipv6]\nmethod=ignore\n', 'error no-address 6'],
    ['[ipv4]\nmethod=disabled\naddress1=192.0.2.1/24\n[ipv6]\nmethod=ignore\n', 'error address-not-allowed 6'],
    ['[ipv4]\nmethod=disabled\n[ipv6]\nmethod=ignore\naddress1=2001:db8::1/64\n', 'error address-not-allowed 8'],
  ])('tells that NetworkManager refuses %j', (sections, remark) => {
    expect(read(`${ethernet}${sections}`).told).toEqual([remark]);
  });

  it('tells that nothing is read of sharing with an address that NetworkManager chooses', () => {
    const { part, told } = read(`${ethernet}[ipv4]\nmethod=shared\n[ipv6]\nmethod=ignore\n`);
    expect(part.interfaces?.['eth0']?.addresses).toEqual([]);
    expect(told).toEqual(['not-said shared-address 6']);
  });
});

describe('fields of addresses and routes', () => {
  const manual = (lines: string): string => `${ethernet}[ipv4]\nmethod=manual\n${lines}\n[ipv6]\nmethod=disabled\n`;

  it.each([
    ['addresses1=192.0.2.2;24;192.0.2.1;', 24, '192.0.2.1', []],
    ['address1=192.0.2.2/25,192.0.2.1', 25, '192.0.2.1', []],
    ['address1=192.0.2.2/192.0.2.1', 24, '192.0.2.1', ['assumed no-length 7']],
    ['address1=192.0.2.2/28,0.0.0.0', 28, undefined, []],
  ] as const)('end at any of their marks: %s', (line, prefixLength, via, remarks) => {
    const { part, told } = read(manual(line));
    expect(told).toEqual(remarks);
    expect(part.interfaces?.['eth0']?.addresses).toMatchObject([{ address: '192.0.2.2', prefixLength }]);
    expect((part.routes ?? []).map((route) => route.via)).toEqual(via === undefined ? [] : [via]);
  });

  it('have one gateway: the first, or what `gateway` says', () => {
    const both = 'address1=192.0.2.2/24,192.0.2.1\naddress2=198.51.100.2/24,198.51.100.1';
    expect(read(manual(both)).part.routes).toMatchObject([{ via: '192.0.2.1' }]);
    expect(read(manual(`${both}\ngateway=198.51.100.1`)).part.routes).toMatchObject([{ via: '198.51.100.1' }]);
  });

  it.each([
    ['routes1=203.0.113.0/24;192.0.2.1;9;', { to: '203.0.113.0/24', via: '192.0.2.1', metric: 9 }],
    ['route1=203.0.113.0/25,,3', { to: '203.0.113.0/25', metric: 3 }],
    ['route1=203.0.113.9/32\nroute1_options=type=local', { to: '203.0.113.9/32', type: 'local', table: 255 }],
  ] as const)('tell a metric from a gateway: %s', (line, route) => {
    const { part, told } = read(manual(`address1=192.0.2.2/24\n${line}`));
    expect(told).toEqual([]);
    expect(part.routes).toMatchObject([route]);
  });
});

it('reads a metric in the place of a gateway of IPv6 alone', () => {
  const six = `${ethernet}[ipv4]\nmethod=disabled\n[ipv6]\nmethod=manual\naddress1=2001:db8::2/64\nroute1=2001:db8:9::/48,7\n`;
  expect(read(six).part.routes).toMatchObject([{ to: '2001:db8:9::/48', metric: 7 }]);
  const four = `${ethernet}[ipv4]\nmethod=manual\naddress1=192.0.2.2/24\nroute1=203.0.113.0/24,7\n[ipv6]\nmethod=disabled\n`;
  expect(read(four)).toMatchObject({ told: ['error bad-gateway 8'], part: { interfaces: {} } });
  expect(read(four).part.routes ?? []).toEqual([]);
});

describe('spellings of old', () => {
  it('name a bridge in its own section, and a MAC by numbers', () => {
    const { part, told } = read(
      'type=bridge\n[bridge]\ninterface-name=br0\nstp=false\n[ipv4]\nmethod=disabled\n[ipv6]\nmethod=disabled\n',
      `type=802-3-ethernet\ninterface-name=eth0\n[802-3-ethernet]\ncloned-mac-address=0;17;34;51;68;254;\n`,
    );
    expect(told).toEqual([]);
    expect(part.interfaces).toMatchObject({ br0: { kind: 'bridge' }, eth0: { mac: '00:11:22:33:44:fe' } });
  });
});

describe('profiles that are named and not there', () => {
  const uuid = '0b5f3a3e-0000-4000-8000-00000000000f';

  it('leave no VLAN on something that is no interface', () => {
    const { part, told } = read(`type=vlan\ninterface-name=v5\n[vlan]\nid=5\nparent=${uuid}\n`);
    expect(told).toEqual(['not-said unknown-profile 7']);
    expect(part.interfaces ?? {}).toEqual({});
  });

  it('are nobody\u2019s controller', () => {
    const { part, told } = read(`${ethernet}controller=${uuid}\nport-type=bridge\n`);
    expect(told).toEqual(['not-said unknown-profile 5']);
    expect(part.interfaces?.['eth0']).not.toHaveProperty('master');
  });
});
