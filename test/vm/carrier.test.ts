/**
 * The carrier of cables to guests: an end sees one while the other end is up, as with the cables between namespaces. A
 * bond in a guest goes by it.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareProbeGuest } from '../../src/images/guest-archive.ts';
import { type MachineWish } from '../../src/machines/guests-of.ts';
import { partOfState } from '../../src/plan/part-of-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { worldOf, type World } from '../../src/world/client.ts';
import { type MachinesRequest } from '../../src/world/protocol.ts';
import { type SessionOutput } from '../../src/world/session-messages.ts';
import { startWorld } from '../../src/world/start-world.ts';
import { nic, stack, v4 } from '../world/everything.ts';

const supervisor = new URL('../../dist/supervisor.js', import.meta.url).pathname;

interface Ends {
  /** The namespace's ends of the two cables to the first guest. */
  readonly left: boolean;
  readonly right: boolean;
  /** The ends of the cable between the guests. */
  readonly near: boolean;
  readonly far: boolean;
}

const stateOf = ({ left, right, near, far }: Ends): NetworkState =>
  normalize({
    version: 1,
    stacks: {
      sw: stack({
        interfaces: {
          br0: nic([v4('10.0.0.1', 24)], { kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 } }),
          left: nic([], { master: 'br0', up: left }),
          right: nic([], { master: 'br0', up: right }),
        },
      }),
      one: stack({
        interfaces: {
          bond0: nic([v4('10.0.0.2', 24)], {
            kind: 'bond',
            bond: { mode: 'active-backup', miimonMilliseconds: 50, primary: 'eth0' },
          }),
          eth0: nic([], { mac: '52:54:00:00:00:01', master: 'bond0' }),
          eth1: nic([], { mac: '52:54:00:00:00:02', master: 'bond0' }),
          eth2: nic([v4('10.0.1.1', 24)], { mac: '52:54:00:00:00:03', up: near }),
        },
      }),
      two: stack({ interfaces: { eth0: nic([v4('10.0.1.2', 24)], { mac: '52:54:00:00:00:04', up: far }) } }),
    },
    cables: [
      { a: { stack: 'sw', interface: 'left' }, b: { stack: 'one', interface: 'eth0' } },
      { a: { stack: 'one', interface: 'eth1' }, b: { stack: 'sw', interface: 'right' } },
      { a: { stack: 'one', interface: 'eth2' }, b: { stack: 'two', interface: 'eth0' } },
    ],
  });

const all: Ends = { left: true, right: true, near: true, far: true };

const lab = `carrier-${process.pid}`;
let world: World;
let machines: MachinesRequest;

const change = async (desired: NetworkState): Promise<void> => {
  const { failure } = await world.apply(desired, '/test/lab.yaml', [], undefined, machines);
  expect(failure).toBeUndefined();
};
const apply = (ends: Ends): Promise<void> => change(stateOf(ends));

/** Runs a program in a guest; what it printed, or its exit status where that is not 0. */
const inGuest = async (machine: string, ...argv: readonly string[]): Promise<string | number> => {
  const session = await worldOf(lab);
  if (session === undefined) throw new Error('the lab is not up');
  let text = '';
  const ended = new Promise<number>((resolve) => {
    const hear = (message: SessionOutput): void => {
      if ('status' in message) resolve(message.status);
      else text += Buffer.from(message.output, 'base64').toString('utf8');
    };
    void session.hold({ op: 'exec', machine, argv, environment: {} }, hear).then((say) => say({ isEnd: true }));
  });
  const status = await ended;
  session.close();
  return status === 0 ? text.trim() : status;
};

const carrierIn = (machine: string, name: string): Promise<string | number> =>
  inGuest(machine, 'cat', `/sys/class/net/${name}/carrier`);

/** Of an end in a namespace. */
const carrierAt = async (name: string): Promise<boolean> => {
  const { pid } = await world.status();
  const words = ['-t', String(pid), '-U', '-m', '-n', '--preserve-credentials', 'ip', '-n', 'sw', 'link', 'show', name];
  const { stdout } = spawnSync('nsenter', words, { encoding: 'utf8' });
  expect(stdout).toContain(name);
  return stdout.includes('LOWER_UP');
};

beforeAll(async () => {
  const { value: boot, diagnostics } = await prepareProbeGuest(['bond']);
  if (boot === undefined) throw new Error(JSON.stringify(diagnostics));
  const wish = (port: number): MachineWish => ({
    hardware: {
      ...{ memoryMebibytes: 128, cpus: 1, image: { kind: 'probe' }, disks: [], cardSlots: 4 },
      ...{ consolePort: port, monitorPort: port + 1, stopSeconds: 20 },
    },
    boot: { ...boot, disks: [] },
    start: 0,
  });
  machines = { wishes: { one: wish(5001), two: wish(5003) }, accelerator: 'tcg', guestKind: 'netns' };
  world = await startWorld(lab, supervisor);
  await apply(all);
}, 240_000);
afterAll(() => world.down(), 60_000);

describe('a card of a guest', () => {
  it('has a carrier while the end in a namespace is up', async () => {
    expect(await carrierIn('one', 'eth0')).toBe('1');
    await apply({ ...all, left: false });
    expect(await carrierIn('one', 'eth0')).toBe('0');
    expect(await carrierIn('one', 'eth1')).toBe('1');
  }, 60_000);

  it('is left by the bond that it is a member of, and taken again', async () => {
    await expect.poll(() => inGuest('one', 'cat', '/sys/class/net/bond0/bonding/active_slave')).toBe('eth1');
    expect(await inGuest('one', 'ping', '-c1', '-W5', '10.0.0.1')).toContain('1 packets received');
    await apply(all);
    expect(await carrierIn('one', 'eth0')).toBe('1');
    await expect.poll(() => inGuest('one', 'cat', '/sys/class/net/bond0/bonding/active_slave')).toBe('eth0');
    expect(await inGuest('one', 'ping', '-c1', '-W5', '10.0.0.1')).toContain('1 packets received');
  }, 60_000);

  it('has one while the card of the other guest is up', async () => {
    await apply({ ...all, far: false });
    expect(await carrierIn('one', 'eth2')).toBe('0');
    await apply(all);
    expect(await carrierIn('one', 'eth2')).toBe('1');
    expect(await inGuest('one', 'ping', '-c1', '-W5', '10.0.1.2')).toContain('1 packets received');
  }, 60_000);
});

describe('the end in a namespace', () => {
  it('has a carrier while the card is up', async () => {
    const { stacks, ...rest } = stateOf(all);
    const { one } = stacks;
    const eth1 = one?.interfaces['eth1'];
    if (one === undefined || eth1 === undefined) throw new Error('there is no such card');
    const lowered = { ...one, interfaces: { ...one.interfaces, eth1: { ...eth1, up: false } } };
    expect(await carrierAt('right')).toBe(true);
    await change({ ...rest, stacks: { ...stacks, one: lowered } });
    expect(await carrierAt('right')).toBe(false);
    expect(await carrierAt('left')).toBe(true);
    await apply(all);
    expect(await carrierAt('right')).toBe(true);
  }, 60_000);
});

describe('a machine that starts at a cable whose far end is down', () => {
  it('has no carrier from its start on', async () => {
    const whole = stateOf({ ...all, left: false, far: false });
    await change(partOfState(whole, (name) => name !== 'one'));
    await change(whole);
    expect(await carrierIn('one', 'eth0')).toBe('0');
    expect(await carrierIn('one', 'eth1')).toBe('1');
    expect(await carrierIn('one', 'eth2')).toBe('0');
  }, 120_000);
});
