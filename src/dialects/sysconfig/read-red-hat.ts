/**
 * /etc/sysconfig/network and network-scripts of Red Hat, as its initscripts carry them out: ifcfg-*, then route-*,
 * route6-* and rule-*. An IPv4 default route replaces the one before.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type ConfigText } from '../dialect.ts';
import { newBridge, runBrctl } from '../shell-commands/brctl.ts';
import { codeOf } from '../shell-commands/effect.ts';
import { setSysctl } from '../draft.ts';
import { putService, type RunningDraft, isOnLink, linkIn, makeLink } from '../shell-commands/running-draft.ts';
import { deviceOf } from '../shell-commands/ip-address.ts';
import { ipRoute } from '../shell-commands/ip-route.ts';
import { isInterfaceName, numberIn } from '../shell-commands/values.ts';
import { type Assignment, assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { addVlan } from '../shell-commands/vconfig.ts';
import { readVariables } from '../shell-commands/variables.ts';
import { linkSettings } from './addresses.ts';
import { makeBond } from './bonds.ts';
import { addresses4, addresses6, mtu6, tellBesideDhcp } from './red-hat-addresses.ts';
import { bridgeOptions, type Ifcfg, join, no, portOptions, tellLost, yes } from './red-hat-ports.ts';
import { newSaid, readRoutes, readRules, type Said } from './red-hat-ways.ts';
import { innerAddress, isSit, isTunnel, makeTunnel } from './red-hat-tunnels.ts';
import { baseName, tellOfOthers, variablesOf } from './files.ts';

const known =
  /^(?:DEVICE|ONBOOT|BOOTPROTO|(?:IPADDR|NETMASK|PREFIX|BROADCAST|NETWORK|GATEWAY)\d*|GATEWAYDEV|DEFROUTE|METRIC|MTU|MACADDR|TYPE|BRIDGE|STP|DELAY|MASTER|SLAVE|BONDING_OPTS|BONDING_MASTER|VLAN|PHYSDEV|VID|VLAN_ID|REORDER_HDR|ONPARENT|IPV6ADDR|IPV6ADDR_SECONDARIES|IPV6_DEFAULTGW|IPV6_AUTOCONF|IPV6INIT|IPV6FORWARDING|IPV6_DEFAULTDEV|IPV6_MTU|SCOPE|DNS\d+|DOMAIN|DHCP_HOSTNAME|IPV6TUNNELIPV4|IPV6TUNNELIPV4LOCAL|(?:MY|PEER)_(?:INNER|OUTER)_IPADDR|KEY|TTL|BRIDGING_OPTS|HOSTNAME|NETWORKING|NETWORKING_IPV6|SRCADDR)$/;
const silent =
  /^(?:NAME|UUID|HWADDR|USERCTL|PEERDNS|PEERROUTES|NM_CONTROLLED|IPV4_FAILURE_FATAL|IPV6_FAILURE_FATAL|IPV6_PEERDNS|IPV6_PEERROUTES|IPV6_DEFROUTE|IPV6_ADDR_GEN_MODE|IPV6_PRIVACY|PROXY_METHOD|BROWSER_ONLY|ARPCHECK|ARPING_WAIT|HOTPLUG|ETHTOOL_OPTS|SUBCHANNELS|NETTYPE|OPTIONS|PORTNAME|ZONE|LINKDELAY|NOZEROCONF|NISDOMAIN|FORWARD_IPV4|AUTOCONNECT_PRIORITY|ISALIAS|DHCPV6C|PERSISTENT_DHCLIENT|AGEING|PRIO|DEVTIMEOUT|VLAN_FLAGS|VLAN_EGRESS_PRIORITY_MAP|GVRP|MVRP)$/;

const make = (draft: RunningDraft, { name, file, at }: Ifcfg): void => {
  const type = (variableIn(file, 'TYPE') ?? '').toLowerCase();
  const bond = variableIn(file, 'BONDING_OPTS');
  if (makeTunnel(draft, { name, file, at })) return;
  if (type === 'bridge') {
    makeLink(draft, name, { kind: 'bridge', bridge: newBridge }, at);
    for (const [variable, verb] of [
      ['DELAY', 'setfd'],
      ['STP', 'stp'],
    ] as const) {
      const said = assignmentIn(file, variable);
      if (said !== undefined && said.value.trim() !== '')
        runBrctl(draft, [verb, name, yes(said.value) && verb === 'stp' ? 'on' : said.value], said.at);
    }
    bridgeOptions(draft, { name, file, at });
  } else if (type === 'bond' || yes(variableIn(file, 'BONDING_MASTER')) || bond !== undefined)
    makeBond(draft, name, bond ?? '', assignmentIn(file, 'BONDING_OPTS')?.at ?? at);
  else if (type === 'dummy' || /^dummy\d+$/.test(name)) makeLink(draft, name, { kind: 'dummy' }, at);
  else if (yes(variableIn(file, 'VLAN')) || type === 'vlan') {
    // With VID the name says nothing; VLAN_ID is NetworkManager's.
    const vid = variableIn(file, 'VID');
    const [, dotted, number] = (vid === undefined ? /^(?:vlan|(.+)\.)0*(\d+)$/.exec(name) : undefined) ?? [];
    const link = dotted ?? variableIn(file, 'PHYSDEV');
    const id = numberIn(vid ?? number ?? variableIn(file, 'VLAN_ID'), 4094);
    if (id === undefined || link === undefined || !isInterfaceName(link))
      draft.tell(
        'error',
        'vlan-without-number',
        `\`${name}\` does not tell the number of its VLAN, or of which device`,
        at,
      );
    else addVlan(draft, name, link, id, at);
  }
};

/** What ipv6_add_route of the scripts gives every route. */
const metric6 = '1';

interface Gateway {
  readonly name: string;
  readonly assignment: Assignment | undefined;
  readonly metric?: string | undefined;
}

const gateway = (draft: RunningDraft, said: Said, { name, assignment, metric }: Gateway): void => {
  if (assignment === undefined || assignment.value.trim() === '') return;
  const [bare = ''] = assignment.value.trim().split('%');
  const via = parseIp(bare);
  if (via === undefined) {
    draft.tell('error', 'not-a-gateway', `\`${assignment.name}=${assignment.value}\` is no IP address`, assignment.at);
    return;
  }
  const words = ['default', 'via', printIp(via), 'dev', name, ...(metric === undefined ? [] : ['metric', metric])];
  if (via.family === 4 && !isOnLink(draft, printIp(via), name)) words.push('onlink');
  const effect = said.routes(draft, assignment.at, () => ipRoute(draft, 'replace', words, via.family, assignment.at));
  if (effect.kind !== 'done')
    draft.tell(
      'error',
      codeOf(effect, 'failing-gateway'),
      `\`${assignment.name}=${assignment.value}\`: ${effect.message}`,
      assignment.at,
    );
};

const resolver = (draft: RunningDraft, file: VariableFile): void => {
  for (const { name, value, at } of file.assignments) {
    if (/^DNS\d+$/.test(name) && value.trim() !== '') {
      const address = parseIp(value.trim());
      if (address === undefined) draft.tell('error', 'not-an-address', `\`${value}\` is no IP address`, at);
      else if (!draft.nameservers.includes(printIp(address))) draft.nameservers.push(printIp(address));
      draft.origins[`${draft.stack}/resolver`] ??= at;
    }
    if (name === 'DOMAIN')
      draft.search.push(...value.split(/[\s,]+/).filter((domain) => domain !== '' && !draft.search.includes(domain)));
  }
};

const bringUp = (draft: RunningDraft, said: Said, ifcfg: Ifcfg, general: VariableFile | undefined): void => {
  const { name: label, file, at } = ifcfg;
  const name = deviceOf(label);
  tellOfOthers(draft, file, known, silent);
  if (label !== name) {
    addresses4(draft, name, label, file);
    return;
  }
  make(draft, ifcfg);
  if (isSit(ifcfg)) mtu6(draft, ifcfg);
  else linkSettings(draft, file, name, 'MACADDR');
  if (join(draft, ifcfg)) {
    portOptions(draft, ifcfg);
    tellLost(draft, ifcfg);
    return;
  }
  resolver(draft, file);
  const metric = variableIn(file, 'METRIC');
  const proto = (variableIn(file, 'BOOTPROTO') ?? 'none').toLowerCase();
  const isClient = proto === 'dhcp' || proto === 'bootp';
  if (isClient) tellBesideDhcp(draft, ifcfg);
  if (isClient)
    putService(
      draft,
      {
        kind: 'dhcp-client',
        interface: name,
        hostname: variableIn(file, 'DHCP_HOSTNAME') ?? draft.stack,
        metric: numberIn(metric) ?? 0,
      },
      assignmentIn(file, 'BOOTPROTO')?.at ?? at,
    );
  else if (!/^(?:none|static|)$/.test(proto))
    draft.tell('not-said', 'unsaid-method', `\`BOOTPROTO=${proto}\` of \`${name}\` is not modelled`, at);
  if (!isTunnel(ifcfg)) addresses4(draft, name, undefined, file);
  innerAddress(draft, ifcfg);
  addresses6(draft, name, file, general);
  if (!isSit(ifcfg)) mtu6(draft, ifcfg);
  const isDefault = !no(variableIn(file, 'DEFROUTE')) && (variableIn(general ?? file, 'GATEWAYDEV') ?? name) === name;
  const own = file.assignments.findLast((assignment) => /^GATEWAY\d*$/.test(assignment.name));
  if (isDefault) gateway(draft, said, { name, assignment: own, metric });
  gateway(draft, said, { name, assignment: assignmentIn(file, 'IPV6_DEFAULTGW'), metric: metric6 });
};

const ifcfgOf = (draft: RunningDraft, text: ConfigText): Ifcfg[] => {
  const file = variablesOf(draft, text);
  const suffix = baseName(text.path).replace(/^ifcfg-/, '');
  const name = variableIn(file, 'DEVICE') ?? suffix;
  const at = assignmentIn(file, 'DEVICE')?.at ?? { path: text.path, line: 1, column: 1 };
  if (!isInterfaceName(deviceOf(name))) {
    draft.tell('error', 'not-an-interface', `\`${name}\` is no name of an interface`, at);
    return [];
  }
  if (no(variableIn(file, name === deviceOf(name) ? 'ONBOOT' : 'ONPARENT'))) {
    draft.tell(
      'ignored',
      'not-brought-up',
      `\`${name}\` is not brought up at boot`,
      assignmentIn(file, 'ONBOOT')?.at ?? at,
    );
    return [];
  }
  return [{ name, file, at }];
};

/** Masters come before members, VLANs behind what they are of, aliases last. */
const rank = ({ name, file }: Ifcfg): number => {
  if (name.includes(':')) return 5;
  const type = (variableIn(file, 'TYPE') ?? '').toLowerCase();
  if (type === 'bridge') return 0;
  if (type === 'bond' || variableIn(file, 'BONDING_OPTS') !== undefined) return 1;
  return yes(variableIn(file, 'VLAN')) || type === 'vlan' ? 3 : 2;
};

/** What is there already, and its addresses besides. */
const bringUpLoopback = (draft: RunningDraft, { file }: Ifcfg): void => {
  const assignments = file.assignments.filter(({ value }) => value !== '127.0.0.1');
  addresses4(draft, 'lo', undefined, { ...file, assignments });
  addresses6(draft, 'lo', file);
};

/** Of ports and members ifup ends before it comes to their routes and rules. */
const isDone = ({ interfaces }: RunningDraft, name: string): boolean => {
  const it = interfaces.get(name);
  return it?.up === true && it.master === undefined;
};

/** `said`: told of each route and rule where it stands. */
export const readRedHat = (draft: RunningDraft, texts: readonly ConfigText[], said = newSaid()): void => {
  const named = texts.map((text) => ({ text, name: baseName(text.path) }));
  const generalText = named.find(({ name }) => name === 'network')?.text;
  const general = generalText && variablesOf(draft, generalText);
  const ifcfgs = named.flatMap(({ text, name }) =>
    /^(?:route6?|rule6?)-|^network$/.test(name) ? [] : ifcfgOf(draft, text),
  );
  for (const ifcfg of ifcfgs.sort((a, b) => rank(a) - rank(b))) {
    if (ifcfg.name === 'lo') bringUpLoopback(draft, ifcfg);
    else bringUp(draft, said, ifcfg, general);
  }
  if (general !== undefined) readGeneral(draft, said, general);
  const devices = devicesOf(texts);
  for (const { text, name } of named) {
    const [, kind, six, suffix = ''] = /^(route|rule)(6?)-(.+)$/.exec(name) ?? [];
    if (kind === undefined) continue;
    const family = six === '6' ? 6 : 4;
    const dev = draft.interfaces.has(suffix) ? suffix : (devices.get(suffix) ?? suffix);
    // Rules name no device: a file of them alone is taken at its word.
    if (isDone(draft, dev) || (kind === 'rule' && devices.size === 0)) {
      if (kind === 'rule') readRules(draft, said, text, family);
      else readRoutes(draft, said, text, dev, family);
    } else {
      const at = { path: text.path, line: 1, column: 1 };
      draft.tell('ignored', 'not-brought-up', `\`${dev}\` is not brought up, and its ${kind}s are not set`, at);
    }
  }
};

/** Routes may be named after the device, or as the ifcfg file of the device is. */
export const devicesOf = (texts: readonly ConfigText[]): ReadonlyMap<string, string> =>
  new Map(
    texts
      .map((text) => ({ text, name: baseName(text.path) }))
      .filter(({ name }) => name.startsWith('ifcfg-'))
      .map(({ text, name }) => [name.slice(6), variableIn(readVariables(text), 'DEVICE') ?? name.slice(6)] as const),
  );

const readGeneral = (draft: RunningDraft, said: Said, general: VariableFile): void => {
  tellOfOthers(draft, general, known, silent);
  const own = assignmentIn(general, 'GATEWAY');
  const device = variableIn(general, 'GATEWAYDEV');
  const hasDefault = draft.routes.some(({ to, table }) => to === '0.0.0.0/0' && table === 254);
  const deviceNear = (address: string): string | undefined =>
    [...draft.interfaces.keys()].find((name) => isOnLink(draft, address, name));
  if (own !== undefined && !hasDefault) {
    const name = device ?? deviceNear(own.value.trim());
    if (name === undefined)
      draft.tell(
        'error',
        'unreachable-default-gateway',
        `\`GATEWAY=${own.value}\` is in no subnet of this machine`,
        own.at,
      );
    else if (isInterfaceName(name) && linkIn(draft, name, own.at).up) gateway(draft, said, { name, assignment: own });
  }
  const six = assignmentIn(general, 'IPV6_DEFAULTGW');
  const scope = /%(.+)$/.exec(six?.value ?? '')?.[1] ?? variableIn(general, 'IPV6_DEFAULTDEV');
  const sixDevice =
    scope ?? (/^fe[89ab]/i.test(six?.value.trim() ?? '') ? undefined : deviceNear(six?.value.trim() ?? ''));
  const hasDefault6 = draft.routes.some(({ to, table, metric }) => to === '::/0' && table === 254 && metric === 1);
  if (sixDevice !== undefined && isInterfaceName(sixDevice) && !hasDefault6)
    gateway(draft, said, { name: sixDevice, assignment: six, metric: metric6 });
  const forwarding = assignmentIn(general, 'IPV6FORWARDING');
  if (forwarding !== undefined)
    setSysctl(draft, 'net/ipv6/conf/all/forwarding', yes(forwarding.value) ? '1' : '0', forwarding.at);
};
