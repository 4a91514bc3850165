/** Profiles as others write them: with sections left out, and with what libnm refuses or clears. */
import { describe, expect, it } from 'vitest';
import { type Remark, type StackPart } from '../../../src/dialects/dialect.ts';
import { networkmanager } from '../../../src/dialects/networkmanager/dialect.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';

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

it('tells of a UUID that makes NetworkManager refuse the profile', () => {
  expect(read(`${ethernet}uuid=later\n`).told).toEqual(['error bad-value 5']);
  expect(read(`${ethernet}uuid=0b5f3a3e-0000-4000-8000-00000000000f\n`).told).toEqual([]);
});

describe('tables of routes', () => {
  const four = (lines: string): string => `${ethernet}[ipv4]\nmethod=manual\n${lines}\n[ipv6]\nmethod=disabled\n`;

  it('are told for all routes of a profile at once', () => {
    const { part, told } = read(
      four(
        'address1=192.0.2.2/24,192.0.2.1\nroute1=203.0.113.0/24,192.0.2.3\nroute2=198.51.100.0/24,192.0.2.3\nroute2_options=table=254\nroute-table=100',
      ),
    );
    expect(told).toEqual(['not-said own-table 11']);
    expect(part.routes).toEqual(
      [
        { to: '0.0.0.0/0', via: '192.0.2.1', table: 100 },
        { to: '203.0.113.0/24', via: '192.0.2.3', table: 100 },
        { to: '198.51.100.0/24', via: '192.0.2.3', table: 254 },
        { to: '192.0.2.0/24', table: 100 },
        // The main table has no route to the subnet any more.
        { to: '192.0.2.3/32', table: 254 },
      ].map((route) => ({ family: 4, type: 'unicast', dev: 'eth0', metric: 100, ...route })),
    );
  });

  it.each([
    ['gateway=198.51.100.1', ['0.0.0.0/0', '198.51.100.1/32']],
    ['route1=203.0.113.0/24,198.51.100.1\nroute1_options=onlink=true', ['203.0.113.0/24']],
    ['route1=198.51.100.0/24\nroute2=203.0.113.0/24,198.51.100.1', ['198.51.100.0/24', '203.0.113.0/24']],
    ['route1=203.0.113.0/24,192.0.2.9\nroute1_options=table=7', ['203.0.113.0/24']],
  ])('get a route to a gateway that none on the link leads to: %j', (lines, targets) => {
    const { part, told } = read(four(`address1=192.0.2.2/24\n${lines}`));
    expect(told).toEqual([]);
    expect((part.routes ?? []).map(({ to }) => to)).toEqual(targets);
  });
});

it('leaves out a route by a gateway of the other family', () => {
  const { part, told } = read(
    `${ethernet}[ipv4]\nmethod=manual\naddress1=192.0.2.2/24\nroute1=203.0.113.0/24,2001:db8::1\n[ipv6]\nmethod=disabled\n`,
  );
  expect(told).toEqual(['error bad-gateway 8']);
  expect(part.routes ?? []).toEqual([]);
});

describe('rules', () => {
  const rules = (...lines: readonly string[]): ReturnType<typeof read> =>
    read(
      `${ethernet}[ipv4]\nmethod=auto\n${lines.map((line, index) => `routing-rule${index + 1}=${line}\n`).join('')}[ipv6]\nmethod=disabled\n`,
    );

  it('look into the main table where they name none', () => {
    const { part, told } = rules('priority 5 from 192.0.2.0/24', 'pref 6 dev eth1 lookup 9');
    expect(told).toEqual([]);
    expect(part.rules).toMatchObject([
      { priority: 5, from: '192.0.2.0/24', table: 254 },
      { priority: 6, iif: 'eth1', table: 9 },
    ]);
  });

  it.each([
    ['priority 5 uidrange 1000-1001 table 9', 'not-said no-words-for 7'],
    ['priority 5 tos 0x10 table 9', 'not-said no-words-for 7'],
    ['priority 5 type goto table 9', 'not-said no-words-for 7'],
    ['from 192.0.2.0/24 table 9', 'error bad-rule 7'],
  ])('are left out, not cut short: %s', (line, remark) => {
    const { part, told } = rules(line);
    expect(told).toEqual([remark]);
    expect(part.rules ?? []).toEqual([]);
  });
});

describe('WireGuard', () => {
  const tunnel = (settings: string, allowed: string, ipv4 = ''): ReturnType<typeof read> =>
    read(
      `type=wireguard\ninterface-name=wg0\n[wireguard]\nlisten-port=51820\n${settings}[wireguard-peer.KEY]\nallowed-ips=${allowed}\n` +
        `[ipv4]\nmethod=manual\naddress1=192.0.2.2/32\n${ipv4}[ipv6]\nmethod=disabled\n`,
    );
  const targets = ({ part }: ReturnType<typeof read>): readonly string[] => (part.routes ?? []).map(({ to }) => to);

  it('has routes to what its peers may have', () => {
    const reading = tunnel('', '192.0.2.7/32;198.51.100.0/24;2001:db8::/32;');
    expect(reading.told).toEqual([]);
    expect(reading.part.routes).toMatchObject([
      { to: '192.0.2.7/32', dev: 'wg0', metric: 50, table: 254 },
      { to: '198.51.100.0/24', dev: 'wg0', metric: 50, table: 254 },
    ]);
    expect(targets(tunnel('peer-routes=false\n', '198.51.100.0/24;'))).toEqual([]);
  });

  it('keeps its default route apart, unless told not to', () => {
    const apart = tunnel('', '0.0.0.0/0;');
    expect([targets(apart), apart.told]).toEqual([[], ['not-said route-kept-apart 10']]);
    const plain = tunnel('ip4-auto-default-route=0\n', '0.0.0.0/0;');
    expect([targets(plain), plain.told]).toEqual([['0.0.0.0/0'], []]);
    const none = tunnel('', '0.0.0.0/0;', 'never-default=true\n');
    expect([targets(none), none.told]).toEqual([[], []]);
  });

  it('is written without routes that the state does not have', () => {
    const { part } = tunnel('peer-routes=false\n', '198.51.100.0/24;');
    const state: NetworkState = { version: 1, stacks: { m: { ...emptyStack, ...part } }, cables: [] };
    const { files } = networkmanager.write?.(state, 'm') ?? { files: [] };
    expect(networkmanager.read(files, { stack: 'm' }).stacks['m']?.routes ?? []).toEqual([]);
  });
});

it('takes no default route from a lease with `never-default`, and says so when it writes', () => {
  const { part } = read(`${ethernet}[ipv4]\nmethod=auto\nnever-default=true\n[ipv6]\nmethod=disabled\n`);
  expect(part.services).toMatchObject([{ kind: 'dhcp-client', ignoresRouter: true }]);
  const state: NetworkState = { version: 1, stacks: { m: { ...emptyStack, ...part } }, cables: [] };
  const { files, omissions } = networkmanager.write?.(state, 'm') ?? { files: [], omissions: [] };
  expect(omissions).toEqual([]);
  expect(networkmanager.read(files, { stack: 'm' }).stacks['m']?.services).toEqual(part.services);
});

it('looks for names in no domain that only says whom to ask', () => {
  const { part, told } = read(
    `${ethernet}[ipv4]\nmethod=auto\ndns=192.0.2.53;\ndns-search=~corp.example;example.org;\n[ipv6]\nmethod=disabled\n`,
  );
  expect(told).toEqual(['not-said no-words-for 8']);
  expect(part.resolver).toEqual({ nameservers: ['192.0.2.53'], search: ['example.org'] });
});

it('tells that the second of two NICs gets another metric', () => {
  const dhcp = (name: string, lines = ''): string =>
    `type=ethernet\ninterface-name=${name}\n[ipv4]\nmethod=auto\n${lines}[ipv6]\nmethod=disabled\n`;
  expect(read(dhcp('eth0'), dhcp('eth1')).told).toEqual(['assumed equal-metrics 1']);
  expect(read(dhcp('eth0'), dhcp('eth1', 'route-metric=200\n')).told).toEqual([]);
  expect(read(dhcp('eth0'), dhcp('eth1', 'never-default=true\n')).told).toEqual([]);
});
