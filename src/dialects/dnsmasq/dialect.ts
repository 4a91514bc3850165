/**
 * dnsmasq.conf(5) and dnsmasq.d, written: a DHCP server for each range, on the interface that the range belongs to. Router
 * advertisements are read only; radvd is who sends those that are written.
 */
import { type DhcpServer } from '../../state/service.ts';
import { type Stack } from '../../state/network-state.ts';
import { normalPart } from '../differences.ts';
import { type ConfigText, type Dialect, type Writing } from '../dialect.ts';
import { plainLines, withLineEdits, withLinesAdded } from '../line-edits.ts';
import { stackIn } from '../reading.ts';
import { linesOf } from '../text.ts';
import { withServersEdited } from './edit-servers.ts';
import { readHost } from './hosts.ts';
import { optionIn, shortestLeaseSeconds } from './option-lines.ts';
import { arityOf } from './option-names.ts';
import { folder, read } from './read.ts';
import { readDhcpOption } from './told-options.ts';

const mainPath = 'etc/dnsmasq.conf';

/** Names that other programs have too, and so prove little. */
const common = /^(?:interface|domain|port|server|address|local|user|group|version|help|test|alias)$/;

const resembles = (text: string): number => {
  const options = linesOf(text).flatMap((line) => optionIn(line) ?? []);
  const like = options.filter(({ name }) => arityOf(name) !== undefined);
  const isSure = like.some(({ name }) => !common.test(name));
  return options.length === 0 ? 0 : (like.length / options.length) * (isSure ? 0.95 : 0.6);
};

const serversOf = ({ services }: Stack): readonly DhcpServer[] =>
  services.filter((service): service is DhcpServer => service.kind === 'dhcp-server');

/** Options 6, 15 and 119. */
const resolverLines = ({ interface: name, resolver }: DhcpServer): readonly string[] => {
  const [domain] = resolver?.search ?? [];
  const line = (option: string, values: readonly string[]): readonly string[] =>
    values.length === 0 ? [] : [`dhcp-option=tag:${name},option:${option},${values.join(',')}`];
  return [
    ...line('dns-server', resolver?.nameservers ?? []),
    ...line('domain-name', domain === undefined ? [] : [domain]),
    ...line('domain-search', resolver?.search ?? []),
  ];
};

const serverLines = (server: DhcpServer): readonly string[] => [
  `interface=${server.interface}`,
  `dhcp-range=tag:${server.interface},${server.first},${server.last},${server.netmask},${server.leaseSeconds}s`,
  `dhcp-option=tag:${server.interface},option:router${server.router === undefined ? '' : `,${server.router}`}`,
  ...resolverLines(server),
  ...(server.mtuBytes === undefined ? [] : [`dhcp-option=tag:${server.interface},option:mtu,${server.mtuBytes}`]),
  ...server.reservations.map(({ mac, address, name }) =>
    [`dhcp-host=${mac}`, address, ...(name === '' ? [] : [name])].join(','),
  ),
];

/** What files say of it. */
const sayable = ({
  isOneOfSeveral: _,
  relayed: _relayed,
  timeServers: _times,
  routes: _routes,
  program: _program,
  standby: _standby,
  ...server
}: DhcpServer): DhcpServer => server;

/** Servers of one interface share its name: dnsmasq sets a tag of each interface that it is asked by. */
const write: NonNullable<Dialect['write']> = (state, stack) => {
  const servers = serversOf(stackIn(state, stack));
  if (servers.length === 0) return { files: [], omissions: [] };
  const omissions: Writing['omissions'] = servers.flatMap((server, index) => {
    const omitted = (why: string): Writing['omissions'] => [
      { stack, what: `services/dhcp-server ${server.interface}`, why },
    ];
    const laterOnes = servers.slice(index + 1).filter((other) => other.interface === server.interface);
    return [
      ...(laterOnes.some(({ router }) => router !== server.router)
        ? omitted('ranges of one interface have one router')
        : []),
      ...(laterOnes.some(({ resolver }) => JSON.stringify(resolver) !== JSON.stringify(server.resolver))
        ? omitted('ranges of one interface have the same resolvers')
        : []),
      ...(laterOnes.some(({ mtuBytes }) => mtuBytes !== server.mtuBytes)
        ? omitted('ranges of one interface have one MTU')
        : []),
      ...(server.isOneOfSeveral === true ? omitted('whether others serve there, too, is not written') : []),
      ...(server.relayed === undefined ? [] : omitted('what it gives out on links behind relays is not written')),
      ...(server.timeServers === undefined ? [] : omitted('whom clients are told to ask for the time is not written')),
      ...(server.routes === undefined ? [] : omitted('the routes that clients are told are not written')),
      ...(server.standby === undefined ? [] : omitted('the other one of a pair in hot standby is not written')),
      ...(server.leaseSeconds < shortestLeaseSeconds ? omitted('dnsmasq gives no lease shorter than two minutes') : []),
    ];
  });
  const lines = ['# DHCP only: names are not answered', 'port=0', 'bind-interfaces', ...servers.flatMap(serverLines)];
  return { files: [{ path: 'etc/dnsmasq.d/lanwright.conf', text: `${lines.join('\n')}\n` }], omissions };
};

/** As the texts say them, on interfaces of the machine. */
const serversSaid = (
  texts: readonly ConfigText[],
  stack: string,
  interfaces: Stack['interfaces'],
): readonly DhcpServer[] => serversOf(normalPart(read(texts, { stack, interfaces }).stacks[stack]));

/** Lines that say what servers do; ranges of IPv6, and options that the model has no words for, are none. */
const isAboutServers = (line: string): boolean => {
  const option = optionIn({ number: 1, text: line });
  if (option === undefined) return false;
  if (option.name === 'dhcp-range') return !(option.value ?? '').includes('::');
  if (option.name === 'dhcp-option')
    return (
      readDhcpOption(
        option,
        () => true,
        () => undefined,
      ) !== undefined
    );
  if (option.name === 'dhcp-host')
    return (
      readHost(
        option,
        [],
        () => true,
        () => undefined,
      ) !== undefined
    );
  return option.name === 'interface';
};

/** All lines about servers go, and come anew at the end of the last text. */
const withServersAnew = (texts: readonly ConfigText[], wanted: readonly DhcpServer[]): readonly ConfigText[] =>
  texts.map(({ path, text }, index) => {
    const gone = plainLines(text).flatMap((line, at) => (isAboutServers(line) ? [at] : []));
    const left = withLineEdits(text, { instead: new Map(gone.map((at) => [at, []])), behind: new Map() });
    return { path, text: index < texts.length - 1 ? left : withLinesAdded(left, wanted.flatMap(serverLines)) };
  });

/** Single lines where these can say it, which reading them proves. */
const edit: NonNullable<Dialect['edit']> = (texts, state, stack, known = {}) => {
  if (texts.length === 0) return write(state, stack);
  const own = stackIn(state, stack);
  const interfaces = { ...known, ...own.interfaces };
  const { omissions } = write(state, stack);
  const wanted = serversOf(normalPart({ services: serversOf(own).map(sayable) }));
  const says = (files: readonly ConfigText[]): boolean =>
    JSON.stringify(serversSaid(files, stack, interfaces)) === JSON.stringify(wanted);
  if (says(texts)) return { files: texts, omissions };
  const lineByLine = withServersEdited(texts, serversSaid(texts, stack, interfaces), wanted, serverLines);
  if (lineByLine !== undefined && says(lineByLine)) return { files: lineByLine, omissions };
  return { files: withServersAnew(texts, wanted), omissions };
};

export const dnsmasq: Dialect = {
  name: 'dnsmasq',
  owns: (path) => path === mainPath || folder.test(path),
  resembles,
  read,
  write,
  edit,
};
