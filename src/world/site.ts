/** What a supervisor works on: its part of the kernel, the virtual machines, and the service processes in both. */
import { type Kernel } from '../linux/kernel.ts';
import { type MachineTable } from '../machines/machine-table.ts';
import { type Services } from './services.ts';

export interface Site {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly machines: MachineTable;
}
