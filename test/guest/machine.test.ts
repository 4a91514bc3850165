/**
 * A guest with a kernel of its own, in QEMU: kinds of links that the kernel outside may lack are made and observed
 * through the agent by the same code; how long a question to it takes.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareProbeGuest } from '../../src/images/guest-archive.ts';
import { featuresOf } from '../../src/images/probe-features.ts';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { printStep } from '../../src/plan/print-step.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type Interface, type NetworkState } from '../../src/state/network-state.ts';
import { worldOf, type World } from '../../src/world/client.ts';
import { type MachinesRequest } from '../../src/world/protocol.ts';
import { type SessionOutput } from '../../src/world/session-messages.ts';
import { startWorld } from '../../src/world/start-world.ts';
import { nic, stack, v4, v6 } from '../world/everything.ts';

const supervisor = new URL('../../dist/supervisor.js', import.meta.url).pathname;

/** Everything that rests on the cards of the guest. */
const links: Readonly<Record<string, Interface>> = {
  br0: nic([v4('10.0.0.1', 24)], {
    kind: 'bridge',
    mac: '52:54:00:00:01:00',
    bridge: {
      stp: false,
      forwardDelaySeconds: 2,
      vlanFiltering: true,
      vlans: [{ id: 1, pvid: true, untagged: true }, { id: 20 }],
    },
  }),
  eth0: nic([], {
    mac: '52:54:00:00:00:01',
    master: 'br0',
    port: {
      isolated: true,
      hairpin: true,
      learning: false,
      vlans: [{ id: 10, pvid: true, untagged: true }, { id: 20 }],
    },
  }),
  eth1: nic([v4('192.0.2.1', 24), v6('2001:db8:2::1', 64)], { mac: '52:54:00:00:00:02' }),
  'br0.20': nic([v4('10.0.20.1', 24)], { kind: 'vlan', vlan: { link: 'br0', id: 20 } }),
  'eth1.7': nic([], { kind: 'vlan', mtuBytes: 1496, vlan: { link: 'eth1', id: 7 } }),
  mv0: nic([v4('192.0.2.9', 24)], {
    kind: 'macvlan',
    mac: '52:54:00:00:00:09',
    macvlan: { link: 'eth1', mode: 'bridge' },
  }),
  six0: nic([v6('2001:db8:6::1', 64)], {
    kind: 'tunnel',
    mtuBytes: 1480,
    tunnel: { mode: 'sit', local: '192.0.2.1', remote: '192.0.2.2', ttl: 64 },
  }),
  vx0: nic([], {
    kind: 'vxlan',
    mtuBytes: 1450,
    vxlan: { id: 10, local: '192.0.2.1', remotes: ['192.0.2.2'], port: 4789 },
  }),
  bond0: nic([v4('10.0.3.1', 24)], {
    kind: 'bond',
    bond: { mode: 'active-backup', miimonMilliseconds: 100, primary: 'eth3' },
  }),
  eth2: nic([], { mac: '52:54:00:00:00:03', master: 'bond0' }),
  eth3: nic([], { mac: '52:54:00:00:00:04', master: 'bond0' }),
  bond1: nic([], {
    kind: 'bond',
    bond: { mode: '802.3ad', miimonMilliseconds: 50, lacpRate: 'fast', hashPolicy: 'layer3+4' },
  }),
  red: nic([], { kind: 'vrf', mtuBytes: 65535, vrf: { table: 100 } }),
  eth4: nic([v4('10.0.4.1', 24)], { mac: '52:54:00:00:00:05', master: 'red' }),
  d0: nic([v4('203.0.113.1', 32)], { kind: 'dummy' }),
  gre1: nic([v4('10.0.5.1', 30)], {
    kind: 'tunnel',
    mtuBytes: 1476,
    tunnel: { mode: 'gre', local: '192.0.2.1', remote: '192.0.2.2' },
  }),
  ipip1: nic([], {
    kind: 'tunnel',
    mtuBytes: 1480,
    tunnel: { mode: 'ipip', local: '192.0.2.1', remote: '192.0.2.2', ttl: 32 },
  }),
  rd0: nic([], {
    kind: 'tunnel',
    mtuBytes: 1480,
    tunnel: { mode: 'sit', local: '192.0.2.1', sixRd: { prefix: '2001:db8::/32', relayPrefix: '10.0.0.0/8' } },
  }),
};

const host = stack({
  interfaces: links,
  routes: [{ family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.0.2.2', dev: 'eth1', metric: 0, table: 254 }],
  sysctls: { 'net/ipv4/ip_forward': '1', 'net/ipv4/conf/eth1/proxy_arp': '1' },
  filter: [
    {
      family: 'inet',
      name: 'guard',
      chains: [{ name: 'input', type: 'filter', hook: 'input', priority: 0, policy: 'accept', rules: [] }],
    },
  ],
});

const state = (interfaces: Readonly<Record<string, Interface>>): NetworkState =>
  normalize({
    version: 1,
    stacks: {
      host: { ...host, interfaces: { ...host.interfaces, ...interfaces } },
      left: stack({ interfaces: { eth0: nic([v4('10.0.0.2', 24)]) } }),
      right: stack({
        interfaces: {
          eth0: nic([v4('192.0.2.2', 24), v6('2001:db8:2::2', 64)]),
          br0: nic([v4('10.0.3.2', 24)], { kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 } }),
          eth2: nic([], { master: 'br0' }),
          eth3: nic([], { master: 'br0' }),
          eth4: nic([v4('10.0.4.2', 24)]),
        },
      }),
    },
    cables: [
      { a: { stack: 'host', interface: 'eth0' }, b: { stack: 'left', interface: 'eth0' } },
      { a: { stack: 'host', interface: 'eth1' }, b: { stack: 'right', interface: 'eth0' } },
      ...['eth2', 'eth3', 'eth4'].map((name) => ({
        a: { stack: 'host', interface: name },
        b: { stack: 'right', interface: name },
      })),
    ],
  });

let world: World;
let machines: MachinesRequest;
const apply = (desired: NetworkState) => world.apply(desired, '/test/lab.yaml', [], undefined, machines);
const left = async (desired: NetworkState) => planChanges(await world.observe(), desired).steps.map(printStep);

beforeAll(async () => {
  const { value: boot, diagnostics } = await prepareProbeGuest(featuresOf(host));
  if (boot === undefined) throw new Error(JSON.stringify(diagnostics));
  const hardware = {
    memoryMebibytes: 128,
    cpus: 1,
    image: { kind: 'probe' },
    disks: [],
    consolePort: 5001,
    monitorPort: 5002,
    stopSeconds: 20,
  } as const;
  machines = {
    wishes: { host: { hardware, boot: { ...boot, disks: [] }, start: 0 } },
    accelerator: 'tcg',
    guestKind: 'netns',
  };
  world = await startWorld(`guest-${process.pid}`, supervisor);
}, 120_000);
afterAll(() => world.down(), 60_000);

describe('a guest', () => {
  it('holds what was asked for', async () => {
    const { failure } = await apply(state({}));
    expect(failure).toBeUndefined();
    expect(await left(state({}))).toEqual([]);
    expect((await apply(state({}))).steps).toBe(0);
  }, 180_000);

  it('is the kernel that carries it', async () => {
    const probes = [
      { from: 'right', address: '192.0.2.1', family: 4 },
      { from: 'right', address: '2001:db8:2::1', family: 6 },
      { from: 'right', address: '192.0.2.9', family: 4 },
      { from: 'right', address: '10.0.3.1', family: 4 },
      { from: 'right', address: '10.0.4.1', family: 4 },
      // Its port speaks VLAN 10, the bridge itself VLAN 1.
      { from: 'left', address: '10.0.0.1', family: 4 },
    ] as const;
    const measured = await world.measure(
      probes.map((probe, id) => ({ ...probe, id, toStack: 'host', protocol: 'icmp', port: null })),
      1000,
    );
    expect(measured.map(({ outcome }) => outcome === 'answered')).toEqual([true, true, true, true, true, false]);
  }, 60_000);

  it('tells who asked it, though it tells so after it has answered', async () => {
    // The kernel of the guest answers at once; what sees the requests there is held up, time and again.
    const holdUp = 'a=$PPID; (for n in 1 2 3 4 5 6; do kill -STOP $a; sleep 0.4; kill -CONT $a; sleep 0.1; done) &';
    const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const other = await worldOf(`guest-${process.pid}`);
    if (other === undefined) throw new Error('there is no such world');
    await new Promise<void>((done, fail) => {
      const request = { op: 'exec', machine: 'host', argv: ['sh', '-c', holdUp], environment } as const;
      const hear = (message: SessionOutput): void => {
        if ('status' in message) done();
      };
      other.hold(request, hear).catch(fail);
    });
    other.close();
    for (let round = 0; round < 6; round += 1) {
      const probes = [
        { id: 0, from: 'right', toStack: 'host', address: '192.0.2.1', family: 4, protocol: 'icmp', port: null },
        { id: 1, from: 'right', toStack: 'host', address: '2001:db8:2::1', family: 6, protocol: 'icmp', port: null },
      ] as const;
      const measured = await world.measure(probes, 1000);
      expect(measured.map(({ outcome, source }) => [outcome, source])).toEqual([
        ['answered', '192.0.2.2'],
        ['answered', '2001:db8:2::2'],
      ]);
    }
  }, 60_000);

  it('is observed in little time', async () => {
    const before = performance.now();
    for (let round = 0; round < 10; round += 1) await world.observe();
    const each = (performance.now() - before) / 10;
    console.info(`observing a guest and two namespaces: ${each.toFixed(1)} ms`);
  }, 60_000);
});
