/**
 * /etc/sysconfig/network of SUSE (ifcfg(5), ifroute(5), ifsysctl(5), ifndp-proxy(5)), with /etc/sysconfig/sysctl and
 * SuSEfirewall2. Interfaces come up by what they need, then routes are set.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type ConfigText } from '../dialect.ts';
import { newBridge, runBrctl } from '../shell-commands/brctl.ts';
import { codeOf } from '../shell-commands/effect.ts';
import { setSysctl } from '../draft.ts';
import { putService, changeLink, type RunningDraft, makeLink } from '../shell-commands/running-draft.ts';
import { ipNeighbour } from '../shell-commands/ip-neighbour.ts';
import { ipRoute } from '../shell-commands/ip-route.ts';
import { ipTunnel } from '../shell-commands/ip-tunnel.ts';
import { isInterfaceName, lengthIn, numberIn } from '../shell-commands/values.ts';
import { type Assignment, assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { addVlan } from '../shell-commands/vconfig.ts';
import { pathOf } from '../sysctl/keys.ts';
import { linesOf, type Line, wordsIn } from '../text.ts';
import { addressIn, giveAddress, linkSettings } from './addresses.ts';
import { enslave, makeBond } from './bonds.ts';
import { baseName, tellOfOthers, variablesOf } from './files.ts';
import { readFirewall } from './firewall.ts';

const known =
  /^(?:STARTMODE|BOOTPROTO|(?:IPADDR|NETMASK|PREFIXLEN|BROADCAST|NETWORK|REMOTE_IPADDR|LABEL|SCOPE)(?:_?\w+)?|MTU|LLADDR|BRIDGE\w*|BONDING_\w+|ETHERDEVICE|VLAN_ID|VLAN|TUNNEL\w*|INTERFACETYPE|DUMMY)$/;
const silent =
  /^(?:NAME|USERCONTROL|ETHTOOL_OPTIONS\w*|ZONE|FIREWALL|DHCLIENT\w*|DHCLIENT6\w*|IFPLUGD_PRIORITY|UNIQUE|_nm_name|FORCE_STATIC_ROUTES|NM_CONTROLLED|PREFIX|GATEWAY|LINK_\w+|NETCONFIG\w*|WRITE_HOSTNAME_TO_HOSTS)$/;

const yes = (value: string | undefined): boolean => /^(?:yes|on|true|1)$/i.test(value ?? '');

const makeBridge = (draft: RunningDraft, name: string, file: VariableFile, head: Assignment): void => {
  makeLink(draft, name, { kind: 'bridge', bridge: newBridge }, head.at);
  const ports = assignmentIn(file, 'BRIDGE_PORTS');
  for (const port of (ports?.value ?? '').split(/\s+/).filter(Boolean))
    enslave(draft, name, port, ports?.at ?? head.at);
  for (const [variable, verb] of [
    ['BRIDGE_STP', 'stp'],
    ['BRIDGE_FORWARDDELAY', 'setfd'],
  ] as const) {
    const said = assignmentIn(file, variable);
    if (said === undefined || said.value.trim() === '') continue;
    const effect = runBrctl(draft, [verb, name, said.value.trim()], said.at);
    if (effect.kind === 'wrong')
      draft.tell('error', 'refused-by-kernel', `\`${variable}=${said.value}\`: ${effect.message}`, said.at);
  }
};

const makeVlan = (draft: RunningDraft, name: string, file: VariableFile, device: Assignment): void => {
  const said = variableIn(file, 'VLAN_ID') ?? /^(?:vlan|.*\.)0*(\d+)$/.exec(name)?.[1];
  const id = numberIn(said, 4094);
  if (id === undefined || !isInterfaceName(device.value))
    draft.tell(
      'error',
      'vlan-without-number',
      `\`${name}\` does not tell the number of its VLAN, or of which device`,
      device.at,
    );
  else addVlan(draft, name, device.value, id, device.at);
};

const makeTunnel = (draft: RunningDraft, name: string, file: VariableFile, mode: Assignment): void => {
  const words = ['name', name, 'mode', mode.value];
  for (const [variable, word] of [
    ['TUNNEL_LOCAL_IPADDR', 'local'],
    ['TUNNEL_REMOTE_IPADDR', 'remote'],
    ['TUNNEL_TTL', 'ttl'],
  ] as const) {
    const value = variableIn(file, variable);
    if (value !== undefined) words.push(word, value);
  }
  const effect = ipTunnel(draft, 'add', words, mode.at);
  if (effect.kind !== 'done')
    draft.tell(
      effect.kind === 'wrong' ? 'error' : 'not-said',
      'unsaid-tunnel',
      `\`${name}\`: ${effect.message}`,
      mode.at,
    );
};

const make = (draft: RunningDraft, name: string, file: VariableFile): void => {
  const said = (variable: string): Assignment | undefined => {
    const assignment = assignmentIn(file, variable);
    return assignment === undefined || assignment.value.trim() === '' ? undefined : assignment;
  };
  const [bridge, bond, vlan, tunnel] = ['BRIDGE', 'BONDING_MASTER', 'ETHERDEVICE', 'TUNNEL'].map(said);
  if (bridge !== undefined && yes(bridge.value)) makeBridge(draft, name, file, bridge);
  else if (bond !== undefined && yes(bond.value)) {
    makeBond(draft, name, variableIn(file, 'BONDING_MODULE_OPTS') ?? '', bond.at);
    for (const { name: variable, value, at } of file.assignments)
      if (/^BONDING_SLAVE/.test(variable) && value.trim() !== '') enslave(draft, name, value.trim(), at);
  } else if (vlan !== undefined) makeVlan(draft, name, file, vlan);
  else if (tunnel !== undefined) makeTunnel(draft, name, file, tunnel);
  else if (/^dummy/.test(variableIn(file, 'INTERFACETYPE') ?? name))
    makeLink(draft, name, { kind: 'dummy' }, { path: file.path, line: 1, column: 1 });
};

const addresses = (draft: RunningDraft, name: string, file: VariableFile): void => {
  for (const assignment of file.assignments) {
    const suffix = /^IPADDR(.*)$/.exec(assignment.name)?.[1];
    if (suffix === undefined || assignment.value.trim() === '') continue;
    const address = addressIn(draft, file, assignment, suffix, 'whole');
    if (address === undefined) continue;
    const label = variableIn(file, `LABEL${suffix}`);
    const labelled =
      label === undefined || address.family === 6
        ? address
        : { ...address, label: label.includes(':') ? label : `${name}:${label}` };
    giveAddress(draft, name, labelled, variableIn(file, `REMOTE_IPADDR${suffix}`), assignment.at);
  }
};

/** DHCP leaves static addresses of the file where they are. */
const protocols = (draft: RunningDraft, name: string, file: VariableFile): void => {
  const assignment = assignmentIn(file, 'BOOTPROTO');
  const words = (assignment?.value.trim().toLowerCase() ?? 'static').split('+');
  const at = assignment?.at ?? { path: file.path, line: 1, column: 1 };
  for (const word of words) {
    if (word === 'dhcp' || word === 'dhcp4')
      putService(draft, { kind: 'dhcp-client', interface: name, hostname: draft.stack, metric: 0 }, at);
    if (word === 'dhcp6' || word === 'autoip' || word === 'ibft' || word === 'auto6')
      draft.tell(
        'not-said',
        'unsaid-method',
        `\`BOOTPROTO=${assignment?.value ?? ''}\` of \`${name}\`: ${word} is not modelled`,
        at,
      );
    if (!/^(?:dhcp[46]?|autoip|auto6|ibft|static|none|6to4|)$/.test(word))
      draft.tell('error', 'unknown-method', `\`${word}\` is no BOOTPROTO`, at);
  }
};

const readIfcfg = (draft: RunningDraft, name: string, file: VariableFile): void => {
  tellOfOthers(draft, file, known, silent);
  const mode = assignmentIn(file, 'STARTMODE');
  const at = mode?.at ?? { path: file.path, line: 1, column: 1 };
  const word = mode?.value.trim().toLowerCase() ?? 'manual';
  if (word === 'manual' || word === 'off' || word === '') {
    draft.tell(
      'ignored',
      'not-brought-up',
      `\`${name}\` has the start mode ${word === '' ? 'manual' : word}: nothing brings it up at boot`,
      at,
    );
    return;
  }
  if (!/^(?:auto|onboot|on|boot|hotplug|ifplugd|nfsroot)$/.test(word))
    draft.tell(
      'error',
      'unknown-mode',
      `\`STARTMODE=${mode?.value ?? ''}\` is none that is known: it was taken for auto`,
      at,
    );
  make(draft, name, file);
  changeLink(draft, name, { up: true }, at);
  linkSettings(draft, file, name, 'LLADDR');
  addresses(draft, name, file);
  protocols(draft, name, file);
};

const routeTypes = new Set([
  'unicast', 'local', 'broadcast', 'multicast', 'anycast', 'blackhole', 'unreachable', 'prohibit', 'throw', 'nat',
]); // prettier-ignore

/** Destination, gateway, netmask, interface, type where one is named, and what `ip route` takes. */
const readRouteLine = (draft: RunningDraft, path: string, line: Line, device: string | undefined): void => {
  if (/^\s*(?:#|$)/.test(line.text)) return;
  const words = wordsIn({ number: line.number, text: line.text.replace(/\s#.*$/, '') });
  const [to, via, mask, dev, ...rest] = words.map(({ text }) => text);
  const type = routeTypes.has(rest[0] ?? '') ? rest[0] : undefined;
  const options = type === undefined ? rest : rest.slice(1);
  const at = { path, line: line.number, column: words[0]?.column ?? 1 };
  const isSaid = (word: string | undefined): word is string => word !== undefined && word !== '-';
  const isSix = [to, via].some((word) => word?.includes(':') === true);
  const length = isSaid(mask) ? lengthIn(mask, isSix ? 6 : 4) : undefined;
  if (isSaid(mask) && length === undefined) {
    draft.tell('error', 'not-a-mask', `\`${mask}\` is no netmask`, at);
    return;
  }
  const target =
    to === undefined || length === undefined || to.includes('/') || to === 'default' ? (to ?? '') : `${to}/${length}`;
  // Routes that discard have no device; else that of an ifroute file is meant where none stands there.
  const discards = isSaid(type) && type !== 'unicast';
  const through = discards ? undefined : isSaid(dev) ? dev : device;
  const command = [
    ...(isSaid(type) ? [type] : []),
    target,
    ...(isSaid(via) ? ['via', via] : []),
    ...(through === undefined ? [] : ['dev', through]),
    ...options.filter((option) => option !== '-'),
  ];
  const effect = ipRoute(draft, 'add', command, isSix ? 6 : 4, at);
  if (effect.kind !== 'done' && effect.kind !== 'ignored')
    draft.tell(
      effect.kind === 'wrong' ? 'error' : 'not-said',
      codeOf(effect, 'failing-route'),
      `\`${line.text.trim()}\`: ${effect.message}`,
      at,
    );
};

const readSysctlLine = (draft: RunningDraft, path: string, line: Line, device: string | undefined): void => {
  if (/^\s*(?:[#;]|$)/.test(line.text)) return;
  const at = { path, line: line.number, column: 1 };
  const [, key = '', value = ''] = /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/.exec(line.text) ?? [];
  const name = pathOf(
    key.replaceAll(/\$\{?(?:INTERFACE|SYSCTL_IF)\}?/g, (device ?? '').replaceAll('.', key.includes('/') ? '.' : '/')),
  );
  if (!/^net(?:\/[^\s/]+)+$/.test(name) || value === '')
    draft.tell('error', 'not-a-parameter', `\`${line.text.trim()}\` sets no kernel parameter of the network`, at);
  else setSysctl(draft, name, value, at);
};

const readProxyLine = (draft: RunningDraft, path: string, line: Line): void => {
  if (/^\s*(?:#|$)/.test(line.text)) return;
  const [address = '', , dev = ''] = wordsIn(line).map(({ text }) => text);
  const at = { path, line: line.number, column: 1 };
  const effect = ipNeighbour(draft, 'add', ['proxy', address, 'dev', dev], at);
  if (effect.kind !== 'done')
    draft.tell('error', 'not-a-proxy', `\`${line.text.trim()}\` is no address with two interfaces`, at);
};

const readConfig = (draft: RunningDraft, file: VariableFile): void => {
  const servers = assignmentIn(file, 'NETCONFIG_DNS_STATIC_SERVERS');
  for (const word of (servers?.value ?? '').split(/\s+/).filter(Boolean)) {
    const address = parseIp(word);
    if (address !== undefined) draft.nameservers.push(printIp(address));
    else if (servers !== undefined) draft.tell('error', 'not-an-address', `\`${word}\` is no IP address`, servers.at);
  }
  const search = assignmentIn(file, 'NETCONFIG_DNS_STATIC_SEARCHLIST');
  draft.search.push(...(search?.value ?? '').split(/\s+/).filter(Boolean));
  const at = servers?.at ?? search?.at;
  if (at !== undefined && draft.nameservers.length + draft.search.length > 0)
    draft.origins[`${draft.stack}/resolver`] = at;
};

const readForwarding = (draft: RunningDraft, file: VariableFile): void => {
  for (const [variable, key] of [
    ['IP_FORWARD', 'net/ipv4/ip_forward'],
    ['IPV6_FORWARD', 'net/ipv6/conf/all/forwarding'],
  ] as const) {
    const said = assignmentIn(file, variable);
    if (said !== undefined) setSysctl(draft, key, yes(said.value) ? '1' : '0', said.at);
  }
};

/** `lo` first, then plain devices, what is made of them, and what stands on those. */
const rank = (file: VariableFile, name: string): number => {
  if (name === 'lo') return 0;
  if (yes(variableIn(file, 'BONDING_MASTER'))) return 2;
  if (variableIn(file, 'ETHERDEVICE') !== undefined) return 3;
  if (yes(variableIn(file, 'BRIDGE'))) return 4;
  return variableIn(file, 'TUNNEL') === undefined ? 1 : 5;
};

export const readSuse = (draft: RunningDraft, texts: readonly ConfigText[]): void => {
  const named = texts.map((text) => ({ text, name: baseName(text.path) }));
  const interfaces = named.flatMap(({ text, name }) => {
    if (!name.startsWith('ifcfg-')) return [];
    const device = name.slice('ifcfg-'.length);
    const file = variablesOf(draft, text);
    if (isInterfaceName(device)) return [{ device, file }];
    draft.tell('error', 'not-an-interface', `\`${device}\` is no name of an interface`, {
      path: text.path,
      line: 1,
      column: 1,
    });
    return [];
  });
  for (const { device, file } of interfaces.sort((a, b) => rank(a.file, a.device) - rank(b.file, b.device)))
    if (device === 'lo') {
      addresses(draft, 'lo', {
        ...file,
        assignments: file.assignments.filter(({ value }) => !value.startsWith('127.0.0.')),
      });
    } else readIfcfg(draft, device, file);
  for (const { text, name } of named) {
    const device = /^(?:ifroute|ifsysctl)-(.+)$/.exec(name)?.[1];
    const lines = linesOf(text.text);
    if (name === 'routes' || name.startsWith('ifroute-'))
      for (const line of lines) readRouteLine(draft, text.path, line, device);
    else if (name.startsWith('ifsysctl')) for (const line of lines) readSysctlLine(draft, text.path, line, device);
    else if (name.startsWith('ifndp-proxy')) for (const line of lines) readProxyLine(draft, text.path, line);
    else if (name === 'config') readConfig(draft, variablesOf(draft, text));
    else if (name === 'sysctl') readForwarding(draft, variablesOf(draft, text));
  }
  for (const { text, name } of named) if (name === 'SuSEfirewall2') readFirewall(draft, variablesOf(draft, text));
};
