/**
 * What a machine is beside its network when it runs as a virtual machine: memory, processors, image, disks, ports.
 * Undefined for a machine that runs as a network namespace. The same keys may stand for both kinds, unless the file
 * itself says `kind: netns`.
 */
import { type Disk, type GuestImage, type MachineKind, type VirtualMachine } from '../state/virtual-machine.ts';
import { type SpecMachine } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { type DraftMachine } from './draft.ts';

const probeMemoryMebibytes = 128;
const systemMemoryMebibytes = 512;
/**
 * A name server, who shares addresses, or finds routes by a daemon, has programs of 20 MiB with all that they are linked with, which are there twice
 * while the archive is unpacked.
 */
const serverMemoryMebibytes = 256;
/** Those of a name server of copied zones are of 60 MiB, and it takes 70 when it runs. */
const copyingMemoryMebibytes = 384;
const leastSystemMemoryMebibytes = 256;
const usualDiskMebibytes = 1024;
const usualStopSeconds = 30;

type DiskRole = Disk['role'];

const layouts: Readonly<Record<'standard' | 'three' | 'two', readonly DiskRole[]>> = {
  standard: ['system', 'settings', 'data', 'scratch'],
  three: ['system', 'settings', 'data'],
  two: ['system', 'data'],
};

const hardwareKeys = ['image', 'memory', 'cpus', 'disks', 'stop'] as const;

const diskOf = (role: DiskRole, size: number | undefined): Disk => {
  if (role === 'settings') return { role };
  if (role === 'system') return size === undefined ? { role } : { role, sizeMebibytes: size };
  return { role, sizeMebibytes: size ?? usualDiskMebibytes };
};

const writtenDisks = (disks: SpecMachine['disks']): readonly Disk[] => {
  if (disks === undefined) return [];
  if (typeof disks === 'string') return layouts[disks].map((role) => diskOf(role, undefined));
  const all = disks.map((it) => (typeof it === 'string' ? diskOf(it, undefined) : diskOf(it.role, it.size)));
  // The firmware boots the first one.
  return [...all.filter(({ role }) => role === 'system'), ...all.filter(({ role }) => role !== 'system')];
};

/** Packages of Debian that have the programs of roles. */
const rolePackages: Readonly<Record<string, string>> = {
  web: 'nginx',
  time: 'chrony',
  mail: 'postfix',
  files: 'samba',
};

const packagesFor = ({ services = [] }: SpecMachine): readonly string[] =>
  services
    .flatMap((service) => (typeof service === 'string' ? [service] : Object.keys(service)))
    .flatMap((word) => rolePackages[word] ?? []);

const imageOf = (body: SpecMachine, disks: readonly Disk[]): GuestImage => {
  const { image } = body;
  const debian = (wanted: readonly string[]): GuestImage => ({
    kind: 'debian',
    packages: [...new Set([...wanted, ...packagesFor(body)])].sort(),
  });
  if (image === undefined) return disks.some(({ role }) => role === 'system') ? debian([]) : { kind: 'probe' };
  if (typeof image !== 'string') return debian(image.debian);
  if (image === 'probe') return { kind: 'probe' };
  return image === 'debian' ? debian([]) : { kind: 'file', path: image };
};

/** A path in the file is meant from the folder of the file. */
const placed = (image: GuestImage, file: string): GuestImage => {
  if (image.kind !== 'file' || image.path.startsWith('/')) return image;
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  return { kind: 'file', path: `${folder}${image.path}` };
};

const tellUseless = ({ spec, findings }: Context, { name, spec: body, path }: DraftMachine): void => {
  if (body.kind !== 'netns') return;
  for (const key of hardwareKeys)
    if (body[key] !== undefined)
      findings.error(
        'key-does-not-apply',
        `\`${name}\` is a network namespace, where \`${key}\` has no meaning`,
        spec.source.keySpanOf([...path, key]),
        { help: 'take it away, or write `kind: vm`' },
      );
};

const checkDisks = (context: Context, machine: DraftMachine, image: GuestImage, disks: readonly Disk[]): void => {
  const { findings, spec } = context;
  const { name, path } = machine;
  const at = spec.source.spanOf([...path, 'disks']);
  for (const role of ['system', 'settings'] as const)
    if (disks.filter((disk) => disk.role === role).length > 1)
      findings.error('disk-used-twice', `\`${name}\` has two \`${role}\` disks`, at, { help: 'one is enough' });
  const hasSystem = disks.some(({ role }) => role === 'system');
  if (image.kind === 'probe' && hasSystem)
    findings.error('disk-without-base', `\`${name}\` has a system disk, and its image lives in memory`, at, {
      help: 'choose `image: debian`, or a disk image of your own',
    });
  if (image.kind !== 'probe' && !hasSystem)
    findings.error('no-system-disk', `\`${name}\` has no system disk, and its image needs one`, at, {
      help: 'add `system` to `disks`, or choose `disks: standard`',
    });
};

const checkMemory = ({ findings, spec }: Context, machine: DraftMachine, image: GuestImage): void => {
  const { memory } = machine.spec;
  if (memory === undefined || image.kind === 'probe' || memory >= leastSystemMemoryMebibytes) return;
  findings.error(
    'too-little-memory',
    `\`${machine.name}\` has ${memory} MiB of memory, and a system on a disk needs ${leastSystemMemoryMebibytes}`,
    spec.source.spanOf([...machine.path, 'memory']),
    { help: `write \`memory: ${systemMemoryMebibytes}\`` },
  );
};

const kindOf = ({ guestKind }: Context, { role, spec }: DraftMachine): MachineKind =>
  spec.kind ?? (role === 'guest' ? guestKind : 'netns');

const isAmong = ({ draft }: Context, { name, clonesOf }: DraftMachine, named: readonly string[]): boolean => {
  const all = [...named, ...named.flatMap((group) => draft.groups.get(group)?.members ?? [])];
  return all.includes(name) || (clonesOf !== undefined && all.includes(clonesOf));
};

const usualMemory = (context: Context, machine: DraftMachine, image: GuestImage): number => {
  if (image.kind !== 'probe') return systemMemoryMebibytes;
  const { dns } = context.spec.data;
  const servers = [dns?.servers ?? [], dns?.secondaries ?? []].flat();
  if (dns?.secondaries !== undefined && isAmong(context, machine, servers)) return copyingMemoryMebibytes;
  const networks = [...context.draft.networks.values()];
  const sharing = networks.flatMap(({ spec }) => spec.shared ?? []).flatMap(({ by }) => by);
  const isLarge = machine.spec.routing !== undefined || isAmong(context, machine, [...servers, ...sharing]);
  return isLarge ? serverMemoryMebibytes : probeMemoryMebibytes;
};

/** `consolePort`: the monitor has the next one. */
export const decideVirtualMachine = (
  context: Context,
  machine: DraftMachine,
  consolePort: number,
): VirtualMachine | undefined => {
  // What is wrong with one clone is wrong with all: say it once.
  const isTold = machine.clonesOf === undefined || machine.name === `${machine.clonesOf}-1`;
  if (isTold) tellUseless(context, machine);
  if (kindOf(context, machine) === 'netns') return undefined;
  const body = machine.spec;
  const wanted = writtenDisks(body.disks);
  const image = imageOf(body, wanted);
  const disks = body.disks === undefined && image.kind !== 'probe' ? writtenDisks('two') : wanted;
  if (isTold) {
    checkDisks(context, machine, image, disks);
    checkMemory(context, machine, image);
  }
  return {
    memoryMebibytes: body.memory ?? usualMemory(context, machine, image),
    cpus: body.cpus ?? 1,
    image: placed(image, context.spec.source.file),
    disks,
    consolePort,
    monitorPort: consolePort + 1,
    stopSeconds: body.stop ?? usualStopSeconds,
  };
};
