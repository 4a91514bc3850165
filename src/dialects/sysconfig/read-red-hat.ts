/**
 * /etc/sysconfig/network and network-scripts of Red Hat, as its initscripts carry them out: ifcfg-*, then route-*,
 * route6-* and rule-*. A default route replaces the one before.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type ConfigText, type Place } from '../dialect.ts';
import { newBridge, runBrctl } from '../shell-commands/brctl.ts';
import { codeOf } from '../shell-commands/effect.ts';
import { setSysctl } from '../draft.ts';
import { putService, type RunningDraft, isOnLink, linkIn, makeLink } from '../shell-commands/running-draft.ts';
import { deviceOf } from '../shell-commands/ip-address.ts';
import { ipRoute } from '../shell-commands/ip-route.ts';
import { ipRule } from '../shell-commands/ip-rule.ts';
import { isInterfaceName, lengthIn, numberIn } from '../shell-commands/values.ts';
import { type Assignment, assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { addVlan } from '../shell-commands/vconfig.ts';
import { linesOf } from '../text.ts';
import { readVariables } from '../shell-commands/variables.ts';
import { addressIn, giveAddress, linkSettings } from './addresses.ts';
import { makeBond } from './bonds.ts';
import { bridgeOptions, type Ifcfg, join, no, portOptions, tellLost } from './red-hat-ports.ts';
import { innerAddress, makeTunnel } from './red-hat-tunnels.ts';
import { baseName, tellOfOthers, variablesOf } from './files.ts';

const known =
  /^(?:DEVICE|ONBOOT|BOOTPROTO|(?:IPADDR|NETMASK|PREFIX|BROADCAST|NETWORK|GATEWAY)\d*|GATEWAYDEV|DEFROUTE|METRIC|MTU|MACADDR|TYPE|BRIDGE|STP|DELAY|MASTER|SLAVE|BONDING_OPTS|BONDING_MASTER|VLAN|PHYSDEV|VLAN_ID|REORDER_HDR|ONPARENT|IPV6ADDR|IPV6ADDR_SECONDARIES|IPV6_DEFAULTGW|IPV6_AUTOCONF|IPV6INIT|IPV6FORWARDING|IPV6_DEFAULTDEV|SCOPE|DNS\d+|DOMAIN|DHCP_HOSTNAME|IPV6TUNNELIPV4|IPV6TUNNELIPV4LOCAL|(?:MY|PEER)_(?:INNER|OUTER)_IPADDR|KEY|TTL|BRIDGING_OPTS|HOSTNAME|NETWORKING|NETWORKING_IPV6|SRCADDR)$/;
const silent =
  /^(?:NAME|UUID|HWADDR|USERCTL|PEERDNS|PEERROUTES|NM_CONTROLLED|IPV4_FAILURE_FATAL|IPV6_FAILURE_FATAL|IPV6_PEERDNS|IPV6_PEERROUTES|IPV6_DEFROUTE|IPV6_ADDR_GEN_MODE|IPV6_PRIVACY|PROXY_METHOD|BROWSER_ONLY|ARPCHECK|ARPING_WAIT|HOTPLUG|ETHTOOL_OPTS|SUBCHANNELS|NETTYPE|OPTIONS|PORTNAME|ZONE|LINKDELAY|NOZEROCONF|NISDOMAIN|FORWARD_IPV4|AUTOCONNECT_PRIORITY|ISALIAS|DHCPV6C|PERSISTENT_DHCLIENT|AGEING|PRIO|DEVTIMEOUT|VLAN_FLAGS|VLAN_EGRESS_PRIORITY_MAP|GVRP|MVRP)$/;

const yes = (value: string | undefined): boolean => /^(?:yes|on|true|y|1)$/i.test(value ?? '');

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
    const [, dotted, number] = /^(?:vlan|(.+)\.)0*(\d+)$/.exec(name) ?? [];
    const link = dotted ?? variableIn(file, 'PHYSDEV');
    const id = numberIn(variableIn(file, 'VLAN_ID') ?? number, 4094);
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

const addresses4 = (draft: RunningDraft, name: string, label: string | undefined, file: VariableFile): void => {
  for (const assignment of file.assignments) {
    const suffix = /^IPADDR(\d*)$/.exec(assignment.name)?.[1];
    if (suffix === undefined || assignment.value.trim() === '') continue;
    const address = addressIn(draft, file, assignment, suffix, 'class');
    // initscripts put SCOPE behind `ip addr add`: some name the far end there.
    const far = /(?:^|\s)peer\s+(\S+)/.exec(variableIn(file, 'SCOPE') ?? '')?.[1];
    if (address !== undefined)
      giveAddress(draft, name, label === undefined ? address : { ...address, label }, far, assignment.at);
  }
};

const addresses6 = (draft: RunningDraft, name: string, file: VariableFile): void => {
  if (no(variableIn(file, 'IPV6INIT'))) return;
  for (const variable of ['IPV6ADDR', 'IPV6ADDR_SECONDARIES']) {
    const said = assignmentIn(file, variable);
    for (const word of (said?.value ?? '').split(/\s+/).filter(Boolean)) {
      if (said === undefined) continue;
      const address = addressIn(
        draft,
        { ...file, assignments: [] },
        { ...said, value: word.includes('/') ? word : `${word}/64` },
        '',
        'whole',
      );
      if (address !== undefined) giveAddress(draft, name, address, undefined, said.at);
    }
  }
  const autoconf = assignmentIn(file, 'IPV6_AUTOCONF');
  if (autoconf !== undefined) {
    const value = yes(autoconf.value) ? '1' : '0';
    setSysctl(draft, `net/ipv6/conf/${name}/accept_ra`, value, autoconf.at);
    setSysctl(draft, `net/ipv6/conf/${name}/autoconf`, value, autoconf.at);
  }
};

const gateway = (draft: RunningDraft, name: string, said: Assignment | undefined, metric: string | undefined): void => {
  if (said === undefined || said.value.trim() === '') return;
  const [bare = ''] = said.value.trim().split('%');
  const via = parseIp(bare);
  if (via === undefined) {
    draft.tell('error', 'not-a-gateway', `\`${said.name}=${said.value}\` is no IP address`, said.at);
    return;
  }
  const words = ['default', 'via', printIp(via), 'dev', name, ...(metric === undefined ? [] : ['metric', metric])];
  if (via.family === 4 && !isOnLink(draft, printIp(via), name)) words.push('onlink');
  const effect = ipRoute(draft, 'replace', words, via.family, said.at);
  if (effect.kind !== 'done')
    draft.tell(
      'error',
      codeOf(effect, 'failing-gateway'),
      `\`${said.name}=${said.value}\`: ${effect.message}`,
      said.at,
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

const bringUp = (draft: RunningDraft, ifcfg: Ifcfg, general: VariableFile | undefined): void => {
  const { name: label, file, at } = ifcfg;
  const name = deviceOf(label);
  tellOfOthers(draft, file, known, silent);
  resolver(draft, file);
  if (label !== name) {
    addresses4(draft, name, label, file);
    return;
  }
  make(draft, ifcfg);
  linkSettings(draft, file, name, 'MACADDR');
  if (join(draft, ifcfg)) {
    portOptions(draft, ifcfg);
    tellLost(draft, ifcfg);
    return;
  }
  const metric = variableIn(file, 'METRIC');
  const proto = (variableIn(file, 'BOOTPROTO') ?? 'none').toLowerCase();
  if (proto === 'dhcp' || proto === 'bootp')
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
  addresses4(draft, name, undefined, file);
  innerAddress(draft, ifcfg);
  addresses6(draft, name, file);
  const isDefault = !no(variableIn(file, 'DEFROUTE')) && (variableIn(general ?? file, 'GATEWAYDEV') ?? name) === name;
  const own = file.assignments.findLast((assignment) => /^GATEWAY\d*$/.test(assignment.name));
  if (isDefault) gateway(draft, name, own, metric);
  const six = assignmentIn(file, 'IPV6_DEFAULTGW');
  gateway(draft, name, six, undefined);
};

/** `ADDRESS0=`, `NETMASK0=`, `GATEWAY0=`, or a line of `ip route` each. */
const readRoutes = (draft: RunningDraft, text: ConfigText, dev: string, family: 4 | 6): void => {
  const run = (words: readonly string[], at: Place): void => {
    const hasDevice =
      words.includes('dev') || words.includes('nexthop') || /^(?:blackhole|unreachable|prohibit)$/.test(words[0] ?? '');
    const effect = ipRoute(draft, 'add', hasDevice ? words : [...words, 'dev', dev], family, at);
    if (effect.kind !== 'done' && effect.kind !== 'ignored')
      draft.tell(
        effect.kind === 'wrong' ? 'error' : 'not-said',
        codeOf(effect, 'failing-route'),
        `\`${words.join(' ')}\`: ${effect.message}`,
        at,
      );
  };
  if (/^\s*ADDRESS\d+=/m.test(text.text)) {
    const file = readVariables(text);
    for (const { name, value, at } of file.assignments) {
      const number = /^ADDRESS(\d+)$/.exec(name)?.[1];
      if (number === undefined) continue;
      const length = lengthIn(variableIn(file, `PREFIX${number}`, `NETMASK${number}`) ?? '32', 4);
      const via = variableIn(file, `GATEWAY${number}`);
      const metric = variableIn(file, `METRIC${number}`);
      if (length === undefined) draft.tell('error', 'not-a-mask', `the netmask of \`${value}\` is none`, at);
      else
        run(
          [
            `${value}/${length}`,
            ...(via === undefined ? [] : ['via', via]),
            ...(metric === undefined ? [] : ['metric', metric]),
          ],
          at,
        );
    }
    return;
  }
  for (const line of linesOf(text.text)) {
    const words = line.text.trim().split(/\s+/).filter(Boolean);
    if (words.length > 0 && !line.text.trimStart().startsWith('#'))
      run(words, { path: text.path, line: line.number, column: 1 });
  }
};

const readRules = (draft: RunningDraft, text: ConfigText, family: 4 | 6): void => {
  for (const line of linesOf(text.text)) {
    const words = line.text.trim().split(/\s+/).filter(Boolean);
    if (words.length === 0 || line.text.trimStart().startsWith('#')) continue;
    const effect = ipRule(draft, 'add', words[0] === 'add' ? words.slice(1) : words, family);
    const at = { path: text.path, line: line.number, column: 1 };
    if (effect.kind === 'wrong' || effect.kind === 'unsaid')
      draft.tell(
        effect.kind === 'wrong' ? 'error' : 'not-said',
        'failing-rule',
        `\`${line.text.trim()}\`: ${effect.message}`,
        at,
      );
  }
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

export const readRedHat = (draft: RunningDraft, texts: readonly ConfigText[]): void => {
  const named = texts.map((text) => ({ text, name: baseName(text.path) }));
  const generalText = named.find(({ name }) => name === 'network')?.text;
  const general = generalText && variablesOf(draft, generalText);
  const ifcfgs = named.flatMap(({ text, name }) =>
    /^(?:route6?|rule6?)-|^network$/.test(name) ? [] : ifcfgOf(draft, text),
  );
  for (const ifcfg of ifcfgs.sort((a, b) => rank(a) - rank(b))) {
    if (ifcfg.name === 'lo')
      addresses4(draft, 'lo', undefined, {
        ...ifcfg.file,
        assignments: ifcfg.file.assignments.filter(({ value }) => value !== '127.0.0.1'),
      });
    else bringUp(draft, ifcfg, general);
  }
  if (general !== undefined) readGeneral(draft, general);
  // Routes may be named after the device, or as the ifcfg file of the device is.
  const devices = new Map(
    named
      .filter(({ name }) => name.startsWith('ifcfg-'))
      .map(({ text, name }) => [name.slice(6), variableIn(readVariables(text), 'DEVICE') ?? name.slice(6)] as const),
  );
  for (const { text, name } of named) {
    const [, kind, six, suffix = ''] = /^(route|rule)(6?)-(.+)$/.exec(name) ?? [];
    const family = six === '6' ? 6 : 4;
    const dev = draft.interfaces.has(suffix) ? suffix : (devices.get(suffix) ?? suffix);
    if (kind === 'rule') readRules(draft, text, family);
    else if (kind === 'route' && draft.interfaces.has(dev)) readRoutes(draft, text, dev, family);
    else if (kind === 'route') {
      const at = { path: text.path, line: 1, column: 1 };
      draft.tell('ignored', 'not-brought-up', `\`${dev}\` is not brought up, and its routes are not set`, at);
    }
  }
};

const readGeneral = (draft: RunningDraft, general: VariableFile): void => {
  tellOfOthers(draft, general, known, silent);
  const said = assignmentIn(general, 'GATEWAY');
  const device = variableIn(general, 'GATEWAYDEV');
  const hasDefault = draft.routes.some(({ to, table }) => to === '0.0.0.0/0' && table === 254);
  if (said !== undefined && !hasDefault) {
    const near = [...draft.interfaces.keys()].find((name) => isOnLink(draft, said.value.trim(), name));
    const name = device ?? near;
    if (name === undefined)
      draft.tell(
        'error',
        'unreachable-default-gateway',
        `\`GATEWAY=${said.value}\` is in no subnet of this machine`,
        said.at,
      );
    else if (isInterfaceName(name) && linkIn(draft, name, said.at).up) gateway(draft, name, said, undefined);
  }
  const six = assignmentIn(general, 'IPV6_DEFAULTGW');
  const sixDevice = variableIn(general, 'IPV6_DEFAULTDEV') ?? /%(.+)$/.exec(six?.value ?? '')?.[1];
  if (sixDevice !== undefined && isInterfaceName(sixDevice)) gateway(draft, sixDevice, six, undefined);
  const forwarding = assignmentIn(general, 'IPV6FORWARDING');
  if (forwarding !== undefined)
    setSysctl(draft, 'net/ipv6/conf/all/forwarding', yes(forwarding.value) ? '1' : '0', forwarding.at);
};
