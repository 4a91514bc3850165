/** The files of an appliance as the programs read them that have to: qemu-img and tar. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildAppliance, type BuiltAppliance } from '../../src/images/appliance-files.ts';
import { digestOf } from '../../src/images/content-cache.ts';
import { runProgram } from '../../src/run/run-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanwright-appliance-'));
afterAll(() => rmSync(folder, { recursive: true }));

const outputOf = async (...argv: readonly string[]): Promise<string> => {
  const ran = await runProgram(argv, { directory: folder });
  if (ran.status !== 0) throw new Error(`${argv.join(' ')}: ${ran.stdout}${ran.stderr}`);
  return ran.stdout;
};

let built: BuiltAppliance;

beforeAll(async () => {
  const outcome = await buildAppliance({ folder, formats: ['raw', 'qcow2', 'vmx', 'ova'], version: '1.2.3' });
  if (outcome.value === undefined) throw new Error(JSON.stringify(outcome.diagnostics));
  built = outcome.value;
}, 900_000);

it('is small enough, and boots by the BIOS', () => {
  expect(built.diskBytes).toBeLessThanOrEqual(16_000_000);
  const disk = readFileSync(join(folder, 'v6-router.raw'));
  expect(disk).toHaveLength(built.diskBytes);
  expect(disk.readUInt16LE(510)).toBe(0xaa55);
  // The kernel, where the boot loader is told that it is (boot.rst of the kernel, "HdrS").
  expect(disk.subarray(512 * 512 + 0x202, 512 * 512 + 0x206).toString('latin1')).toBe('HdrS');
});

it('is the same disk in every format', async () => {
  for (const [format, file] of [
    ['qcow2', 'v6-router.qcow2'],
    ['vmdk', 'v6-router.vmdk'],
  ] as const) {
    await outputOf('qemu-img', 'check', '-q', '-f', format, file);
    await outputOf('qemu-img', 'compare', '-q', '-f', format, '-F', 'raw', file, 'v6-router.raw');
  }
  expect(readFileSync(join(folder, 'v6-router.vmx'), 'utf8')).toContain('ide0:0.fileName = "v6-router.vmdk"\n');
});

it('is packed with its description first, sums that are right, and a disk that can be read as a stream', async () => {
  const names = ['v6-router.ovf', 'v6-router.mf', 'v6-router-disk1.vmdk'];
  expect((await outputOf('tar', '-xvf', 'v6-router.ova')).trim().split('\n')).toEqual(names);
  const [descriptor = '', , disk = ''] = names;
  const sums = [descriptor, disk].map((name) => `SHA256(${name})= ${digestOf(readFileSync(join(folder, name)))}\n`);
  expect(readFileSync(join(folder, 'v6-router.mf'), 'utf8')).toBe(sums.join(''));
  const text = readFileSync(join(folder, descriptor), 'utf8');
  expect(text).toContain(`ovf:size="${readFileSync(join(folder, disk)).length}"`);
  expect(text).toContain(`ovf:capacity="${built.diskBytes}"`);
  const info = JSON.parse(await outputOf('qemu-img', 'info', '--output=json', disk)) as {
    readonly 'format-specific': { readonly data: { readonly 'create-type': string } };
  };
  expect(info['format-specific'].data['create-type']).toBe('streamOptimized');
  await outputOf('qemu-img', 'compare', '-q', '-f', 'vmdk', '-F', 'raw', disk, 'v6-router.raw');
});
