/** Which machines start from one saved state, and when one is there: whole, unchanged, and made by one process alone. */
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { socketsOf, type Guest, type SavedState } from '../../src/machines/guest.ts';
import { qemuArguments } from '../../src/machines/qemu-arguments.ts';
import {
  ensureState,
  findState,
  placeOf,
  refusalAt,
  StateRefused,
  type StatePlace,
} from '../../src/machines/saved-states.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanwright-states-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const guest = (): Guest => ({
  name: 'vm01',
  hardware: {
    memoryMebibytes: 128,
    cpus: 1,
    image: { kind: 'probe' },
    cardSlots: 4,
    disks: [],
    consolePort: 20000,
    monitorPort: 20001,
    stopSeconds: 30,
  },
  boot: { kernel: '/k', initrd: '/i', commandLine: 'quiet', disks: [], savedStates: { folder, digest: 'a' } },
  accelerator: 'tcg',
  nics: [{ name: 'eth0', mac: '52:54:00:00:01:00', link: { kind: 'tap', stack: 'host', interface: 'vm01-eth0' } }],
  sockets: socketsOf('vm01'),
});

const withHardware = (change: Partial<Guest['hardware']>): Guest => ({
  ...guest(),
  hardware: { ...guest().hardware, ...change },
});
const withBoot = (change: Partial<Guest['boot']>): Guest => ({ ...guest(), boot: { ...guest().boot, ...change } });

describe('machines that start from one state', () => {
  it('differ in their names, cards, ports and time limits', () => {
    const other = { ...withHardware({ consolePort: 1, monitorPort: 2, stopSeconds: 1 }), name: 'vm02', nics: [] };
    expect(placeOf({ ...other, sockets: socketsOf('vm02') })).toEqual(placeOf(guest()));
  });

  it.each([
    ['memory', () => withHardware({ memoryMebibytes: 256 })],
    ['processors', () => withHardware({ cpus: 2 })],
    ['slots for cards', () => withHardware({ cardSlots: 8 })],
    ['what the kernel is told', () => withBoot({ commandLine: 'debug' })],
    ['what kernel and archive hold', () => withBoot({ savedStates: { folder, digest: 'b' } })],
    ['accelerator', (): Guest => ({ ...guest(), accelerator: 'kvm' })],
  ])('have the same %s', (_what, other) => {
    expect(placeOf(other())?.key).toMatch(/^[0-9a-f]{32}$/);
    expect(placeOf(other())?.key).not.toBe(placeOf(guest())?.key);
  });

  it('have the same QEMU', () => {
    const [before, path] = [placeOf(guest())?.key, process.env['PATH']];
    try {
      // A folder that cannot be looked into is passed over.
      symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
      process.env['PATH'] = `${join(folder, 'loop')}:${folder}`;
      writeFileSync(join(folder, 'qemu-system-x86_64'), 'another');
      expect(placeOf(guest())?.key).not.toBe(before);
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('have no disks, and slots for all of their cards', () => {
    const disk = { role: 'data', path: '/d', format: 'qcow2', isReadOnly: false } as const;
    expect(placeOf(withBoot({ disks: [disk] }))).toBeUndefined();
    expect(placeOf(withHardware({ cardSlots: 0 }))).toBeUndefined();
    const { savedStates: _none, ...boot } = guest().boot;
    expect(placeOf({ ...guest(), boot })).toBeUndefined();
  });
});

describe('a guest that goes on from a state', () => {
  const argv = qemuArguments(guest(), { path: '/s/a,b', isShared: false });

  it('reads its memory from the file and leaves that as it is', () => {
    expect(argv).toContain('memory-backend-file,id=memory,size=128M,mem-path=/s/a,,b,share=off');
    expect(argv).toContain('q35,usb=off,vmport=off,hpet=off,memory-backend=memory');
    expect(argv.slice(argv.indexOf('-incoming'))).toEqual(['-incoming', 'defer']);
  });

  it('has the far ends of its cards, and the cards later', () => {
    expect(argv).toContain('tap,id=net0,fd=3');
    expect(argv.filter((word) => word.startsWith('virtio-net'))).toEqual([]);
  });

  it('has a memory that it shares while it is saved', () => {
    const saving = qemuArguments({ ...guest(), nics: [] }, { path: '/s/m', isShared: true });
    expect(saving).toContain('memory-backend-file,id=memory,size=128M,mem-path=/s/m,share=on');
    expect(saving).not.toContain('-incoming');
  });
});

const fill = (state: SavedState): Promise<void> => {
  for (const path of [state.memory, state.devices, state.said]) writeFileSync(path, 'x', { mode: 0o600 });
  return Promise.resolve();
};

const place = (): StatePlace => placeOf(guest()) as StatePlace;
const drafts = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith('.'));

describe('a saved state', () => {
  it('is there when it has been made, for its user alone', async () => {
    expect(findState(place())).toBeUndefined();
    const made = await ensureState(place(), fill);
    expect(findState(place())).toEqual(made);
    expect(statSync(join(folder, place().key)).mode & 0o777).toBe(0o700);
    expect(readFileSync(made?.memory ?? '', 'utf8')).toBe('x');
    expect(drafts()).toEqual([]);
  });

  it('is none once one of its files has changed', async () => {
    const made = await ensureState(place(), fill);
    appendFileSync(made?.memory ?? '', 'y');
    expect(findState(place())).toBeUndefined();
    const again = await ensureState(place(), fill);
    expect(readFileSync(again?.memory ?? '', 'utf8')).toBe('x');
  });

  it('is made once by those who want it at the same time', async () => {
    let made = 0;
    const make = async (state: SavedState): Promise<void> => {
      made += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await fill(state);
    };
    const states = await Promise.all([1, 2, 3].map(() => ensureState(place(), make)));
    expect(made).toBe(1);
    expect(new Set(states.map((state) => state?.memory)).size).toBe(1);
  });

  it('is none where its making failed, and is tried again', async () => {
    await expect(ensureState(place(), () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    expect(findState(place())).toBeUndefined();
    expect(drafts()).toEqual([]);
    expect(await ensureState(place(), fill)).toBeDefined();
  });

  it('is not tried again where QEMU cannot save it', async () => {
    const refuse = (): Promise<void> => Promise.reject(new StateRefused('a device cannot be saved'));
    await expect(ensureState(place(), refuse)).rejects.toThrow('a device cannot be saved');
    expect(refusalAt(place())).toBe('a device cannot be saved');
    expect(await ensureState(place(), fill)).toBeUndefined();
  });
});
