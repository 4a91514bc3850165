/**
 * Links on top of others, bridge ports, routes, rules and neighbours of all kinds on the real kernel, in a world: what
 * is observed is what was asked for, with iproute2 as witness; any choice of them leads to any other; what this kernel
 * has not is refused by name and taken back.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { runProgram } from '../../src/run/run-program.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type Interface, type NetworkState } from '../../src/state/network-state.ts';
import { type World } from '../../src/world/client.ts';
import { startWorld } from '../../src/world/start-world.ts';
import { bridge, choice, everything, nic, stack, stateOf } from './every-kind.ts';

fc.configureGlobal({ includeErrorInReport: true });

const supervisor = new URL('../../dist/supervisor.js', import.meta.url).pathname;
const runs = process.env['LANWRIGHT_SOAK'] === '1' ? 200 : 30;

let world: World;
const inHost = async (...argv: string[]): Promise<string> => {
  const { pid } = await world.status();
  const enter = ['nsenter', '--target', String(pid), '--user', '--preserve-credentials', '--mount', '--pid', '--net'];
  const result = await runProgram([...enter, 'ip', 'netns', 'exec', 'host', ...argv]);
  expect(result.stderr).toBe('');
  return result.stdout;
};
const apply = (desired: NetworkState) => world.apply(desired, '/test/lab.yaml', []);
/** What the kernel refused, in one line, which a property's report shows. */
const refusal = async (desired: NetworkState): Promise<string> => {
  const { failure } = await apply(desired);
  return failure === undefined ? '' : `${failure.step}: ${failure.message}`;
};
const left = async (desired: NetworkState) => planChanges(await world.observe(), desired).steps;

beforeAll(async () => {
  world = await startWorld(`kinds-${process.pid}`, supervisor);
});
afterAll(() => world.down());

describe('every kind that this kernel has', () => {
  const desired = stateOf(everything);

  it('is observed as it was asked for', async () => {
    expect((await apply(desired)).failure).toBeUndefined();
    expect(await left(desired)).toEqual([]);
    expect((await apply(desired)).steps).toBe(0);
  });

  it('is what iproute2 sees', async () => {
    const links = await inHost('ip', '-d', 'link');
    expect(links).toMatch(/mv0@eth0:[^]*?macvlan mode bridge/);
    expect(links).toMatch(/mv1@br0:[^]*?macvlan mode private/);
    expect(links).toMatch(/vx4:[^]*?vxlan id 10 local 192\.0\.2\.1 .*dstport 4789/);
    expect(links).toMatch(/vx6:[^]*?vxlan id 11259375 .*dstport 8472/);
    expect((await inHost('bridge', 'fdb', 'show', 'dev', 'vx4')).match(/^00:00:00:00:00:00 dst .*$/gm)?.sort()).toEqual(
      ['00:00:00:00:00:00 dst 192.0.2.2 self permanent', '00:00:00:00:00:00 dst 192.0.2.3 self permanent'],
    );
    expect(await inHost('bridge', 'fdb', 'show', 'dev', 'vx6')).toMatch(/00:00:00:00:00:00 dst 2001:db8:2::2/);
    expect(await inHost('bridge', '-d', 'link', 'show', 'dev', 'port1')).toMatch(
      /hairpin on .*learning off flood off .*isolated on/,
    );
    expect(await inHost('bridge', '-d', 'link', 'show', 'dev', 'vx4')).toMatch(/learning off flood on .*isolated on/);

    const routes = (await inHost('ip', 'route', 'show', 'table', 'all')).replaceAll(/[ \t]+/g, ' ');
    expect(routes).toMatch(
      /default proto static ?\n nexthop via 192\.0\.2\.2 dev eth0 weight 1 ?\n nexthop via 192\.0\.2\.3 dev mv0 weight 3/,
    );
    expect(routes).toMatch(/nexthop via 10\.255\.0\.1 dev br0 weight 1 onlink ?\n nexthop dev eth0 weight 1/);
    expect(routes).toMatch(/throw 10\.2\.0\.0\/16 table 100 proto static metric 7/);
    expect(routes).toMatch(/local 10\.3\.0\.0\/16 dev lo table local proto static scope host/);
    expect(routes).toMatch(/10\.4\.0\.0\/16 via 203\.0\.113\.1 dev eth0 proto static onlink/);
    expect(routes).toMatch(/10\.5\.0\.0\/16 via inet6 fe80::2 dev eth0/);
    expect(routes).toMatch(/throw 2001:db8:102::\/48 dev lo table 100/);
    expect(routes).toMatch(/local 2001:db8:103::\/48 dev lo table local/);
    expect(routes).toMatch(/2001:db8:100::\/48 proto static metric 1024 pref medium ?\n nexthop via .* weight/);

    const rules = (await inHost('ip', 'rule')) + (await inHost('ip', '-6', 'rule'));
    expect(rules).toMatch(/100:\s+from all oif eth0 lookup 100/);
    expect(rules).toMatch(/101:\s+from all fwmark 0x10\/0xf0 lookup 100/);
    expect(rules).toMatch(/102:\s+not from all fwmark 0\/0x1 lookup 1000/);
    expect(rules).toMatch(/103:\s+from all fwmark 0xffffffff prohibit/);
    expect(rules).toMatch(/104:\s+from all ipproto tcp sport 1024-65534 dport 80-443 lookup 100/);
    expect(rules).toMatch(/105:\s+from all ipproto udp dport 53 lookup 100/);
    expect(rules).toMatch(/106:\s+not from 192\.0\.2\.10 blackhole/);
    expect(rules).toMatch(/107:\s+from all to 2001:db8:9::\/48 unreachable/);
    expect(rules).toMatch(/108:\s+from all lookup main suppress_prefixlength 0/);
    expect(rules).toMatch(/32766:\s+from 10\.0\.0\.0\/8 lookup main/);

    expect((await inHost('ip', 'neigh', 'show', 'nud', 'permanent')).trim().split(/\s*\n/).sort()).toEqual([
      '192.0.2.98 dev mv0 lladdr 52:54:00:00:00:98 PERMANENT',
      '192.0.2.99 dev eth0 lladdr 52:54:00:00:00:99 PERMANENT',
      '2001:db8:2::99 dev eth0 lladdr 52:54:00:00:00:99 PERMANENT',
    ]);
  });

  it('leads to any other choice and back', async () => {
    await fc.assert(
      fc.asyncProperty(choice, async (other) => {
        const there = stateOf(other);
        const refused = await refusal(there);
        if (refused !== '') throw new Error(refused);
        expect(await left(there)).toEqual([]);
        expect((await apply(there)).steps).toBe(0);
      }),
      { numRuns: runs },
    );
    expect((await apply(desired)).failure).toBeUndefined();
    expect(await left(desired)).toEqual([]);
  });

  it('is made again with the link that it rests on', async () => {
    const moved = stateOf({ ...everything, farEnd: 'eth1' });
    const { failure } = await apply(moved);
    expect(failure).toBeUndefined();
    expect(await left(moved)).toEqual([]);
    expect((await apply(desired)).failure).toBeUndefined();
  });

  const withInterfaces = (interfaces: Readonly<Record<string, Interface>>): NetworkState => {
    const { host, ...others } = desired.stacks;
    if (host === undefined) throw new Error('no host');
    const changed = { ...host, interfaces: { ...host.interfaces, ...interfaces } };
    return normalize({ ...desired, stacks: { ...others, host: changed } });
  };
  const filtering = { stp: false, forwardDelaySeconds: 15, vlanFiltering: true } as const;

  /** Exactly what a kernel without 802.1Q devices, VLAN filtering and sit says; another kernel carries them out. */
  it.each([
    ['a VLAN link', { 'eth0.10': nic({ kind: 'vlan', vlan: { link: 'eth0', id: 10 } }) }, 'vlan eth0.10 on eth0 id 10'],
    [
      'a tunnel',
      { t0: nic({ kind: 'tunnel', mtuBytes: 1480, tunnel: { mode: 'sit', local: '192.0.2.1', remote: '192.0.2.2' } }) },
      'sit t0 local 192.0.2.1 remote 192.0.2.2',
    ],
    ['a new bridge that filters VLANs', { br2: bridge([], { bridge: filtering }) }, 'bridge br2'],
    [
      'VLAN filtering of a bridge that is there',
      { br1: bridge([], { mac: '52:54:00:00:00:06', bridge: { ...filtering, vlans: [{ id: 10 }] } }) },
      'br1: up, mtu 1500, 52:54:00:00:00:06, stp off, VLAN filtering, VLANs 10',
    ],
  ])('is left whole by %s: carried out where the kernel can, taken back where not', async (_what, more, text) => {
    expect((await apply(desired)).failure).toBeUndefined();
    const wanted = withInterfaces(more);
    const { failure } = await apply(wanted);
    if (failure === undefined) expect(await left(wanted)).toEqual([]);
    else {
      expect(failure.step).toMatch(/^[+~] host: /);
      expect(failure.step.slice(8)).toBe(text);
      expect(failure.message).toMatch(/^(?:Unknown device type|this kernel does not support it) \(EOPNOTSUPP\)$/);
      expect(await left(desired)).toEqual([]);
    }
    expect((await apply(desired)).failure).toBeUndefined();
  });

  it('goes away again', async () => {
    const bare = normalize({ version: 1, stacks: { host: stack({}) }, cables: [] });
    expect((await apply(bare)).failure).toBeUndefined();
    expect(await left(bare)).toEqual([]);
    expect((await inHost('ip', '-br', 'link')).trim().split('\n')).toHaveLength(1);
    expect((await inHost('ip', 'rule')).trim().split('\n')).toHaveLength(3);
    expect(await inHost('ip', 'neigh', 'show', 'nud', 'permanent')).toBe('');
  });
});
