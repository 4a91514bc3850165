/** How the programs that serve are started: their arguments, and the files that they read. */
import { type FileToWrite, type StackDoor } from '../linux/stack-door.ts';
import { birdConfig } from '../services/bird.ts';
import { dnsmasq6Config, dnsmasqConfig, dnsmasqRelayConfig } from '../services/dnsmasq.ts';
import { keepalivedConfig } from '../services/keepalived.ts';
import { radvdConfig } from '../services/radvd.ts';
import { type Secrets } from '../services/named.ts';
import { checkInArguments, watcherSettings } from '../services/watcher.ts';
import { type Dhcp6Client, type DhcpClient, placeOfService, type Service } from '../state/service.ts';
import { keaCommand } from './kea-command.ts';
import { checkInProgram } from './check-in-program.ts';
import { type Command } from './command.ts';
import { dhcpScript } from './dhcp-script.ts';
import { dhcp6Script, dhcp6Settings, dhcp6Start } from './dhcp6-script.ts';
import { nameProgram, type NameProgram } from './name-programs.ts';
import { roleCommand } from './role-commands.ts';
import { resolverFile } from './resolver-files.ts';
import { resolverScript } from './resolver-script.ts';
import { watcherProgram } from './watcher-program.ts';

const folder = '/run/lanwright';
export const dhcpScriptPath = `${folder}/dhcp-script`;
export const dhcp6ScriptPath = `${folder}/dhcp6-script`;
const dhcp6StartPath = `${folder}/dhcp6-start`;
const resolverScriptPath = `${folder}/resolver-script`;
const watcherPath = `${folder}/watch`;
const checkInPath = `${folder}/check-in`;

/** Where the watcher of a stack keeps its open alerts. */
export const alertsFile = (stack: string): string => `${folder}/alerts-${stack}`;

/** Files that all programs of a machine share. */
export const sharedScripts: readonly FileToWrite[] = [
  { path: dhcpScriptPath, contents: dhcpScript, mode: 0o755 },
  { path: dhcp6ScriptPath, contents: dhcp6Script, mode: 0o755 },
  { path: dhcp6StartPath, contents: dhcp6Start, mode: 0o755 },
  { path: resolverScriptPath, contents: resolverScript, mode: 0o755 },
  { path: watcherPath, contents: watcherProgram, mode: 0o755 },
  { path: checkInPath, contents: checkInProgram, mode: 0o755 },
];

const nameOf = (stack: string, service: Service): string =>
  [service.kind, stack, placeOfService(service)].filter((part) => part !== '').join('-');

const dnsmasqCommand = (path: string, contents: string): Command => ({
  argv: ['dnsmasq', '--no-daemon', `--conf-file=${path}.conf`],
  environment: {},
  files: [{ path: `${path}.conf`, contents }],
});

const clientCommand = (client: DhcpClient, leaseFile: string, resolver: string): Command => ({
  argv: [
    'udhcpc', '--foreground', '--interface', client.interface, '--script', dhcpScriptPath,
    '-x', `hostname:${client.hostname}`, '--retries', '3', '--timeout', '1', '--tryagain', '2', '-O', 'staticroutes',
    ...(client.setsResolver === true ? ['-O', 'search'] : []),
  ], // prettier-ignore
  environment: {
    LANWRIGHT_LEASE: leaseFile,
    LANWRIGHT_METRIC: String(client.metric),
    ...(client.ignoresRouter === true ? { LANWRIGHT_NO_ROUTER: 'yes' } : {}),
    ...(client.setsResolver === true ? { LANWRIGHT_RESOLVER: resolver } : {}),
  },
  files: [],
  leaseFile,
  usesScripts: true,
});

/** Its DUID is made of the MAC of the interface (LL). */
const client6Command = (client: Dhcp6Client, path: string): Command => ({
  argv: [
    'sh', dhcp6StartPath, client.interface, '-6', '-d', '-1', '-D', 'LL', '-cf', `${path}.conf`,
    '-lf', `${path}.leases`, '-pf', `${path}.pid`, '-sf', dhcp6ScriptPath, '-e', `LANWRIGHT_LEASE=${path}.lease`,
  ], // prettier-ignore
  environment: { LANWRIGHT_LEASE: `${path}.lease` },
  // It would ask for what it was given before, and by the name that it had then.
  files: [
    { path: `${path}.conf`, contents: dhcp6Settings },
    { path: `${path}.leases`, contents: '' },
  ],
  leaseFile: `${path}.lease`,
  usesScripts: true,
});

const nameCommand = ({ start, files }: NameProgram): Command => ({ argv: start, environment: {}, files });

/** Where the files of a service are, as the beginning of a path. */
export const filesOfService = (stack: string, service: Service): string => `${folder}/${nameOf(stack, service)}`;

/** Undefined where the supervisor does it by itself. */
export const commandOf = (door: StackDoor, stack: string, service: Service, secrets: Secrets): Command | undefined => {
  const path = filesOfService(stack, service);
  switch (service.kind) {
    case 'dhcp-server':
    case 'relayed-dhcp-server':
      return service.program === 'kea'
        ? keaCommand(service, path)
        : { ...dnsmasqCommand(path, dnsmasqConfig(service, `${path}.leases`)), givenFile: `${path}.leases` };
    case 'dhcp6-server':
    case 'relayed-dhcp6-server':
      return service.program === 'kea'
        ? keaCommand(service, path)
        : { ...dnsmasqCommand(path, dnsmasq6Config(service, `${path}.leases`)), givenFile: `${path}.leases` };
    case 'dhcp-relay':
      return dnsmasqCommand(path, dnsmasqRelayConfig(service));
    case 'router-advertiser':
      return {
        argv: ['radvd', '--nodaemon', '--config', `${path}.conf`, '--pidfile', `${path}.pid`, '--logmethod', 'stderr'],
        environment: {},
        files: [{ path: `${path}.conf`, contents: radvdConfig(service), mode: 0o600 }],
      };
    case 'virtual-router':
      return {
        argv: [
          'keepalived', '--dont-fork', '--log-console', '--vrrp', '--use-file', `${path}.conf`,
          '--pid', `${path}.pid`, '--vrrp_pid', `${path}-vrrp.pid`,
        ], // prettier-ignore
        environment: {},
        files: [{ path: `${path}.conf`, contents: keepalivedConfig(stack, service), mode: 0o600 }],
      };
    case 'routing-daemon':
      return {
        argv: ['bird', '-f', '-c', `${path}.conf`, '-s', `${path}.control`, '-P', `${path}.pid`],
        environment: {},
        files: [{ path: `${path}.conf`, contents: birdConfig(service), mode: 0o600 }],
      };
    case 'dhcp-client':
      return clientCommand(service, `${path}.lease`, resolverFile(door, stack));
    case 'dhcp6-client':
      return client6Command(service, path);
    case 'advertised-resolver':
      return {
        argv: ['sh', resolverScriptPath, service.interface, resolverFile(door, stack), `${path}.lease`],
        environment: {},
        files: [],
        leaseFile: `${path}.lease`,
        usesScripts: true,
      };
    case 'name-server':
    case 'root-server':
      return nameCommand(nameProgram(service, path, secrets));
    case 'responder':
      return undefined;
    case 'watcher':
      return {
        argv: ['perl', watcherPath, `${path}.settings`, alertsFile(stack)],
        environment: {},
        files: [{ path: `${path}.settings`, contents: watcherSettings(stack, service), mode: 0o600 }],
        usesScripts: true,
      };
    case 'check-in':
      return {
        argv: ['perl', checkInPath, ...checkInArguments(service)],
        environment: {},
        files: [],
        usesScripts: true,
      };
    default:
      return roleCommand(door, service, path);
  }
};
