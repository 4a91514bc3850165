/**
 * The parts of the language that speak of virtual machines, as zod schemas: where their system comes from, and their
 * disks. Sizes are in MiB.
 */
import * as z from 'zod';

const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, 'a package name is lower-case letters, digits, `+`, `.` and `-`');

export const image = z
  .union([
    z.enum(['probe', 'debian']),
    z.string().min(1),
    z.strictObject({
      debian: z.array(packageName).describe('packages that are installed beyond the base system'),
    }),
  ])
  .describe(
    'what a virtual machine runs: `probe` (a kernel and a few programs in memory), `debian`, `{ debian: [packages] }`, or the path of a disk image; default `probe`, or `debian` where there is a system disk',
  );

const role = z.enum(['system', 'settings', 'data', 'scratch']);

const disk = z
  .union([
    role,
    z.strictObject({
      role: role.describe('`system`, `settings`, `data` or `scratch`'),
      size: z.int().min(8).max(16777216).optional().describe('in MiB; default 1024, or that of the base for `system`'),
    }),
  ])
  .describe('`system`, `settings`, `data` or `scratch`, or a map with `role` and `size`');

export const disks = z
  .union([z.enum(['standard', 'three', 'two']), z.array(disk).max(16)])
  .describe(
    'disks of a virtual machine: `standard` (system, settings, data, scratch), `three` (without scratch), `two` (system and data), or a list',
  );
