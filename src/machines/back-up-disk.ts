/**
 * A disk of a machine that runs, copied to a file as it was at one moment: QEMU keeps what the machine overwrites meanwhile
 * for the copy (`drive-backup` of QMP). The machine's file systems on the disk are at rest in that moment.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type GuestDoor } from '../guest/guest-door.ts';
import { type MachineTable } from './machine-table.ts';
import { driveId } from './qemu-arguments.ts';
import { type Monitor } from './qmp.ts';

const job = 'backup';
const lookEveryMs = 50;
const restLimitMs = 20_000;

/** The disk's name in the guest, in the order that QEMU has them. */
const deviceOf = (index: number): string => `/dev/vd${String.fromCharCode('a'.charCodeAt(0) + index)}`;

/** File systems on the disk and its partitions that can be written to (fsfreeze(8)): what is not yet written is, before. */
const script = `while read -r device folder kind options rest; do
  case $device,$options in $1,rw*|$1[0-9]*,rw*) fsfreeze "--$2" "$folder" || exit 1 ;; esac
done < /proc/mounts`;

const bringTo = async (door: GuestDoor, device: string, what: 'freeze' | 'unfreeze'): Promise<boolean> => {
  const ran = await door.run(['sh', '-c', script, 'sh', device, what], { timeoutMs: restLimitMs });
  return ran.outcome === 'exited' && ran.status === 0;
};

interface JobInfo {
  readonly id: string;
  readonly status: string;
  readonly error?: string;
}

const untilCopied = async (monitor: Monitor): Promise<void> => {
  for (;;) {
    const jobs = (await monitor.ask('query-jobs')) as readonly JobInfo[];
    const mine = jobs.find(({ id }) => id === job);
    if (mine?.status === 'concluded') {
      await monitor.ask('job-dismiss', { id: job });
      if (mine.error !== undefined) throw new Error(mine.error);
      return;
    }
    if (mine === undefined) throw new Error('QEMU has given the copy up');
    await pause(lookEveryMs);
  }
};

export interface BackedUp {
  /** Whether the machine's file systems were at rest; otherwise the copy is as after a power cut. */
  readonly isAtRest: boolean;
}

/** `path`: of the disk, as the machine was started with it; `to`: a new image, in qcow2. Rejects with what is in the way. */
export const backUpDisk = async (
  { running }: MachineTable,
  machine: string,
  path: string,
  to: string,
): Promise<BackedUp> => {
  const it = running.get(machine);
  const index = it?.wish.boot.disks.findIndex((disk) => disk.path === path) ?? -1;
  if (it === undefined || index < 0) throw new Error(`\`${machine}\` does not run with the disk \`${path}\``);
  const { monitor } = it.guest;
  const isAtRest = await bringTo(it.door, deviceOf(index), 'freeze');
  try {
    const target = { target: to, format: 'qcow2', mode: 'absolute-paths' };
    await monitor.ask('drive-backup', {
      ...{ 'job-id': job, device: driveId(index), sync: 'full' },
      ...target,
      'auto-dismiss': false,
    });
  } finally {
    await bringTo(it.door, deviceOf(index), 'unfreeze');
  }
  await untilCopied(monitor);
  return { isAtRest };
};
