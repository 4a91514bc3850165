/**
 * A virtual machine as QEMU gets it: its hardware, the files it boots from, and a NIC for every end of a cable. Plain
 * data, but for the descriptors of taps, which are opened anew for every start.
 */
import { type BootFiles, type VirtualMachine } from '../state/virtual-machine.ts';

export type Accelerator = 'kvm' | 'tcg';

export interface Guest {
  readonly name: string;
  readonly hardware: VirtualMachine;
  readonly boot: BootFiles;
  readonly accelerator: Accelerator;
  /** In the order of the state's interfaces. */
  readonly nics: readonly GuestNic[];
  readonly sockets: GuestSockets;
}

/** Unix sockets of one guest, in the world's own /run. */
export interface GuestSockets {
  readonly agent: string;
  readonly console: string;
  readonly monitor: string;
  /** A monitor for plugging cards. */
  readonly cards: string;
  readonly pidFile: string;
}

/** Files of a state that guests go on from; their folder stays as it is. */
export interface SavedState {
  /** The guest's memory. */
  readonly memory: string;
  /** The rest, as QEMU's migration writes it. */
  readonly devices: string;
  /** What the guest had said on its console. */
  readonly said: string;
}

export interface GuestNic {
  /** What the interface is called in the guest's stack. */
  readonly name: string;
  readonly mac: string;
  readonly link: NicLink;
}

/**
 * `tap`: a tap in the namespace at the other end of the cable. `peer`: another guest; the two ends send each other
 * datagrams, whichever is there first, and no interface of the host is between them.
 */
export type NicLink =
  | { readonly kind: 'tap'; readonly stack: string; readonly interface: string }
  | { readonly kind: 'peer'; readonly local: string; readonly remote: string };

/** The virtio-serial port by which a guest is driven. */
export const agentPort = 'org.lanwright.agent';

export const guestFolder = '/run/lanwright/machines';

export const socketsOf = (name: string): GuestSockets => {
  const path = `${guestFolder}/${name}`;
  return {
    agent: `${path}.agent`,
    console: `${path}.console`,
    monitor: `${path}.qmp`,
    cards: `${path}.cards`,
    pidFile: `${path}.pid`,
  };
};
