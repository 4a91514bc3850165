/**
 * The rules and chains that repairs make, in the words of nft(8). Each word is one argument: nft joins them with spaces
 * and reads quotes itself.
 */
import { type FilterChain, type FilterMatch, type FilterRule } from '../../state/packet-filter.ts';

const quoted = (text: string): string => `"${text}"`;

/** Words of nft's own language that look like names of interfaces. */
const reserved = new Set(['ip6', 'icmpv6', 'rt0', 'rt2', 'rt4']);

/** A name with a number is no word of the language: it can do without quotes. */
const interfaceWord = (name: string): string =>
  /^[a-z]+[0-9][a-z0-9-]*$/.test(name) && !reserved.has(name) ? name : quoted(name);

const anyOf = (members: readonly string[]): readonly string[] =>
  members.length === 1
    ? members
    : ['{', ...members.flatMap((member, index) => (index === 0 ? [member] : [',', member])), '}'];

const bare = (prefix: string): string => prefix.replace(prefix.includes(':') ? /\/128$/ : /\/32$/, '');

const ipWord = (family: 4 | 6): string => (family === 4 ? 'ip' : 'ip6');

const matchWords = (match: FilterMatch, isArp: boolean): readonly string[] => {
  switch (match.kind) {
    case 'iif':
    case 'oif':
      return [`${match.kind}name`, ...(match.negate === true ? ['!='] : []), ...anyOf(match.names.map(interfaceWord))];
    case 'source':
    case 'destination': {
      const field = match.kind === 'source' ? 'saddr' : 'daddr';
      const words = isArp ? ['arp', field, 'ip'] : [ipWord(match.family), field];
      return [...words, ...anyOf(match.prefixes.map(bare))];
    }
    case 'port':
      return [match.protocol, 'dport', ...anyOf(match.ports.map(String))];
    case 'source-port':
      return [match.protocol, 'sport', ...anyOf(match.ports.map(String))];
    case 'icmp-type':
      return [match.family === 4 ? 'icmp' : 'icmpv6', 'type', ...anyOf(match.types.map(String))];
    case 'conntrack':
      return ['ct', 'state', match.states.join(',')];
    case 'ethertype':
      return ['ether', 'type', ...anyOf(match.types.map((type) => `0x${type.toString(16).padStart(4, '0')}`))];
    default:
      throw new Error(`repairs make no rule with ${match.kind}`);
  }
};

/** `family`: that of the table, `arp` has fields of its own. */
export const ruleWords = (family: string, { matches, verdict, comment }: FilterRule): readonly string[] => [
  ...matches.flatMap((match) => matchWords(match, family === 'arp')),
  verdict.kind,
  ...(comment === undefined ? [] : ['comment', quoted(comment)]),
];

export const chainWords = ({ type, hook, priority, policy }: FilterChain): readonly string[] => [
  ...['{', 'type', type, 'hook', hook, 'priority', String(priority), ';', 'policy', policy, ';', '}'],
];
