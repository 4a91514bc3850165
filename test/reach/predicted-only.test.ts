/**
 * What not every kernel can do (802.1Q devices, bridges that filter VLANs, 6in4 tunnels), so that it is not measured:
 * predictions that are reasoned from the documentation (bridge(8), ip-link(8), RFC 4213) and from the kernel's sources.
 */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { type ClientSees, type Flow, type StopReason } from '../../src/reach/walk.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type NetworkState, type PortVlan, type Stack } from '../../src/state/network-state.ts';
import { ping, tcp } from '../kernel-behaviour/bench/flows.ts';
import {
  bridge,
  chain,
  forwarding,
  natChain,
  network,
  nic,
  oif,
  port,
  route,
  rule,
  stack,
  table,
} from '../kernel-behaviour/bench/network.ts';

type Row = readonly [title: string, flow: Flow, sees: ClientSees | StopReason];

/** What the client sees, or why it stops. */
const predicts = (state: NetworkState, rows: readonly Row[]): void => {
  const model = buildModel(state);
  const found = rows.map(([title, flow, wanted]): Row => {
    const { verdict, clientSees, stop } = walk(model, flow);
    const isReason = stop !== null && wanted === stop.reason;
    return [title, flow, isReason ? wanted : verdict === 'yes' ? 'answer' : clientSees];
  });
  expect(found).toEqual(rows);
};

const vlan = (id: number, addresses: readonly string[], link = 'e0') =>
  nic(addresses, { kind: 'vlan', vlan: { link, id } });

describe('802.1Q devices', () => {
  const pair = (idAtB: number) =>
    network(
      {
        a: stack({ e0: nic(['10.0.0.1/24']), v0: vlan(10, ['10.1.0.1/24']) }),
        b: stack({ e0: nic(['10.0.0.2/24']), v0: vlan(idAtB, ['10.1.0.2/24']) }),
      },
      ['a.e0 b.e0'],
    );

  it('talk to each other where the tag is the same, beside what has no tag', () => {
    predicts(pair(10), [
      ['tagged', ping('a', '10.1.0.2'), 'answer'],
      ['untagged', ping('a', '10.0.0.2'), 'answer'],
    ]);
    predicts(pair(20), [['another tag', ping('a', '10.1.0.2'), 'host-unreachable']]);
  });

  it('pass bridges that do not filter with their tag, and end at a device on the bridge', () => {
    const state = network(
      {
        a: stack({ e0: nic(), v0: vlan(10, ['10.1.0.1/24']) }),
        b: stack({ e0: nic(), v0: vlan(10, ['10.1.0.2/24']) }),
        sw: stack({ br0: bridge(), p0: port(), p1: port(), v0: vlan(10, ['10.1.0.254/24'], 'br0') }),
      },
      ['a.e0 sw.p0', 'b.e0 sw.p1'],
    );
    predicts(state, [
      ['through', ping('a', '10.1.0.2'), 'answer'],
      ['to the device on the bridge', ping('a', '10.1.0.254'), 'answer'],
      ['from it', ping('sw', '10.1.0.2'), 'answer'],
    ]);
  });

  it('need their parent up', () => {
    const state = network(
      {
        a: stack({ e0: nic([], { up: false }), v0: vlan(10, ['10.1.0.1/24']) }),
        b: stack({ e0: nic(), v0: vlan(10, ['10.1.0.2/24']) }),
      },
      ['a.e0 b.e0'],
    );
    predicts(state, [['parent down', ping('b', '10.1.0.1'), 'host-unreachable']]);
  });
});

describe('bridges that filter VLANs', () => {
  const filtering = (addresses: readonly string[] = [], vlans?: readonly PortVlan[]) =>
    bridge(addresses, {
      bridge: { stp: false, forwardDelaySeconds: 15, vlanFiltering: true, ...(vlans === undefined ? {} : { vlans }) },
    });
  const access = (id: number) => port({ vlans: [{ id, pvid: true, untagged: true }] });
  const trunk = (...ids: readonly number[]) => port({ vlans: ids.map((id) => ({ id })) });
  const hosts = {
    a: stack({ e0: nic(['10.1.0.1/24']) }, { routes: [route('default', '10.1.0.254', { dev: 'e0' })] }),
    b: stack({ e0: nic(['10.1.0.2/24']) }),
    c: stack(
      { e0: nic(['10.2.0.3/24', '10.1.0.3/24']) },
      { routes: [route('10.1.0.1/32', '10.2.0.254', { dev: 'e0' })] },
    ),
  };
  const cables = ['a.e0 sw.p0', 'b.e0 sw.p1', 'c.e0 sw.p2'];

  it('are all VLAN 1 to begin with, the bridge itself included', () => {
    const state = network(
      { ...hosts, sw: stack({ br0: filtering(['10.1.0.254/24']), p0: port(), p1: port(), p2: port() }) },
      cables,
    );
    predicts(state, [
      ['port to port', ping('a', '10.1.0.2'), 'answer'],
      ['the bridge', ping('a', '10.1.0.254'), 'answer'],
    ]);
  });

  it('keep access ports of different VLANs apart', () => {
    const state = network(
      { ...hosts, sw: stack({ br0: filtering(['10.1.0.254/24']), p0: access(10), p1: access(10), p2: access(20) }) },
      cables,
    );
    predicts(state, [
      ['the same', ping('a', '10.1.0.2'), 'answer'],
      ['another', ping('a', '10.1.0.3'), 'host-unreachable'],
      ['the bridge itself is in 1', ping('a', '10.1.0.254'), 'host-unreachable'],
    ]);
    const own = filtering(['10.1.0.254/24'], [{ id: 10, pvid: true, untagged: true }]);
    predicts(network({ ...hosts, sw: stack({ br0: own, p0: access(10), p1: access(10), p2: access(20) }) }, cables), [
      ['the bridge itself in 10', ping('a', '10.1.0.254'), 'answer'],
    ]);
  });

  it('carry several by a trunk, to a router on a stick', () => {
    const state = network(
      {
        ...hosts,
        r: stack(
          { e0: nic(), v10: vlan(10, ['10.1.0.254/24']), v20: vlan(20, ['10.2.0.254/24']) },
          { sysctls: forwarding },
        ),
        sw: stack({ br0: filtering(), p0: access(10), p1: access(10), p2: access(20), up: trunk(10, 20) }),
      },
      [...cables, 'r.e0 sw.up'],
    );
    predicts(state, [
      ['the gateway', ping('a', '10.1.0.254'), 'answer'],
      ['from VLAN to VLAN', ping('a', '10.2.0.3'), 'answer'],
      ['there is no other way', ping('b', '10.1.0.3'), 'host-unreachable'],
    ]);
  });

  it('take no untagged frames at a trunk, and no tagged ones at a port of another VLAN', () => {
    const untagged = network(
      { ...hosts, sw: stack({ br0: filtering(), p0: trunk(10), p1: access(10), p2: access(20) }) },
      cables,
    );
    predicts(untagged, [['untagged into a trunk', ping('a', '10.1.0.2'), 'host-unreachable']]);
    const tagged = network(
      {
        ...hosts,
        a: stack({ e0: nic(), v0: vlan(30, ['10.1.0.1/24']) }),
        sw: stack({ br0: filtering(), p0: access(10), p1: access(10), p2: access(20) }),
      },
      cables,
    );
    predicts(tagged, [['tagged with another VLAN', ping('a', '10.1.0.2'), 'host-unreachable']]);
  });

  it('hand tagged frames to hosts that know no tags, which is the end of them', () => {
    const state = network(
      { ...hosts, sw: stack({ br0: filtering(), p0: access(10), p1: trunk(10), p2: access(20) }) },
      cables,
    );
    predicts(state, [['to the end of a trunk', ping('a', '10.1.0.2'), 'host-unreachable']]);
  });

  it('keep a station known in one VLAN unknown in the others', () => {
    const twice = { mac: '52:54:00:ff:ff:01' };
    const state = network(
      {
        a: stack({ e0: nic(['10.1.0.1/24'], twice) }),
        b: stack({ e0: nic(['10.1.0.2/24']) }),
        c: stack({ e0: nic(['10.1.0.1/24'], twice) }),
        d: stack({ e0: nic(['10.1.0.4/24']) }),
        sw: stack({ br0: filtering(), p0: access(10), p1: access(10), p2: access(20), p3: access(20) }),
      },
      [...cables, 'd.e0 sw.p3'],
    );
    predicts(state, [
      ['in 10', ping('b', '10.1.0.1'), 'answer'],
      ['in 20', ping('d', '10.1.0.1'), 'answer'],
    ]);
  });
});

describe('6in4', () => {
  const tunnel = (local: string, remote: string, address: string) =>
    nic([`${address}/64`], { kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', local, remote } });
  interface Between {
    readonly atR?: Partial<Stack>;
    readonly atB?: Partial<Stack>;
    readonly remoteOfB?: string;
    readonly mtuBytes?: number;
  }
  /** IPv6 between a and b over r, which knows IPv4 only. */
  const tunnelled = ({ atR = {}, atB = {}, remoteOfB = '10.1.0.1', mtuBytes = 1500 }: Between = {}) =>
    network(
      {
        a: stack(
          { e0: nic(['10.1.0.1/24']), six: tunnel('10.1.0.1', '10.2.0.1', 'fd08::1') },
          { routes: [route('default', '10.1.0.254', { dev: 'e0' }), route('fd09::/64', 'dev six')] },
        ),
        b: stack(
          { e0: nic(['10.2.0.1/24']), six: tunnel('10.2.0.1', remoteOfB, 'fd08::2'), e1: nic(['fd09::1/64']) },
          { routes: [route('default', '10.2.0.254', { dev: 'e0' })], ...atB },
        ),
        c: stack({ e0: nic() }),
        r: stack(
          { e0: nic(['10.1.0.254/24']), e1: nic(['10.2.0.254/24'], { mtuBytes }) },
          { sysctls: { 'net/ipv4/ip_forward': '1' }, ...atR },
        ),
      },
      ['a.e0 r.e0', 'b.e0 r.e1', 'b.e1 c.e0'],
    );
  const protocol41 = { kind: 'protocol', protocols: [41] } as const;

  it('carries IPv6 over IPv4, to the far end and beyond', () => {
    predicts(tunnelled(), [
      ['the far end', ping('a', 'fd08::2'), 'answer'],
      ['its other address', tcp('a', 'fd09::1'), 'answer'],
      ['the other way', tcp('b', 'fd08::1'), 'answer'],
    ]);
  });

  it('is IP protocol 41 to filters on the way and at its ends', () => {
    const drops = (hook: 'forward' | 'input') => [table('ip', chain(hook, 'accept', [rule('drop', protocol41)]))];
    predicts(tunnelled({ atR: { filter: drops('forward') } }), [['on the way', ping('a', 'fd08::2'), 'tunnel_outer']]);
    predicts(tunnelled({ atB: { filter: drops('input') } }), [['at the end', ping('a', 'fd08::2'), 'tunnel_outer']]);
    predicts(tunnelled({ atB: { filter: [table('ip6', chain('input', 'accept', [rule('drop', protocol41)]))] } }), [
      ['filters of IPv6 see what is inside', ping('a', 'fd08::2'), 'answer'],
    ]);
  });

  it('takes packets from its remote only, so that translation between breaks it', () => {
    predicts(tunnelled({ remoteOfB: '10.1.0.77' }), [['another remote', ping('a', 'fd08::2'), 'tunnel_outer']]);
    const translated = { filter: [table('ip', natChain('postrouting', [rule('masquerade', oif('e1'))]))] };
    predicts(tunnelled({ atR: translated }), [['translated', ping('a', 'fd08::2'), 'tunnel_outer']]);
  });

  it('takes twenty bytes of every packet', () => {
    predicts(tunnelled(), [
      ['as long as it takes', ping('a', 'fd08::2', { lengthBytes: 1480 }), 'answer'],
      ['longer', ping('a', 'fd08::2', { lengthBytes: 1481 }), 'message-too-long'],
    ]);
  });

  it('forbids routers to fragment what is outside: the first packet that is too long for one is lost', () => {
    predicts(tunnelled({ mtuBytes: 1400 }), [
      ['too long on the way', ping('a', 'fd08::2', { lengthBytes: 1450 }), 'tunnel_outer'],
      ['short enough', ping('a', 'fd08::2', { lengthBytes: 1380 }), 'answer'],
    ]);
  });

  it('does not work without the outer way', () => {
    const { a, ...others } = tunnelled().stacks;
    const lost = { ...tunnelled(), stacks: { ...others, a: { ...a!, routes: [] } } };
    predicts(lost, [['no route to the remote', ping('a', 'fd08::2'), 'tunnel_outer']]);
  });
});

describe('bonds', () => {
  const bond = (mode: 'active-backup' | '802.3ad', primary?: string) =>
    nic(['10.0.0.1/24'], {
      kind: 'bond',
      bond: { mode, miimonMilliseconds: 100, ...(primary === undefined ? {} : { primary }) },
    });
  const member = nic([], { master: 'bond0' });
  const switched = (host: Stack, downs: readonly string[] = []): NetworkState =>
    network(
      {
        host,
        sw: stack({
          br: bridge(),
          p0: nic([], { master: 'br', up: !downs.includes('p0') }),
          p1: nic([], { master: 'br', up: !downs.includes('p1') }),
          p2: nic([], { master: 'br' }),
        }),
        far: stack({ e0: nic(['10.0.0.2/24']) }),
      },
      ['host.e0 sw.p0', 'host.e1 sw.p1', 'far.e0 sw.p2'],
    );

  it('are one interface over any member that has a carrier', () => {
    const host = stack({ bond0: bond('active-backup', 'e1'), e0: member, e1: member });
    for (const downs of [[], ['p1'], ['p0']])
      predicts(switched(host, downs), [
        ['out', ping('host', '10.0.0.2'), 'answer'],
        ['in', ping('far', '10.0.0.1'), 'answer'],
      ]);
    predicts(switched(host, ['p0', 'p1']), [['cut off', ping('far', '10.0.0.1'), 'host-unreachable']]);
  });

  it('carry VLANs, and are ports of bridges', () => {
    const over = (id: number) =>
      network(
        {
          host: stack({ bond0: bond('802.3ad'), e0: member, e1: member, v: vlan(id, ['10.1.0.1/24'], 'bond0') }),
          far: stack({
            bond0: nic([], { kind: 'bond', bond: { mode: '802.3ad' } }),
            e0: member,
            e1: member,
            v: vlan(30, ['10.1.0.2/24'], 'bond0'),
          }),
        },
        ['host.e0 far.e0', 'host.e1 far.e1'],
      );
    predicts(over(30), [['one VLAN', ping('host', '10.1.0.2'), 'answer']]);
    predicts(over(31), [['another', ping('host', '10.1.0.2'), 'host-unreachable']]);
    const bridged = network(
      {
        host: stack({
          br: bridge(['10.0.0.1/24']),
          bond0: nic([], { kind: 'bond', master: 'br', bond: { mode: 'active-backup' } }),
          e0: member,
        }),
        far: stack({ e0: nic(['10.0.0.2/24']) }),
      },
      ['host.e0 far.e0'],
    );
    predicts(bridged, [['through the bridge', ping('far', '10.0.0.1'), 'answer']]);
  });
});

describe('devices that are not followed', () => {
  it('make an answer unknown, and are named', () => {
    const state = network(
      { host: stack({ wg0: nic(['10.9.0.1/24'], { kind: 'wireguard', wireguard: { peers: [] } }) }) },
      [],
    );
    expect(walk(buildModel(state), ping('host', '10.9.0.2'))).toMatchObject({
      verdict: 'unknown',
      unknown: ['the WireGuard tunnel wg0 of host'],
    });
  });
});
