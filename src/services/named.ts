/**
 * Turns a name server that copies zones, or has them copied, into what named(8) of BIND reads: its configuration, a file
 * for each zone that it is given, and the settings of rndc(8), by which it takes over changed files while it serves.
 * Requests between servers are signed (TSIG, RFC 8945), each view with a key of its own, by which a view is told apart, too.
 */
import { ip } from '../net/address.ts';
import {
  type NameServer,
  type NameView,
  type ResourceRecord,
  type Zone,
  type ZoneTransfers,
} from '../state/service.ts';
import { rootHints } from './unbound.ts';

/** A name server with transfers. */
export type TransferringServer = NameServer & { readonly transfers: ZoneTransfers };

export const isTransferring = (server: NameServer): server is TransferringServer => server.transfers !== undefined;

/** Base64 of the secret of a key, by its name. The same name is the same secret on all servers of a lab. */
export type Secrets = (key: string) => string;

export interface NamedFile {
  readonly path: string;
  readonly contents: string;
  readonly mode?: number;
}

const quoted = (text: string): string => `"${text}"`;
const block = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
const list = (items: readonly string[]): string => `{ ${items.map((item) => `${item}; `).join('')}}`;

const ttlSeconds = 60;
const recordLine = ({ name, type, data }: ResourceRecord): string => `${name}. IN ${type} ${data}`;

/** RFC 1035 section 5: the SOA record first. */
export const zoneFile = ({ records }: Zone): string => {
  const [first, rest] = [true, false].map((isFirst) => records.filter(({ type }) => (type === 'SOA') === isFirst));
  return [`$TTL ${ttlSeconds}`, ...[...(first ?? []), ...(rest ?? [])].map(recordLine), ''].join('\n');
};

const keyName = (view: string): string => `lanwright-${view}`;
const controlKey = 'lanwright-control';

const keyLines = (name: string, secret: string): readonly string[] => [
  `key ${quoted(name)} { algorithm hmac-sha256; secret ${quoted(secret)}; };`,
];

const itself = ['127.0.0.0/8', '::1/128'];
const isEveryone = (prefix: string): boolean => prefix.endsWith('/0');

/** The first view that fits is taken: those for everybody come last. */
const inOrder = (views: readonly NameView[]): readonly NameView[] =>
  [...views].sort((a, b) => Number(a.clients.some(isEveryone)) - Number(b.clients.some(isEveryone)));

const sourceLines = (sources: readonly string[]): readonly string[] =>
  sources.map((address) => `${ip(address).family === 4 ? 'transfer-source' : 'transfer-source-v6'} ${address};`);

/** Who may copy: from an address of a secondary, and with the key; one of both is not enough. */
const copiers = (secondaries: readonly string[], key: string): string =>
  list([`!{ !${list(secondaries)}; any; }`, `key ${quoted(key)}`]);

const transferLines = (transfers: ZoneTransfers, key: string): readonly string[] => {
  const signed = (addresses: readonly string[]): string =>
    list(addresses.map((address) => `${address} key ${quoted(key)}`));
  return transfers.kind === 'primary'
    ? [
        'type primary;',
        'ixfr-from-differences yes;',
        `allow-transfer ${copiers(transfers.secondaries, key)};`,
        'notify explicit;',
        `also-notify ${signed(transfers.secondaries)};`,
      ]
    : [
        'type secondary;',
        `primaries ${signed(transfers.primaries)};`,
        ...sourceLines(transfers.sources),
        'allow-transfer { none; };',
        'notify no;',
      ];
};

const zonePath = (folder: string, view: string, { name }: Zone, { kind }: ZoneTransfers): string =>
  `${folder}/${view}-${name}.${kind === 'primary' ? 'zone' : 'copy'}`;

const isIpv6 = (address: string): boolean => ip(address).family === 6;

/** It learns IPv6 addresses of servers, too, and waits most of a second for each where IPv6 does not lead out. */
const outwardLines = ({ roots = [], forwarders = [] }: NameServer): readonly string[] => {
  const asked = forwarders.length > 0 ? forwarders : roots;
  return asked.length === 0 || asked.some(isIpv6) ? [] : ['server ::/0 { bogus yes; };'];
};

const viewLines = (server: TransferringServer, view: NameView, folder: string): readonly string[] => {
  const { views, transfers, roots, forwarders } = server;
  const others = views.filter(({ name }) => name !== view.name).map(({ name }) => `!key ${quoted(keyName(name))}`);
  const clients = [...view.clients, ...(view.isRecursive ? itself : [])];
  return [
    `view ${quoted(view.name)} {`,
    ...block([
      `match-clients ${list([`key ${quoted(keyName(view.name))}`, ...others, ...clients])};`,
      `recursion ${view.isRecursive ? 'yes' : 'no'};`,
      'allow-query { any; };',
      ...(view.isRecursive ? ['allow-recursion { any; };', 'allow-query-cache { any; };'] : []),
      ...(view.isRecursive && roots !== undefined
        ? [`zone "." { type hint; file ${quoted(`${folder}/root.hints`)}; };`]
        : []),
      ...(view.isRecursive ? outwardLines(server) : []),
      ...(view.isRecursive && forwarders !== undefined ? [`forwarders ${list(forwarders)};`, 'forward only;'] : []),
      ...view.zones.flatMap((zone) => [
        `zone ${quoted(zone.name)} {`,
        ...block([
          `file ${quoted(zonePath(folder, view.name, zone, transfers))};`,
          ...transferLines(transfers, keyName(view.name)),
        ]),
        '};',
      ]),
    ]),
    '};',
  ];
};

/** It serves and answers for as long as its world is there, and leaves nothing outside of its folder. */
const optionLines = (folder: string): readonly string[] => [
  `directory ${quoted(folder)};`,
  'pid-file none;',
  'session-keyfile none;',
  'lock-file none;',
  'listen-on { any; };',
  'listen-on-v6 { any; };',
  // Signatures end at the root, which has none in a world.
  'dnssec-validation no;',
  'version none;',
  'hostname none;',
  'server-id none;',
  'allow-transfer { none; };',
  // Others hear of a change at once, and get it at once, however many zones it is about.
  'notify-delay 0;',
  'notify-rate 1000;',
  'startup-notify-rate 1000;',
  'serial-query-rate 1000;',
  'transfers-per-ns 10;',
  'max-cache-size 16M;',
];

/** Zones and transfers are told of one by one; of the rest, which says a hundred things at each start, what matters. */
const logLines = [
  'logging {',
  '  channel told { stderr; severity info; };',
  '  channel important { stderr; severity notice; };',
  '  category default { told; };',
  '  category general { important; };',
  '  category lame-servers { null; };',
  '};',
];

const config = (server: TransferringServer, folder: string, secrets: Secrets): string =>
  [
    '# Names: zones that are copied from server to server, and all others for those who may ask',
    ...inOrder(server.views).flatMap(({ name }) => keyLines(keyName(name), secrets(keyName(name)))),
    ...keyLines(controlKey, secrets(folder)),
    `controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { ${quoted(controlKey)}; }; };`,
    'options {',
    ...block(optionLines(folder)),
    '};',
    ...logLines,
    ...inOrder(server.views).flatMap((view) => viewLines(server, view, folder)),
    '',
  ].join('\n');

const controlSettings = (secret: string): string =>
  [
    ...keyLines(controlKey, secret),
    `options { default-server 127.0.0.1; default-port 953; default-key ${quoted(controlKey)}; };`,
    '',
  ].join('\n');

/** All in one folder. The configuration comes last: it names the others. */
export const namedFiles = (server: TransferringServer, folder: string, secrets: Secrets): readonly NamedFile[] => [
  { path: `${folder}/rndc.conf`, contents: controlSettings(secrets(folder)), mode: 0o600 },
  ...(server.roots === undefined ? [] : [{ path: `${folder}/root.hints`, contents: rootHints(server.roots) }]),
  ...(server.transfers.kind === 'secondary'
    ? []
    : server.views.flatMap((view) =>
        view.zones.map((zone) => ({
          path: zonePath(folder, view.name, zone, server.transfers),
          contents: zoneFile(zone),
        })),
      )),
  { path: `${folder}/named.conf`, contents: config(server, folder, secrets), mode: 0o600 },
];
