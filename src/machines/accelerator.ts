/**
 * Whether KVM works here, found out by trying: a `/dev/kvm` may be there and still let every guest hang. A kernel
 * without a root file system panics within a second, and QEMU then ends; one that does not is taken for hanging.
 * Remembered until the machine boots again or QEMU changes.
 */
import { accessSync, constants, existsSync, readFileSync, statSync, type Stats } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../run/run-program.ts';
import { searchPath } from '../run/search-path.ts';
import { type Accelerator } from './guest.ts';
import { qemuProgram } from './run-guest.ts';

export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  /** Why it is not KVM, as part of a sentence. */
  readonly reason?: string;
}

const device = '/dev/kvm';
const patienceMs = 6000;

/** `kernel`: any Linux that QEMU starts. */
export const tryKvm = async (kernel: string, program = qemuProgram): Promise<AcceleratorChoice> => {
  const tried = await runProgram(
    [
      program,
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-machine', 'q35', '-accel', 'kvm'],
      ...['-cpu', 'host', '-m', '128', '-kernel', kernel, '-append', 'panic=-1 quiet'],
    ],
    { timeoutMs: patienceMs },
  );
  if (tried.outcome === 'exited' && tried.status === 0) return { accelerator: 'kvm' };
  const said = tried.stderr.trim().split('\n').at(-1) ?? '';
  const reason =
    tried.outcome === 'stopped' && tried.status !== 127
      ? `guests hang in ${device}`
      : `QEMU cannot use ${device}${said === '' ? '' : ` (${said})`}`;
  return { accelerator: 'tcg', reason };
};

const refusal = (): string | undefined => {
  if (!existsSync(device)) return `there is no ${device}`;
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return `${device} is not open to this user`;
  }
};

/** Undefined also where this user may not look. */
const aboutFile = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

/** Which file a program is, and when it changed: asking QEMU for its version takes as long as loading all of it. */
export const identityOf = (program: string): string => {
  for (const folder of searchPath().split(':')) {
    const found = aboutFile(join(folder, program));
    if (found !== undefined) return `${join(folder, program)} ${found.size} ${found.mtimeMs}`;
  }
  return '';
};

interface Remembered extends AcceleratorChoice {
  readonly boot: string;
  readonly qemu: string;
}

const readRemembered = (path: string): Partial<Remembered> => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Remembered>;
  } catch {
    return {};
  }
};

const remember = async (path: string, folder: string, entry: Remembered): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${path}.${process.pid}`, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
};

/** Of the machine that this runs on. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

const fileIn = (folder: string): string => join(folder, 'accelerator.json');

/** What the last trial since this machine was booted came to; nothing is tried. */
export const rememberedTrial = (folder: string): AcceleratorChoice | undefined => {
  const { boot, accelerator, reason } = readRemembered(fileIn(folder));
  if (boot !== bootId() || accelerator === undefined) return undefined;
  return { accelerator, ...(reason === undefined ? {} : { reason }) };
};

/** `folder`: where the answer is kept. */
export const chooseAccelerator = async (kernel: string, folder: string): Promise<AcceleratorChoice> => {
  const refused = refusal();
  if (refused !== undefined) return { accelerator: 'tcg', reason: refused };
  const boot = bootId();
  const qemu = identityOf(qemuProgram);
  const path = fileIn(folder);
  const known = readRemembered(path);
  if (known.boot === boot && known.qemu === qemu && known.accelerator !== undefined)
    return {
      accelerator: known.accelerator,
      ...(known.reason === undefined ? {} : { reason: known.reason }),
    };
  const choice = await tryKvm(kernel);
  await remember(path, folder, { ...choice, boot, qemu });
  return choice;
};
