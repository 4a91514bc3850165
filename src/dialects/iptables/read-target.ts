/**
 * Reads the target of a rule of iptables(8) into a verdict of the normal form (iptables-extensions(8)). Undefined where
 * the normal form cannot say it.
 */
import { parseIp, type Family } from '../../net/address.ts';
import { type FilterVerdict, type RejectWith } from '../../state/packet-filter.ts';
import { readMasked, readNumber, readPort } from './values.ts';
import { type Module, type Option } from './words.ts';

export interface ReadTarget {
  readonly verdict: FilterVerdict;
  /** Words that change nothing about who reaches whom, and are not in the normal form. */
  readonly leftOut?: string;
}

const everyBit = 0xffffffff;

const rejections: Readonly<Record<Family, Readonly<Record<string, RejectWith>>>> = {
  4: {
    'icmp-net-unreachable': 'net-unreachable',
    'net-unreach': 'net-unreachable',
    'icmp-host-unreachable': 'host-unreachable',
    'host-unreach': 'host-unreachable',
    'icmp-proto-unreachable': 'protocol-unreachable',
    'proto-unreach': 'protocol-unreachable',
    'icmp-port-unreachable': 'port-unreachable',
    'port-unreach': 'port-unreachable',
    'icmp-net-prohibited': 'net-prohibited',
    'net-prohib': 'net-prohibited',
    'icmp-host-prohibited': 'host-prohibited',
    'host-prohib': 'host-prohibited',
    'icmp-admin-prohibited': 'admin-prohibited',
    'admin-prohib': 'admin-prohibited',
    'tcp-reset': 'tcp-reset',
    'tcp-rst': 'tcp-reset',
  },
  6: {
    'icmp6-no-route': 'net-unreachable',
    'no-route': 'net-unreachable',
    'icmp6-adm-prohibited': 'admin-prohibited',
    'adm-prohibited': 'admin-prohibited',
    'icmp6-addr-unreachable': 'host-unreachable',
    'addr-unreach': 'host-unreachable',
    'icmp6-port-unreachable': 'port-unreachable',
    'port-unreach': 'port-unreachable',
    'tcp-reset': 'tcp-reset',
    'tcp-rst': 'tcp-reset',
  },
};

const optionIn = (options: readonly Option[], ...names: readonly string[]): Option | undefined =>
  options.find(({ name }) => names.includes(name));

const readReject = (options: readonly Option[], family: Family): ReadTarget | undefined => {
  const option = optionIn(options, '--reject-with');
  if (option === undefined) return { verdict: { kind: 'reject', with: 'port-unreachable' } };
  const name = option.values[0]?.toLowerCase() ?? '';
  const reason = Object.hasOwn(rejections[family], name) ? rejections[family][name] : undefined;
  return reason && { verdict: { kind: 'reject', with: reason } };
};

const leftOut = (options: readonly Option[]): { readonly leftOut?: string } =>
  options.length === 0 ? {} : { leftOut: options.map(({ name, values }) => [name, ...values].join(' ')).join(' ') };

const readPorts = (text: string): readonly [number, number] | undefined => {
  // Some names have a `-` of their own.
  const named = readPort(text);
  if (named !== undefined) return [named, named];
  const [low, high = low, ...more] = text.split('-');
  const [first, last] = [readPort(low), readPort(high)];
  return first === undefined || last === undefined || more.length > 0 ? undefined : [first, last];
};

/** `address[-address][:port[-port]]`; an IPv6 address with ports stands in brackets. */
const readTranslation = (kind: 'snat' | 'dnat', options: readonly Option[], family: Family): ReadTarget | undefined => {
  const name = kind === 'snat' ? '--to-source' : '--to-destination';
  const targets = options.filter((option) => option.name === name);
  const [, hosts, ports] =
    (family === 4 ? /^([^:]+)(?::(.+))?$/ : /^(\[[^\]]+\](?:-\[[^\]]+\])?|[^[\]]+)(?::([^:\]]+))?$/).exec(
      family === 6 && !(targets[0]?.values[0] ?? '').includes('[')
        ? `[${targets[0]?.values[0] ?? ''}]`
        : (targets[0]?.values[0] ?? ''),
    ) ?? [];
  if (targets.length !== 1 || hosts === undefined) return undefined;
  const [address = '', lastAddress = address, ...more] = hosts.replaceAll(/[[\]]/g, '').split('-');
  if (parseIp(address)?.family !== family || parseIp(lastAddress)?.family !== family || more.length > 0)
    return undefined;
  const range = ports === undefined ? undefined : readPorts(ports);
  if (ports !== undefined && range === undefined) return undefined;
  const verdict = { kind, address, lastAddress, ...(range ? { port: range[0], lastPort: range[1] } : {}) };
  return { verdict, ...leftOut(options.filter((option) => option.name !== name)) };
};

const readRedirect = (options: readonly Option[]): ReadTarget | undefined => {
  const option = optionIn(options, '--to-ports');
  const rest = leftOut(options.filter((it) => it !== option));
  if (option === undefined) return { verdict: { kind: 'redirect' }, ...rest };
  const range = readPorts(option.values[0] ?? '');
  return range?.[0] === range?.[1] && range ? { verdict: { kind: 'redirect', port: range[0] }, ...rest } : undefined;
};

type SetMark = 'set-mark' | 'set-connection-mark';

/** Sets bits of a mark; undefined for other options, and where bits of the old mark are turned over. */
const readSetMark = (kind: SetMark, option: Option): ReadTarget | undefined => {
  const [value, mask] = readMasked(option.values[0]) ?? [];
  if (value === undefined || mask === undefined) return undefined;
  switch (option.name) {
    case '--set-xmark':
      return (value & ~mask) === 0 ? { verdict: { kind, value, mask } } : undefined;
    case '--set-mark':
      return { verdict: { kind, value, mask: (value | mask) >>> 0 } };
    case '--and-mark':
      return { verdict: { kind, value: 0, mask: ~value >>> 0 } };
    case '--or-mark':
      return { verdict: { kind, value, mask: value } };
    default:
      return undefined;
  }
};

const readConnmark = (options: readonly Option[]): ReadTarget | undefined => {
  const [first] = options;
  const move = optionIn(options, '--save-mark', '--restore-mark');
  if (move === undefined) return first && options.length === 1 ? readSetMark('set-connection-mark', first) : undefined;
  const masks = options.filter((option) => option !== move);
  const isWhole = masks.every(({ values }) => readNumber(values[0]) === everyBit);
  if (!isWhole) return undefined;
  return { verdict: { kind: move.name === '--save-mark' ? 'save-mark' : 'restore-mark' } };
};

/** Tracking by a helper or with other timeouts is tracking; zones keep connections apart. */
const readCt = (options: readonly Option[]): ReadTarget | undefined => {
  if (optionIn(options, '--notrack') !== undefined) return { verdict: { kind: 'notrack' } };
  const isPlain = options.every(({ name }) => ['--helper', '--timeout', '--ctevents', '--expevents'].includes(name));
  return isPlain ? { verdict: { kind: 'continue' }, ...leftOut(options) } : undefined;
};

/** Targets that watch, or change what decides nothing here, and go on with the next rule. */
const goingOn = new Set([
  'LOG',
  'NFLOG',
  'ULOG',
  'TCPMSS',
  'TCPOPTSTRIP',
  'CLASSIFY',
  'DSCP',
  'TOS',
  'TTL',
  'HL',
  'ECN',
  'CHECKSUM',
  'TRACE',
  'AUDIT',
  'SECMARK',
  'CONNSECMARK',
  'TEE',
  'RATEEST',
  'LED',
  'IDLETIMER',
  'SET',
]);

/** `isChain`: whether the table has a chain of this name, which goes before targets. */
export const readTarget = (
  target: Module & { readonly isGoto: boolean },
  family: Family,
  isChain: boolean,
): ReadTarget | undefined => {
  const { name, options, isGoto } = target;
  if (isChain) return { verdict: { kind: isGoto ? 'goto' : 'jump', chain: name } };
  if (isGoto) return undefined;
  if (goingOn.has(name)) return { verdict: { kind: 'continue' } };
  switch (name) {
    case 'ACCEPT':
      return { verdict: { kind: 'accept' } };
    case 'DROP':
      return { verdict: { kind: 'drop' } };
    case 'RETURN':
      return { verdict: { kind: 'return' } };
    case 'REJECT':
      return readReject(options, family);
    case 'SNAT':
      return readTranslation('snat', options, family);
    case 'DNAT':
      return readTranslation('dnat', options, family);
    case 'MASQUERADE':
      return { verdict: { kind: 'masquerade' }, ...leftOut(options) };
    case 'REDIRECT':
      return readRedirect(options);
    case 'MARK':
      return options[0] && options.length === 1 ? readSetMark('set-mark', options[0]) : undefined;
    case 'CONNMARK':
      return readConnmark(options);
    case 'NOTRACK':
      return { verdict: { kind: 'notrack' } };
    case 'CT':
      return readCt(options);
    default:
      return undefined;
  }
};
