/** What a machine is beside its network when it runs as a virtual machine: plain data, decided by the Lab. */

/** `netns`: a network namespace, which has nothing of what stands here. */
export type MachineKind = 'vm' | 'netns';

export interface VirtualMachine {
  readonly memoryMebibytes: number;
  readonly cpus: number;
  readonly image: GuestImage;
  /** What its stack asks of an image that carries no more than is asked for. */
  readonly features?: readonly string[];
  /** How many network cards it has room for while it runs: the more come, the others go without a new start. */
  readonly cardSlots?: number;
  /** In the order of their device names (vda, vdb, …); empty where the guest lives in memory. */
  readonly disks: readonly Disk[];
  /** TCP ports on loopback of the world for the serial console and for QEMU's monitor (QMP). */
  readonly consolePort: number;
  readonly monitorPort: number;
  /** How long it may take to power down when asked, before it is stopped by force. */
  readonly stopSeconds: number;
}

/**
 * `probe`: kernel and initramfs of our own making, in memory alone. `debian`: a system that is built from Debian's
 * packages. `file`: a disk image of the user's own, as an absolute path.
 */
export type GuestImage =
  | { readonly kind: 'probe' }
  | { readonly kind: 'debian'; readonly packages: readonly string[] }
  | { readonly kind: 'file'; readonly path: string };

export interface Disk {
  /**
   * `system`: an overlay on a sealed base. `settings`: read-only, made from the Lab. `data`: kept, never removed unless
   * named. `scratch`: new at every start.
   */
  readonly role: 'system' | 'settings' | 'data' | 'scratch';
  /** Absent for `settings`, and for `system` the size of its base. */
  readonly sizeMebibytes?: number;
}

/** The files that a virtual machine starts from, all there: what images make, and QEMU is given. Paths are absolute. */
export interface BootFiles {
  /** Absent: the firmware boots the first disk. */
  readonly kernel?: string;
  readonly initrd?: string;
  /** The kernel's command line. */
  readonly commandLine?: string;
  /** In the order of their device names. */
  readonly disks: readonly BootDisk[];
  /** For a machine that lives in memory: once booted, others like it may start from its state. */
  readonly savedStates?: {
    /** Where states are kept. */
    readonly folder: string;
    /** SHA-256 over the contents of kernel and archive. */
    readonly digest: string;
  };
}

export interface BootDisk {
  readonly role: Disk['role'];
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
  /** A scratch disk is not, and yet its file stays as it is: QEMU keeps what is written elsewhere (`snapshot=on`). */
  readonly isReadOnly: boolean;
}
