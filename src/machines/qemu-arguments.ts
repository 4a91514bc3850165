/**
 * A guest to the arguments of qemu-system-x86_64(1): nothing that was not asked for (`-nodefaults`), virtio throughout,
 * and every channel a unix socket. Descriptors of taps begin at `firstTapFd`, in the order of the NICs.
 */
import { agentPort, type Guest, type GuestNic } from './guest.ts';
import { type BootDisk } from '../state/virtual-machine.ts';

/** Behind standard input, output and error. */
export const firstTapFd = 3;

/** A comma ends a value in QEMU's options, and two are one. */
const value = (text: string): string => text.replaceAll(',', ',,');

const bootArguments = ({ boot }: Guest): readonly string[] => {
  if (boot.kernel === undefined) return [];
  return [
    // Firmware that does no more than start a kernel (it is a part of QEMU).
    ...['-bios', 'qboot.rom'],
    ...['-kernel', boot.kernel],
    ...(boot.initrd === undefined ? [] : ['-initrd', boot.initrd]),
    ...(boot.commandLine === undefined ? [] : ['-append', boot.commandLine]),
  ];
};

/** For translated code: a probe guest boots within 48 MiB of it; one that is full is emptied, and all translated anew. */
const codeBufferMebibytes = (memoryMebibytes: number): number => (memoryMebibytes <= 256 ? 48 : 96);

/**
 * With an instruction that gives random numbers: without it the kernel gathers randomness from its own timing when the
 * first program asks for some, which takes most of a second of processor time.
 */
const emulatedProcessor = 'qemu64,+rdrand';

/**
 * Memory that is a file: `isShared` while a state is saved in it; without, the file is what a guest starts with, and stays
 * as it is whatever the guest writes.
 */
export interface MemoryFile {
  readonly path: string;
  readonly isShared: boolean;
}

const memoryId = 'memory';

const memoryArguments = ({ hardware }: Guest, { path, isShared }: MemoryFile): readonly string[] => [
  '-object',
  `memory-backend-file,id=${memoryId},size=${hardware.memoryMebibytes}M,mem-path=${value(path)},share=${isShared ? 'on' : 'off'}`,
];

const machineArguments = ({ hardware, accelerator }: Guest, memory: MemoryFile | undefined): readonly string[] => [
  ...['-machine', `q35,usb=off,vmport=off,hpet=off${memory === undefined ? '' : `,memory-backend=${memoryId}`}`],
  ...(accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', `tcg,tb-size=${codeBufferMebibytes(hardware.memoryMebibytes)}`, '-cpu', emulatedProcessor]),
  ...['-m', String(hardware.memoryMebibytes)],
  ...['-smp', String(hardware.cpus)],
];

export const driveId = (index: number): string => `disk${index}`;

const diskArguments = ({ role, path, format, isReadOnly }: BootDisk, index: number): readonly string[] => [
  '-drive',
  [
    `id=${driveId(index)}`,
    `file=${value(path)}`,
    `format=${format}`,
    'if=none',
    `readonly=${isReadOnly ? 'on' : 'off'}`,
    // Scratch is new at every start: what a crash leaves of it matters to nobody.
    `cache=${role === 'scratch' ? 'unsafe' : 'writeback'}`,
    'discard=unmap',
    // Written to a file without a name, which goes with the process: the disk is new at every start.
    ...(role === 'scratch' ? ['snapshot=on'] : []),
  ].join(),
  '-device',
  `virtio-blk-pci,drive=${driveId(index)},serial=${role}`,
];

export const cardDriver = 'virtio-net-pci';
export const slotBus = (slot: number): string => `slot${slot}`;
export const cardId = (slot: number): string => `nic${slot}`;
export const backendId = (slot: number): string => `net${slot}`;

/** No option ROM: nobody boots from here. */
export const cardOptions = (slot: number, mac: string): Readonly<Record<string, string>> => ({
  id: cardId(slot),
  netdev: backendId(slot),
  mac,
  romfile: '',
});

const isTap = ({ link }: GuestNic): boolean => link.kind === 'tap';

export const tapsOf = (nics: readonly GuestNic[]): readonly GuestNic[] => nics.filter(isTap);

const backend = (nics: readonly GuestNic[], index: number): string => {
  const link = nics[index]?.link;
  if (link?.kind === 'peer')
    return `dgram,id=${backendId(index)},local.type=unix,local.path=${value(link.local)},remote.type=unix,remote.path=${value(link.remote)}`;
  return `tap,id=${backendId(index)},fd=${firstTapFd + nics.slice(0, index).filter(isTap).length}`;
};

/** Cards can be plugged into ports of their own alone (pcie.txt of QEMU), while the guest runs. */
const slotArguments = ({ hardware }: Guest): readonly string[] =>
  Array.from({ length: hardware.cardSlots ?? 0 }, (_, index) => [
    '-device',
    `pcie-root-port,id=${slotBus(index)},chassis=${index + 1},slot=${index + 1}`,
  ]).flat();

/** What goes on from a saved state has no more cards than were saved: they are plugged into their slots later. */
const nicArguments = ({ nics, hardware }: Guest, areCardsPlugged: boolean): readonly string[] =>
  nics.flatMap(({ mac }, index) => {
    if (areCardsPlugged) return ['-netdev', backend(nics, index)];
    const bus = hardware.cardSlots === undefined ? {} : { bus: slotBus(index) };
    const options = Object.entries({ ...cardOptions(index, mac), ...bus }).map(([key, text]) => `${key}=${text}`);
    return ['-netdev', backend(nics, index), '-device', [cardDriver, ...options].join()];
  });

const channelArguments = ({ sockets, hardware }: Guest): readonly string[] => [
  ...['-device', 'virtio-serial-pci,id=channels'],
  ...['-chardev', `socket,id=agent,path=${value(sockets.agent)},server=on,wait=off`],
  ...['-device', `virtserialport,id=agent,chardev=agent,name=${agentPort}`],
  ...['-chardev', `socket,id=console,path=${value(sockets.console)},server=on,wait=off`],
  ...['-serial', 'chardev:console'],
  ...['-qmp', `unix:${value(sockets.monitor)},server=on,wait=off`],
  ...(hardware.cardSlots === undefined ? [] : ['-qmp', `unix:${value(sockets.cards)},server=on,wait=off`]),
  // For people, on the loopback of the world.
  ...['-monitor', `tcp:127.0.0.1:${hardware.monitorPort},server=on,wait=off,nodelay=on`],
  ...['-pidfile', sockets.pidFile],
];

/** With a `memory` that is not shared it waits to be told of the rest of its state (`migrate-incoming` of QMP). */
export const qemuArguments = (guest: Guest, memory?: MemoryFile): readonly string[] => [
  ...['-name', value(guest.name)],
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
  ...(memory === undefined ? [] : memoryArguments(guest, memory)),
  ...machineArguments(guest, memory),
  ...bootArguments(guest),
  ...guest.boot.disks.flatMap(diskArguments),
  ...slotArguments(guest),
  ...nicArguments(guest, memory?.isShared === false),
  ...channelArguments(guest),
  ...(memory?.isShared === false ? ['-incoming', 'defer'] : []),
];
