/**
 * What a guest boots: a kernel, and an archive of a few programs and modules in memory. A probe guest is that alone and
 * is up in seconds; a guest with a system on a disk goes on from there. Made without root from packages of the
 * distribution, in the time of reading them, and kept by content.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Outcome } from '../diagnostics/diagnostic.ts';
import { cachedEntry, digestOf, digestOfEntry } from './content-cache.ts';
import { writeArchive, type ArchiveEntry } from './cpio.ts';
import { findGuestKernel, type GuestKernel } from './guest-kernel.ts';
import { findHostFiles, findProgram, readHostFiles, type HostFile } from './host-programs.ts';
import { moduleClosure, readClosure, type KernelModule } from './kernel-modules.ts';
import { imageFault, programFailed, programMissing } from './missing.ts';
import { cacheFolder } from './places.ts';
import { allFeatures, partsOf, type GuestFeature } from './probe-features.ts';
import {
  agentPath,
  findPortPath,
  mountTable,
  moduleParameters,
  probeInit,
  startAgent,
  systemInit,
  type InitParts,
} from './guest-init.ts';
import { readShipped } from './shipped-file.ts';
import { runProgram } from '../run/run-program.ts';

export interface GuestArchive {
  /** Files for QEMU's `-kernel` and `-initrd`. */
  readonly kernel: string;
  readonly initrd: string;
  /** The kernel's command line (`-append`); more words may follow. */
  readonly commandLine: string;
  /** SHA-256 over what the kernel's files and the archive hold. */
  readonly digest: string;
}

/**
 * Without the words in the last line a boot takes half as long again where instructions are emulated: above all the
 * kernel tests each of its ciphers.
 */
const commandLine = [
  // The kernel tests its timer once, and panics where a busy machine lets it tick too late.
  ...['console=ttyS0', 'quiet', 'panic=1', 'no_timer_check', 'net.ifnames=0', moduleParameters],
  ...['nokaslr', 'noreplace-smp', 'mitigations=off', 'random.trust_cpu=on', 'cryptomgr.notests'],
].join(' ');

/** Grows whenever the same inputs give another archive. */
const recipeVersion = 4;

const folders = ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'etc', 'usr/bin', 'usr/sbin', 'sbin', 'var/lib/misc'];

/** What nft and iptables know by name (protocols(5), which is in no package that a guest needs). */
const protocols = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  ospf: 89,
  vrrp: 112,
  sctp: 132,
};

export const protocolTable = Object.entries(protocols)
  .map(([name, number]) => `${name} ${number}\n`)
  .join('');

const tables: readonly ArchiveEntry[] = [
  ['etc/fstab', mountTable],
  ['etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'],
  ['etc/group', 'root:x:0:\nnogroup:x:65534:\n'],
  ['etc/hosts', '127.0.0.1 localhost\n::1 localhost\n'],
  ['etc/protocols', protocolTable],
  ['etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'],
].map(([path = '', text = '']) => ({ kind: 'file', path, contents: Buffer.from(text), isExecutable: false }));

/** What the kernel asks modprobe(8) for when something is used for the first time. */
export const moduleLists = (release: string, modules: readonly KernelModule[]): readonly ArchiveEntry[] => {
  const byName = new Map(modules.map((module) => [module.name, module]));
  // Read from the end (modules.dep(5)): the last is loaded first.
  const needsOf = ({ name }: KernelModule): readonly string[] =>
    moduleClosure(byName, [name])
      .slice(0, -1)
      .map(({ path }) => path)
      .reverse();
  const lines = modules.map((module) => `${module.path}: ${needsOf(module).join(' ')}`.trimEnd());
  const aliases = modules.flatMap(({ name, aliases: own }) => own.map((alias) => `alias ${alias} ${name}`));
  const file = (name: string, all: readonly string[]): ArchiveEntry => ({
    kind: 'file',
    path: `lib/modules/${release}/${name}`,
    contents: Buffer.from(`${all.join('\n')}\n`),
    isExecutable: false,
  });
  return [file('modules.dep', lines), file('modules.alias', aliases), file('modules.symbols', [])];
};

interface Ingredients {
  readonly kernel: GuestKernel;
  readonly busybox: string;
  readonly applets: readonly string[];
  readonly files: readonly HostFile[];
  readonly agent: string;
  readonly features: readonly GuestFeature[];
  readonly kind: GuestKind;
}

/** `probe`: lives in memory. `system`: goes on with the system on its disk. */
export type GuestKind = 'probe' | 'system';

const initOf = (kind: GuestKind, parts: InitParts): string => (kind === 'probe' ? probeInit(parts) : systemInit(parts));

const moduleEntries = async ({ kernel, features, kind }: Ingredients): Promise<readonly ArchiveEntry[]> => {
  const { modules, onDemand } = partsOf(features);
  // A system on a disk asks for the rest when it comes to need it.
  const early = kind === 'probe' ? modules : partsOf(['disks']).modules;
  const all = await readClosure(kernel.modules, [...modules, ...onDemand]);
  const files = await Promise.all(
    all.map(async ({ path }) => ({
      kind: 'file' as const,
      path: `lib/modules/${kernel.release}/${path}`,
      contents: await readFile(join(kernel.modules, path)),
      isExecutable: false,
    })),
  );
  // Those that are part of the kernel are in no file.
  const atBoot = all.filter(({ name }) => early.includes(name));
  const init = initOf(kind, {
    modules: atBoot.map(({ name }) => name),
    hasDisks: features.includes('disks'),
    hasOnDemand: onDemand.length > 0,
  });
  return [
    ...files,
    ...moduleLists(kernel.release, all),
    { kind: 'file', path: 'init', contents: Buffer.from(init), isExecutable: true },
  ];
};

const writeInitrd = async (ingredients: Ingredients, path: string): Promise<void> => {
  const { busybox, applets, files, agent } = ingredients;
  const programs = new Set(files.map((file) => file.path));
  const links = applets
    .filter((name) => name !== 'busybox' && !programs.has(`usr/bin/${name}`))
    .map((name): ArchiveEntry => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' }));
  const archive = writeArchive([
    ...folders.map((folder): ArchiveEntry => ({ kind: 'folder', path: folder })),
    ...tables,
    { kind: 'file', path: 'bin/busybox', contents: await readFile(busybox), isExecutable: true },
    ...links,
    // Where the kernel looks for it.
    { kind: 'link', path: 'sbin/modprobe', target: '/bin/busybox' },
    { kind: 'link', path: 'var/run', target: '/run' },
    ...(await readHostFiles(files)),
    ...(await moduleEntries(ingredients)),
    { kind: 'file', path: agentPath, contents: Buffer.from(agent), isExecutable: false },
    { kind: 'file', path: findPortPath, contents: Buffer.from(startAgent(`/${agentPath}`)), isExecutable: true },
  ]);
  await writeFile(path, archive, { mode: 0o600 });
};

/** A system on a disk has programs of its own. */
const programsOf = (kind: GuestKind, features: readonly GuestFeature[]): readonly string[] =>
  kind === 'probe' ? partsOf(features).programs : [];

const gather = async (
  kind: GuestKind,
  features: readonly GuestFeature[],
  agent: string,
): Promise<Outcome<Ingredients>> => {
  const kernel = await findGuestKernel();
  if (kernel.value === undefined) return { diagnostics: kernel.diagnostics };
  const busybox = await findProgram('busybox');
  if (busybox === undefined) return { diagnostics: [programMissing('busybox')] };
  const linked = await runProgram(['ldd', busybox]);
  if (linked.status === 0)
    return {
      diagnostics: [
        imageFault(
          'program-missing',
          'guests need a `busybox` that is linked statically',
          'apt-get install -y --no-install-recommends busybox-static',
        ),
      ],
    };
  const listed = await runProgram([busybox, '--list']);
  if (listed.status !== 0) return { diagnostics: [programFailed('busybox does not list its applets', listed)] };
  const files = await findHostFiles(programsOf(kind, features), agent);
  if (files.value === undefined) return { diagnostics: files.diagnostics };
  const applets = listed.stdout.split('\n').filter((name) => name !== '');
  return {
    value: { kernel: kernel.value, busybox, applets, files: files.value, agent, features, kind },
    diagnostics: [],
  };
};

/** From the cache, or made now. */
const makeGuest = async (kind: GuestKind, wanted: readonly GuestFeature[]): Promise<Outcome<GuestArchive>> => {
  const features = [...new Set(wanted)].sort();
  const agent = await readShipped('guest/agent.pl');
  const gathered = await gather(kind, features, agent);
  if (gathered.value === undefined) return { diagnostics: gathered.diagnostics };
  const { kernel, busybox, files } = gathered.value;
  const inputs = [
    recipeVersion,
    kernel.image,
    features,
    digestOf(agent),
    digestOf(initOf(kind, { modules: [], hasDisks: true, hasOnDemand: false }) + startAgent('') + mountTable),
    digestOf(await readFile(busybox)),
    files.map(({ path, identity }) => [path, identity]),
  ];
  const digest = digestOf(JSON.stringify(inputs));
  const entry = await cachedEntry(join(cacheFolder(), 'archives'), digest.slice(0, 32), async (draft) => {
    await writeInitrd(gathered.value as Ingredients, join(draft, 'initrd'));
    return undefined;
  });
  if ('failure' in entry) throw new Error('an archive that could not be written');
  const contents = await Promise.all([dirname(kernel.image), entry.folder].map(digestOfEntry));
  return {
    value: {
      kernel: kernel.image,
      initrd: join(entry.folder, 'initrd'),
      commandLine,
      digest: digestOf(contents.join()),
    },
    diagnostics: [],
  };
};

/** Machines that need the same share one look: reading it all again takes longer than starting one. */
const prepared = new Map<string, Promise<Outcome<GuestArchive>>>();

const prepareGuest = (kind: GuestKind, features: readonly GuestFeature[]): Promise<Outcome<GuestArchive>> => {
  const key = [kind, ...new Set(features)].sort().join();
  const found = prepared.get(key) ?? makeGuest(kind, features);
  prepared.set(key, found);
  return found;
};

/** A guest that lives in memory. */
export const prepareProbeGuest = (features: readonly GuestFeature[]): Promise<Outcome<GuestArchive>> =>
  prepareGuest('probe', features);

/** For a system on a disk, which may come to need any feature while it runs. */
export const prepareSystemBoot = (): Promise<Outcome<GuestArchive>> => prepareGuest('system', allFeatures);
