/**
 * Which system a typed command is for: Linux and the BSDs have ifconfig, route and sysctl of the same names, with other
 * words behind them, and call their interfaces otherwise.
 */
import { parseIp } from '../../net/address.ts';

export type System = 'linux' | 'bsd';

/** Drivers of NICs and tunnels that Linux calls nothing after. */
const bsdInterface =
  /^(?:xl|em|fxp|re|bge|rl|vr|gif|carp|msk|dc|sk|ne|ep|igb|ix|ixl|vio|vtnet|vmx|ath|athn|iwn|iwm|bnx|nfe|ral|rum|run|urtwn|axe|trunk|vether|lagg|epair|le|pcn|sis|ste|tl|xn|hn|if|lo)\d+(?:\.\d+)?$/;

const linuxInterface =
  /^(?:eth\d|en[ospx]\w|wl|br\d|br-|virbr|veth|peth|vif\d|bond\d|dummy\d|sit\d|tun6to4|xenbr|vmbr|docker|lo$)/;

const bsdPrograms = new Set([
  ...['pfctl', 'ipfw', 'ipf', 'ipnat', 'netstart', 'rcctl', 'rtsol', 'rtsold', 'ndp', 'doas', 'slaacctl', 'kldload'],
]);

const linuxPrograms = new Set([
  ...[
    'ip',
    'brctl',
    'bridge',
    'vconfig',
    'iptables',
    'ip6tables',
    'ufw',
    'modprobe',
    'nft',
    'ethtool',
    'virsh',
    'xm',
    'xl',
  ],
]);

const has = (words: readonly string[], ...wanted: readonly string[]): boolean =>
  words.some((word) => wanted.includes(word));

const isAddress = (word: string | undefined): boolean => parseIp(word?.split('/')[0] ?? '') !== undefined;

const ofIfconfig = ([name = '', ...words]: readonly string[]): System | undefined => {
  if (bsdInterface.test(name) && !linuxInterface.test(name)) return 'bsd';
  if (linuxInterface.test(name) || name.includes(':')) return 'linux';
  const six = words.indexOf('inet6');
  if (six >= 0 && !has(words, 'add', 'del')) return 'bsd';
  if (has(words, 'prefixlen', 'alias', '-alias', 'lladdr', 'create', 'destroy', 'delete', 'vlandev', 'vnetid', 'addm'))
    return 'bsd';
  if (has(words, 'tunnel') && words.length > words.indexOf('tunnel') + 2) return 'bsd';
  return has(words, 'hw', 'pointopoint', 'txqueuelen') ? 'linux' : undefined;
};

/** net-tools has `gw` in front of each gateway, and `netmask` without a hyphen. */
const ofRoute = (words: readonly string[]): System | undefined => {
  if (has(words, 'gw', 'dev', 'netmask', 'metric', '-A', 'reject')) return 'linux';
  if (has(words, '-inet', '-inet6', '-netmask', '-prefixlen', '-interface', '-iface', '-ifp', 'change', 'flush')) return 'bsd'; // prettier-ignore
  const bare = words.filter((word) => !word.startsWith('-'));
  const [verb, , gateway, ...more] = bare;
  return verb === 'add' && isAddress(gateway) && more.length === 0 ? 'bsd' : undefined;
};

const ofSysctl = (words: readonly string[]): System | undefined => {
  const names = words.filter((word) => word.includes('.'));
  if (names.some((name) => /^net[./]ipv[46][./]/.test(name))) return 'linux';
  return names.some((name) => /^net\.(?:inet6?|link|route|pf)\./.test(name)) ? 'bsd' : undefined;
};

/** Undefined: it would be the same of both. */
export const systemOf = (command: string): System | undefined => {
  const all = command.trim().split(/\s+/);
  const [first = '', ...words] = /^(?:sudo|doas)$/.test(all[0] ?? '') ? all.slice(1) : all;
  const program = first.slice(first.lastIndexOf('/') + 1);
  if (all[0] === 'doas' || bsdPrograms.has(program) || /\/etc\/(?:netstart|hostname\.\S|mygate\b|rc\.conf)/.test(command)) return 'bsd'; // prettier-ignore
  if (linuxPrograms.has(program) || command.includes('/proc/sys/')) return 'linux';
  if (program === 'ifconfig') return ofIfconfig(words);
  if (program === 'route') return ofRoute(words);
  return program === 'sysctl' ? ofSysctl(words) : undefined;
};

/** Of a whole text, for its lines that tell nothing: whose commands are more of it. */
export const systemOfText = (commands: readonly string[]): System => {
  const systems = commands.map(systemOf);
  const count = (system: System): number => systems.filter((one) => one === system).length;
  return count('bsd') > count('linux') ? 'bsd' : 'linux';
};
