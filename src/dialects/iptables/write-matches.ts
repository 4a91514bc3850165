/**
 * Matches of the normal form in the words of iptables(8). What takes several rules is said as alternatives, one of which
 * must hold; undefined where iptables has no words for it. What is written here `read-matches.ts` reads back.
 */
import { type Family } from '../../net/address.ts';
import { type FilterMatch, type NumberRange } from '../../state/packet-filter.ts';

/** Words of the rule itself (`-s`, `-i`, `-p`), or those of a module. */
export interface MatchWords {
  readonly own: string;
  readonly modules: string;
}

/** Each an alternative: a rule of its own. */
export type Alternatives = readonly MatchWords[];

const own = (text: string): MatchWords => ({ own: text, modules: '' });
const modules = (text: string, protocol = ''): MatchWords => ({ own: protocol, modules: text });

const not = (negate: boolean | undefined): string => (negate === true ? '! ' : '');
const interfaceName = (name: string): string => (name.endsWith('*') ? `${name.slice(0, -1)}+` : name);
const isName = (name: string): boolean =>
  /^[^\s/*"'\\!]{1,15}\*?$/.test(name) && !name.startsWith('-') && !/\+$/.test(name);

/** A negation of several is a chain of negations, which iptables has words for only where modules may be repeated. */
const namesOf = (
  option: string,
  { names, negate }: Extract<FilterMatch, { kind: 'iif' | 'oif' | 'port-in' | 'port-out' }>,
  isModule: boolean,
): Alternatives | undefined => {
  if (!names.every(isName)) return undefined;
  const words = names.map((name) => `${not(negate)}${option} ${interfaceName(name)}`);
  if (negate === true) {
    if (isModule) return [modules(words.map((word) => `-m physdev ${word}`).join(' '))];
    return words.length === 1 ? words.map(own) : undefined;
  }
  return words.map((word) => (isModule ? modules(`-m physdev ${word}`) : own(word)));
};

const everyPort = 15;

const rangeText = ([first, last]: NumberRange): string => (first === last ? String(first) : `${first}:${last}`);

/** Ports in groups that multiport has room for; a range takes two places. */
const groupsOf = (ranges: readonly NumberRange[]): readonly (readonly NumberRange[])[] => {
  const groups: NumberRange[][] = [[]];
  let used = 0;
  for (const range of ranges) {
    const size = range[0] === range[1] ? 1 : 2;
    if (used + size > everyPort) {
      groups.push([]);
      used = 0;
    }
    groups.at(-1)?.push(range);
    used += size;
  }
  return groups;
};

const portsOf = (match: Extract<FilterMatch, { kind: 'port' | 'source-port' }>): Alternatives => {
  const { kind, protocol, ports, ranges = [], negate } = match;
  const all = [...ports.map((port): NumberRange => [port, port]), ...ranges];
  const p = `-p ${protocol}`;
  const [single] = all;
  if (single === undefined) return [own(p)];
  if (all.length === 1)
    return [modules(`-m ${protocol} ${not(negate)}${kind === 'port' ? '--dport' : '--sport'} ${rangeText(single)}`, p)];
  const option = kind === 'port' ? '--dports' : '--sports';
  const texts = groupsOf(all).map((group) => `-m multiport ${not(negate)}${option} ${group.map(rangeText).join(',')}`);
  return negate === true ? [modules(texts.join(' '), p)] : texts.map((text) => modules(text, p));
};

const prefixesOf = (
  { kind, family, prefixes, negate }: Extract<FilterMatch, { kind: 'source' | 'destination' }>,
  own4or6: Family,
): Alternatives | undefined => {
  if (family !== own4or6) return undefined;
  const option = kind === 'source' ? '-s' : '-d';
  if (negate !== true) return [own(`${option} ${prefixes.join(',')}`)];
  return prefixes.length === 1 ? [own(`! ${option} ${prefixes.join(',')}`)] : undefined;
};

const neighbourDiscovery = [130, 131, 132, 133, 134, 135, 136, 143];

const icmpOf = (family: Family, types: readonly number[], code: number | undefined, negate?: true): Alternatives => {
  const [protocol, module, option] =
    family === 4 ? ['-p icmp', '-m icmp', '--icmp-type'] : ['-p ipv6-icmp', '-m icmp6', '--icmpv6-type'];
  const words = types.map((type) => `${module} ${not(negate)}${option} ${type}${code === undefined ? '' : `/${code}`}`);
  return negate === true ? [modules(words.join(' '), protocol)] : words.map((word) => modules(word, protocol));
};

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

const flagText = (bits: number): string => {
  const names = flagNames.filter((_, index) => (bits & (1 << index)) !== 0);
  return names.length === 0 ? 'NONE' : names.join(',');
};

const markOf = (module: 'mark' | 'connmark', value: number, mask: number, negate?: true): MatchWords =>
  modules(`-m ${module} ${not(negate)}--mark 0x${value.toString(16)}/0x${mask.toString(16)}`);

const packetTypes = { host: 'unicast', broadcast: 'broadcast', multicast: 'multicast' } as const;

/** Words of modules as the reader keeps them; only those that no quoting could have been in. */
export const isPlainWords = (text: string): boolean =>
  /^-[mjg] [\w-]+(?: (?:!|-{0,2}[\w./:,@=+%]+[\w./:,@=+%-]*))*$/.test(text);

export const matchWords = (match: FilterMatch, family: Family): Alternatives | undefined => {
  switch (match.kind) {
    case 'iif':
      return namesOf('-i', match, false);
    case 'oif':
      return namesOf('-o', match, false);
    case 'port-in':
      return namesOf('--physdev-in', match, true);
    case 'port-out':
      return namesOf('--physdev-out', match, true);
    case 'source':
    case 'destination':
      return prefixesOf(match, family);
    case 'protocol': {
      const { protocols, negate } = match;
      if (negate === true && protocols.length > 1) return undefined;
      return protocols.map((number) => own(`${not(negate)}-p ${number}`));
    }
    case 'port':
    case 'source-port':
      return portsOf(match);
    case 'icmp':
      return match.types === 'echo-request'
        ? icmpOf(family, [family === 4 ? 8 : 128], undefined)
        : family === 6
          ? icmpOf(6, neighbourDiscovery, undefined)
          : undefined;
    case 'icmp-type':
      return match.family === family ? icmpOf(family, match.types, match.code, match.negate) : undefined;
    case 'tcp-flags':
      return match.mask > 0x3f
        ? undefined
        : [
            modules(
              `-m tcp ${not(match.negate)}--tcp-flags ${flagText(match.mask)} ${flagText(match.value)}`,
              '-p tcp',
            ),
          ];
    case 'conntrack': {
      const states = match.states.map((state) => state.toUpperCase()).join(',');
      return [modules(`-m conntrack ${not(match.negate)}--ctstate ${states}`)];
    }
    case 'dnatted':
    case 'snatted':
      return [modules(`-m conntrack ${not(match.negate)}--ctstate ${match.kind === 'dnatted' ? 'DNAT' : 'SNAT'}`)];
    case 'mark':
      return [markOf('mark', match.value, match.mask, match.negate)];
    case 'connection-mark':
      return [markOf('connmark', match.value, match.mask, match.negate)];
    case 'length':
      return [modules(`-m length ${not(match.negate)}--length ${match.range[0]}:${match.range[1]}`)];
    case 'source-mac': {
      const words = match.macs.map((mac) => `-m mac ${not(match.negate)}--mac-source ${mac}`);
      return match.negate === true ? [modules(words.join(' '))] : words.map((word) => modules(word));
    }
    case 'packet-type': {
      const { types, negate } = match;
      const names = types.flatMap((type) => (type === 'other' ? [] : [packetTypes[type]]));
      if (names.length < types.length) return undefined;
      const words = names.map((name) => `-m pkttype ${not(negate)}--pkt-type ${name}`);
      return negate === true ? [modules(words.join(' '))] : words.map((word) => modules(word));
    }
    case 'other':
      return match.text.startsWith('-m ') && isPlainWords(match.text) ? [modules(match.text)] : undefined;
    default:
      return undefined;
  }
};
