/** What the two ends of a hypervisor's bed have to agree on. */

export interface HypervisorBoot {
  /** For QEMU's `-kernel`: a multiboot image. */
  readonly hypervisor: string;
  /** Of dom0 and of guests. */
  readonly kernel: string;
  readonly initrd: string;
}

/** What a script on dom0 answers. */
export interface ScriptAnswer {
  readonly status: number;
  /** What it wrote, errors too. */
  readonly output: string;
}
