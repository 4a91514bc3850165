/** What files of other people taught of libvirt's networks (formatnetwork.html, and its parser). */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';

const read = (text: string): Reading =>
  libvirt.read([{ path: 'etc/libvirt/qemu/networks/a.xml', text }], { stack: 'm' });

describe('networks of other people', () => {
  it('are isolated where their forward mode is `none`', () => {
    const named = "<name>a</name><bridge name='virbr1'/><ip address='10.0.0.1' netmask='255.255.255.0'/>";
    const reading = read(`<network><forward mode='none'/>${named}</network>`);
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks).toEqual(read(`<network>${named}</network>`).stacks);
  });

  it('give dnsmasq options of its own, where the namespace is named', () => {
    const options = "<dnsmasq:options><dnsmasq:option value='dhcp-option=6,10.0.0.2'/></dnsmasq:options>";
    const codeOf = (attributes: string): readonly string[] =>
      read(`<network${attributes}><name>a</name><bridge name='virbr1'/>${options}</network>`).remarks.map(
        ({ kind, code }) => `${kind} ${code}`,
      );
    expect(codeOf(" xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'")).toEqual([
      'not-said no-words-for',
    ]);
    expect(codeOf('')).toEqual(['ignored unknown-element']);
  });
});

describe('networks of others', () => {
  const network = (inner: string): Reading =>
    libvirt.read(
      [
        {
          path: 'etc/libvirt/qemu/networks/lab.xml',
          text: `<network><name>lab</name><bridge name='lab0'/>${inner}</network>`,
        },
      ],
      { stack: 'host' },
    );
  const ip = (inner: string): string => `<ip address='10.5.0.1' netmask='255.255.255.0'><dhcp>${inner}</dhcp></ip>`;
  const servicesOf = (reading: Reading): unknown => reading.stacks['host']?.services;

  it('have a pool for each range, with the lease that is said', () => {
    const reading = network(
      `<forward/>${ip("<range start='10.5.0.10' end='10.5.0.19'><lease expiry='5'/></range><range start='10.5.0.30' end='10.5.0.39'><lease expiry='0'/></range>")}`,
    );
    expect(reading.remarks).toEqual([]);
    expect(servicesOf(reading)).toMatchObject([
      { first: '10.5.0.10', last: '10.5.0.19', leaseSeconds: 300, router: '10.5.0.1' },
      { first: '10.5.0.30', last: '10.5.0.39', leaseSeconds: 0xffffffff },
    ]);
  });

  it('give strangers no address where there are hosts and no range', () => {
    const hosts = "<host mac='02:00:00:00:00:01' ip='10.5.0.7'/><host mac='02:00:00:00:00:02' ip='10.5.0.99'/>";
    const reading = network(`<forward/>${ip(`${hosts}<host name='late' ip='10.5.0.8'/>`)}`);
    expect(servicesOf(reading)).toMatchObject([{ first: '10.5.0.7', last: '10.5.0.7', reservations: [{}, {}] }]);
    expect(reading.remarks.map(({ code }) => code)).toEqual(['host']);
  });

  it('name no router to guests of an isolated one', () => {
    const [server] = network(ip("<range start='10.5.0.10' end='10.5.0.19'/>")).stacks['host']?.services ?? [];
    expect(server).not.toHaveProperty('router');
  });

  it('let guests make no addresses where DHCPv6 gives them', () => {
    const six =
      "<ip family='ipv6' address='fd00:5::1' prefix='64'><dhcp><range start='fd00:5::10' end='fd00:5::20'/></dhcp></ip>";
    expect(servicesOf(network(`<forward/>${six}`))).toMatchObject([{ kind: 'router-advertiser', prefixes: [] }]);
  });

  const forwarded =
    "<forward mode='nat' dev='up0'><nat><address start='198.51.100.4' end='198.51.100.7'/></nat></forward><ip address='10.5.0.1' netmask='255.255.255.0'/>";

  it('forward by one device, and are seen with the addresses that are said', () => {
    const reading = network(forwarded);
    expect(reading.remarks).toEqual([]);
    const chains = Object.fromEntries(
      (reading.stacks['host']?.filter ?? []).flatMap(({ subchains = [] }) =>
        subchains.map(({ name, rules }) => [name, rules]),
      ),
    );
    expect(chains['LIBVIRT_FWO']?.[0]?.matches).toContainEqual({ kind: 'oif', names: ['up0'] });
    expect(chains['LIBVIRT_FWI']?.[0]?.matches).toContainEqual({ kind: 'iif', names: ['up0'] });
    expect(chains['LIBVIRT_PRT']?.at(-1)).toMatchObject({
      verdict: { kind: 'snat', address: '198.51.100.4', lastAddress: '198.51.100.7' },
    });
  });

  it('are written as they were read', () => {
    const dhcp = ip(
      "<range start='10.5.0.10' end='10.5.0.19'><lease expiry='5'/></range><range start='10.5.0.30' end='10.5.0.39'/>",
    );
    for (const inner of [forwarded, `<forward mode='route' dev='up0'/>${dhcp}`, dhcp]) {
      const { stacks, cables } = network(inner);
      const state = normalize({ version: 1, stacks: { host: { ...emptyStack, ...stacks['host'] } }, cables });
      const again = libvirt.read(libvirt.write?.(state, 'host').files ?? [], { stack: 'host' });
      expect(normalize({ version: 1, stacks: { host: { ...emptyStack, ...again.stacks['host'] } }, cables })).toEqual(
        state,
      );
    }
  });
});

describe('isolated ports', () => {
  it('are said of a network or of an interface', () => {
    const nic = (inner: string): string =>
      `<domain><name>g</name><devices><interface type='bridge'><source bridge='br0'/><target dev='g0'/>${inner}</interface></devices></domain>`;
    const readGuest = (text: string): Reading =>
      libvirt.read([{ path: 'etc/libvirt/qemu/g.xml', text }], { stack: 'host' });
    expect(readGuest(nic("<port isolated='yes'/>")).stacks['host']?.interfaces?.['g0']?.port).toEqual({
      isolated: true,
    });
    expect(readGuest(nic('')).stacks['host']?.interfaces?.['g0']?.port).toBeUndefined();
  });
});
