/**
 * The virtual machines of a state as QEMU gets them: a NIC for each cable that ends in one, linked to a tap in the
 * namespace at the other end, or straight to the other guest.
 */
import { createHash } from 'node:crypto';
import { type Cable, type CableEnd, type NetworkState } from '../state/network-state.ts';
import { type BootFiles, type VirtualMachine } from '../state/virtual-machine.ts';
import { guestFolder, socketsOf, type Accelerator, type Guest, type GuestNic, type NicLink } from './guest.ts';

/** What is wished for one virtual machine beside its stack. */
export interface MachineWish {
  readonly hardware: VirtualMachine;
  readonly boot: BootFiles;
  /** Start position: lower ones start first and stop last. */
  readonly start: number;
}

export type MachineWishes = Readonly<Record<string, MachineWish>>;

/** A state may leave the MAC to the kernel; QEMU wants one, the same at every start. */
const derivedMac = ({ stack, interface: name }: CableEnd): string => {
  const [a, b, c] = createHash('sha256').update(`${stack}/${name}`).digest();
  return ['52', '54', 'fe', ...[a, b, c].map((byte = 0) => byte.toString(16).padStart(2, '0'))].join(':');
};

const cableSocket = ({ stack, interface: name }: CableEnd): string => `${guestFolder}/${stack}.${name}.cable`;

const linkBetween = (near: CableEnd, far: CableEnd, wishes: MachineWishes): NicLink =>
  wishes[far.stack] === undefined
    ? { kind: 'tap', stack: far.stack, interface: far.interface }
    : { kind: 'peer', local: cableSocket(near), remote: cableSocket(far) };

const endsIn = (cables: readonly Cable[], stack: string): ReadonlyMap<string, readonly [CableEnd, CableEnd]> =>
  new Map(
    cables.flatMap(({ a, b }) => [
      ...(a.stack === stack ? [[a.interface, [a, b]] as const] : []),
      ...(b.stack === stack ? [[b.interface, [b, a]] as const] : []),
    ]),
  );

export const nicsOf = (state: NetworkState, stack: string, wishes: MachineWishes): readonly GuestNic[] => {
  const ends = endsIn(state.cables, stack);
  return Object.entries(state.stacks[stack]?.interfaces ?? {}).flatMap(([name, { mac }]) => {
    const cable = ends.get(name);
    if (cable === undefined) return [];
    const [near, far] = cable;
    return [{ name, mac: mac ?? derivedMac(near), link: linkBetween(near, far, wishes) }];
  });
};

/** The guests among `names`, in their order. */
export const guestsOf = (
  state: NetworkState,
  names: readonly string[],
  wishes: MachineWishes,
  accelerator: Accelerator,
): readonly Guest[] =>
  names.flatMap((name) => {
    const wish = wishes[name];
    if (wish === undefined) return [];
    const { hardware, boot } = wish;
    return [{ name, hardware, boot, accelerator, nics: nicsOf(state, name, wishes), sockets: socketsOf(name) }];
  });
