/** What QEMU is started with, word by word. */
import { describe, expect, it } from 'vitest';
import { socketsOf, type Guest } from '../../src/machines/guest.ts';
import { qemuArguments, tapsOf } from '../../src/machines/qemu-arguments.ts';

const guest: Guest = {
  name: 'vm01',
  hardware: {
    memoryMebibytes: 128,
    cpus: 1,
    image: { kind: 'probe' },
    disks: [],
    consolePort: 20000,
    monitorPort: 20001,
    stopSeconds: 30,
  },
  boot: { kernel: '/k/vmlinux', initrd: '/k/initrd', commandLine: 'console=ttyS0 quiet', disks: [] },
  accelerator: 'tcg',
  nics: [
    { name: 'eth0', mac: '52:54:00:00:01:00', link: { kind: 'tap', stack: 'host', interface: 'vm01-eth0' } },
    { name: 'eth1', mac: '52:54:00:00:01:01', link: { kind: 'peer', local: '/run/a', remote: '/run/b,c' } },
    { name: 'eth2', mac: '52:54:00:00:01:02', link: { kind: 'tap', stack: 'host', interface: 'vm01-eth2' } },
  ],
  sockets: socketsOf('vm01'),
};

/** The values that follow an option. */
const valuesOf = (argv: readonly string[], option: string): readonly string[] =>
  argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));

describe('a probe guest', () => {
  const argv = qemuArguments(guest);

  it('is a q35 with nothing on it that was not asked for', () => {
    expect(argv.slice(0, 6)).toEqual(['-name', 'vm01', '-nodefaults', '-no-user-config', '-display', 'none']);
    expect(valuesOf(argv, '-machine')).toEqual(['q35,usb=off,vmport=off,hpet=off']);
    expect(valuesOf(argv, '-accel')).toEqual(['tcg,tb-size=48']);
    expect(valuesOf(argv, '-m')).toEqual(['128']);
    expect(argv).toContain('-no-reboot');
  });

  it('starts its kernel from memory', () => {
    expect(valuesOf(argv, '-kernel')).toEqual(['/k/vmlinux']);
    expect(valuesOf(argv, '-initrd')).toEqual(['/k/initrd']);
    expect(valuesOf(argv, '-append')).toEqual(['console=ttyS0 quiet']);
    expect(argv).not.toContain('-drive');
  });

  it('has a NIC for each end of a cable, in their order, taps by descriptor', () => {
    expect(valuesOf(argv, '-netdev')).toEqual([
      'tap,id=net0,fd=3',
      'dgram,id=net1,local.type=unix,local.path=/run/a,remote.type=unix,remote.path=/run/b,,c',
      'tap,id=net2,fd=4',
    ]);
    expect(valuesOf(argv, '-device').filter((device) => device.startsWith('virtio-net'))).toEqual([
      'virtio-net-pci,id=nic0,netdev=net0,mac=52:54:00:00:01:00,romfile=',
      'virtio-net-pci,id=nic1,netdev=net1,mac=52:54:00:00:01:01,romfile=',
      'virtio-net-pci,id=nic2,netdev=net2,mac=52:54:00:00:01:02,romfile=',
    ]);
    expect(tapsOf(guest.nics).map(({ name }) => name)).toEqual(['eth0', 'eth2']);
  });

  it('has its agent, console and monitor on sockets of its own', () => {
    expect(valuesOf(argv, '-chardev')).toEqual([
      'socket,id=agent,path=/run/lanwright/machines/vm01.agent,server=on,wait=off',
      'socket,id=console,path=/run/lanwright/machines/vm01.console,server=on,wait=off',
    ]);
    expect(valuesOf(argv, '-device')).toContain('virtserialport,id=agent,chardev=agent,name=org.lanwright.agent');
    expect(valuesOf(argv, '-qmp')).toEqual(['unix:/run/lanwright/machines/vm01.qmp,server=on,wait=off']);
    expect(valuesOf(argv, '-monitor')).toEqual(['tcp:127.0.0.1:20001,server=on,wait=off,nodelay=on']);
    expect(valuesOf(argv, '-pidfile')).toEqual(['/run/lanwright/machines/vm01.pid']);
  });
});

describe('a guest with slots for cards', () => {
  const argv = qemuArguments({ ...guest, hardware: { ...guest.hardware, cardSlots: 4 } });
  const devices = valuesOf(argv, '-device');

  it('has each card on a port of its own, and ports for more', () => {
    expect(devices.filter((device) => device.startsWith('pcie-root-port'))).toEqual(
      [1, 2, 3, 4].map((port) => `pcie-root-port,id=slot${port - 1},chassis=${port},slot=${port}`),
    );
    expect(devices.filter((device) => device.startsWith('virtio-net'))[1]).toBe(
      'virtio-net-pci,id=nic1,netdev=net1,mac=52:54:00:00:01:01,romfile=,bus=slot1',
    );
  });

  it('has a monitor for plugging them', () => {
    expect(valuesOf(argv, '-qmp')[1]).toBe('unix:/run/lanwright/machines/vm01.cards,server=on,wait=off');
  });
});

describe('a guest with disks', () => {
  const argv = qemuArguments({
    ...guest,
    hardware: { ...guest.hardware, memoryMebibytes: 512, cpus: 2 },
    accelerator: 'kvm',
    boot: {
      disks: [
        { role: 'system', path: '/d/system.qcow2', format: 'qcow2', isReadOnly: false },
        { role: 'settings', path: '/d/seed.iso', format: 'raw', isReadOnly: true },
        { role: 'scratch', path: '/d/a,b.qcow2', format: 'qcow2', isReadOnly: false },
      ],
    },
  });

  it('names them by what they are for, and syncs all but scratch', () => {
    expect(valuesOf(argv, '-drive')).toEqual([
      'id=disk0,file=/d/system.qcow2,format=qcow2,if=none,readonly=off,cache=writeback,discard=unmap',
      'id=disk1,file=/d/seed.iso,format=raw,if=none,readonly=on,cache=writeback,discard=unmap',
      'id=disk2,file=/d/a,,b.qcow2,format=qcow2,if=none,readonly=off,cache=unsafe,discard=unmap,snapshot=on',
    ]);
    expect(valuesOf(argv, '-device')).toContain('virtio-blk-pci,drive=disk0,serial=system');
  });

  it('boots from the first of them, on the processors of the host where KVM works', () => {
    expect(argv).not.toContain('-kernel');
    expect(valuesOf(argv, '-accel')).toEqual(['kvm']);
    expect(valuesOf(argv, '-cpu')).toEqual(['host']);
    expect(valuesOf(argv, '-smp')).toEqual(['2']);
  });
});
