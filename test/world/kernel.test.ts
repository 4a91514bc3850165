/**
 * NetworkStates on the real kernel, in a world: what is observed is what was asked for, with iproute2 and nft as
 * witnesses; any state leads to any other; what the kernel refuses is taken back.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { runProgram } from '../../src/run/run-program.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type Cable, type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { type World, WorldLost } from '../../src/world/client.ts';
import { startWorld } from '../../src/world/start-world.ts';
import { everything, nic, stack } from './everything.ts';

const supervisor = new URL('../../dist/supervisor.js', import.meta.url).pathname;

const base = normalize({ version: 1, stacks: { host: stack({}) }, cables: [] });

let world: World;
const inHost = async (...argv: string[]): Promise<string> => {
  const { pid } = await world.status();
  const enter = ['nsenter', '--target', String(pid), '--user', '--preserve-credentials', '--mount', '--pid', '--net'];
  const result = await runProgram([...enter, 'ip', 'netns', 'exec', 'host', ...argv]);
  expect(result.stderr).toBe('');
  return result.stdout;
};
const apply = (desired: NetworkState) => world.apply(desired, '/test/lab.yaml', []);
const left = async (desired: NetworkState) => planChanges(await world.observe(), desired).steps;

beforeAll(async () => {
  world = await startWorld(`kernel-${process.pid}`, supervisor);
});
afterAll(() => world.down());

describe('a NetworkState on the kernel', () => {
  it('is observed as it was asked for', async () => {
    expect((await apply(everything)).failure).toBeUndefined();
    expect(await left(everything)).toEqual([]);
    expect((await apply(everything)).steps).toBe(0);
  });

  it('is what iproute2 and nft see', async () => {
    const addresses = JSON.parse(await inHost('ip', '-j', 'addr', 'show', 'dev', 'eth0')) as {
      addr_info: { local: string; label?: string; prefixlen: number; secondary?: boolean }[];
    }[];
    const seen = addresses[0]?.addr_info.map(({ local, prefixlen, label, secondary }) => [
      local,
      prefixlen,
      label,
      secondary,
    ]);
    expect(seen).toContainEqual(['192.0.2.9', 24, 'eth0:0', true]);
    expect(seen).toContainEqual(['198.51.100.1', 25, 'eth0', undefined]);
    expect(await inHost('ip', 'route')).toMatch(/default via 192\.0\.2\.2 dev eth0 proto static metric 100/);
    expect(await inHost('ip', '-6', 'route')).toMatch(/blackhole 2001:db8:9::\/48/);
    expect(await inHost('ip', 'rule')).toMatch(/500:\s+from 192\.0\.2\.9 lookup 1000/);
    expect(await inHost('ip', 'neigh', 'show', 'proxy')).toMatch(/192\.0\.2\.77 dev eth0\s+proxy/);
    expect(await inHost('bridge', 'link')).toMatch(/port1.*master br0/);
    expect(await inHost('nft', 'list', 'ruleset')).toMatch(/policy drop[^]*icmp[^]*masquerade/);
  });

  it('goes away again, sysctls included', async () => {
    const before = (await apply(base)).failure;
    expect(before).toBeUndefined();
    expect(await left(base)).toEqual([]);
    expect((await inHost('sysctl', '-n', 'net.ipv4.ip_forward')).trim()).toBe('0');
    expect(await inHost('nft', 'list', 'ruleset')).toBe('');
    expect((await inHost('ip', '-br', 'link')).trim().split('\n')).toHaveLength(1);
  });

  it('is taken back whole when the kernel refuses a part', async () => {
    await apply(everything);
    const host = everything.stacks['host'];
    if (host === undefined) throw new Error('no host');
    const bad = normalize({
      ...everything,
      stacks: {
        ...everything.stacks,
        host: {
          ...host,
          sysctls: { ...host.sysctls, 'net/ipv4/ip_forward': '0' },
          routes: [
            { family: 4, to: '10.7.0.0/16', type: 'unicast', via: '203.0.113.9', dev: 'eth0', metric: 0, table: 254 },
          ],
        },
      },
    });
    const { failure } = await apply(bad);
    expect(failure).toMatchObject({ step: '+ host: route 10.7.0.0/16 via 203.0.113.9 dev eth0' });
    expect(failure?.message).toMatch(/gateway/i);
    expect(await left(everything)).toEqual([]);
  });

  it('leaves settings of an interface with what is set for all, whichever was set before', async () => {
    const peer = stack({ interfaces: { eth0: nic([]) } });
    const cables: Cable[] = [{ a: { stack: 'host', interface: 'eth0' }, b: { stack: 'peer', interface: 'eth0' } }];
    const withSysctls = (sysctls: Stack['sysctls']): NetworkState =>
      normalize({
        version: 1,
        stacks: { host: stack({ interfaces: { eth0: nic([]) }, sysctls }), peer },
        cables,
      });
    const forwarding = async (): Promise<string> =>
      (await inHost('sysctl', '-n', 'net.ipv4.conf.eth0.forwarding')).trim();
    const own = { 'net/ipv4/conf/eth0/forwarding': '1', 'net/ipv4/ip_forward': '0' };
    expect((await apply(withSysctls(own))).failure).toBeUndefined();
    expect(await forwarding()).toBe('1');
    expect((await apply(withSysctls({ 'net/ipv4/ip_forward': '1' }))).failure).toBeUndefined();
    expect(await forwarding()).toBe('1');
    const both = { 'net/ipv4/conf/eth0/forwarding': '0', 'net/ipv4/ip_forward': '1' };
    expect((await apply(withSysctls(both))).failure).toBeUndefined();
    expect(await forwarding()).toBe('0');
    expect((await apply(withSysctls({ 'net/ipv4/ip_forward': '1' }))).failure).toBeUndefined();
    expect(await forwarding()).toBe('1');
    await apply(base);
  });

  it('leads from any variant to any other', async () => {
    const part = <T>(list: readonly T[]) => fc.subarray([...list]);
    const host = everything.stacks['host'];
    if (host === undefined) throw new Error('no host');
    const variant = fc
      .record({
        addresses: part(host.interfaces['eth0']?.addresses ?? []),
        rules: part(host.rules),
        proxies: part(host.neighbourProxies),
        hasFilter: fc.boolean(),
        hasGuest: fc.boolean(),
        mtuBytes: fc.constantFrom(1400, 1500),
      })
      .map(({ addresses, rules, proxies, hasFilter, hasGuest, mtuBytes }) => {
        const { guest, ...others } = everything.stacks;
        const { port1, ...interfaces } = host.interfaces;
        const isGuestCable = ({ a }: Cable) => a.stack === 'guest';
        return normalize({
          version: 1,
          stacks: {
            ...others,
            ...(hasGuest && guest !== undefined ? { guest } : {}),
            host: {
              ...host,
              interfaces: {
                ...interfaces,
                ...(hasGuest && port1 !== undefined ? { port1 } : {}),
                eth0: nic(addresses, { mtuBytes }),
              },
              routes: host.routes.filter(({ dev }) => dev === undefined),
              rules,
              neighbourProxies: proxies,
              filter: hasFilter ? host.filter : [],
            },
          },
          cables: everything.cables.filter((cable) => hasGuest || !isGuestCable(cable)),
        });
      });
    await fc.assert(
      fc.asyncProperty(variant, async (desired) => {
        expect((await apply(desired)).failure).toBeUndefined();
        expect(await left(desired)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('ends with its supervisor', async () => {
    const { pid } = await world.status();
    process.kill(pid, 'SIGKILL');
    await expect(world.status()).rejects.toBeInstanceOf(WorldLost);
    world = await startWorld(`kernel-${process.pid}`, supervisor);
    expect((await apply(everything)).failure).toBeUndefined();
  });
});
