/** What files of other people taught of dnsmasq: each was held to `dnsmasq --test` and to its source. */
import { describe, expect, it } from 'vitest';
import { dnsmasq } from '../../../src/dialects/dnsmasq/dialect.ts';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { plainNic } from '../../../src/dialects/reading.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type Stack } from '../../../src/state/network-state.ts';

const read = (text: string, interfaces: Stack['interfaces'] = {}): Reading =>
  dnsmasq.read([{ path: 'etc/dnsmasq.conf', text }], { stack: 'm', interfaces });

const nic = (address: string, prefixLength = 24): Stack['interfaces'][string] => ({
  ...plainNic,
  addresses: [{ family: address.includes(':') ? 6 : 4, address, prefixLength }],
});

const codesOf = ({ remarks }: Reading): readonly string[] => remarks.map(({ code }) => code);

describe('labels and conditions of ranges', () => {
  const two = { lan0: nic('10.9.1.1'), lab0: nic('10.9.2.1') };

  it('are told apart: a label names no interface', () => {
    const text =
      'dhcp-range=set:green,10.9.1.20,10.9.1.40,255.255.255.0,2h\ndhcp-range=lab,10.9.2.20,10.9.2.40,255.255.255.0,2h\n' +
      'dhcp-option=tag:green,option:router,10.9.1.254\ndhcp-option=lab,3,10.9.2.254\ndhcp-option=3,10.9.3.254\n';
    const reading = read(text, two);
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks['m']?.services).toMatchObject([
      { interface: 'lan0', router: '10.9.1.254' },
      { interface: 'lab0', router: '10.9.2.254' },
    ]);
  });

  it('say an interface where a label has its name and nothing else is known', () => {
    const reading = read('interface=lan0\ninterface=lab0\ndhcp-range=lab0,10.9.2.20,10.9.2.40,255.255.255.0,2h\n');
    expect(reading.stacks['m']?.services).toMatchObject([{ interface: 'lab0' }]);
    expect(codesOf(reading)).toEqual(['label-of-interface', 'router-unsaid']);
  });

  it('leave out what only some clients get', () => {
    const text = 'dhcp-mac=set:phones,02:11:*:*:*:*\ndhcp-range=tag:phones,10.9.1.20,10.9.1.40,2h\n';
    const reading = read(text, two);
    expect(reading.stacks).toEqual({});
    expect(codesOf(reading)).toEqual(['conditional']);
  });
});

describe('whom clients are told to ask for names', () => {
  const known = { lan0: nic('10.9.1.1') };
  const range = 'dhcp-range=set:green,10.9.1.20,10.9.1.40,255.255.255.0,2h\ndhcp-option=3,10.9.1.1\n';
  const toldBy = (lines: string): unknown => {
    const [server] = read(`${range}${lines}`, known).stacks['m']?.services ?? [];
    return server?.kind === 'dhcp-server' ? server.resolver : server;
  };

  it.each([
    ['', undefined],
    ['dhcp-option=6\n', undefined],
    ['dhcp-option=6,10.9.1.53\ndhcp-option=option:dns-server,10.9.1.54,10.9.1.55\n', ['10.9.1.54', '10.9.1.55']],
    ['dhcp-option=tag:green,6,10.9.1.53\ndhcp-option=6,10.9.1.54\n', ['10.9.1.53']],
    ['dhcp-option=tag:lan0,6,10.9.1.52\ndhcp-option=tag:green,6,10.9.1.53\n', ['10.9.1.52']],
    ['dhcp-option=6,0.0.0.0,10.9.1.53\n', ['10.9.1.1', '10.9.1.53']],
    ['dhcp-option=vendor:MSFT,6,10.9.1.53\n', undefined],
  ])('is by the option that decides: %j', (lines, nameservers) => {
    expect(toldBy(lines)).toEqual(nameservers === undefined ? undefined : { nameservers, search: [] });
  });

  it.each([
    ['dhcp-option=15,Lan.example\n', ['lan.example']],
    ['dhcp-option=15,lan.example\ndhcp-option=option:domain-search,a.example,b.example\n', ['a.example', 'b.example']],
    ['dhcp-option=119,a.example\ndhcp-option=tag:lan0,option:domain-search,b.example\n', ['b.example']],
  ])('comes with the domains to look in: %j', (lines, search) => {
    expect(toldBy(lines)).toEqual({ nameservers: [], search });
  });

  it('is left open where dnsmasq names itself and its address is not known', () => {
    const lines = 'dhcp-range=tag:lan0,10.9.1.20,10.9.1.40,255.255.255.0,2h\ndhcp-option=3,10.9.1.1\n';
    const reading = read(`${lines}dhcp-option=6,0.0.0.0\n`);
    expect(codesOf(reading)).toEqual(['resolver-unsaid']);
    expect(reading.stacks['m']?.services?.[0]).not.toHaveProperty('resolver');
  });

  it('is told with a remark where only some clients are', () => {
    const reading = read(`${range}dhcp-mac=set:phones,02:11:*:*:*:*\ndhcp-option=tag:phones,6,10.9.1.53\n`, known);
    expect(codesOf(reading)).toEqual(['conditional']);
  });

  it('is not written of others that serve, too, which is listed', () => {
    const { stacks } = read(range, known);
    const services = (stacks['m']?.services ?? []).map((one) => ({ ...one, isOneOfSeveral: true }) as typeof one);
    const written = dnsmasq.write?.({ version: 1, stacks: { m: { ...emptyStack, services } }, cables: [] }, 'm');
    expect(written?.omissions).toMatchObject([{ what: 'services/dhcp-server lan0' }]);
  });
});

describe('interfaces that dnsmasq leaves out', () => {
  const known = { lan0: nic('10.9.1.1'), up0: nic('10.9.2.1') };
  const range = 'dhcp-range=10.9.1.20,10.9.1.40,2h\n';

  it.each(['interface=up0\n', 'except-interface=lan0\n', 'no-dhcp-interface=lan*\n', 'listen-address=10.9.2.1\n'])(
    'serve nobody: %j',
    (line) => {
      const reading = read(`${line}${range}`, known);
      expect(reading.stacks).toEqual({});
      expect(reading.remarks).toMatchObject([{ kind: 'ignored', code: 'not-served' }]);
    },
  );

  it('are not the loopback beside one that is named', () => {
    expect(read(`interface=lo,lan0\n${range}`).stacks['m']?.services).toMatchObject([{ interface: 'lan0' }]);
  });

  it('may be told by an address to listen on', () => {
    expect(read(`listen-address=127.0.0.1,10.9.1.1\n${range}`, known).stacks['m']?.services).toMatchObject([
      { interface: 'lan0', router: '10.9.1.1' },
    ]);
  });
});

describe('what is left open', () => {
  it('is a netmask that stands on the interface, which is told', () => {
    const reading = read('interface=lan0\ndhcp-range=10.9.1.20,10.9.1.40,2h\ndhcp-option=3,10.9.1.1\n');
    expect(reading.stacks['m']?.services).toMatchObject([{ netmask: '255.255.255.0' }]);
    expect(codesOf(reading)).toEqual(['netmask-unsaid']);
  });

  it('is the own address behind 0.0.0.0', () => {
    const text = 'dhcp-range=10.9.1.20,10.9.1.40,2h\ndhcp-option=option:router,0.0.0.0\n';
    expect(read(text, { lan0: nic('10.9.1.3') }).stacks['m']?.services).toMatchObject([{ router: '10.9.1.3' }]);
  });
});

describe('lines that dnsmasq refuses', () => {
  it.each([
    ['dhcp-rnage=10.9.1.2,10.9.1.9', 'unknown-option'],
    ['no-resolv=1', 'unknown-option'],
    ['dhcp-range=a-net,b-net,10.9.1.2,10.9.1.9', 'bad-range'],
    ['dhcp-range=10.9.1.2,10.9.2.9,255.255.255.0', 'bad-range'],
    ['dhcp-range=10.9.1.2,10.9.1.9,soon', 'bad-range'],
    ['dhcp-range=fd00::,ra-names,stateless', 'bad-range'],
    ['dhcp-option=router,10.9.1.1', 'bad-option'],
    ['dhcp-option=option:gateway,10.9.1.1', 'bad-option'],
    ['dhcp-option=option:dns-server,ns.example', 'not-an-address'],
    ['dhcp-host=02:00:00:00:00:01,10.9.1.7\ndhcp-host=02:00:00:00:00:02,10.9.1.7', 'kept-twice'],
  ])('are errors: %s', (text, code) => {
    expect(read(`${text}\n`).remarks).toMatchObject([{ kind: 'error', code }]);
  });

  it('are none where a comment, quotes or blanks stand', () => {
    const text =
      '  interface = lan0 # the LAN\ndhcp-range = set:"the lan" , 10.9.1.2 , 10.9.1.9 , 255.255.255.0 , 1m\n';
    const reading = read(`${text}dhcp-option=252,"\\n#"\ndhcp-option=tag:"the lan",3,10.9.1.1\n`);
    expect(reading.remarks).toEqual([]);
    // Two minutes is the shortest lease.
    expect(reading.stacks['m']?.services).toMatchObject([{ leaseSeconds: 120, router: '10.9.1.1' }]);
  });
});

describe('static ranges', () => {
  it('give addresses to hosts that are named, and none to others', () => {
    const known = { lan0: nic('10.9.1.1') };
    const host = 'dhcp-host=02:00:00:00:00:0a,10.9.1.7\ndhcp-host=02:00:00:00:00:0b,10.9.1.9\n';
    expect(read(`dhcp-range=10.9.1.0,static\n${host}`, known).stacks['m']?.services).toMatchObject([
      { first: '10.9.1.7', last: '10.9.1.7', reservations: [{ address: '10.9.1.7' }, { address: '10.9.1.9' }] },
    ]);
    expect(codesOf(read('dhcp-range=10.9.1.0,static\n', known))).toEqual(['nobody-named']);
  });
});

describe('hosts', () => {
  const hosts = (line: string): Reading =>
    read(`dhcp-range=10.9.1.20,10.9.1.40,2h\n${line}\n`, { lan0: nic('10.9.1.1') });

  it('are served or not', () => {
    expect(hosts('dhcp-host=2:0:0:0:0:a,set:x,printer,10.9.1.7,45m').stacks['m']?.services).toMatchObject([
      { reservations: [{ mac: '02:00:00:00:00:0a', address: '10.9.1.7', name: 'printer' }] },
    ]);
    expect(hosts('dhcp-host=02:00:00:00:00:0b,10.9.1.8,ignore').stacks['m']?.services).toMatchObject([
      { reservations: [] },
    ]);
    expect(codesOf(hosts('dhcp-host=02:00:00:00:00:0b,02:00:00:00:00:0c,10.9.1.8'))).toEqual(['host']);
  });
});

describe('router advertisements', () => {
  const known = { lan0: { ...nic('fd00:9::1', 64) } };

  it('are read where a mode or enable-ra asks for them', () => {
    const advertiser = {
      kind: 'router-advertiser',
      interface: 'lan0',
      prefixes: ['fd00:9::/64'],
      isDefaultRouter: true,
    };
    expect(read('dhcp-range=fd00:9::,ra-only\n', known).stacks['m']?.services).toEqual([advertiser]);
    expect(read('dhcp-range=::,constructor:lan0,slaac,64,1h\n', known).stacks['m']?.services).toEqual([advertiser]);
    expect(read('enable-ra\ndhcp-range=fd00:9::10,fd00:9::20\n', known).stacks['m']?.services).toEqual([
      { ...advertiser, prefixes: [] },
    ]);
    expect(read('dhcp-range=fd00:9::,ra-only\nra-param=lan0,60,0\n', known).stacks['m']?.services).toEqual([
      { ...advertiser, isDefaultRouter: false },
    ]);
    expect(read('dhcp-range=fd00:9::10,fd00:9::20\n', known).stacks).toEqual({});
  });

  it('are not sent without a range of IPv6', () => {
    expect(codesOf(read('enable-ra\n'))).toEqual(['nothing-advertised']);
  });

  it('stay when the DHCP server is edited', () => {
    const text = 'interface=lan0\ndhcp-range=10.9.1.20,10.9.1.40,2h\ndhcp-range=::,constructor:lan0,ra-only\n';
    const edited = dnsmasq.edit?.([{ path: 'etc/dnsmasq.conf', text }], { version: 1, stacks: {}, cables: [] }, 'm');
    expect(edited?.files[0]?.text).toBe('dhcp-range=::,constructor:lan0,ra-only\n');
  });
});
