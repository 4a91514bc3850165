/** What a supervisor works on: its part of the kernel, and the service processes in it. */
import { type Kernel } from '../linux/kernel.ts';
import { type Services } from './services.ts';

export interface Site {
  readonly kernel: Kernel;
  readonly services: Services;
}
