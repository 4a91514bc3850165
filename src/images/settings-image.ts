/**
 * What sets one machine apart, as a read-only disk: the seed that cloud-init calls NoCloud (label `cidata`, with
 * `meta-data`, `user-data` and `network-config`), which any cloud image knows, and beside it `files/`, which a system of
 * our own copies over its own before it starts. The network is left to the agent.
 */
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { runProgram } from '../run/run-program.ts';
import { digestOf } from './content-cache.ts';
import { replaceFile } from './draft.ts';
import { startAgent } from './guest-init.ts';
import { type Identity } from './identity.ts';
import { programFailed } from './missing.ts';
import { readShipped } from './shipped-file.ts';

export interface Settings {
  readonly hostname: string;
  readonly identity: Identity;
}

export interface SettingsFile {
  /** Relative. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Files that are copied over those of the system. */
export const systemFiles = ({ hostname, identity }: Settings): readonly SettingsFile[] => [
  { path: 'etc/hostname', text: `${hostname}\n`, mode: 0o644 },
  {
    path: 'etc/hosts',
    text: `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost ip6-localhost ip6-loopback\n`,
    mode: 0o644,
  },
  { path: 'etc/machine-id', text: `${identity.machineId}\n`, mode: 0o444 },
  { path: 'etc/ssh/ssh_host_ed25519_key', text: identity.sshHostKey.privateKey, mode: 0o600 },
  { path: 'etc/ssh/ssh_host_ed25519_key.pub', text: identity.sshHostKey.publicKey, mode: 0o644 },
];

const agentUnit = `[Unit]
Description=Hand of Lanwright in this machine
DefaultDependencies=no
After=systemd-sysctl.service local-fs.target
Before=network-pre.target
Conflicts=shutdown.target
Before=shutdown.target

[Service]
ExecStart=/bin/sh /usr/local/lib/lanwright/start-agent
Restart=always

[Install]
WantedBy=sysinit.target
`;

/** What cloud-init is told: JSON is YAML. */
const userData = ({ hostname, identity }: Settings, agent: string): string => {
  const agentPath = '/usr/local/lib/lanwright/agent.pl';
  const file = (path: string, content: string, permissions: string): object => ({ path, content, permissions });
  const config = {
    hostname,
    preserve_hostname: false,
    ssh_deletekeys: true,
    ssh_genkeytypes: [],
    ssh_keys: {
      ed25519_private: identity.sshHostKey.privateKey,
      ed25519_public: identity.sshHostKey.publicKey,
    },
    write_files: [
      file(agentPath, agent, '0644'),
      file('/usr/local/lib/lanwright/start-agent', startAgent(agentPath), '0755'),
      file('/etc/systemd/system/lanwright-agent.service', agentUnit, '0644'),
    ],
    runcmd: [
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', '--now', 'lanwright-agent.service'],
    ],
  };
  return `#cloud-config\n${JSON.stringify(config, undefined, 1)}\n`;
};

const seedFiles = async (settings: Settings): Promise<readonly SettingsFile[]> => {
  const { hostname, identity } = settings;
  const metaData = { 'instance-id': identity.machineId, 'local-hostname': hostname };
  return [
    { path: 'meta-data', text: `${JSON.stringify(metaData)}\n`, mode: 0o644 },
    { path: 'user-data', text: userData(settings, await readShipped('guest/agent.pl')), mode: 0o600 },
    { path: 'network-config', text: `${JSON.stringify({ version: 1, config: 'disabled' })}\n`, mode: 0o644 },
    ...systemFiles(settings).map((file) => ({ ...file, path: `files/${file.path}` })),
  ];
};

const writeTree = async (folder: string, files: readonly SettingsFile[]): Promise<void> => {
  for (const { path, text, mode } of files) {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true, mode: 0o755 });
    await writeFile(place, text, { mode });
    await chmod(place, mode);
  }
};

/** Where a data disk carries settings. */
export const settingsFolder = '.settings';

/** For a data disk of a machine without a settings disk: the same files. */
export const writeSettingsTree = (folder: string, settings: Settings): Promise<void> =>
  writeTree(
    folder,
    systemFiles(settings).map((file) => ({ ...file, path: `${settingsFolder}/${file.path}` })),
  );

const isSettings = (name: string): boolean => /^settings-[0-9a-f]+\.iso$/.test(name);

/** The settings image in a machine's folder: made where these settings have none yet, those of older ones removed. */
export const prepareSettings = async (folder: string, settings: Settings): Promise<Outcome<string>> => {
  const files = await seedFiles(settings);
  const name = `settings-${digestOf(JSON.stringify(files)).slice(0, 16)}.iso`;
  const path = join(folder, name);
  const present = await readdir(folder);
  if (!present.includes(name)) {
    const failure = await replaceFile(path, 0o400, (draft) => writeSeed(draft, files));
    if (failure !== undefined) return { diagnostics: [failure] };
  }
  for (const old of present) if (isSettings(old) && old !== name) await rm(join(folder, old), { force: true });
  return { value: path, diagnostics: [] };
};

const writeSeed = async (path: string, files: readonly SettingsFile[]): Promise<Diagnostic | undefined> => {
  const tree = `${path}.tree`;
  try {
    await writeTree(tree, files);
    const result = await runProgram([
      ...['xorriso', '-as', 'mkisofs', '-quiet', '-V', 'cidata', '-J', '-R', '-uid', '0', '-gid', '0'],
      ...['-o', path, tree],
    ]);
    return result.status === 0 ? undefined : programFailed('the settings cannot be written to an image', result);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
};
