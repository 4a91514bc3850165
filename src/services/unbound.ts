/**
 * Turns a name server into the configuration of unbound.conf(5). It listens on all addresses, whatever they come to be,
 * so that it need never start again; zones are local data in a view for each kind of client. A changed file is taken over
 * by `unbound-control reload`, which goes on serving meanwhile; its door is a unix socket.
 */
import { prefix, printPrefix } from '../net/prefix.ts';
import { type NameServer, type NameView, type ResourceRecord, type RootServer, type Zone } from '../state/service.ts';

/** Where its files are: those that it reads, and the door for `unbound-control`. */
export interface NameServerFiles {
  readonly door: string;
  readonly hints: string;
  readonly rootZone: string;
}

/** How long others may keep an answer: a machine that is renamed is known by its new name after that. */
const ttlSeconds = 60;

const everyone = ['0.0.0.0/0', '::/0'];
const itself = ['127.0.0.0/8', '::1/128'];

const common = (verbosity: number): readonly string[] => [
  'server:',
  // It runs in a place of its own, as the user that it was started by, and needs nothing but the files it is told.
  '  directory: ""',
  '  chroot: ""',
  '  username: ""',
  '  pidfile: ""',
  '  do-daemonize: no',
  '  use-syslog: no',
  '  logfile: ""',
  `  verbosity: ${verbosity}`,
  '  statistics-interval: 0',
  '  num-threads: 1',
  // As many as a limit of 1024 open files leaves room for.
  '  outgoing-range: 200',
  '  num-queries-per-thread: 200',
  '  interface: 0.0.0.0',
  '  interface: ::0',
  // Answers leave from the address that was asked.
  '  interface-automatic: yes',
  '  hide-identity: yes',
  '  hide-version: yes',
  // Signatures end at the root, which has none in a world.
  '  module-config: "iterator"',
];

const remote = (door: string): readonly string[] => [
  'remote-control:',
  '  control-enable: yes',
  `  control-interface: ${door}`,
  '  control-use-cert: no',
];

const fullName = (name: string): string => `${name}.`;
const line = ({ name, type, data }: ResourceRecord): string => `${fullName(name)} ${ttlSeconds} IN ${type} ${data}`;

const zoneLines = ({ name, isPartial, records }: Zone): readonly string[] => [
  `  local-zone: "${fullName(name)}" ${isPartial === true ? 'transparent' : 'static'}`,
  ...records.map((record) => `  local-data: "${line(record)}"`),
];

/** The widest prefix is for whoever has none of their own, so that everybody has a view or is refused. */
const clientLines = ({ name, clients, isRecursive }: NameView): readonly string[] =>
  clients.flatMap((client) => [
    `  access-control: ${client} ${isRecursive ? 'allow' : 'refuse_non_local'}`,
    `  access-control-view: ${client} "${name}"`,
  ]);

const viewLines = ({ name, zones }: NameView): readonly string[] => [
  'view:',
  `  name: "${name}"`,
  '  view-first: no',
  ...zones.flatMap(zoneLines),
];

/** What the machine asks of itself is asked as those inside ask. */
const withItself = (view: NameView): NameView =>
  view.isRecursive ? { ...view, clients: [...view.clients, ...itself] } : view;

const forwardLines = (forwarders: readonly string[]): readonly string[] =>
  forwarders.length === 0
    ? []
    : ['forward-zone:', '  name: "."', ...forwarders.map((address) => `  forward-addr: ${address}`)];

export const unboundConfig = (server: NameServer, files: NameServerFiles): string => {
  const views = server.views.map(withItself);
  return [
    '# Names: zones of its own, and all others for those who may ask',
    ...common(1),
    // Recursion works as soon as one family leads out; IPv4 does so nearly everywhere.
    '  prefer-ip4: yes',
    '  do-not-query-localhost: no',
    ...(server.roots === undefined ? [] : [`  root-hints: "${files.hints}"`]),
    ...views.flatMap(clientLines),
    ...views.flatMap(viewLines),
    ...forwardLines(server.forwarders ?? []),
    ...remote(files.door),
    '',
  ].join('\n');
};

/**
 * The same for a machine that has unbound from its distribution, as a file that unbound.conf(5) includes: how it is
 * started, its user and its door are that machine's own, and the root is the real one.
 */
export const unboundInclude = ({ views, forwarders }: NameServer): string => {
  const all = views.map(withItself);
  return [
    'server:',
    '  interface: 0.0.0.0',
    '  interface: ::0',
    '  interface-automatic: yes',
    ...all.flatMap(clientLines),
    ...all.flatMap(viewLines),
    ...forwardLines(forwarders ?? []),
    '',
  ].join('\n');
};

const rootName = (index: number): string => `${String.fromCharCode('a'.charCodeAt(0) + index)}.root-servers.net.`;

/** The servers of the root zone by name and address, as in named.root. */
export const rootHints = (addresses: readonly string[]): string =>
  [
    `. 3600 IN NS ${rootName(0)}`,
    ...addresses.map((address) => `${rootName(0)} 3600 IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}`),
    '',
  ].join('\n');

/** Answers everybody from the root zone alone. */
export const rootServerConfig = (files: NameServerFiles): string =>
  [
    '# The root zone',
    ...common(1),
    ...everyone.map((client) => `  access-control: ${printPrefix(prefix(client))} allow`),
    'auth-zone:',
    '  name: "."',
    `  zonefile: "${files.rootZone}"`,
    '  for-upstream: no',
    '  for-downstream: yes',
    '  fallback-enabled: no',
    ...remote(files.door),
    '',
  ].join('\n');

/** A zone file (RFC 1035 section 5) of what the root server serves. */
export const rootZoneFile = ({ records }: RootServer): string => [...records.map(rootLine), ''].join('\n');

const rootLine = ({ name, type, data }: ResourceRecord): string =>
  `${name === '' ? '.' : fullName(name)} ${ttlSeconds} IN ${type} ${data}`;
