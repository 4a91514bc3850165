/** Whose machines they are, what must hold, what else changes: how repairs are chosen and told. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { settledFacts } from '../../../src/reach/settled.ts';
import { findingOf, repairsFor, type Repair, type RepairOptions } from '../../../src/reach/repair/repair.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { ping, tcp } from '../../kernel-behaviour/bench/flows.ts';
import {
  bridge,
  chain,
  forwarding,
  network,
  nic,
  port,
  route,
  rule,
  stack,
  switchOf,
  table,
  tcpTo,
} from '../../kernel-behaviour/bench/network.ts';
import { filtered, line } from './broken-routes.ts';
import { wordsOf } from './words-of.ts';

const byDefault = (via: string) => [route('default', via, { dev: 'e0' })];

/** A guest behind a host; the office's router, which leads to the net, knows no way back. */
const office = network(
  {
    guest: stack({ e0: nic(['10.0.0.1/24']) }, { routes: byDefault('10.0.0.254') }),
    host: stack(
      { e0: nic(['192.168.0.3/24']), e1: nic(['10.0.0.254/24']) },
      { sysctls: forwarding, routes: byDefault('192.168.0.1') },
    ),
    desk: stack({ e0: nic(['192.168.0.5/24']) }, { routes: byDefault('192.168.0.1') }),
    printer: stack({ e0: nic(['192.168.0.9/24']) }),
    router: stack(
      { e0: nic(['192.168.0.1/24']), e1: nic(['203.0.113.2/24']) },
      { sysctls: forwarding, routes: [route('default', '203.0.113.1', { dev: 'e1' })] },
    ),
    net: stack({ e0: nic(['203.0.113.1/24']) }),
    sw: switchOf(['host', 'desk', 'router', 'printer']),
  },
  [
    'guest.e0 host.e1',
    'host.e0 sw.host',
    'desk.e0 sw.desk',
    'router.e0 sw.router',
    'printer.e0 sw.printer',
    'router.e1 net.e0',
  ],
);

const owned: RepairOptions = { owners: { guest: 'guest', host: 'host' }, fixed: ['net'] };
const toDesk = ping('guest', '192.168.0.5');
const toPrinter = ping('guest', '192.168.0.9');
const first = ([best]: readonly Repair[]): Repair => {
  if (best === undefined) throw new Error('nothing is offered');
  return best;
};

const routeBack = ['router# ip route add 10.0.0.0/24 via 192.168.0.3'];
const masquerade = 'host# nft add rule inet lanwright postrouting oifname e0 ip saddr 10.0.0.0/24 masquerade';

describe('a reply that dies beyond the office', () => {
  const repairs = repairsFor(office, {}, toDesk, { ...owned, others: [toPrinter, ping('desk', '10.0.0.1')] });

  it('is led back by the shared router, or spared the way by the host', () => {
    expect(wordsOf(first(repairs))).toEqual(routeBack);
    expect(repairs.map((repair) => wordsOf(repair).at(-1))).toContain(masquerade);
    expect(first(repairs)).toMatchObject({ machine: 'router', owner: 'outside' });
  });

  it('is told with what causes it, and whose gateway it is', () => {
    expect(first(repairs).change).toBe(
      'add the route to 10.0.0.0/24 via 192.168.0.3 (host) on router: packets to it go by the default route to 203.0.113.1 now',
    );
  });

  it('is told with what else changes', () => {
    const other = repairs.find((repair) => wordsOf(repair).at(-1) === masquerade);
    expect(first(repairs).sideEffects).toEqual(['also opens desk → 10.0.0.1']);
    expect(other?.sideEffects).toContain('desk then sees 192.168.0.3 instead of 10.0.0.1');
    expect(other?.sideEffects).toContain('also opens guest → 192.168.0.9');
  });

  it('leaves alone what is fixed', () => {
    const others = repairsFor(office, {}, toDesk, { ...owned, fixed: ['net', 'router', 'desk'] });
    expect(others.map((repair) => wordsOf(repair).at(-1))).toEqual([masquerade]);
    expect(repairsFor(office, {}, toDesk, { fixed: Object.keys(office.stacks) })).toEqual([]);
  });

  it("goes to the machine that is its owner's first", () => {
    const mine = repairsFor(office, {}, toDesk, {
      owners: { guest: 'guest', host: 'guest', router: 'guest', desk: 'guest' },
    });
    expect(wordsOf(first(mine))).toEqual(routeBack);
    const farAway = repairsFor(office, {}, toDesk, { owners: { guest: 'guest', host: 'guest' } });
    expect(first(farAway).cost).toBeGreaterThan(first(mine).cost);
  });

  it('breaks nothing that must hold', () => {
    const secret = { flow: ping('desk', '10.0.0.1'), answer: 'no' } as const;
    const kept = repairsFor(office, {}, toDesk, { ...owned, mustHold: [secret] });
    expect(kept.map((repair) => wordsOf(repair).at(-1))).toEqual([masquerade]);
    const hidden = { flow: toPrinter, answer: 'no' } as const;
    const both = repairsFor(office, {}, toDesk, { ...owned, mustHold: [secret, hidden] });
    expect(both).toEqual([]);
  });

  it('does not wait for what does not hold as things are', () => {
    const wish = { flow: ping('net', '10.0.0.1'), answer: 'yes' } as const;
    expect(wordsOf(first(repairsFor(office, {}, toDesk, { ...owned, mustHold: [wish] })))).toEqual(routeBack);
  });

  it('is found within bounds', () => {
    expect(repairsFor(office, {}, toDesk, { ...owned, mostWalks: 0 })).toEqual([]);
  });
});

describe('several faults on one way', () => {
  const worse = line({
    a: { routes: [] },
    r: { sysctls: { 'net/ipv4/ip_forward': '0' }, ...filtered(table('inet', chain('forward', 'drop'))) },
  });

  it('are mended one after the other', () => {
    const best = first(repairsFor(worse, {}, tcp('a', '10.0.2.2')));
    expect(wordsOf(best)).toEqual([
      'a# ip route add default via 10.0.1.1',
      'r# sysctl -w net.ipv4.ip_forward=1',
      'r# nft add rule inet test forward ip saddr 10.0.1.2 ip daddr 10.0.2.2 tcp dport 80 accept',
      'r# nft add rule inet test forward ip saddr 10.0.2.2 ip daddr 10.0.1.2 tcp sport 80 accept',
    ]);
    expect(best.change.split('; then ')).toHaveLength(4);
  });
});

describe('a way that works some of the time', () => {
  it('is made one that always does', () => {
    const nexthops = ['10.0.1.1', '10.0.1.77'].map((via) => ({ via, dev: 'e0', weight: 1 }));
    const { via: _via, dev: _dev, ...several } = { ...route('default', '10.0.1.1'), nexthops };
    const half = line({ a: { routes: [several] } });
    const flow = ping('a', '10.0.2.2');
    expect(walk(buildModel(half), flow).verdict).toBe('sometimes');
    expect(wordsOf(first(repairsFor(half, {}, flow)))).toEqual(['a# ip route replace default via 10.0.1.1']);
  });
});

describe('what is no fault of the network', () => {
  it('is a finding where nobody listens', () => {
    const flow = tcp('a', '10.0.2.2', { isListening: false });
    expect(repairsFor(line(), {}, flow)).toEqual([]);
    expect(findingOf(walk(buildModel(line()), flow), flow)).toMatchObject({ kind: 'no_listener', machine: 'b' });
  });

  it('is nothing where all is well, or nobody has the address', () => {
    expect(repairsFor(line(), {}, ping('a', '10.0.2.2'))).toEqual([]);
    expect(repairsFor(line(), {}, ping('a', '10.0.2.77'))).toEqual([]);
    expect(repairsFor(line(), {}, ping('nobody', '10.0.2.2'))).toEqual([]);
  });
});

describe('what is learned', () => {
  it('comes to a client that is plugged into the bridge where DHCP is served', () => {
    const served = network(
      {
        host: stack(
          { br0: bridge(['10.0.1.1/24']), br1: bridge(['10.0.2.1/24']), p0: port({}, { master: 'br1' }) },
          {
            services: [
              {
                ...{
                  kind: 'dhcp-server',
                  interface: 'br0',
                  netmask: '255.255.255.0',
                  leaseSeconds: 3600,
                  reservations: [],
                },
                ...{ first: '10.0.1.10', last: '10.0.1.20', router: '10.0.1.1' },
              },
            ],
          },
        ),
        guest: stack(
          { e0: nic() },
          { services: [{ kind: 'dhcp-client', interface: 'e0', hostname: 'guest', metric: 0 }] },
        ),
      },
      ['guest.e0 host.p0'],
    );
    const repairs = repairsFor(served, settledFacts(served), ping('guest', '10.0.1.1'));
    expect(wordsOf(first(repairs))).toEqual(['host# ip link set dev p0 master br0']);
  });

  it('is kept by a stack that comes to forward IPv6', () => {
    const advertised = network(
      {
        up: stack(
          { e0: nic(['fd00:1::1/64']) },
          {
            sysctls: forwarding,
            routes: [route('fd00:2::/64', 'fd00:1::5054:ff:feaa:101', { dev: 'e0' })],
            services: [
              { kind: 'router-advertiser', interface: 'e0', prefixes: ['fd00:1::/64'], isDefaultRouter: true },
            ],
          },
        ),
        mid: stack(
          { e0: nic([], { mac: '52:54:00:aa:01:01' }), e1: nic(['fd00:2::1/64']) },
          { sysctls: { 'net/ipv6/conf/e0/accept_ra': '1' } },
        ),
        low: stack({ e0: nic(['fd00:2::2/64']) }, { routes: [route('default', 'fd00:2::1', { dev: 'e0' })] }),
      },
      ['mid.e0 up.e0', 'low.e0 mid.e1'],
    );
    const repairs = repairsFor(advertised, settledFacts(advertised), ping('low', 'fd00:1::1'));
    expect(wordsOf(first(repairs))).toEqual([
      'mid# sysctl -w net.ipv6.conf.e0.accept_ra=2',
      'mid# sysctl -w net.ipv6.conf.all.forwarding=1',
    ]);
  });
});

describe('a hole in a filter', () => {
  it('is as narrow as the flow after translation', () => {
    const published = line({
      r: filtered(
        table(
          'ip',
          chain('forward', 'drop', [rule('accept', { kind: 'conntrack', states: ['established'] })]),
          chain('prerouting', 'accept', [rule({ kind: 'dnat', address: '10.0.2.2', port: 80 }, tcpTo(8080))], {
            type: 'nat',
            priority: -100,
          }),
        ),
      ),
    });
    const best = first(repairsFor(published, {}, tcp('a', '10.0.1.1', { port: 8080 })));
    expect(wordsOf(best)).toEqual([
      'r# nft add rule ip test forward ip saddr 10.0.1.2 ip daddr 10.0.2.2 tcp dport 80 accept',
    ]);
  });

  it('lets replies through, and no more, where connections are tracked', () => {
    const oneWay = line({
      r: filtered(
        table(
          'inet',
          chain('forward', 'accept', [
            rule('accept', { kind: 'conntrack', states: ['new'] }),
            rule('drop', { kind: 'source', family: 4, prefixes: ['10.0.2.0/24'] }),
          ]),
        ),
      ),
    });
    const best = first(repairsFor(oneWay, {}, ping('a', '10.0.2.2')));
    expect(wordsOf(best)).toEqual([
      'r# nft insert rule inet test forward index 1 ip saddr 10.0.2.2 ip daddr 10.0.1.2 icmp type 0 ct state established accept',
    ]);
  });
});
