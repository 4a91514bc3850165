/** What a lab becomes: stacks, cables, routes, kernel settings, services. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lower } from '../../src/lower/lower.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { segmentsOf } from '../../src/state/segments.ts';
import { designOf } from './lab-of.ts';

const examples = readdirSync('examples').filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'));
const example = (name: string): ReturnType<typeof designOf> => designOf(readFileSync(`examples/${name}.yaml`, 'utf8'));

describe('every example', () => {
  it.each(examples)('%s is whole and in normal form', (file) => {
    const { lab, lowered } = designOf(readFileSync(`examples/${file}`, 'utf8'));
    const { state, because } = lowered;
    expect(normalize(state)).toEqual(state);
    expect(lower(lab)).toEqual(lowered);
    const ends = state.cables.flatMap(({ a, b }) => [a, b]).map((end) => `${end.stack}/${end.interface}`);
    expect(new Set(ends).size).toBe(ends.length);
    for (const [name, stack] of Object.entries(state.stacks)) {
      expect(because[name]).toBeDefined();
      const names = Object.keys(stack.interfaces);
      for (const [link, body] of Object.entries(stack.interfaces)) {
        expect(because[`${name}/${link}`], `${name}/${link}`).toBeDefined();
        expect(link.length).toBeLessThanOrEqual(15);
        expect(ends.includes(`${name}/${link}`), `${name}/${link} is cabled`).toBe(body.kind === 'ethernet');
        if (body.master !== undefined) expect(['bridge', 'bond']).toContain(stack.interfaces[body.master]?.kind);
      }
      for (const { dev, via } of stack.routes) {
        if (via !== undefined) expect(dev).toBeDefined();
        if (dev !== undefined) expect(names).toContain(dev);
      }
      for (const service of stack.services) if ('interface' in service) expect(names).toContain(service.interface);
      for (const { dev } of stack.neighbourProxies) expect(names).toContain(dev);
    }
  });
});

describe('a bridged network', () => {
  const { state } = example('ubuntu-bridge').lowered;
  const server = state.stacks.server;

  it('takes the addresses and the MAC of the NIC that becomes its port', () => {
    const { br0, eth1 } = server?.interfaces ?? {};
    expect(br0).toMatchObject({ kind: 'bridge', addresses: [{ address: '192.168.77.1', prefixLength: 24 }] });
    expect(br0?.mac).toBe(eth1?.mac);
    expect(eth1).toMatchObject({ master: 'br0', addresses: [] });
  });

  it('is one segment with the outside network', () => {
    const segment = segmentsOf(state);
    expect(segment('host1', 'eth0')).toBe(segment('laptop', 'br0'));
    expect(segment('host1', 'eth0')).toBe(segment('server', 'br0'));
  });

  it('has the outside server keep the leases of its machines', () => {
    const service = state.stacks.laptop?.services.find(({ kind }) => kind === 'dhcp-server');
    expect(service).toMatchObject({ interface: 'br0', netmask: '255.255.255.0', router: '10.10.11.1' });
    const names = service?.kind === 'dhcp-server' ? service.reservations.map(({ name }) => name) : [];
    expect(names).toEqual(['host2', 'host1', 'server']);
  });

  it('leaves the default route of DHCP clients to DHCP', () => {
    expect(state.stacks.host1?.routes).toEqual([]);
    expect(state.stacks.host1?.services).toContainEqual({
      kind: 'dhcp-client',
      interface: 'eth0',
      hostname: 'host1',
      metric: 0,
    });
  });
});

describe('a proxied network', () => {
  const { state } = example('suse-proxied').lowered;
  const host = state.stacks.host;

  it('gives each guest its own port of the host, routes to it, and answers for it', () => {
    expect(host?.interfaces['xen1-eth0']).toMatchObject({ kind: 'ethernet', addresses: [] });
    expect(host?.interfaces['xen1-eth0']?.master).toBeUndefined();
    expect(host?.routes).toContainEqual({
      family: 4,
      to: '192.0.2.241/32',
      type: 'unicast',
      dev: 'xen1-eth0',
      metric: 0,
      table: 254,
      source: '192.0.2.253',
    });
    expect(host?.neighbourProxies).toContainEqual({ family: 6, address: '2001:db8:abba::1001', dev: 'eth0' });
    const answered = host?.neighbourProxies.filter(({ dev }) => dev === 'xen1-eth0').map(({ address }) => address);
    expect(answered).toEqual(['2001:db8:abba::1', '2001:db8:abba::254', '2001:db8:abba::1002']);
  });

  it('forwards, proxies and sends no redirects', () => {
    expect(host?.sysctls).toMatchObject({
      'net/ipv4/ip_forward': '1',
      'net/ipv6/conf/all/forwarding': '1',
      'net/ipv4/conf/eth0/proxy_arp': '1',
      'net/ipv4/conf/xen2-eth0/proxy_arp': '1',
      'net/ipv6/conf/eth0/proxy_ndp': '1',
      'net/ipv4/conf/all/send_redirects': '0',
    });
  });

  it('gives a link-local router the interface that it is on', () => {
    expect(host?.routes).toContainEqual(
      expect.objectContaining({ to: '::/0', via: 'fe80::201:1ff:fe01:254', dev: 'eth0', metric: 1024 }),
    );
  });
});

describe('names of ports', () => {
  const text = (machines: string): string => `
lab: names
networks: { lan: { mode: private } }
machines: { ${machines} }
`;
  const portsOf = (machines: string): Record<string, string> => {
    const { state } = designOf(text(machines)).lowered;
    return Object.fromEntries(
      state.cables.map(({ a, b }) => (a.stack === 'host' ? [b.stack, a.interface] : [a.stack, b.interface])),
    );
  };

  it('fit, differ, and do not depend on other machines', () => {
    const long = 'a-machine-with-a-long-name-1: { nics: [lan] }, a-machine-with-a-long-name-2: { nics: [lan] }';
    const few = portsOf(long);
    const many = portsOf(`a: { nics: [lan] }, ${long}, z: { nics: [lan] }`);
    expect(many).toMatchObject(few);
    expect(new Set(Object.values(many)).size).toBe(4);
    for (const name of Object.values(many)) expect(name).toMatch(/^[a-z0-9-]{1,15}$/);
    expect(many.z).toBe('z-eth0');
  });
});

describe('bonds and VLANs', () => {
  const wires = `
lab: tags
outside:
  networks:
    office: { ipv4: 192.168.0.0/24 }
    staff: { on: office, vlan: 10, ipv4: 192.168.10.0/24 }
    guests: { on: office, vlan: 20, ipv4: 192.168.20.0/24 }
  machines:
    router: { nics: { eth0: { network: office, address: 1 }, eth0.10: { network: staff, address: 1 } } }
    desk: { nics: { eth0: { network: staff, address: 5 } } }
    store: { nics: { bond0: { network: office, address: 6, bond: { members: [eth0, eth1], mode: 802.3ad } } } }
`;
  const { state } = designOf(wires).lowered;
  const { router, desk, store, 'switch-office': wire } = state.stacks;

  it('give who is on both networks the tags, and others an untagged port of a switch that filters', () => {
    expect(router?.interfaces['eth0.10']).toMatchObject({ kind: 'vlan', vlan: { link: 'eth0', id: 10 } });
    expect(desk?.interfaces['eth0']?.kind).toBe('ethernet');
    expect(Object.keys(state.stacks)).not.toContain('switch-staff');
    expect(wire?.interfaces['office']?.bridge?.vlanFiltering).toBe(true);
    expect(wire?.interfaces['desk-eth0']?.port).toEqual({ vlans: [{ id: 10, pvid: true, untagged: true }] });
    const trunk = [{ id: 1, pvid: true, untagged: true }, { id: 10 }, { id: 20 }];
    expect(wire?.interfaces['router-eth0']?.port).toEqual({ vlans: trunk });
  });

  it('are segments of their own', () => {
    const segment = segmentsOf(state);
    expect(segment('desk', 'eth0')).toBe(segment('router', 'eth0.10'));
    expect(segment('desk', 'eth0')).not.toBe(segment('router', 'eth0'));
    expect(segment('store', 'bond0')).toBe(segment('router', 'eth0'));
  });

  it('have the switch aggregate where the mode asks for it, and every member a MAC of its own', () => {
    const { bond0, eth0, eth1 } = store?.interfaces ?? {};
    expect(bond0?.bond).toEqual({ mode: '802.3ad', miimonMilliseconds: 100 });
    expect([eth0?.master, eth1?.master, wire?.interfaces['store-eth1']?.master]).toEqual([
      'bond0',
      'bond0',
      'store-bond0',
    ]);
    expect(new Set([bond0?.mac, eth0?.mac, eth1?.mac]).size).toBe(3);
    expect(wire?.interfaces['store-bond0']).toMatchObject({
      kind: 'bond',
      master: 'office',
      bond: { mode: '802.3ad' },
    });
    const [active] = Object.values(example('ubuntu-bond-vlan').lowered.state.stacks).flatMap(({ interfaces }) =>
      Object.values(interfaces).flatMap(({ bond }) => bond ?? []),
    );
    expect(active).toEqual({ mode: 'active-backup', miimonMilliseconds: 100, primary: 'eth0' });
  });
});
