/** Virtual machines in plans: what starts them again, and what their steps say. */
import { describe, expect, it } from 'vitest';
import { planChanges } from '../../src/plan/plan-changes.ts';
import { printStep } from '../../src/plan/print-step.ts';
import { type Interface, type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type VirtualMachine } from '../../src/state/virtual-machine.ts';

const machine: VirtualMachine = {
  memoryMebibytes: 128,
  cpus: 1,
  image: { kind: 'probe' },
  disks: [],
  consolePort: 20000,
  monitorPort: 20001,
  stopSeconds: 30,
};

const nic = (address: string, mac: string): Interface => ({
  kind: 'ethernet',
  mac,
  mtuBytes: 1500,
  up: true,
  addresses: [{ family: 4, address, prefixLength: 24 }],
});

const stackOf = (interfaces: Stack['interfaces']): Stack => ({
  interfaces,
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
});

const pair = (addressOfA: string, more: Stack['interfaces'] = {}): NetworkState =>
  normalize({
    version: 1,
    stacks: {
      a: stackOf({ eth0: nic(addressOfA, '52:54:00:00:00:01'), ...more }),
      b: stackOf({
        eth0: nic('10.0.0.2', '52:54:00:00:00:02'),
        ...(more['eth1'] === undefined ? {} : { eth1: nic('10.1.0.2', '52:54:00:00:00:03') }),
      }),
    },
    cables: [
      { a: { stack: 'a', interface: 'eth0' }, b: { stack: 'b', interface: 'eth0' } },
      ...(more['eth1'] === undefined
        ? []
        : [{ a: { stack: 'a', interface: 'eth1' }, b: { stack: 'b', interface: 'eth1' } }]),
    ],
  });

const textOf = (...parts: Parameters<typeof planChanges>): readonly string[] =>
  planChanges(...parts).steps.map(printStep);

const bothA = { observed: { a: machine }, desired: { a: machine } };

describe('a virtual machine', () => {
  it('is said in the step that makes it', () => {
    const disk = { role: 'data', sizeMebibytes: 512 } as const;
    const nothing: NetworkState = { version: 1, stacks: {}, cables: [] };
    const debian: VirtualMachine = {
      ...machine,
      image: { kind: 'debian', packages: ['nginx'] },
      disks: [{ role: 'system' }, disk],
    };
    const lines = textOf(nothing, pair('10.0.0.1'), { observed: {}, desired: { a: debian } });
    expect(lines).toContain('+ a: virtual machine, 128 MiB, 1 processor, Debian nginx, disks: system, data 512 MiB');
    expect(lines).toContain('+ b: network stack');
  });

  it('goes on running through a change of addresses', () => {
    expect(textOf(pair('10.0.0.1'), pair('10.0.0.9'), bothA)).toEqual([
      '- a: 10.0.0.1/24 on eth0',
      '+ a: 10.0.0.9/24 on eth0',
    ]);
  });

  it.each([
    ['its memory', { observed: { a: machine }, desired: { a: { ...machine, memoryMebibytes: 256 } } }],
    ['its kind', { observed: { a: machine }, desired: {} }],
    ['its kind back', { observed: {}, desired: { a: machine } }],
  ])('is started again for %s, and what its cables end at is made anew', (_what, machines) => {
    const lines = textOf(pair('10.0.0.1'), pair('10.0.0.1'), machines);
    const first = (line: RegExp): number => lines.findIndex((text) => line.test(text));
    expect(first(/^- a: cable a eth0 to b eth0$/)).toBeLessThan(first(/^- a: (network stack|virtual machine)/));
    expect(first(/^- a: (network stack|virtual machine)/)).toBeLessThan(
      first(/^\+ a: (network stack|virtual machine)/),
    );
    expect(lines).toContain('+ a: cable a eth0 to b eth0');
    expect(lines).toContain('+ b: 10.0.0.2/24 on eth0');
    expect(lines.filter((line) => / b: network stack/.test(line))).toEqual([]);
  });

  it('is started again for a NIC that it gets', () => {
    const wider = pair('10.0.0.1', { eth1: nic('10.1.0.1', '52:54:00:00:00:04') });
    const lines = textOf(pair('10.0.0.1'), wider, bothA);
    expect(lines).toContain('- a: virtual machine, 128 MiB, 1 processor, probe image');
    expect(lines).toContain('+ a: virtual machine, 128 MiB, 1 processor, probe image');
  });

  it('needs no steps where nothing changes', () => {
    expect(textOf(pair('10.0.0.1'), pair('10.0.0.1'), bothA)).toEqual([]);
  });
});

describe('a virtual machine with slots for cards', () => {
  const roomy = { observed: { a: { ...machine, cardSlots: 2 } }, desired: { a: { ...machine, cardSlots: 2 } } };
  const more = pair('10.0.0.1', { eth1: nic('10.1.0.1', '52:54:00:00:00:04') });

  it('gets and loses a NIC while it runs', () => {
    for (const steps of [textOf(pair('10.0.0.1'), more, roomy), textOf(more, pair('10.0.0.1'), roomy)]) {
      expect(steps.filter((text) => text.includes('virtual machine'))).toEqual([]);
      expect(steps.some((text) => text.includes('cable'))).toBe(true);
    }
  });

  it('is started again for more than it has room for', () => {
    const full = { observed: { a: { ...machine, cardSlots: 1 } }, desired: { a: { ...machine, cardSlots: 1 } } };
    expect(textOf(pair('10.0.0.1'), more, full).filter((text) => text.includes('virtual machine'))).toHaveLength(2);
  });
});
