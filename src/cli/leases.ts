/**
 * Lists what the DHCP servers of a running lab have given out: to machines of the lab, to those that it had once (the lock
 * file keeps their MACs), and to strangers.
 */
import { parseLock, type LockFile } from '../lab/lock-file.ts';
import { parseIp } from '../net/address.ts';
import { readLock } from '../run/lock-store.ts';
import { type GivenLease } from '../world/lease-list.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { lockFileOf } from './load-design.ts';
import { type LabOptions } from './options.ts';
import { inRunningLab } from './running-world.ts';
import { printTable } from './table.ts';
import { hasColour, painter, print, widthOf } from './terminal.ts';

/** `stale`: of a machine that the lab had; `foreign`: of none that it ever had. */
type Holding = 'machine' | 'stale' | 'foreign';

interface ListedLease {
  readonly address: string;
  readonly holder: Holding;
  readonly machine: string | null;
  readonly nic: string | null;
  readonly mac: string | null;
  readonly client: string;
  readonly name: string | null;
  /** As in `2026-01-31T12:00:00Z`; null: never. */
  readonly expires: string | null;
  readonly server: string;
  readonly interface: string;
}

interface Gone {
  readonly machine: string;
  readonly nic: string;
}

const knownMacs = (lock: LockFile | undefined): ReadonlyMap<string, Gone> =>
  new Map(
    Object.entries(lock?.machines ?? {}).flatMap(([machine, { nics }]) =>
      Object.entries(nics).flatMap(([nic, { mac }]) => (mac === undefined ? [] : [[mac, { machine, nic }]])),
    ),
  );

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

const listed = (lease: GivenLease, known: ReadonlyMap<string, Gone>): ListedLease => {
  const gone = lease.mac === undefined ? undefined : known.get(lease.mac);
  const holder = lease.machine !== undefined ? 'machine' : gone === undefined ? 'foreign' : 'stale';
  return {
    address: lease.address,
    holder,
    machine: lease.machine ?? gone?.machine ?? null,
    nic: lease.nic ?? gone?.nic ?? null,
    mac: lease.mac ?? null,
    client: lease.client,
    name: lease.name ?? null,
    expires: lease.expiresAt === undefined ? null : timeOf(lease.expiresAt),
    server: lease.server,
    interface: lease.interface,
  };
};

/** Each server's IPv4 leases first, by address. */
const inOrder = (a: ListedLease, b: ListedLease): number => {
  const [one, other] = [parseIp(a.address), parseIp(b.address)];
  if (a.server !== b.server) return a.server < b.server ? -1 : 1;
  if (one === undefined || other === undefined) return 0;
  if (one.family !== other.family) return one.family - other.family;
  return one.value < other.value ? -1 : one.value > other.value ? 1 : 0;
};

const columns = ['ADDRESS', 'MACHINE', 'NIC', 'MAC', 'EXPIRES', 'SERVER'].map((heading) => ({ heading }));

const wordsOf = ({ holder, machine, name }: ListedLease): string =>
  holder === 'foreign'
    ? `foreign${name === null ? '' : ` (${name})`}`
    : `${machine ?? ''}${holder === 'stale' ? ' (gone)' : ''}`;

const printLeases = (leases: readonly ListedLease[]): string =>
  leases.length === 0
    ? 'no address is given out'
    : printTable(
        columns,
        leases.map((lease) => [
          lease.address,
          wordsOf(lease),
          lease.nic ?? '',
          lease.client,
          lease.expires ?? 'never',
          `${lease.server} ${lease.interface}`,
        ]),
        { width: widthOf(), paint: painter(hasColour()) },
      );

const lockBeside = async (file: string): Promise<LockFile | undefined> => {
  const path = lockFileOf(file);
  const { value } = await readLock(path);
  return value === undefined ? undefined : parseLock(path, value).value;
};

export const leases = (options: LabOptions): Promise<number> =>
  inRunningLab(options, async (world) => {
    const { file } = await world.status();
    const known = knownMacs(await lockBeside(file));
    const all = (await world.leases()).map((lease) => listed(lease, known)).sort(inOrder);
    print(options.json ? printJson(all) : printLeases(all));
    return exitCode.asWished;
  });
