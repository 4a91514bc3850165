/**
 * Reads the matches of a rule of iptables(8) into those of the normal form (iptables-extensions(8)). A match that the
 * normal form cannot say becomes `other` with its words.
 */
import { type Family } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { type FilterMatch, type NumberRange } from '../../state/packet-filter.ts';
import { protocolNumbers, tcpFlagBits } from '../names.ts';
import { icmpNames, type TypeAndCode } from './icmp-names.ts';
import {
  readAddressRange,
  readInterface,
  readList,
  readMasked,
  readNamed,
  readNumber,
  readPort,
  readPrefix,
  readRange,
} from './values.ts';
import { optionText, type Module, type Option } from './words.ts';

type Matches = readonly FilterMatch[] | undefined;

const highestPort = 0xffff;
const negation = (option: Option): { readonly negate?: true } => (option.negate ? { negate: true } : {});

const protocolOf = (option: Option): readonly number[] | undefined => {
  const text = option.values[0]?.toLowerCase();
  if (text === 'all') return [];
  const number = readNamed(text, protocolNumbers, 255);
  return number === undefined ? undefined : number === 0 ? [] : [number];
};

const nameMatch = (kind: 'iif' | 'oif' | 'port-in' | 'port-out', option: Option): Matches => {
  const name = readInterface(option.values[0]);
  if (name === undefined) return undefined;
  // Every interface, or none.
  if (name === '*') return option.negate ? [{ kind, names: [] }] : [];
  return [{ kind, names: [name], ...negation(option) }];
};

/** What a rule says without modules. */
const ownMatch = (option: Option, family: Family): Matches => {
  const [value] = option.values;
  switch (option.name) {
    case '--source':
    case '--destination': {
      const prefixes = readList(value, (part) => readPrefix(part, family));
      const kind = option.name === '--source' ? 'source' : 'destination';
      return prefixes && [{ kind, family, prefixes, ...negation(option) }];
    }
    case '--in-interface':
      return nameMatch('iif', option);
    case '--out-interface':
      return nameMatch('oif', option);
    case '--protocol': {
      const protocols = protocolOf(option);
      if (protocols?.length === 0) return option.negate ? undefined : [];
      return protocols && [{ kind: 'protocol', protocols, ...negation(option) }];
    }
    case '--set-counters':
    case '--ipv4':
    case '--ipv6':
      return [];
    default:
      return undefined;
  }
};

type Transport = 'tcp' | 'udp';

const portsMatch = (
  kind: 'port' | 'source-port',
  protocol: Transport | undefined,
  ranges: readonly NumberRange[] | undefined,
  option: Option,
): Matches =>
  ranges === undefined || protocol === undefined
    ? undefined
    : [{ kind, protocol, ports: [], ranges, ...negation(option) }];

const flagBits = (text: string | undefined): number | undefined => {
  const names: Readonly<Record<string, number>> = { ...tcpFlagBits, all: 0x3f, none: 0 };
  return readList(text, (name) => {
    const bits = name.toLowerCase();
    return Object.hasOwn(names, bits) ? names[bits] : undefined;
  })?.reduce((all, bits) => all | bits, 0);
};

const transportMatch = (protocol: Transport, option: Option): Matches => {
  const [value, second] = option.values;
  const range = readRange(value, highestPort, readPort);
  switch (option.name) {
    case '--sport':
    case '--source-port':
      return portsMatch('source-port', protocol, range && [range], option);
    case '--dport':
    case '--destination-port':
      return portsMatch('port', protocol, range && [range], option);
    case '--syn':
      return protocol === 'tcp' ? [{ kind: 'tcp-flags', mask: 0x17, value: 0x02, ...negation(option) }] : undefined;
    case '--tcp-flags': {
      const [mask, bits] = [flagBits(value), flagBits(second)];
      if (protocol !== 'tcp' || mask === undefined || bits === undefined) return undefined;
      return [{ kind: 'tcp-flags', mask, value: bits, ...negation(option) }];
    }
    default:
      return undefined;
  }
};

const multiportMatch = (protocol: Transport | undefined, option: Option): Matches => {
  const ranges = readList(option.values[0], (part) => readRange(part, highestPort, readPort));
  if (option.name === '--sports' || option.name === '--source-ports')
    return portsMatch('source-port', protocol, ranges, option);
  if (option.name === '--dports' || option.name === '--destination-ports')
    return portsMatch('port', protocol, ranges, option);
  return undefined;
};

const states = ['new', 'established', 'related', 'invalid', 'untracked', 'snat', 'dnat'] as const;

const stateMatch = (option: Option): Matches => {
  if (option.name !== '--ctstate' && option.name !== '--state') return undefined;
  const named = readList(option.values[0], (part) => states.find((state) => state === part.toLowerCase()));
  if (named?.length === 1 && (named[0] === 'snat' || named[0] === 'dnat'))
    return [{ kind: named[0] === 'snat' ? 'snatted' : 'dnatted', ...negation(option) }];
  const known = named?.flatMap((state) => (state === 'snat' || state === 'dnat' ? [] : [state]));
  // States and translation together are an `or` of two fields.
  return known && known.length === named?.length
    ? [{ kind: 'conntrack', states: known, ...negation(option) }]
    : undefined;
};

const typeAndCode = (text: string, family: Family): TypeAndCode | undefined => {
  const name = text.toLowerCase();
  if (Object.hasOwn(icmpNames[family], name)) return icmpNames[family][name];
  const [type, code, ...more] = text.split('/');
  const [typeNumber, codeNumber] = [readNumber(type, 255), code === undefined ? undefined : readNumber(code, 255)];
  if (typeNumber === undefined || more.length > 0 || (code !== undefined && codeNumber === undefined)) return undefined;
  return codeNumber === undefined ? [typeNumber] : [typeNumber, codeNumber];
};

const icmpMatch = (option: Option, family: Family): Matches => {
  const [value = ''] = option.values;
  if (option.name !== (family === 4 ? '--icmp-type' : '--icmpv6-type')) return undefined;
  // Type 255 of iptables is every type.
  if (family === 4 && (value === 'any' || value === '255')) return option.negate ? undefined : [];
  const read = typeAndCode(value, family);
  if (read === undefined) return undefined;
  const [type, code] = read;
  return [{ kind: 'icmp-type', family, types: [type], ...(code === undefined ? {} : { code }), ...negation(option) }];
};

const markMatch = (kind: 'mark' | 'connection-mark', option: Option): Matches => {
  const read = option.name === '--mark' ? readMasked(option.values[0]) : undefined;
  return read && [{ kind, value: read[0], mask: read[1], ...negation(option) }];
};

const packetTypes = { unicast: 'host', broadcast: 'broadcast', multicast: 'multicast' } as const;

const oneOption = (module: string, option: Option, family: Family, protocol: Transport | undefined): Matches => {
  const [value = ''] = option.values;
  switch (module) {
    case 'tcp':
    case 'udp':
      return transportMatch(module, option);
    case 'multiport':
      return multiportMatch(protocol, option);
    case 'conntrack':
    case 'state':
      return stateMatch(option);
    case 'icmp':
    case 'icmp6':
    case 'icmpv6':
    case 'ipv6-icmp':
      return icmpMatch(option, family);
    case 'mark':
      return markMatch('mark', option);
    case 'connmark':
      return markMatch('connection-mark', option);
    case 'physdev':
      if (option.name === '--physdev-in') return nameMatch('port-in', option);
      return option.name === '--physdev-out' ? nameMatch('port-out', option) : undefined;
    case 'mac': {
      const mac = option.name === '--mac-source' ? parseMac(value) : undefined;
      return mac === undefined ? undefined : [{ kind: 'source-mac', macs: [mac], ...negation(option) }];
    }
    case 'pkttype': {
      const type = Object.entries(packetTypes).find(([name]) => name === value.toLowerCase())?.[1];
      return type && [{ kind: 'packet-type', types: [type], ...negation(option) }];
    }
    case 'length': {
      const range = readRange(value, 0xffff);
      return range && [{ kind: 'length', range, ...negation(option) }];
    }
    case 'iprange': {
      const prefixes = readAddressRange(value, family);
      const kind = option.name === '--src-range' ? 'source' : 'destination';
      return prefixes && [{ kind, family, prefixes, ...negation(option) }];
    }
    default:
      return undefined;
  }
};

/** Modules that mean something by being there, even without options. */
const needsNoOptions = new Set(['tcp', 'udp', 'icmp', 'icmp6', 'icmpv6', 'ipv6-icmp', 'comment', 'conntrack', 'state']);
const known = new Set([
  ...needsNoOptions,
  'multiport',
  'mark',
  'connmark',
  'physdev',
  'mac',
  'pkttype',
  'length',
  'iprange',
]);

const other = (text: string): FilterMatch => ({ kind: 'other', text });

const moduleMatches = (module: Module, family: Family, protocol: Transport | undefined): readonly FilterMatch[] => {
  const words = (options: readonly Option[]): string => [`-m ${module.name}`, ...options.map(optionText)].join(' ');
  if (module.name === 'comment') return [];
  // Options of a module that is not known may belong together.
  if (!known.has(module.name)) return [other(words(module.options))];
  if (module.options.length === 0 && !needsNoOptions.has(module.name)) return [other(words([]))];
  return module.options.flatMap(
    (option) => oneOption(module.name, option, family, protocol) ?? [other(words([option]))],
  );
};

export const readMatches = (
  own: readonly Option[],
  modules: readonly Module[],
  family: Family,
): readonly FilterMatch[] => {
  const told = own.find(({ name, negate }) => name === '--protocol' && !negate);
  const number = told && protocolOf(told)?.[0];
  const protocol = number === 6 ? 'tcp' : number === 17 ? 'udp' : undefined;
  return [
    ...own.flatMap((option) => ownMatch(option, family) ?? [other(optionText(option))]),
    ...modules.flatMap((module) => moduleMatches(module, family, protocol)),
  ];
};
