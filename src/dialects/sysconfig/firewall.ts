/**
 * /etc/sysconfig/SuSEfirewall2 into the rules that SuSEfirewall2 (SLE 11) sets: zones by interface, what reaches the
 * machine, what passes it, and how addresses are translated. Rules that only log are left out.
 */
import { type Family } from '../../net/address.ts';
import { type Place } from '../dialect.ts';
import { setSysctl } from '../draft.ts';
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { runIptables } from '../shell-commands/filter-lines.ts';
import { type Assignment, assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { tellOfOthers } from './files.ts';

const zones = ['EXT', 'INT', 'DMZ'] as const;
type Zone = (typeof zones)[number];

const known =
  /^FW_(?:DEV_(?:EXT|INT|DMZ)|ROUTE|MASQUERADE|MASQ_(?:DEV|NETS)|FORWARD|FORWARD_MASQ|REDIRECT|PROTECT_FROM_INT|SERVICES_(?:EXT|INT|DMZ)_(?:TCP|UDP|IP)|TRUSTED_NETS|ALLOW_PING_FW|ALLOW_CLASS_ROUTING|FORWARD_ALLOW_BRIDGING|NOMASQ_NETS)$/;
const silent =
  /^(?:FW_(?:LOG\w*|STOP_KEEP_ROUTING_STATE|KERNEL_SECURITY|IGNORE_FW_BROADCAST_\w+|ALLOW_FW_BROADCAST_\w+|ALLOW_FW_SOURCEQUENCH|USE_IPTABLES_BATCH|LOAD_MODULES|IPv6|IPSEC_TRUST|ZONES|BOOT_FULL_INIT|CONFIGURATIONS_\w+|CUSTOMRULES))$/;

const yes = (value: string | undefined): boolean => value?.toLowerCase() === 'yes';

interface Fire {
  readonly draft: RunningDraft;
  readonly file: VariableFile;
}

const wordsIn = ({ file }: Fire, name: string): readonly string[] =>
  (variableIn(file, name) ?? '').split(/\s+/).filter(Boolean);

const placeOf = ({ file }: Fire, name: string): Place =>
  assignmentIn(file, name)?.at ?? { path: file.path, line: 1, column: 1 };

/** Carries out one command of iptables; both families unless one is said. */
const rule = ({ draft }: Fire, at: Place, text: string, families: readonly Family[] = [4, 6]): void => {
  for (const family of families) runIptables(draft.filterLines, family, text.split(' ').filter(Boolean), at);
};

const familyOf = (...texts: readonly (string | undefined)[]): readonly Family[] =>
  texts.some((text) => text?.includes(':') === true && !/^0\/0/.test(text))
    ? [6]
    : texts.some((text) => /\d\./.test(text ?? ''))
      ? [4]
      : [4, 6];

/** `any`, and prefixes that hold a device's name, are no names of devices. */
const devicesOf = (fire: Fire, zone: Zone): readonly string[] =>
  wordsIn(fire, `FW_DEV_${zone}`).filter((word) => word !== 'any' && word !== 'auto');

const portWords = (port: string | undefined): string =>
  port === undefined || port === '' ? '' : ` --dport ${port.replace('-', ':')}`;

const address = (flag: string, text: string | undefined): string =>
  text === undefined || text === '' || /^(?:0\/0|0\.0\.0\.0\/0|::\/0|any)$/.test(text) ? '' : ` ${flag} ${text}`;

const protocolWords = (protocol: string | undefined): string =>
  protocol === undefined || protocol === '' || protocol === '_any_' ? '' : ` -p ${protocol}`;

/** One of the lists whose entries are `a,b,c` with commas. */
const entriesIn = (fire: Fire, name: string): readonly (readonly string[])[] =>
  wordsIn(fire, name).map((word) => word.split(','));

const basics = (fire: Fire, at: Place): void => {
  for (const command of [
    '-P INPUT DROP',
    '-P FORWARD DROP',
    ...zones.flatMap((zone) => [`-N input_${zone.toLowerCase()}`, `-N forward_${zone.toLowerCase()}`]),
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT',
  ])
    rule(fire, at, command);
  rule(fire, at, '-A INPUT -p icmp -m conntrack --ctstate RELATED -j ACCEPT', [4]);
  rule(fire, at, '-A INPUT -p ipv6-icmp -m conntrack --ctstate RELATED -j ACCEPT', [6]);
};

/** Neighbours and routers must be heard for IPv6 to work at all. */
const neighbours = (fire: Fire, at: Place): void => {
  for (const type of [133, 134, 135, 136, 137, 130])
    rule(fire, at, `-A INPUT -p ipv6-icmp --icmpv6-type ${type} -j ACCEPT`, [6]);
};

const inputOf = (fire: Fire, zone: Zone): void => {
  const chain = `input_${zone.toLowerCase()}`;
  const at = placeOf(fire, `FW_DEV_${zone}`);
  if (zone === 'INT' && !yes(variableIn(fire.file, 'FW_PROTECT_FROM_INT'))) {
    rule(fire, at, `-A ${chain} -j ACCEPT`);
    return;
  }
  if ((variableIn(fire.file, 'FW_ALLOW_PING_FW') ?? 'yes') === 'yes') {
    rule(fire, at, `-A ${chain} -p icmp --icmp-type echo-request -j ACCEPT`, [4]);
    rule(fire, at, `-A ${chain} -p ipv6-icmp --icmpv6-type echo-request -j ACCEPT`, [6]);
  }
  for (const [net, protocol, port] of entriesIn(fire, 'FW_TRUSTED_NETS'))
    rule(
      fire,
      placeOf(fire, 'FW_TRUSTED_NETS'),
      `-A ${chain}${address('-s', net)}${protocolWords(protocol)}${portWords(port)} -j ACCEPT`,
      familyOf(net),
    );
  for (const [kind, protocol] of [
    ['TCP', 'tcp'],
    ['UDP', 'udp'],
  ] as const) {
    const name = `FW_SERVICES_${zone}_${kind}`;
    for (const port of wordsIn(fire, name)) {
      if (/^\d+(?:[:-]\d+)?$/.test(port))
        rule(fire, placeOf(fire, name), `-A ${chain} -p ${protocol}${portWords(port)} -j ACCEPT`);
      else tellOfName(fire, name, port, chain, protocol);
    }
  }
  for (const protocol of wordsIn(fire, `FW_SERVICES_${zone}_IP`))
    rule(fire, placeOf(fire, `FW_SERVICES_${zone}_IP`), `-A ${chain} -p ${protocol} -j ACCEPT`);
  rule(fire, at, `-A ${chain} -j DROP`);
};

/** Ports that the document and most machines name (services(5)). */
const portNumbers: Readonly<Record<string, number>> = {
  ssh: 22,
  smtp: 25,
  domain: 53,
  bootps: 67,
  http: 80,
  ntp: 123,
  https: 443,
};

const tellOfName = (fire: Fire, variable: string, name: string, chain: string, protocol: string): void => {
  const port = Object.hasOwn(portNumbers, name) ? portNumbers[name] : undefined;
  const at = placeOf(fire, variable);
  if (port === undefined)
    fire.draft.tell('not-said', 'port-by-name', `which port \`${name}\` is stands in /etc/services`, at);
  else rule(fire, at, `-A ${chain} -p ${protocol} --dport ${port} -j ACCEPT`);
};

const entered = (fire: Fire): void => {
  for (const zone of ['INT', 'DMZ', 'EXT'] as const)
    for (const device of devicesOf(fire, zone))
      rule(fire, placeOf(fire, `FW_DEV_${zone}`), `-A INPUT -i ${device} -j input_${zone.toLowerCase()}`);
  // What comes in by no zone's device is outside.
  if (wordsIn(fire, 'FW_DEV_EXT').includes('any')) rule(fire, placeOf(fire, 'FW_DEV_EXT'), '-A INPUT -j input_ext');
};

const masqueradeDevices = (fire: Fire): readonly string[] => {
  const said = wordsIn(fire, 'FW_MASQ_DEV').filter((word) => !word.startsWith('zone:') && !word.startsWith('$'));
  return said.length > 0 ? said : devicesOf(fire, 'EXT');
};

const passing = '-m conntrack --ctstate NEW,ESTABLISHED,RELATED -j ACCEPT';
const returning = '-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT';

const forwardRules = (fire: Fire, zone: Zone): void => {
  const chain = `forward_${zone.toLowerCase()}`;
  for (const entry of entriesIn(fire, 'FW_FORWARD')) {
    const [from, to, protocol, port] = entry;
    const at = placeOf(fire, 'FW_FORWARD');
    const families = familyOf(from, to);
    rule(
      fire,
      at,
      `-A ${chain}${address('-s', from)}${address('-d', to)}${protocolWords(protocol)}${portWords(port)} ${passing}`,
      families,
    );
    const back = port === undefined || port === '' ? '' : ` --sport ${port.replace('-', ':')}`;
    rule(
      fire,
      at,
      `-A ${chain}${address('-s', to)}${address('-d', from)}${protocolWords(protocol)}${back} ${returning}`,
      families,
    );
  }
  if (yes(variableIn(fire.file, 'FW_ALLOW_CLASS_ROUTING')))
    for (const device of devicesOf(fire, zone))
      rule(fire, placeOf(fire, 'FW_ALLOW_CLASS_ROUTING'), `-A ${chain} -o ${device} -j ACCEPT`);
  if (yes(variableIn(fire.file, 'FW_MASQUERADE'))) masqueraded(fire, chain);
  rule(fire, placeOf(fire, `FW_DEV_${zone}`), `-A ${chain} -j DROP`);
};

const masqueraded = (fire: Fire, chain: string): void => {
  for (const device of masqueradeDevices(fire)) {
    const at = placeOf(fire, 'FW_MASQ_NETS');
    for (const [net, to, protocol, port] of entriesIn(fire, 'FW_MASQ_NETS')) {
      rule(
        fire,
        at,
        `-A ${chain} -o ${device}${address('-s', net)}${address('-d', to)}${protocolWords(protocol)}${portWords(port)} ${passing}`,
        [4],
      );
      rule(fire, at, `-A ${chain} -i ${device}${address('-s', to)}${address('-d', net)} ${returning}`, [4]);
    }
  }
  for (const [from, server, protocol, port, inner] of entriesIn(fire, 'FW_FORWARD_MASQ'))
    rule(
      fire,
      placeOf(fire, 'FW_FORWARD_MASQ'),
      `-A ${chain}${address('-s', from)} -d ${server ?? ''}${protocolWords(protocol)}${portWords(inner === '' ? port : (inner ?? port))} ${passing}`,
      [4],
    );
};

const translations = (fire: Fire): void => {
  for (const device of masqueradeDevices(fire)) {
    for (const [from, server, protocol, port, inner, to] of entriesIn(fire, 'FW_FORWARD_MASQ')) {
      const target =
        inner === undefined || inner === '' ? (server ?? '') : `${server ?? ''}:${inner.replace(':', '-')}`;
      rule(
        fire,
        placeOf(fire, 'FW_FORWARD_MASQ'),
        `-t nat -A PREROUTING -i ${device}${address('-s', from)}${address('-d', to)}${protocolWords(protocol)}${portWords(port)} -j DNAT --to-destination ${target}`,
        [4],
      );
    }
    for (const [net, to, protocol, port] of entriesIn(fire, 'FW_MASQ_NETS'))
      rule(
        fire,
        placeOf(fire, 'FW_MASQ_NETS'),
        `-t nat -A POSTROUTING${address('-s', net)}${address('-d', to)}${protocolWords(protocol)}${portWords(port)} -o ${device} -j MASQUERADE`,
        [4],
      );
  }
};

const redirects = (fire: Fire): void => {
  for (const [from, to, protocol, port, local] of entriesIn(fire, 'FW_REDIRECT'))
    rule(
      fire,
      placeOf(fire, 'FW_REDIRECT'),
      `-t nat -A PREROUTING${address('-s', from)}${address('-d', to)}${protocolWords(protocol)}${portWords(port)} -j REDIRECT${local === undefined ? '' : ` --to-ports ${local}`}`,
      [4],
    );
};

const routes = (fire: Fire): void => {
  const said: Assignment | undefined = assignmentIn(fire.file, 'FW_ROUTE');
  if (said === undefined || !yes(said.value)) return;
  setSysctl(fire.draft, 'net/ipv4/ip_forward', '1', said.at);
  setSysctl(fire.draft, 'net/ipv6/conf/all/forwarding', '1', said.at);
};

export const readFirewall = (draft: RunningDraft, file: VariableFile): void => {
  const fire: Fire = { draft, file };
  tellOfOthers(draft, file, known, silent);
  if (!file.assignments.some(({ name, value }) => name.startsWith('FW_') && value !== '')) return;
  const at = { path: file.path, line: 1, column: 1 };
  routes(fire);
  basics(fire, at);
  neighbours(fire, at);
  entered(fire);
  for (const zone of zones) inputOf(fire, zone);
  // Frames that bridges pass come by here too; where nothing is said, they are let through if there is a bridge.
  const hasBridge = [...draft.interfaces.values()].some(({ kind }) => kind === 'bridge');
  if ((variableIn(file, 'FW_FORWARD_ALLOW_BRIDGING') ?? (hasBridge ? 'yes' : 'no')) === 'yes')
    rule(fire, placeOf(fire, 'FW_FORWARD_ALLOW_BRIDGING'), '-A FORWARD -m physdev --physdev-is-bridged -j ACCEPT');
  if (yes(variableIn(file, 'FW_ROUTE')))
    for (const zone of zones) {
      for (const device of devicesOf(fire, zone))
        rule(fire, placeOf(fire, `FW_DEV_${zone}`), `-A FORWARD -i ${device} -j forward_${zone.toLowerCase()}`);
      forwardRules(fire, zone);
    }
  if (yes(variableIn(file, 'FW_MASQUERADE'))) translations(fire);
  redirects(fire);
};
